/** Signals of a rollout to the world outside, each once for the decision that brought it about. */
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { RolloutState } from '@flagmarshal/domain/rollout/model'

import type { Context } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import type { Tell } from '../storage/tellings.ts'
import { sentenceOf } from './decision-sentence.ts'
import type { OutsideEdit } from './outside-edit.ts'
import type { Recorded } from './record.ts'
import { reviewersOf } from './reviewers.ts'
import { whereOf } from './where.ts'

/** What has been decided, and its place in the rollout's decisions. */
export interface Announced {
  readonly before: StoredRollout
  readonly after: StoredRollout
  readonly recorded: Recorded
  readonly seq: number
}

/** Stores the signals of a decision, to be sent once the transaction has committed. */
export async function announce(tx: Tx, context: Context, it: Announced): Promise<void> {
  const { after, recorded, seq } = it
  const review = recorded.kind === 'engine' && recorded.decision.kind === 'review'
  const tell = review ? await reviewersOf(tx, after) : undefined
  for (const verb of verbsOf(it)) {
    await emit(tx, context, {
      type: `dev.flagmarshal.rollout.${verb}`,
      project: after.project,
      subject: `features/${after.feature}/rollouts/${after.id}`,
      data: {
        rollout: after.id,
        attempt: after.rollout.attempt,
        feature: after.feature,
        flag: after.flag,
        environment: after.environment,
        run: after.run,
        state: after.rollout.state.kind,
        hold: after.rollout.state.kind === 'held' ? after.rollout.state.reason : null,
        ...notified(after, recorded, tell),
        position: whereOf(after.plan, after.rollout) ?? null,
        decision: seq,
        sentence: sentenceOf(after.plan, recorded),
        page: recorded.kind === 'failed' || (recorded.kind === 'engine' && pages(recorded)),
      },
      dedupKey: `rollout/${after.id}/${seq}/${verb}`,
      ...(tell && { tell }),
    })
  }
}

/** `rolledback` is said at once, so that the alert is never silent; `rollback.verified` or `.failed` follows. */
function verbsOf({ before, after, recorded }: Announced): string[] {
  if (recorded.kind === 'scheduled') return ['scheduled']
  const besides = verbsBesides(recorded)
  if (besides !== undefined && before.rollout.state.kind === after.rollout.state.kind) return besides
  return [...(besides ?? []), ...stateVerbs(before.rollout.state, after.rollout.state, recorded)]
}

/** What is said of a change that need not be one of the state. */
function verbsBesides(recorded: Recorded): string[] | undefined {
  switch (recorded.kind) {
    case 'engine': {
      const { decision } = recorded
      if (decision.kind === 'review') return [REVIEWS[decision.step]]
      if (decision.kind === 'void-approval') return ['approval.void']
      return decision.kind === 'warn' ? ['warned'] : undefined
    }
    case 'approved':
    case 'overridden':
    case 'reviewed':
      return [recorded.kind]
    case 'adopted':
      return ['plan.adopted']
    case 'failed':
    case 'killed':
    case 'person':
    case 'scheduled':
    case 'verified':
      return undefined
  }
}

const REVIEWS = { ask: 'review.due', remind: 'review.late', escalate: 'review.escalated' } as const

function stateVerbs(from: RolloutState, to: RolloutState, recorded: Recorded): string[] {
  switch (to.kind) {
    case 'observing':
    case 'running':
      return entered(from, to, recorded)
    case 'held':
      return ['held']
    case 'paused':
      return ['paused']
    case 'completed':
      return from.kind === 'completed' ? [] : ['completed']
    case 'rolling_back':
      return ['rolledback']
    case 'rolled_back':
      return ['rollback.verified']
    case 'rollback_failed':
      return ['rollback.failed']
    case 'aborted':
      return ['aborted']
    case 'scheduled':
      return []
  }
}

function entered(from: RolloutState, to: RolloutState, recorded: Recorded): string[] {
  const advanced =
    (recorded.kind === 'engine' && recorded.decision.kind === 'advance') ||
    (recorded.kind === 'person' && recorded.act === 'advance')
  if (!advanced) return ['resumed']
  const stage = to.kind === 'running' ? to.stage : -1
  const before = from.kind === 'held' || from.kind === 'paused' ? from.from : from
  const newStage = from.kind === 'scheduled' || before.kind !== 'running' || before.stage !== stage
  return [...(from.kind === 'scheduled' ? [] : ['advanced']), ...(newStage ? ['stage.entered'] : [])]
}

function pages({ decision }: Extract<Recorded, { readonly kind: 'engine' }>): boolean {
  if (decision.kind === 'review') return decision.step === 'escalate'
  if (decision.kind === 'roll-back' || decision.kind === 'warn') return true
  return decision.kind === 'hold' && decision.page
}

/** Whose task it is: a review's. */
function notified(
  { plan }: StoredRollout,
  recorded: Recorded,
  tell: Tell | undefined,
): Readonly<Record<string, unknown>> {
  if (recorded.kind !== 'engine' || recorded.decision.kind !== 'review') return {}
  const { review, dueAt } = recorded.decision
  return { review, dueAt, notify: [plan.reviews?.role ?? 'operations-lead', ...(tell?.names ?? [])] }
}

/** Alerts that a scheduled start does not happen at its time, once for each reason (P-S7-10). */
export async function tellDelay(
  tx: Tx,
  context: Context,
  { id, project, feature, flag, environment, run, rollout }: StoredRollout,
  { code, message, remedy }: Refusal,
): Promise<void> {
  const startAt = rollout.startAt.toISOString()
  await emit(tx, context, {
    type: 'dev.flagmarshal.rollout.delayed',
    project,
    subject: `features/${feature}/rollouts/${id}`,
    data: {
      rollout: id,
      feature,
      flag,
      environment,
      run,
      startAt,
      code,
      sentence: `it does not start at ${startAt}: ${message} ${remedy}`,
      page: true,
    },
    dedupKey: `rollout/${id}/delayed/${code}`,
  })
}

/** Alerts of an edit from outside, once for each, whatever state the rollout is in (P-S4-12). */
export async function tellEdit(
  tx: Tx,
  context: Context,
  stored: StoredRollout,
  edit: OutsideEdit | undefined,
): Promise<void> {
  if (edit === undefined) return
  await emit(tx, context, {
    type: 'dev.flagmarshal.rollout.edited',
    project: stored.project,
    subject: `features/${stored.feature}/rollouts/${stored.id}`,
    data: {
      rollout: stored.id,
      feature: stored.feature,
      flag: stored.flag,
      environment: stored.environment,
      by: edit.by,
      what: edit.what,
      sentence: `${edit.by} changed ${edit.what} of ${stored.flag} outside of the rollout`,
      page: true,
    },
    dedupKey: `rollout/${stored.id}/edited/${edit.revision}`,
  })
}
