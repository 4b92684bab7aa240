/**
 * The checks of step 3 that rest on the traffic of the latest days: what it can show (P-S3-6), and
 * whether the plan would have rolled back traffic in which nothing was changed.
 */
import type { Json } from '../../audit/canonical.ts'
import type { Pieces } from '../../pieces.ts'
import { trafficOf, type TrafficHistory } from '../../rollout/history.ts'
import { lintPower } from '../../rollout/lint-power.ts'
import { guardrailsOf } from '../../rollout/position.ts'
import {
  preFlight,
  trafficByAudience,
  type StepPower,
  type WithoutFeature,
} from '../../rollout/pre-flight.ts'
import { leftSentences, placeOf, replayRefusal, type ReplayReport } from '../../rollout/replay-report.ts'
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { MeasuredCriterion } from '../../rollout/tried-history.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { PlanOutput } from './outputs.ts'

/** What is known of the traffic in which nobody is exposed, in the plan's environment. */
export interface PlanTraffic {
  /** Of the flag's requests that were served the plan's control variant. */
  readonly history: TrafficHistory
  readonly replay: ReplayReport
  /** What each criterion counts, wherever it is counted. */
  readonly criteria?: readonly MeasuredCriterion[]
  /** Shares of everybody that lists tell, by audience. */
  readonly listed?: Readonly<Record<string, number>>
}

/** P-S3-6: advice, with the duration that would be enough. */
export function* checkPower({ outputs, traffic }: FlagRolloutFacts): Pieces<CheckOutcome> {
  const { plan } = outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  if (traffic === undefined) return unknown('the plan cannot be tried: see P-S3-5')
  const audienceShares = sharesOf(outputs.plan, traffic)
  const measured = withoutFeature(traffic)
  const byAudience = trafficByAudience(plan, measured, audienceShares)
  if (byAudience['everybody'] === undefined) {
    return unknown(
      `no unexposed request of the flag was counted in ${plan.environment}: an instance must ask it there`,
    )
  }
  const steps = yield* powerOf(plan, traffic, audienceShares)
  const warnings = lintPower(plan, steps)
  return outcome(
    warnings.map((it) => `${it.id}: ${it.message}`),
    {
      measured: asJson(measured),
      notEstimated: notEstimated(plan, steps),
      steps: steps.map((it) => ({
        place: `${it.percent} % of stage ${it.name}`,
        users: it.users,
        requestsPerMinute: it.requestsPerMinute,
        waitsMs: it.waitsMs,
        criteria: it.criteria.map(({ criterion, sentence }) => `${criterion}: ${sentence}`),
      })),
    },
  )
}

/** The pre-flight of a plan at measured traffic, or its reach alone where nothing was measured. */
export function powerOf(
  plan: ServedPlan,
  traffic: PlanTraffic,
  audienceShares: Readonly<Record<string, number>>,
): Pieces<readonly StepPower[]> {
  const byAudience = trafficByAudience(plan, withoutFeature(traffic), audienceShares)
  return preFlight(plan, { traffic: byAudience, audienceShares, expectedKeys: plan.expectedKeys })
}

/** What was measured while nobody was exposed. */
export function withoutFeature({ history, criteria = [] }: PlanTraffic): WithoutFeature {
  const measured = trafficOf(history)
  return { criteria, ...(measured === undefined ? {} : { traffic: measured }) }
}

/** What the plan says how many of everybody are in each audience; else what the lists of segments say. */
export function sharesOf(
  { audienceShares = {} }: Pick<Partial<PlanOutput>, 'audienceShares'>,
  { listed = {} }: Pick<PlanTraffic, 'listed'>,
): Readonly<Record<string, number>> {
  return { ...listed, ...audienceShares }
}

/** Guardrails that no estimate is made of. */
export function notEstimated(plan: ServedPlan, steps: readonly StepPower[]): string[] {
  const known = new Set(steps.flatMap((it) => it.criteria.map(({ criterion }) => criterion)))
  return guardrailsOf(plan)
    .filter(({ id }) => !known.has(id))
    .map(
      ({ id, mean }) =>
        `${id}: ${mean === undefined ? 'nothing was counted of it' : 'a mean has no model of its counts'}`,
    )
}

/** Why the A/A replay refuses the plan; nothing where it does not, or could not be made. */
export function replayFindings({ traffic }: FlagRolloutFacts): readonly string[] {
  const refusal = traffic === undefined ? undefined : replayRefusal(traffic.replay)
  return refusal === undefined ? [] : [`aa-replay: ${refusal}`]
}

/** What reviewers see of the replay. */
export function replayWarnings({ traffic }: FlagRolloutFacts): readonly string[] {
  if (traffic === undefined) return []
  const { replay } = traffic
  if (replay.verdict === 'too-short') {
    return [
      'aa-replay: the latest days hold too little unexposed traffic to replay: 30 windows are needed beside what is observed',
      ...leftSentences(replay.leftCriteria).map((it) => `aa-replay: not replayed: ${it}`),
    ]
  }
  const held = replay.steps.filter((it) => it.held > 0)
  return [
    ...held.map(
      (it) =>
        `aa-replay: ${placeOf(it)} the plan would have held unchanged traffic in ${it.held} of ${it.splits} ways to choose the exposed users`,
    ),
    ...leftSentences(replay.leftCriteria).map((it) => `aa-replay: not replayed: ${it}`),
    ...replay.left.map(
      (it) => `aa-replay: not replayed: stage ${it}, of whose audience nobody says how many belong to it`,
    ),
  ]
}

/** Numbers without anything that JSON lacks. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
