/** A run of the rollback procedure: where it stands, and its steps. */
import type { RollbackRun, RollbackStepDone } from '@flagmarshal/api/rollback-run'
import { standingOf } from '@flagmarshal/domain/procedure/checks'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import { CONFIRMED_CHECK, rollback, TRIGGER_INPUT } from '@flagmarshal/domain/procedure/rollback'
import type { CheckResult, Run } from '@flagmarshal/domain/procedure/run'
import { presentAttempt, recordOf, stepOf, stepState } from '@flagmarshal/domain/procedure/standing'
import { transition } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import { readVerification } from '../flag/verification.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectRollout } from '../storage/rollouts.ts'
import { jsonObject } from './json-object.ts'
import { actorOf, loadRun, loadRunLocked } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import type { StepKey } from './show-step.ts'
import { storeRun } from './store.ts'

const trigger = z.object({
  reason: z.string(),
  disabled: z.array(
    z.object({
      environment: z.string(),
      how: z.enum(['rollout', 'kill', 'off_already']),
      id: z.string().nullable(),
    }),
  ),
  procedures: z
    .object({ run: z.string(), hash: z.string(), content: z.record(z.string(), z.unknown()) })
    .nullable(),
})

type QuickDisable = RollbackRun['quickDisable']

/** One rollback. */
export async function showRollback(
  _context: Context,
  { kysely }: Database,
  key: RunKey,
): Promise<RollbackRun | Refusal> {
  const loaded = await loadRun(kysely, key)
  if (isRefusal(loaded) || loaded.run.procedure.id !== rollback.id) return notFound('rollback', key.run)
  return await viewOf(kysely, loaded)
}

/** Writes a step's note and decides it, in one transaction. */
export async function doRollbackStep(
  context: Context,
  database: Database,
  key: StepKey,
  { outcome, override, ...output }: RollbackStepDone,
): Promise<RollbackRun | Refusal> {
  return await database.transaction(async (tx) => {
    const loaded = await loadRunLocked(tx, key)
    if (isRefusal(loaded) || loaded.run.procedure.id !== rollback.id) return notFound('rollback', key.run)
    const { setting, run } = loaded
    const { step } = key
    if (step > setting.definition.steps.length) return notFound('step', String(step))
    const by = actorOf(context.actor)
    const written = transition(
      setting,
      run,
      { kind: 'output-written', step, output: jsonObject(output), by },
      context.now,
    )
    if (isRefusal(written)) return written
    const checks = await checksOf(tx, context, { ...loaded, run: written }, step)
    const decided = transition(
      setting,
      written,
      {
        kind: 'decided',
        step,
        decision: 'go',
        rationale: output.note,
        overrides: override === undefined ? [] : checks.map(({ check }) => ({ check, reason: override })),
        checks,
        by,
        ...(outcome === 'not_applicable' ? { notApplicable: true as const } : {}),
      },
      context.now,
    )
    if (isRefusal(decided)) return decided
    const act = { action: 'rollback.step', after: { step, outcome, ...output }, reason: output.note }
    const stored = await storeRun(tx, context, { setting, before: run, after: decided }, act)
    return await viewOf(tx, { ...loaded, run: stored })
  })
}

/** P-RB-2: everybody connected has confirmed the quick disable, wherever there was one. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
async function checksOf(
  tx: Tx,
  context: Context,
  { feature, run }: Loaded,
  step: number,
): Promise<readonly CheckResult[]> {
  if (!stepOf(rollback, step).checks.some((it) => it.id === CONFIRMED_CHECK)) return []
  const disabled = await quickDisableOf(tx, feature.project, run)
  const open = disabled.filter((it) => it.state !== 'verified' && it.how !== 'off_already')
  const findings = open.map((it) => `${it.environment}: the ${it.how} is ${it.state}`)
  const facts = jsonObject({ disabled })
  const state = open.length === 0 ? ('pass' as const) : ('fail' as const)
  const evidence = {
    project: feature.project,
    run: run.id,
    step,
    kind: 'check' as const,
    content: { check: CONFIRMED_CHECK, state, findings, facts },
  }
  await keepEvidence(tx, context, [evidence])
  const hash = evidenceHash(evidence, context)
  return [{ check: CONFIRMED_CHECK, state, findings, facts, at: context.now, evidence: hash }]
}

async function viewOf(queries: Queries, { feature, setting, run }: Loaded): Promise<RollbackRun> {
  const { reason, procedures } = triggerOf(run)
  const position = positionOf(setting, run)
  return {
    id: run.id,
    project: feature.project,
    feature: feature.key,
    flag: feature.flag,
    state: run.state.kind,
    step: position.step ?? null,
    status: run.state.kind === 'completed' ? 'Completed: everything is back.' : position.status,
    startedAt: run.startedAt.toISOString(),
    startedBy: run.startedBy,
    reason,
    quickDisable: await quickDisableOf(queries, feature.project, run),
    procedures,
    steps: setting.definition.steps.map((step) => {
      const record = recordOf(run, step.number)
      const decision = presentAttempt(record).decisions.at(-1)
      return {
        number: step.number,
        id: step.id,
        title: step.title,
        purpose: step.purpose,
        state: stepState(setting.definition, run, step.number),
        by: decision?.by ?? null,
        at: decision?.at.toISOString() ?? null,
        output: record.output,
        checks: standingOf(step, record).map(({ check, state, result }) => ({
          id: check.id,
          state,
          findings: [...(result?.findings ?? [])],
        })),
      }
    }),
  }
}

/** How far each quick disable has been confirmed by now. */
async function quickDisableOf(queries: Queries, project: string, run: Run): Promise<QuickDisable> {
  const now = await databaseNow(queries)
  const { disabled } = triggerOf(run)
  return await Promise.all(
    disabled.map(async (it) => ({ ...it, state: await confirmationOf(queries, project, it, now) })),
  )
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function confirmationOf(
  queries: Queries,
  project: string,
  { how, id }: { readonly how: string; readonly id: string | null },
  now: Date,
): Promise<string> {
  if (how === 'off_already' || id === null) return 'off'
  const verification = how === 'kill' ? id : (await selectRollout(queries, project, id))?.verification
  const found = verification === undefined ? undefined : await readVerification(queries, verification, now)
  return found?.state ?? 'unknown'
}

function triggerOf(run: Run): z.infer<typeof trigger> {
  return trigger.parse(run.inputs[TRIGGER_INPUT]?.value)
}
