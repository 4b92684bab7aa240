/**
 * What is served at each point of a rollout: the one rule that the rollout owns.
 *
 * The rule follows from plan and state alone, so that writing it again after a restart changes
 * nothing. Audiences accumulate: whoever was exposed at an earlier stage stays in its range.
 */
import { BUCKETS, raise, type ExposedAudience, type Rule } from '@flagmarshal/evaluation'

import type { Audience, Position, RolloutPlan, RolloutState } from './model.ts'
import { audiencesOf, exposedPercents, percentOf, stageOf, type Step } from './position.ts'

/** Share of an audience that stands in the exposed arm while observing, where its first increment leaves no control. */
const OBSERVED_PERCENT = 50

/** What does not change while a rollout runs. */
export interface RuleIdentity {
  /** Id and name of the rule. */
  readonly ruleId: string
  readonly name: string
  readonly rolloutId: string
  readonly attempt: number
  readonly treatment: string
  readonly control: string
  /** The attribute that is bucketed, and the exposure salt: the same in all stages and attempts. */
  readonly by: string
  readonly salt: string
  /** Share of bucketing keys that telemetry reports, 0..1. */
  readonly keySampleRate: number
}

/** The rule to serve in a state; undefined where the rollout owns none. */
export function rolloutRule(
  plan: RolloutPlan,
  state: RolloutState,
  identity: RuleIdentity,
): Rule | undefined {
  switch (state.kind) {
    case 'scheduled':
      return undefined
    case 'observing':
      return rule(identity, observedAudiences(plan), identity.control)
    case 'running':
      return rule(identity, exposedAudiences(plan, state), identity.treatment)
    case 'held':
    case 'paused':
      return rolloutRule(plan, state.from, identity)
    case 'completed':
      return rule(identity, wholeAudiences(plan), identity.treatment)
    case 'rolling_back':
    case 'rolled_back':
    case 'rollback_failed':
      return rule(identity, audiencesAt(plan, state.from), identity.control)
    case 'aborted':
      return state.from && rule(identity, audiencesAt(plan, state.from), identity.control)
  }
}

/** The exposed share, 0..1, of each audience whose arms are counted at a position, as the rule's buckets have it. */
export function armShares(plan: RolloutPlan, position: Position): Map<string, number> {
  const percents =
    position.kind === 'observing'
      ? audiencesOf(plan).map((id) => [id, observedPercent(plan, id)] as const)
      : [...exposedPercents(plan, position)]
  return new Map(percents.map(([id, percent]) => [id, bucketsOf(percent) / BUCKETS]))
}

/**
 * The share of everybody, 0..1, that a step exposes, as an expectation. `shares` holds for each
 * audience with a segment the share of everybody that belongs to it; everybody is the rest.
 */
export function expectedShare(
  plan: RolloutPlan,
  step: Step,
  shares: Readonly<Record<string, number>>,
): number {
  let exposed = 0
  for (const [audience, percent] of exposedPercents(plan, step)) {
    exposed += (percent / 100) * audienceShare(plan, audience, shares)
  }
  return exposed
}

function audienceShare(plan: RolloutPlan, id: string, shares: Readonly<Record<string, number>>): number {
  if (id !== 'everybody') return shares[id] ?? 0
  const others = audiencesOf(plan).filter((audience) => audience !== 'everybody')
  return Math.max(0, 1 - others.reduce((sum, audience) => sum + (shares[audience] ?? 0), 0))
}

function rule(identity: RuleIdentity, audiences: readonly ExposedAudience[], variant: string): Rule {
  const { by, salt, attempt, treatment, control, keySampleRate } = identity
  return {
    id: identity.ruleId,
    name: identity.name,
    when: { all: [] },
    serve: { exposure: { by, salt, hash: 'murmur3', audiences, variant } },
    rollout: { id: identity.rolloutId, attempt, treatment, control, keySampleRate },
  }
}

function audiencesAt(plan: RolloutPlan, position: Position): ExposedAudience[] {
  return position.kind === 'observing' ? observedAudiences(plan) : exposedAudiences(plan, position)
}

/** Every audience of the plan stands in both arms, so that each one's dispersion and rates are known before its stage. */
function observedAudiences(plan: RolloutPlan): ExposedAudience[] {
  return audiencesOf(plan).map((id) => audience(plan, id, observedPercent(plan, id)))
}

function observedPercent(plan: RolloutPlan, id: string): number {
  const stage = plan.stages.findIndex((each) => each.audience.id === id)
  const percent = percentOf(plan, { stage, increment: 0 })
  return percent < 100 ? percent : OBSERVED_PERCENT
}

function bucketsOf(percent: number): number {
  return Math.round((percent / 100) * BUCKETS)
}

function exposedAudiences(plan: RolloutPlan, step: Step): ExposedAudience[] {
  return [...exposedPercents(plan, step)].map(([id, percent]) => audience(plan, id, percent))
}

function wholeAudiences(plan: RolloutPlan): ExposedAudience[] {
  return audiencesOf(plan).map((id) => audience(plan, id, 100))
}

function audience(plan: RolloutPlan, id: string, percent: number): ExposedAudience {
  const stage = stageOf(
    plan,
    plan.stages.findIndex((each) => each.audience.id === id),
  )
  return { id, when: conditionOf(stage.audience), ranges: raise([], bucketsOf(percent)) }
}

function conditionOf(who: Audience): ExposedAudience['when'] {
  return 'segment' in who ? { segment: who.segment } : { all: [] }
}
