/**
 * What a decision row holds: the facts of an engine's decision, of a person's act, or of what the
 * verification of a rollback found. Plain JSON; `decision-sentence.ts` makes words of it.
 */
import type { RolloutAct } from '@flagmarshal/api/rollout'
import type { Decision } from '@flagmarshal/domain/rollout/advance'

import type { RollbackFound } from '../rollback/facts.ts'

/** Who said it, in which roles, and why. Decisions of earlier versions hold no roles. */
export interface Said {
  readonly by: string
  readonly roles?: readonly string[]
  readonly reason: string
}

export type Recorded =
  | {
      readonly kind: 'scheduled'
      readonly run: string
      readonly bundleHash: string
      readonly startAt: string
    }
  | { readonly kind: 'engine'; readonly decision: Decision }
  | (Said & { readonly kind: 'person'; readonly act: RolloutAct; readonly until?: string })
  /** `evidence` is a hash; `verdicts` are the sentences that were looked at. */
  | (Said & {
      readonly kind: 'approved'
      readonly evidence: string
      readonly bundleHash: string
      readonly verdicts: readonly string[]
    })
  | (Said & { readonly kind: 'overridden'; readonly criterion: string; readonly until: string })
  | (Said & {
      readonly kind: 'reviewed'
      readonly outcome: 'continue' | 'pause' | 'roll-back'
      readonly verdicts: readonly string[]
    })
  | (Said & {
      readonly kind: 'adopted'
      readonly bundleHash: string
      readonly planVersion: number
      readonly dropped: readonly string[]
    })
  | { readonly kind: 'killed'; readonly by: string; readonly reason: string }
  | { readonly kind: 'verified'; readonly found: RollbackFound }
  | { readonly kind: 'failed'; readonly failure: string; readonly found: RollbackFound }
