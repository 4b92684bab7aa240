/**
 * What a decision row holds: the facts of an engine's decision, of a person's act, or of what the
 * verification of a rollback found. Plain JSON; `decision-sentence.ts` makes words of it.
 */
import type { RolloutAct } from '@flagmarshal/api/rollout'
import type { Decision } from '@flagmarshal/domain/rollout/advance'

import type { RollbackFound } from '../rollback/facts.ts'

export type Recorded =
  | {
      readonly kind: 'scheduled'
      readonly run: string
      readonly bundleHash: string
      readonly startAt: string
    }
  | { readonly kind: 'engine'; readonly decision: Decision }
  | { readonly kind: 'person'; readonly act: RolloutAct; readonly by: string; readonly reason: string }
  | { readonly kind: 'killed'; readonly by: string; readonly reason: string }
  | { readonly kind: 'verified'; readonly found: RollbackFound }
  | { readonly kind: 'failed'; readonly failure: string; readonly found: RollbackFound }
