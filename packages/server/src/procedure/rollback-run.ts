/** A run of the rollback procedure: where it stands, and its steps. */
import type { RollbackRun, RollbackStepDone } from '@flagmarshal/api/rollback-run'
import { standingOf } from '@flagmarshal/domain/procedure/checks'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import { rollback } from '@flagmarshal/domain/procedure/rollback'
import { presentAttempt, recordOf, stepState } from '@flagmarshal/domain/procedure/standing'
import { transition } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { hookRunView } from '../hook/view.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectHookRunsOf } from '../storage/hook-runs.ts'
import { jsonObject } from './json-object.ts'
import { rollbackStatus } from './list-rollbacks.ts'
import { actorOf, loadRun, loadRunLocked } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { quickDisableOf, rollbackChecks } from './rollback-checks.ts'
import { tellRollbackReported } from './rollback-report.ts'
import { triggerOf } from './rollback-trigger.ts'
import type { StepKey } from './show-step.ts'
import { storeRun } from './store.ts'

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
    const checks = await rollbackChecks(tx, context, { ...loaded, run: written }, step)
    const open = checks.filter((it) => it.state === 'fail' || it.state === 'unknown')
    const decided = transition(
      setting,
      written,
      {
        kind: 'decided',
        step,
        decision: 'go',
        rationale: output.note,
        overrides: override === undefined ? [] : open.map(({ check }) => ({ check, reason: override })),
        checks,
        by,
        ...(outcome === 'not_applicable' ? { notApplicable: true as const } : {}),
      },
      context.now,
    )
    if (isRefusal(decided)) return decided
    const act = { action: 'rollback.step', after: { step, outcome, ...output }, reason: output.note }
    const stored = await storeRun(tx, context, { setting, before: run, after: decided }, act)
    const after = { ...loaded, run: stored }
    if (stored.state.kind === 'completed' && run.state.kind !== 'completed') {
      await tellRollbackReported(tx, context, after)
    }
    return await viewOf(tx, after)
  })
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
    status: rollbackStatus({ setting, run }),
    startedAt: run.startedAt.toISOString(),
    startedBy: run.startedBy,
    reason,
    quickDisable: await quickDisableOf(queries, feature.project, run),
    procedures,
    hooks: (await selectHookRunsOf(queries, run.id)).map(hookRunView),
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
