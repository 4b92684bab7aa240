/** Where a rollout stands, in one sentence. */
import { neededWindows } from '@flagmarshal/domain/rollout/position'
import { decisionSentence } from '@flagmarshal/domain/rollout/sentence'

import type { StoredRollout } from '../storage/rollouts.ts'
import { sentenceOf } from './decision-sentence.ts'
import type { Seen } from './view.ts'
import { placeText, whereOf } from './where.ts'

/** The sentence; `last` is the latest decision. */
export function statusText(
  { plan, rollout }: StoredRollout,
  { last, flagOn }: Pick<Seen, 'last' | 'flagOn'>,
): string {
  const { state } = rollout
  const where = whereOf(plan, rollout)
  const place = where === undefined ? '' : placeText(where, plan)
  const why = last === undefined ? state.kind.replace('_', ' ') : sentenceOf(plan, last)
  switch (state.kind) {
    case 'scheduled':
      return `begins to observe at ${rollout.startAt.toISOString()}`
    case 'observing':
      return `observing, ${state.progress.windows} of ${plan.observeWindows} windows: nobody is exposed`
    case 'running': {
      const { healthy } = state.progress
      const needed = neededWindows(plan, rollout, state)
      return healthy < needed
        ? `${place}: baking, ${healthy} of ${needed} healthy windows`
        : `${place}: judging the evidence`
    }
    case 'held':
      return `${place}: ${why}`
    case 'paused':
      return `${place}: paused by ${state.by}: ${state.reason}`
    case 'completed':
      return flagOn
        ? 'completed: 100 % of everybody'
        : 'completed: 100 % of everybody was reached; the flag has been turned off since'
    case 'rolling_back':
      return `${decisionSentence(plan, { kind: 'roll-back', cause: state.cause })}; being verified`
    case 'rolled_back':
    case 'rollback_failed':
    case 'aborted':
      return why
  }
}
