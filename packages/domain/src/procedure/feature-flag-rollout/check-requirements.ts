/**
 * The checks of step 3 that hold the plan against what was asked for: gradual or at once (P-S3-8), and
 * each line of the requirements review (P-S3-9).
 */
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { CheckOutcome } from '../run.ts'
import type { InputFacts, WrittenFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { PlanOutput } from './outputs.ts'

/** The lines of the requirements review. */
export const REVIEW_LINES = [
  'business',
  'riskTolerance',
  'userImpact',
  'timeline',
  'openTestPoints',
  'runbooks',
] as const
export type ReviewLine = (typeof REVIEW_LINES)[number]

/** P-S3-8: the plan is what P-I9 asks for, and nobody of a feature of high risk is exposed at once. */
export function checkAtOnce({ inputs, outputs }: WrittenFacts): CheckOutcome {
  const { plan } = outputs.plan
  const risk = outputs.strategy.review?.riskLevel
  if (plan === undefined || risk === undefined) return unknown('there is no plan, or no risk level yet')
  const atOnce = isAtOnce(plan)
  const { mode } = inputs
  const [first] = plan.stages
  return outcome(
    [
      ...(mode === 'immediate' && !atOnce
        ? ['P-I9 asks for an immediate rollout; the plan exposes people in several increments']
        : []),
      ...(mode === 'gradual' && atOnce
        ? ['P-I9 asks for a gradual rollout; the plan exposes everybody at once']
        : []),
      ...(risk === 'high' && atOnce ? ['a feature of high risk is exposed to everybody at once'] : []),
      ...(risk === 'high' && first?.audience.id === 'everybody'
        ? ['a feature of high risk begins with an internal stage']
        : []),
    ],
    { riskLevel: risk, asked: mode ?? null, atOnce },
  )
}

/** P-S3-9: the plan answers each line of the review, or the review says why it does not. */
export function checkReview({ inputs, outputs }: WrittenFacts): CheckOutcome {
  const { review, plan } = outputs.plan
  if (review === undefined || plan === undefined)
    return unknown('there is no plan with a requirements review yet')
  const open = REVIEW_LINES.flatMap((line) => {
    const reason = review.unanswered?.[line]
    const missing = unanswered(line, outputs.plan, inputs)
    return missing === undefined || (reason !== undefined && reason.trim() !== '')
      ? []
      : [`${line}: ${missing}`]
  })
  return outcome(open, {
    lines: REVIEW_LINES.map((line) => ({ line, exception: review.unanswered?.[line] ?? null })),
    skippedTests: inputs.skippedTests ?? null,
    runbooks: inputs.runbooks ?? null,
  })
}

/** One stage that takes everybody in one increment. */
function isAtOnce({ stages }: ServedPlan): boolean {
  const [only] = stages
  return stages.length === 1 && only?.increments.length === 1
}

function unanswered(line: ReviewLine, plan: Partial<PlanOutput>, inputs: InputFacts): string | undefined {
  switch (line) {
    case 'riskTolerance':
      return exposedUnseen(plan, inputs)
    case 'timeline':
      return plan.review?.timeline.trim() === '' ? 'nothing is said' : outsideOfWish(plan, inputs)
    case 'userImpact':
      return plan.expectations === undefined
        ? 'what should happen, what might go wrong and what to watch is not said'
        : emptyText(plan.review?.userImpact)
    case 'business':
    case 'openTestPoints':
    case 'runbooks':
      return emptyText(plan.review?.[line])
  }
}

function emptyText(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? 'nothing is said' : undefined
}

/** More people than agreed would be exposed by the first increment already, whoever looks afterwards. */
function exposedUnseen(
  { plan, audienceShares }: Partial<PlanOutput>,
  { tolerance }: InputFacts,
): string | undefined {
  const [first] = plan?.stages ?? []
  if (plan === undefined || first === undefined || tolerance === undefined) return undefined
  const audience = first.audience.id === 'everybody' ? 1 : (audienceShares?.[first.audience.id] ?? 0)
  const users = Math.round((audience * plan.expectedKeys * (first.increments[0] ?? 0)) / 100)
  return users > tolerance.maxExposedUsers
    ? `the first increment exposes about ${users} users; ${tolerance.maxExposedUsers} may be before a person looks`
    : undefined
}

/** The plan's start and end against the wished ones. */
function outsideOfWish(
  { timeline }: Partial<PlanOutput>,
  { earliestStart, deadline }: InputFacts,
): string | undefined {
  if (earliestStart !== undefined) {
    if (timeline?.start === undefined)
      return `it is to start ${earliestStart} or later; the plan names no start`
    if (Date.parse(timeline.start) < Date.parse(earliestStart))
      return `it starts ${timeline.start}, before the wished ${earliestStart}`
  }
  if (deadline === undefined) return undefined
  if (timeline?.expectedCompletion === undefined)
    return `it is to be complete by ${deadline}; the plan names no completion`
  return Date.parse(timeline.expectedCompletion) > Date.parse(deadline)
    ? `it is expected to be complete ${timeline.expectedCompletion}, after the wished ${deadline}`
    : undefined
}
