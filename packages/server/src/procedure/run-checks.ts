/**
 * Running the checks of a step. The facts are loaded and the engine is asked outside of any
 * transaction; inside, the results hold only if run and facts are still what the checks saw.
 */
import type { Check } from '@flagmarshal/api/procedure-step'
import { alertsFromOutside } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-rollback'
import { outcomesOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/checks'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { ProcedureDefinition } from '@flagmarshal/domain/procedure/model'
import type { CheckResult, Run } from '@flagmarshal/domain/procedure/run'
import { presentAttempt, recordOf, stepOf } from '@flagmarshal/domain/procedure/standing'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { lookUpAlerts } from '../analysis/look-up-alerts.ts'
import { tryResource } from '../analysis/resources.ts'
import type { SourceParts } from '../analysis/sources.ts'
import { tryCriteria, tryMetric } from '../analysis/try-criteria.ts'
import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import type { Evidence } from '../evidence/keep.ts'
import { inPieces } from '../in-turns.ts'
import type { Database, Tx } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { changeRun } from './change-run.ts'
import type { Present } from './change-run.ts'
import { loadCheckFacts } from './document-facts.ts'
import { factsHash, outputsOf } from './facts.ts'
import type { Loaded, RunKey } from './load.ts'
import { loadPlanTraffic, PLAN_STEP } from './plan-traffic.ts'
import { seenRun } from './show-run.ts'
import { knownStep } from './show-step.ts'
import type { StepKey } from './show-step.ts'
import { checkViews } from './step-view.ts'

/** What checks look at: what is stored, and where metrics are counted. */
export interface CheckParts {
  readonly database: Database
  readonly sources: SourceParts
}

/** Results, and what they were made from. */
export interface Checked {
  readonly results: readonly CheckResult[]
  readonly evidence: readonly Evidence[]
  /** The run's revision that was looked at. */
  readonly revision: number
  readonly factsHash: string
  /** What the step is about: its attempt and the revision of its output. */
  readonly matter: string
}

/** How often an act is tried while something beside its step changes: documents being published, say. */
const TRIES = 3

/**
 * Checks a step and acts on the results; again where the run changed meanwhile, as long as the step
 * is still about the same. Of two people who decide the same attempt one is refused.
 */
export async function checkedAct<T extends object>(
  check: () => Promise<Checked | Refusal>,
  act: (checked: Checked) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  let refused: Refusal | undefined
  let matter: string | undefined
  for (let tries = 0; tries < TRIES; tries += 1) {
    const checked = await check()
    if (isRefusal(checked)) return checked
    if (refused !== undefined && checked.matter !== matter) return refused
    matter = checked.matter
    const done = await act(checked)
    if (!isRefusal(done) || done.code !== 'run-changed') return done
    refused = done
  }
  return refused ?? refuse('run-changed', 'The run keeps changing.', 'Look at it again and repeat.')
}

/** Runs the checks of a step and keeps the results. */
export async function runChecks(
  context: Context,
  parts: CheckParts,
  key: StepKey,
): Promise<Check[] | Refusal> {
  const { database } = parts
  const changed = await checkedAct(
    () => checkStep(context, parts, key, key.step),
    (checked) =>
      changeRun(context, database, key, async (present, tx) => {
        const refusal = await keepChecked(tx, context, present, checked)
        if (refusal !== undefined) return refusal
        return {
          action: 'run.check',
          after: {
            step: key.step,
            checks: checked.results.map(({ check, state, evidence }) => ({ check, state, evidence })),
          },
          event: { kind: 'checks-run', step: key.step, checks: checked.results },
        }
      }),
  )
  if (isRefusal(changed)) return changed
  return checkViews(stepOf(changed.setting.definition, key.step), recordOf(changed.run, key.step))
}

/** Looks and checks; `last` names the last step of the run. Stores nothing. */
export async function checkStep(
  context: Context,
  { database, sources }: CheckParts,
  key: RunKey,
  step: number | 'last',
): Promise<Checked | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  const { run, setting } = loaded
  const number = step === 'last' ? setting.definition.steps.length : step
  const unknown = knownStep(loaded, number)
  if (unknown !== undefined) return unknown
  const facts = await loadCheckFacts(database.kysely, loaded, context.now)
  const traffic =
    number === PLAN_STEP ? await trafficFor({ database, sources }, loaded, facts, context.now) : undefined
  const trials = await tryMetrics({ database, sources }, loaded, number)
  const alerts = number === ROLLBACK_STEP ? await rulesOfAlerts({ database, sources }, loaded) : {}
  const all = { ...facts, ...trials, ...alerts, ...(traffic && { traffic }) }
  const kept = (await availableChecks(setting.definition, number, all)).map(({ id, outcome }) => {
    const { state, findings } = outcome
    const content = { check: id, state, findings, facts: outcome.facts }
    return {
      outcome,
      evidence: { project: key.project, run: run.id, step: number, kind: 'check' as const, content },
    }
  })
  return {
    results: kept.map(({ outcome, evidence }) => ({
      ...outcome,
      check: evidence.content.check,
      at: context.now,
      evidence: evidenceHash(evidence, context),
    })),
    evidence: kept.map((it) => it.evidence),
    revision: run.revision,
    factsHash: factsHash(facts),
    matter: matterOf(run, number),
  }
}

/** The checks of a step that this version makes, and what they come to. */
export async function availableChecks(
  definition: ProcedureDefinition,
  step: number,
  facts: FlagRolloutFacts,
) {
  const checks = stepOf(definition, step).checks.filter((it) => it.availability === 'available')
  return await inPieces(outcomesOf(checks, facts))
}

/** Not among the facts that are looked at again: traffic goes on, and a decision rests on what was seen. */
// oxlint-disable-next-line max-params -- private: where, of what, and when
async function trafficFor(
  { database: { kysely }, sources }: CheckParts,
  { feature: { project, flag } }: Loaded,
  { outputs }: FlagRolloutFacts,
  now: Date,
) {
  const { plan } = outputs.plan
  if (plan === undefined) return undefined
  return await loadPlanTraffic(kysely, { project, flag, sources }, { ...outputs.plan, plan }, now)
}

/** The step whose triggers may name alerts of others. */
const ROLLBACK_STEP = 5

/** Nothing where no trigger names an alert of others. */
async function rulesOfAlerts(
  { database: { kysely }, sources }: CheckParts,
  { run, feature: { project } }: Loaded,
): Promise<Pick<FlagRolloutFacts, 'alertRules'>> {
  const outputs = outputsOf(run)
  const names = alertsFromOutside(outputs)
  if (names.length === 0) return {}
  const environment = outputs.plan.plan?.environment
  return { alertRules: await lookUpAlerts(kysely, sources, { project, environment }, names) }
}

/** Steps that rest on metrics: the plan, and monitoring. What they say is not looked at again either. */
const MEASURED_STEPS: ReadonlySet<number> = new Set([3, 4])

async function tryMetrics(
  { database: { kysely }, sources }: CheckParts,
  { run, feature: { project } }: Loaded,
  step: number,
): Promise<Pick<FlagRolloutFacts, 'trials'>> {
  if (!MEASURED_STEPS.has(step)) return {}
  const { plan, monitoring } = outputsOf(run)
  const now = await databaseNow(kysely)
  const environment = plan.plan?.environment
  const metrics = monitoring.metrics ?? []
  const trials = await Promise.all([
    ...(plan.plan === undefined ? [] : [tryCriteria(kysely, sources, { project, plan: plan.plan }, now)]),
    ...metrics.map(async (it) => {
      if (environment === undefined || !('name' in it)) return []
      return it.source === 'prometheus'
        ? [await tryMetric(kysely, sources, { ...it, project, environment }, now)]
        : [await tryResource(kysely, { project, environment }, it)]
    }),
  ])
  return { trials: trials.flat() }
}

/** What a step of a run is about: its attempt and the revision of its output. */
export function matterOf(run: Run, step: number): string {
  const record = recordOf(run, step)
  return `${presentAttempt(record).number}/${record.revision}`
}

/** Keeps results as evidence, if what they were made from has not changed meanwhile. */
export async function keepChecked(
  tx: Tx,
  context: Context,
  present: Present,
  checked: Checked,
): Promise<Refusal | undefined> {
  const { run } = present
  const facts = await loadCheckFacts(tx, present, context.now)
  if (run.revision !== checked.revision || factsHash(facts) !== checked.factsHash) {
    return refuse(
      'run-changed',
      `Run ${run.id}, or what it rests on, was changed while its checks ran.`,
      'Look at it again and repeat.',
    )
  }
  await keepEvidence(tx, context, checked.evidence)
  return undefined
}
