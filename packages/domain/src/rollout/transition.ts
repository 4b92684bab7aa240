/**
 * Every change of a rollout's state, in one function.
 *
 * What the engine decided, what a person does and what a verification found arrive as events. The
 * answer is the changed rollout, with its version one higher, or a refusal with its remedy; an event
 * that changes nothing gives the same rollout back.
 */
import { NO_SPLIT } from '../analysis/split.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { Decision } from './advance.ts'
import { completedState, lastPosition } from './after-completion.ts'
import { can } from './can.ts'
import type {
  Position,
  RollbackCause,
  Rollout,
  RolloutPlan,
  RolloutState,
  StageApproval,
  Target,
} from './model.ts'
import { isOverridden, withOverride } from './override.ts'
import { positionOf, targetAfter } from './position.ts'
import { confirmed, toldOf } from './review.ts'
import { windowBoundary } from './schedule.ts'
import { withApproval } from './stage-approval.ts'

export type RolloutEvent =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | ({ readonly kind: 'resume' | 'advance' | 'roll-back' | 'abort' } & Act)
  /** `until`: it goes on by itself then. */
  | ({ readonly kind: 'pause'; readonly until?: Date } & Act)
  | { readonly kind: 'approve'; readonly approval: StageApproval }
  | ({ readonly kind: 'override'; readonly criterion: string; readonly until: Date } & Act)
  /** Somebody has looked, and it goes on. Whoever wants it to stop pauses it or rolls it back. */
  | ({ readonly kind: 'review' } & Act)
  /** The flag was switched off: the attempt is over. */
  | ({ readonly kind: 'kill' } & Act)
  | { readonly kind: 'rollback-verified' }
  | { readonly kind: 'rollback-failed'; readonly failure: string }

/** Who did it, and why. */
export interface Act {
  readonly by: string
  readonly reason: string
}

/** A rollout that waits for its start. `attempt` counts from 1. */
export function scheduleRollout(id: string, attempt: number, startAt: Date): Rollout {
  return { id, attempt, version: 1, startAt, state: { kind: 'scheduled' }, evidence: {} }
}

/** The rollout after the event. `now` is the database's time of the transaction. */
export function transition(
  plan: RolloutPlan,
  rollout: Rollout,
  event: RolloutEvent,
  now: Date,
): Rollout | Refusal {
  if (!can(event.kind, rollout.state)) return refusedByState(event.kind, rollout.state)
  switch (event.kind) {
    case 'decided':
      return decided(plan, rollout, event.decision, now)
    case 'pause':
      return pause(rollout, event)
    case 'resume':
      return resume(rollout, now)
    case 'advance':
      return advanceByHand(plan, rollout, now)
    case 'roll-back':
      return rollBack(plan, rollout, { kind: 'person', by: event.by, reason: event.reason })
    case 'approve':
      return withApproval(rollout, event.approval)
    case 'override': {
      const { criterion, until, by, reason } = event
      return withOverride(plan, rollout, { criterion, until: until.toISOString(), by, reason }, now)
    }
    case 'review':
      return reviewed(rollout, now)
    case 'abort':
      return positionOf(rollout)?.kind === 'running'
        ? refusedByExposure()
        : end(rollout, event.by, event.reason)
    case 'kill':
      return end(rollout, event.by, event.reason)
    case 'rollback-verified':
    case 'rollback-failed':
      return verified(rollout, event.kind === 'rollback-failed' ? event.failure : undefined)
  }
}

function decided(plan: RolloutPlan, rollout: Rollout, decision: Decision, now: Date): Rollout {
  switch (decision.kind) {
    case 'wait':
      return rollout
    case 'hold':
      return underwayState(rollout, (from) => ({ kind: 'held', reason: decision.reason, from }))
    case 'resume-from-hold':
    case 'end-pause':
      return underwayState(rollout, (from) => from)
    case 'void-approval': {
      const { approval: _, ...others } = rollout
      return { ...others, version: rollout.version + 1 }
    }
    case 'review':
      return { ...rollout, review: toldOf(rollout.review, decision), version: rollout.version + 1 }
    case 'warn':
      return warned(rollout, decision.breach.criterion)
    case 'advance':
      return enter(plan, rollout, decision.to, now)
    case 'roll-back':
      return rollBack(plan, rollout, decision.cause)
    case 'complete':
      return complete(plan, rollout, now)
  }
}

function pause(rollout: Rollout, { by, reason, until }: Extract<RolloutEvent, { kind: 'pause' }>): Rollout {
  const ends = until === undefined ? {} : { until: until.toISOString() }
  return underwayState(rollout, (from) => ({ kind: 'paused', by, reason, from, ...ends }))
}

/** Whoever has looked may let go on what was held for want of a look. */
function reviewed(rollout: Rollout, now: Date): Rollout {
  const looked = { ...rollout, review: confirmed(now) }
  const { state } = rollout
  if (state.kind === 'held' && state.reason === 'review') return changed(looked, state.from)
  return { ...looked, version: rollout.version + 1 }
}

function warned(rollout: Rollout, criterion: string): Rollout {
  const { state } = rollout
  if (state.kind !== 'completed') return rollout
  return changed(rollout, { ...state, warned: [...(state.warned ?? []), criterion] })
}

function complete(plan: RolloutPlan, rollout: Rollout, now: Date): Rollout {
  const { approval: _, ...others } = rollout
  return { ...changed(others, completedState(plan)), enteredAt: now }
}

/** A breach that nobody has set aside. */
function isBreached(rollout: Rollout, now: Date): boolean {
  return Object.entries(rollout.evidence).some(
    ([id, { breach }]) => breach !== undefined && !isOverridden(rollout, id, now),
  )
}

/**
 * A person's resume of an inconclusive hold grants the stage its maximum once more; one of a
 * sample-ratio hold says that the split so far has been looked at: what follows is counted anew.
 */
function resume(rollout: Rollout, now: Date): Rollout | Refusal {
  const { state } = rollout
  if (state.kind === 'held' && state.reason === 'breach' && isBreached(rollout, now)) return refusedByBreach()
  const again = state.kind === 'held' && state.reason === 'inconclusive'
  const looked = state.kind === 'held' && state.reason === 'sample-ratio'
  return underwayState(looked ? { ...rollout, split: NO_SPLIT } : rollout, (from) =>
    again && from.kind === 'running' ? { ...from, stageWindows: 0 } : from,
  )
}

/** Raises without waiting for evidence: a person's responsibility, but never over a breach, a void approval or a conflict. */
function advanceByHand(plan: RolloutPlan, rollout: Rollout, now: Date): Rollout | Refusal {
  const { state } = rollout
  if (isBreached(rollout, now)) return refusedByBreach()
  if (state.kind === 'held' && state.reason === 'unapproved') {
    return refuse(
      'approval-void',
      'the approval of this rollout does not hold any more',
      'have the changed bundle approved',
    )
  }
  if (state.kind === 'held' && state.reason === 'conflict') {
    return refuse(
      'flag-edited-outside',
      'the flag was edited outside the rollout',
      'look at the edit, then resume',
    )
  }
  const position = positionOf(rollout)
  if (position === undefined || position.kind === 'observing') {
    return refuse(
      'still-observing',
      'nobody is exposed before the observe stage has ended',
      'wait for the first exposure',
    )
  }
  const to = targetAfter(plan, position)
  return to === undefined ? complete(plan, rollout, now) : enter(plan, rollout, to, now)
}

function enter(plan: RolloutPlan, rollout: Rollout, to: Target, now: Date): Rollout {
  const progress = { windows: 0, healthy: 0 }
  if (to.kind === 'observing') {
    return {
      ...changed(rollout, { ...to, progress }),
      startAt: now,
      enteredAt: now,
      watermark: windowBoundary(plan, now),
    }
  }
  const position = positionOf(rollout)
  const sameStage = position?.kind === 'running' && position.stage === to.stage
  const stageWindows = sameStage ? position.stageWindows : 0
  const { approval: _, ...others } = rollout
  return {
    ...changed(others, { ...to, progress, stageWindows }),
    enteredAt: now,
    exposedAt: rollout.exposedAt ?? now,
  }
}

function rollBack(plan: RolloutPlan, rollout: Rollout, cause: RollbackCause): Rollout {
  return changed(rollout, { kind: 'rolling_back', cause, from: positionOf(rollout) ?? lastPosition(plan) })
}

function end(rollout: Rollout, by: string, reason: string): Rollout {
  const { state } = rollout
  if (state.kind === 'completed' || state.kind === 'rolled_back' || state.kind === 'aborted') return rollout
  const from = positionOf(rollout) ?? ('from' in state ? state.from : undefined)
  return changed(rollout, { kind: 'aborted', by, reason, ...(from === undefined ? {} : { from }) })
}

function verified(rollout: Rollout, failure: string | undefined): Rollout {
  const { state } = rollout
  if (state.kind !== 'rolling_back' && state.kind !== 'rollback_failed') return rollout
  const { cause, from } = state
  if (failure === undefined) return changed(rollout, { kind: 'rolled_back', cause, from })
  return changed(rollout, { kind: 'rollback_failed', cause, from, failure })
}

function underwayState(rollout: Rollout, next: (from: Position) => RolloutState): Rollout {
  const position = positionOf(rollout)
  return position === undefined ? rollout : changed(rollout, next(position))
}

function changed(rollout: Rollout, state: RolloutState): Rollout {
  return { ...rollout, state, version: rollout.version + 1 }
}

function refusedByState(action: RolloutEvent['kind'], state: RolloutState): Refusal {
  return refuse(
    'rollout-state',
    `a rollout that is ${state.kind.replace('_', ' ')} cannot take "${action}"`,
    state.kind === 'rolled_back' || state.kind === 'aborted'
      ? 'start a new attempt'
      : 'look at the rollout and act on its present state',
  )
}

/** Ending an attempt is not verified; taking people out is. */
function refusedByExposure(): Refusal {
  return refuse('somebody-is-exposed', 'this rollout exposes people', 'roll it back: that is verified')
}

function refusedByBreach(): Refusal {
  return refuse(
    'criterion-breached',
    'a criterion of this rollout is breached',
    'roll back; a new attempt starts with new evidence',
  )
}
