/**
 * The checks of step 3 that rest on the traffic of the latest days: what it can show (P-S3-6), and
 * whether the plan would have rolled back traffic in which nothing was changed.
 */
import type { Json } from '../../audit/canonical.ts'
import { trafficOf, type MeasuredTraffic, type TrafficHistory } from '../../rollout/history.ts'
import { lintPower } from '../../rollout/lint-power.ts'
import { preFlight, trafficByAudience, type StepPower } from '../../rollout/pre-flight.ts'
import { replayRefusal, type ReplayReport } from '../../rollout/replay.ts'
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** What is known of the traffic in which nobody is exposed, in the plan's environment. */
export interface PlanTraffic {
  /** Of the flag's requests that were served the plan's control variant. */
  readonly history: TrafficHistory
  readonly replay: ReplayReport
}

/** P-S3-6: advice, with the duration that would be enough. */
export function checkPower({ outputs, traffic }: FlagRolloutFacts): CheckOutcome {
  const { plan, audienceShares = {} } = outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  if (traffic === undefined) return unknown('the plan cannot be tried: see P-S3-5')
  const measured = trafficOf(traffic.history)
  if (measured === undefined) {
    return unknown(
      `no unexposed request of the flag was counted in ${plan.environment}: an instance must ask it there`,
    )
  }
  const byAudience = trafficByAudience(plan, measured, audienceShares)
  const steps = powerOf(plan, measured, audienceShares)
  const warnings = lintPower(plan, { traffic: byAudience, audienceShares })
  return outcome(
    warnings.map((it) => `${it.id}: ${it.message}`),
    {
      measured: asJson(measured),
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
  measured: MeasuredTraffic | undefined,
  audienceShares: Readonly<Record<string, number>>,
): StepPower[] {
  const traffic = measured === undefined ? {} : trafficByAudience(plan, measured, audienceShares)
  return preFlight(plan, { traffic, audienceShares, expectedKeys: plan.expectedKeys })
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
    ]
  }
  const held = replay.steps.filter((it) => it.held > 0)
  return held.map(
    (it) =>
      `aa-replay: at ${it.percent} % of stage ${it.name} the plan would have held unchanged traffic in ${it.held} of ${it.splits} ways to choose the exposed users`,
  )
}

/** Numbers without anything that JSON lacks. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
