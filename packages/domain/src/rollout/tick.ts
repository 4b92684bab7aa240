/**
 * One tick of the controller, as far as it is judgement: fold, decide, change the state.
 *
 * The controller runs it inside its transaction and writes what comes out; the simulation runs the
 * very same on a virtual clock.
 */
import type { Window } from '../analysis/model.ts'
import { isRefusal } from '../refusal.ts'
import { advance, type Decision, type Facts } from './advance.ts'
import { fold } from './fold.ts'
import type { Rollout, RolloutPlan } from './model.ts'
import { transition } from './transition.ts'

/** What a tick is given: the windows measured since the watermark, and what else is known. */
export interface TickInput extends Facts {
  readonly windows: readonly Window[]
}

/** The rollout afterwards and the decision that led there. Running it again with the result changes nothing. */
export function tick(
  plan: RolloutPlan,
  rollout: Rollout,
  input: TickInput,
  now: Date,
): { readonly rollout: Rollout; readonly decision: Decision } {
  const folded = fold(plan, rollout, input.windows)
  const decision = advance(plan, folded, input, now)
  if (decision.kind === 'wait') return { rollout: folded, decision }
  const next = transition(plan, folded, { kind: 'decided', decision }, now)
  if (isRefusal(next))
    throw new Error(`the engine decided ${decision.kind} where it is impossible: ${next.message}`)
  return { rollout: next, decision }
}
