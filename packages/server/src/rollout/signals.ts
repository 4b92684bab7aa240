/** Signals of a rollout to the world outside, each once for the decision that brought it about. */
import type { RolloutState } from '@flagmarshal/domain/rollout/model'

import type { Context } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { sentenceOf } from './decision-sentence.ts'
import type { Recorded } from './record.ts'
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
        position: whereOf(after.plan, after.rollout) ?? null,
        decision: seq,
        sentence: sentenceOf(after.plan, recorded),
        page: recorded.kind === 'failed' || (recorded.kind === 'engine' && pages(recorded)),
      },
      dedupKey: `rollout/${after.id}/${seq}/${verb}`,
    })
  }
}

/** `rolledback` is said at once, so that the alert is never silent; `rollback.verified` or `.failed` follows. */
function verbsOf({ before, after, recorded }: Announced): string[] {
  if (recorded.kind === 'scheduled') return ['scheduled']
  const from = before.rollout.state
  const to = after.rollout.state
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
  return decision.kind === 'roll-back' || (decision.kind === 'hold' && decision.page)
}
