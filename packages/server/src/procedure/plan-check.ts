/**
 * Trying a rollout plan before anybody decides on it: its checks, what it can see at the traffic there
 * is, and the A/A replay. The stored plan of a run, or a draft that is stored nowhere.
 */
import type { DraftPlan, PlanCheck, PlanPower, PlanReplay } from '@flagmarshal/api/plan-check'
import {
  notEstimated,
  powerOf,
  sharesOf,
  withoutFeature,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/check-power'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { lintPower } from '@flagmarshal/domain/rollout/lint-power'
import { trafficByAudience } from '@flagmarshal/domain/rollout/pre-flight'
import { replayRefusal } from '@flagmarshal/domain/rollout/replay-report'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import { tryCriteria } from '../analysis/try-criteria.ts'
import type { Context } from '../context.ts'
import { inPieces } from '../in-turns.ts'
import { databaseNow } from '../storage/flags.ts'
import { loadFacts } from './facts.ts'
import type { RunKey } from './load.ts'
import type { Loaded } from './load.ts'
import { impossible, loadPlanTraffic, PLAN_STEP } from './plan-traffic.ts'
import { availableChecks } from './run-checks.ts'
import type { CheckParts } from './run-checks.ts'
import { seenRun } from './show-run.ts'

/** The checks of step 3 on a plan; nothing is stored. */
export async function checkDraft(
  context: Context,
  parts: CheckParts,
  key: RunKey,
  draft: DraftPlan,
): Promise<PlanCheck | Refusal> {
  const { database, sources } = parts
  const tried = await tryPlan(context, parts, key, draft)
  if (isRefusal(tried)) return tried
  const { loaded, plan } = tried
  const { kysely } = database
  const place = { project: key.project, plan }
  const trials = await tryCriteria(kysely, sources, place, await databaseNow(kysely))
  const facts = { ...tried.facts, trials }
  const checks = (await availableChecks(loaded.setting.definition, PLAN_STEP, facts)).map(
    ({ id, title, required, outcome }) => ({ id, title, required, ...outcome }),
  )
  return {
    isRefused: checks.some((it) => it.required && it.state === 'fail'),
    checks: checks.map(({ findings, facts: found, ...it }) => ({
      ...it,
      findings: [...findings],
      facts: found,
    })),
  }
}

/** What each increment reaches and can see. */
export async function showPower(
  context: Context,
  parts: CheckParts,
  key: RunKey,
  draft: DraftPlan,
): Promise<PlanPower | Refusal> {
  const tried = await tryPlan(context, parts, key, draft)
  if (isRefusal(tried)) return tried
  const { plan, facts } = tried
  if (facts.traffic === undefined) return cannotBeTried(plan)
  const audienceShares = sharesOf(facts.outputs.plan, facts.traffic)
  const { traffic: measured, criteria = [] } = withoutFeature(facts.traffic)
  const traffic = trafficByAudience(plan, withoutFeature(facts.traffic), audienceShares)
  const known = traffic['everybody'] !== undefined
  const steps = await inPieces(powerOf(plan, facts.traffic, audienceShares))
  const warnings = known ? lintPower(plan, steps) : []
  return {
    environment: plan.environment,
    traffic:
      measured === undefined
        ? null
        : {
            minutes: measured.minutes,
            quietMinutes: measured.quietMinutes,
            perMinute: measured.perMinute,
            badShare: measured.badShare,
            slowShare: measured.slowShare,
            phi: { bad: measured.dispersion.bad.relative, slow: measured.dispersion.slow.relative },
          },
    criteria: criteria.map(({ dispersion, ...it }) => ({ ...it, phi: dispersion.relative })),
    notEstimated: notEstimated(plan, steps),
    steps: steps.map((step) => ({
      ...step,
      stage: step.stage + 1,
      increment: step.increment + 1,
      criteria: step.criteria.map((it) => ({ ...it, sees: [...it.sees] })),
    })),
    warnings: warnings.map((it) => it.message),
  }
}

/** What the engine would have made of the latest traffic, in which nobody was exposed. */
export async function showReplay(
  context: Context,
  parts: CheckParts,
  key: RunKey,
  draft: DraftPlan,
): Promise<PlanReplay | Refusal> {
  const tried = await tryPlan(context, parts, key, draft)
  if (isRefusal(tried)) return tried
  const { plan, facts } = tried
  if (facts.traffic === undefined) return cannotBeTried(plan)
  const { replay } = facts.traffic
  return {
    ...replay,
    environment: plan.environment,
    refusal: replayRefusal(replay) ?? null,
    left: [...replay.left],
    leftCriteria: replay.leftCriteria.map((it) => ({ ...it })),
    from: replay.from?.toISOString() ?? null,
    to: replay.to?.toISOString() ?? null,
    steps: replay.steps.map((step) => ({
      ...step,
      stage: step.stage + 1,
      increment: step.increment + 1,
      at: step.at?.toISOString() ?? null,
    })),
  }
}

/** An impossible plan; what is wrong with it, its check says in full. */
function cannotBeTried(plan: ServedPlan): Refusal {
  const { message, path } = impossible(plan) ?? { message: '', path: '' }
  const remedy = 'Put right what the check of the plan finds.'
  return refuse('plan-impossible', `The plan cannot be tried: ${message}.`, remedy, `/plan${path}`)
}

interface Tried {
  readonly loaded: Loaded
  readonly plan: ServedPlan
  readonly facts: FlagRolloutFacts
}

async function tryPlan(
  context: Context,
  { database, sources }: CheckParts,
  key: RunKey,
  draft: DraftPlan,
): Promise<Tried | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  const { feature, run } = loaded
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: false })
  const stored = facts.outputs.plan
  const plan = draft.plan ?? stored.plan
  if (plan === undefined) {
    return refuse('no-plan', 'The run has no rollout plan yet.', 'Write step 3, or send a draft.', '/plan')
  }
  const output = {
    ...stored,
    plan,
    ...(draft.audienceShares === undefined ? {} : { audienceShares: draft.audienceShares }),
  }
  const place = { project: feature.project, flag: feature.flag, sources }
  const traffic = await loadPlanTraffic(database.kysely, place, output, context.now)
  return {
    loaded,
    plan,
    facts: { ...facts, outputs: { ...facts.outputs, plan: output }, ...(traffic && { traffic }) },
  }
}
