/**
 * Carrying a change of a rollout out: the flag's rule, the state, the decision, the signals and the
 * audit entry, in the transaction that the caller has opened with the rollout's row locked.
 *
 * The rule to serve follows from the state, so it is written only where the state asks for another
 * one. The audit entry comes last: it locks the head of the chain.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { rolloutRule } from '@flagmarshal/domain/rollout/exposure'
import type { Rollout, RolloutState } from '@flagmarshal/domain/rollout/model'
import { nextWake } from '@flagmarshal/domain/rollout/schedule'
import { ruleIdentityOf } from '@flagmarshal/domain/rollout/served-plan'
import type { Rule } from '@flagmarshal/evaluation'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { placeRolloutRule } from '../flag/serve-rollout-rule.ts'
import type { StoredFlag } from '../flag/serve-rollout-rule.ts'
import { startVerification } from '../flag/verification.ts'
import type { Tx } from '../storage/database.ts'
import { bumpRevision } from '../storage/flags.ts'
import { insertDecision } from '../storage/rollout-decisions.ts'
import { wakeControllers } from '../storage/rollout-schedule.ts'
import { updateRollout } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { sentenceOf } from './decision-sentence.ts'
import type { Recorded } from './record.ts'
import { announce } from './signals.ts'

/** How often a failed rollback is looked at, in case that the missing instances confirm it after all. */
const FAILED_ROLLBACK_MS = 10_000

/** A change that was decided. */
export interface Change {
  readonly before: StoredRollout
  readonly after: Rollout
  readonly recorded: Recorded
  /** The flag as it was read in this transaction. */
  readonly flag: StoredFlag
  /** The flag as it is now is accepted: somebody has looked at an edit. */
  readonly acceptFlag?: boolean
}

/**
 * Somebody changed the flag between reading and writing it, or the rollout itself: nothing may be
 * committed, and the same can be tried again at once.
 */
export class Overtaken extends Error {}

/** Stores the change with everything that belongs to it. Throws Overtaken when somebody was faster. */
export async function carryOut(tx: Tx, context: Context, change: Change): Promise<StoredRollout> {
  const { before, after, recorded } = change
  const { now } = context
  const served = await serve(tx, context, change)
  const rollingBack = after.state.kind === 'rolling_back' && before.rollout.state.kind !== 'rolling_back'
  const verification = rollingBack ? await beginVerification(tx, context, change, served) : undefined
  const changed = after.version !== before.rollout.version
  const next: StoredRollout = {
    ...before,
    rollout: after,
    since: changed ? now : before.since,
    flagRevision: served,
    ...(verification === undefined ? {} : { verification, rolledBackAt: now }),
    nextAt: wakeAt(before, after, now),
    tickedAt: now,
    endedAt: isOver(after.state) ? (before.endedAt ?? now) : undefined,
  }
  if (!(await updateRollout(tx, next, before.rollout.version))) throw new Overtaken('the rollout has changed')
  // SDKs are told that they may report seldom again.
  if (next.endedAt !== undefined && before.endedAt === undefined) {
    await bumpRevision(tx, before.project, before.environment)
  }
  const seq = await insertDecision(tx, before.id, {
    at: now,
    kind: kindOf(recorded),
    by: context.actor.id,
    from: before.rollout.state,
    to: after.state,
    numbers: recorded,
  })
  await announce(tx, context, { before, after: next, recorded, seq })
  await wakeControllers(tx, before.id)
  await recordChange(tx, context, change, seq)
  return next
}

/** When the controller must look at a rollout again; undefined once there is nothing to do. */
export function wakeAt(stored: Pick<StoredRollout, 'plan'>, rollout: Rollout, now: Date): Date | undefined {
  if (rollout.state.kind === 'rollback_failed') return new Date(now.getTime() + FAILED_ROLLBACK_MS)
  return nextWake(stored.plan, rollout, now)
}

/** The rule that the state asks for; undefined before the start. */
export function ruleOf(stored: StoredRollout, state: RolloutState): Rule | undefined {
  const { id, salt, feature, rollout } = stored
  const identity = ruleIdentityOf(stored.plan, { id, salt, feature, attempt: rollout.attempt })
  return rolloutRule(stored.plan, state, identity)
}

/** A decision in one word. */
export function kindOf(recorded: Recorded): string {
  switch (recorded.kind) {
    case 'engine': {
      const { decision } = recorded
      if (decision.kind === 'advance' && decision.to.kind === 'observing') return 'observe'
      if (decision.kind === 'review') return `review-${decision.step}`
      const goesOn = decision.kind === 'resume-from-hold' || decision.kind === 'end-pause'
      return goesOn ? 'continue' : decision.kind
    }
    case 'person':
      return recorded.act === 'rollback' ? 'roll-back' : recorded.act
    case 'approved':
      return 'approve'
    case 'overridden':
      return 'override'
    case 'reviewed':
      return 'review'
    case 'adopted':
      return 'adopt-plan'
    case 'scheduled':
    case 'killed':
    case 'verified':
    case 'failed':
      return recorded.kind
  }
}

/** Whether another attempt may be made. A rollback that is not verified still is the flag's present matter. */
export function isOver(state: RolloutState): boolean {
  return state.kind === 'completed' || state.kind === 'rolled_back' || state.kind === 'aborted'
}

/** Writes the rule where the state asks for another one. Answers the flag's revision that is now the accepted one. */
async function serve(tx: Tx, context: Context, change: Change): Promise<number | undefined> {
  const { before, after, flag, acceptFlag } = change
  const accepted = acceptFlag === true ? flag.environmentRevision : before.flagRevision
  const rule = ruleOf(before, after.state)
  const owned = flag.rules.find((it) => it.rollout !== undefined)
  const starts = before.rollout.state.kind === 'scheduled' && after.state.kind === 'observing'
  if (rule === undefined || (canonical(rule) === canonical(owned ?? null) && !starts)) return accepted

  const place = { project: before.project, environment: before.environment, flag: before.flag }
  const reason = sentenceOf(before.plan, change.recorded)
  let expectedRevision = flag.revision
  const foreign = owned !== undefined && owned.rollout?.id !== before.id
  // The rule of the attempt before, which has ended: it makes room within the same transaction.
  if (foreign && starts) {
    const removal = { ...place, rule: undefined, enable: false, expectedRevision, reason }
    const removed = await placeRolloutRule(tx, context, removal)
    if (removed.kind === 'conflict') throw new Overtaken('the flag has changed')
    expectedRevision = removed.revision
  }
  const placed = await placeRolloutRule(tx, context, {
    ...place,
    rule,
    enable: starts,
    expectedRevision,
    reason,
  })
  if (placed.kind === 'conflict') throw new Overtaken('the flag has changed')
  return placed.environmentRevision
}

async function beginVerification(
  tx: Tx,
  context: Context,
  { before, recorded, flag }: Change,
  served: number | undefined,
): Promise<string> {
  const { id } = await startVerification(tx, context, {
    kind: 'rollback',
    project: before.project,
    environment: before.environment,
    flag: before.flag,
    revision: served ?? flag.environmentRevision,
    reason: sentenceOf(before.plan, recorded),
  })
  return id
}

async function recordChange(tx: Tx, context: Context, change: Change, seq: number): Promise<void> {
  const { before, after, recorded } = change
  await record(tx, context, {
    chain: { project: before.project },
    action: `rollout.${kindOf(recorded)}`,
    subject: { kind: 'rollout', id: before.id },
    before: recorded.kind === 'scheduled' ? undefined : auditView(before, before.rollout),
    after: { ...auditView(before, after), decision: seq },
    reason: 'reason' in recorded ? recorded.reason : sentenceOf(before.plan, recorded),
    run: before.run,
  })
}

function auditView(stored: StoredRollout, { attempt, version, state }: Rollout) {
  const { feature, flag, environment } = stored
  return { feature, flag, environment, attempt, version, state }
}
