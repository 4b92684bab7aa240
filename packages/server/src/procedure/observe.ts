/**
 * Looking at what a run rests on outside of itself: automatic inputs and the flag's baseline. Done
 * at every read and every decision, so that a change is noticed even where nobody announced it.
 */
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { observeInputs } from '@flagmarshal/domain/procedure/feature-flag-rollout/judge-input'
import type { Run, Setting } from '@flagmarshal/domain/procedure/run'
import { transition } from '@flagmarshal/domain/procedure/transition'
import type { RunEvent } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { baselineHashes, FLAG_STEP } from './facts.ts'

/** What was seen, and when; `by` changed it, where that is known. */
export interface Sight {
  readonly facts: FlagRolloutFacts
  readonly now: Date
  readonly by?: string
}

/** The run once it has taken notice; the same object where nothing is new. */
export function observe(setting: Setting, run: Run, { facts, now, by }: Sight): Run {
  if (run.state.kind === 'aborted' || run.procedure.id !== featureFlagRollout.id) return run
  const events: readonly RunEvent[] = [
    { kind: 'inputs-observed', verdicts: observeInputs(facts) },
    ...baselineHashes(facts).map(([step, hash]) => ({
      kind: 'observed' as const,
      step,
      hash,
      ...(by === undefined || step !== FLAG_STEP ? {} : { by }),
    })),
  ]
  return events.reduce((it, event) => {
    const next = transition(setting, it, event, now)
    if (isRefusal(next)) throw new Error(`an observation was refused: ${next.message}`)
    return next
  }, run)
}
