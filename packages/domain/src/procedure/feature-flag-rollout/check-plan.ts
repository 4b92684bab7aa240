/**
 * The checks of step 3: the plan itself, its time, and the risk that the business accepts.
 */
import { lintPlan } from '../../rollout/lint.ts'
import type { LintFacts } from '../../rollout/lint.ts'
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { CheckOutcome } from '../run.ts'
import { criterionFindings } from './check-metrics.ts'
import { replayFindings, replayWarnings } from './check-power.ts'
import type { FlagRolloutFacts, WrittenFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { PlanOutput } from './outputs.ts'

/** P-S3-5, with the agreed risk, the flag that the plan is for, and the replay of the latest traffic. */
export function checkPlan(facts: FlagRolloutFacts): CheckOutcome {
  const { plan, audienceShares } = facts.outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  const segmented = plan.stages.filter((it) => 'segment' in it.audience).map((it) => it.audience.id)
  const unsized = [...new Set(segmented)].filter((it) => audienceShares?.[it] === undefined)
  const findings = lintPlan(plan, lintFacts(facts, plan, unsized.length === 0))
  const errors = findings.filter((it) => it.severity === 'error').map((it) => `${it.id}: ${it.message}`)
  const tried = criterionFindings(plan, facts.trials)
  const wrong = [...errors, ...disagreements(facts, plan), ...tried.wrong, ...replayFindings(facts)]
  const facts_ = {
    stages: plan.stages.map((it) => ({ name: it.name, increments: it.increments })),
    warnings: [
      ...findings.filter((it) => it.severity === 'warning').map((it) => `${it.id}: ${it.message}`),
      ...replayWarnings(facts),
      ...tried.notes,
    ],
  }
  const open = [
    ...(unsized.length > 0
      ? [`audienceShares does not say how many of everybody are in ${unsized.join(', ')}`]
      : []),
    ...tried.unknown,
  ]
  if (wrong.length > 0 || open.length === 0) return outcome(wrong, facts_)
  return { state: 'unknown', findings: open, facts: facts_ }
}

/** Whether a start, and the least time that the stages need after it, lie inside the approved timeline. */
export function isInside({ outputs }: FlagRolloutFacts, start: Date | undefined): boolean {
  const { plan, timeline } = outputs.plan
  if (start === undefined || plan === undefined || timeline === undefined) return true
  const early = timeline.start !== undefined && start.getTime() < Date.parse(timeline.start)
  const late =
    timeline.expectedCompletion !== undefined &&
    start.getTime() + leastMsOf(plan) > Date.parse(timeline.expectedCompletion)
  return !early && !late
}

/** P-S3-4: time enough, checkpoints inside it, and the review frequency of P-S3-3 is the one that is asked for. */
export function checkTimeline({ outputs }: WrittenFacts): CheckOutcome {
  const { plan, timeline, monitoring } = outputs.plan
  if (plan === undefined || timeline === undefined) return unknown('there is no plan with a timeline yet')
  const leastMs = leastMsOf(plan)
  const { start, expectedCompletion } = timeline
  const givenMs =
    start === undefined || expectedCompletion === undefined
      ? undefined
      : Date.parse(expectedCompletion) - Date.parse(start)
  const late = givenMs !== undefined && givenMs < leastMs
  return outcome(
    [
      ...(late
        ? [`the stages need at least ${leastMs / 60_000} minutes; the timeline leaves ${givenMs / 60_000}`]
        : []),
      ...outsideCheckpoints(plan, timeline),
      ...otherFrequency(plan, monitoring?.reviewEveryMinutes),
    ],
    {
      leastMs,
      givenMs: givenMs ?? null,
    },
  )
}

/** A checkpoint before the start or after the expected completion is never asked for. */
function outsideCheckpoints(
  { reviews }: ServedPlan,
  { start, expectedCompletion }: PlanOutput['timeline'],
): readonly string[] {
  const outside = (at: string) =>
    (start !== undefined && Date.parse(at) <= Date.parse(start)) ||
    (expectedCompletion !== undefined && Date.parse(at) > Date.parse(expectedCompletion))
  return (reviews?.checkpoints ?? [])
    .filter(outside)
    .map((it) => `the checkpoint ${it} lies outside of the timeline`)
}

function otherFrequency({ reviews }: ServedPlan, minutes: number | undefined): readonly string[] {
  const everyMs = reviews?.everyMs
  if (everyMs === undefined || minutes === undefined || everyMs === minutes * 60_000) return []
  return [
    `the plan asks for a review every ${everyMs / 60_000} minutes; its monitoring requirements say ${minutes}`,
  ]
}

/** Observing, and the bake times of all stages. */
function leastMsOf(plan: ServedPlan): number {
  return plan.windowMs * plan.observeWindows + plan.stages.reduce((sum, it) => sum + it.bakeMs, 0)
}

function lintFacts(
  { environments, inputs, outputs }: FlagRolloutFacts,
  plan: ServedPlan,
  sized: boolean,
): LintFacts {
  const segments = environments.find((it) => it.key === plan.environment)?.segments.map((it) => it.key)
  const { tolerance } = inputs
  return {
    ...(segments === undefined ? {} : { segments }),
    ...(sized ? { audienceShares: outputs.plan.audienceShares ?? {} } : {}),
    ...(tolerance === undefined
      ? {}
      : {
          riskTolerance: {
            maxErrorRatio: 1 + tolerance.maxErrorRateIncrease / 100,
            maxSlowRatio: 1 + tolerance.maxLatencyIncrease / 100,
            maxExposedBeforeReview: Math.min(1, tolerance.maxExposedUsers / plan.expectedKeys),
          },
        }),
  }
}

/** What the plan says of flag and environment, against what there is. */
function disagreements({ flag, environments }: FlagRolloutFacts, plan: ServedPlan): readonly string[] {
  const variants = flag?.configurations.find((it) => it.environment === plan.environment)?.flag.variants
  const named = [plan.treatment, plan.control]
  return [
    ...(environments.some((it) => it.key === plan.environment)
      ? []
      : [`there is no environment ${plan.environment}`]),
    ...(flag === undefined ? ['the flag does not exist'] : []),
    ...(variants === undefined
      ? []
      : named.filter((it) => !Object.hasOwn(variants, it)).map((it) => `the flag has no variant ${it}`)),
    ...(plan.treatment === plan.control ? ['treatment and control are the same variant'] : []),
  ]
}
