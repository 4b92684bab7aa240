/**
 * What is shared by everything that reads a window of one criterion: its circumstances, and evidence
 * of one audience that has seen nothing.
 */
import type { ArmsWindow, AudienceEvidence, CriterionEvidence, RatioCriterion } from './model.ts'
import { NO_HISTORY, NO_MOMENTS, type Dispersion } from './statistics/dispersion.ts'
import { NOTHING_SEEN } from './statistics/restart.ts'

/** The circumstances of a window. */
export interface Scope {
  readonly windowEnd: Date
  /** Every audience of the plan. */
  readonly audiences: readonly string[]
  /** Those in which somebody was exposed during the whole window; none while observing. */
  readonly exposed: readonly string[]
  /** The audience that the present increment exposes without a control. */
  readonly alone?: string
  /** Whether both arms were served the control variant during the whole window: it tells the dispersion. */
  readonly observing: boolean
  /** Index of the stage that the window was measured in; absent while observing. */
  readonly stage?: number
  /** ln of (guardrails / alpha). */
  readonly threshold: number
  /** What the block bounds of all audiences together may be wrong with: 10·alpha / guardrails. */
  readonly blockAlpha: number
  readonly dispersion: (evidence: AudienceEvidence) => Dispersion
}

export const NO_AUDIENCE_EVIDENCE: AudienceEvidence = {
  history: NO_HISTORY,
  harm: NOTHING_SEEN,
  exposed: NO_MOMENTS,
  control: { n: 0, x: 0 },
  safe: [],
  safeAlternative: [],
  pairs: NO_MOMENTS,
  smallPairs: NO_MOMENTS,
  recent: [],
}

/** What is known of one audience; what an older version did not fold has seen nothing. */
export function audienceEvidence(evidence: CriterionEvidence, audience: string): AudienceEvidence {
  const own = evidence.audiences[audience]
  if (own === undefined) return NO_AUDIENCE_EVIDENCE
  return Object.hasOwn(own, 'pairs') ? own : { ...NO_AUDIENCE_EVIDENCE, ...own }
}

/** What every breach says of its moment. */
export function breachOf(
  criterion: RatioCriterion,
  scope: Scope,
  audience: string,
  { exposed, control }: ArmsWindow,
): {
  readonly criterion: string
  readonly audience: string
  readonly windowEnd: string
} & ArmsWindow {
  return { criterion: criterion.id, audience, windowEnd: scope.windowEnd.toISOString(), exposed, control }
}

/** Both arms since the first exposure. */
export function sumsOf({ exposed, control }: AudienceEvidence): ArmsWindow {
  return { exposed: { n: exposed.n, x: exposed.x }, control }
}

/** The part of the block bounds' alpha that one audience has. */
export function blockAlphaOf(scope: Scope): number {
  return scope.blockAlpha / Math.max(1, scope.audiences.length)
}
