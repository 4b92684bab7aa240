/**
 * Folding: a window of one criterion becomes evidence, exactly once.
 *
 * Pure and of constant cost. A harm threshold that was crossed in any window is recorded as a
 * breach and stays, so the outcome does not depend on how many windows a tick happens to fold.
 */
import { findBreach } from './breach.ts'
import { foldRecent } from './hard-floor.ts'
import { foldLevel, isLevel } from './level.ts'
import { foldMean } from './mean.ts'
import type {
  ArmsWindow,
  AudienceCounts,
  AudienceEvidence,
  CriterionEvidence,
  Guardrail,
  Measurement,
  Moments,
  RatioCriterion,
  UnknownKind,
  Watch,
} from './model.ts'
import { audienceEvidence, type Scope } from './scope.ts'
import { absoluteHarmIncrements } from './statistics/absolute.ts'
import { pairOf } from './statistics/block.ts'
import { addMoments, foldHistory, NO_MOMENTS } from './statistics/dispersion.ts'
import { harmIncrements, relativeSafeIncrements } from './statistics/harm.ts'
import { foldMixture, NOTHING_SEEN } from './statistics/restart.ts'
import { foldLatest, foldWatch } from './watch.ts'

/** Evidence that has seen nothing. */
export const NO_EVIDENCE: CriterionEvidence = { blindWindows: 0, audiences: {} }

/** The regression that tier A excludes where the ceiling is far above the usual rate. */
export const ALTERNATIVE_RATIO = 3

/** A known window, or why it is unknown. Impossible counts are a query that does not measure what it says. */
export function classify(
  measurement: Measurement | undefined,
  criterion: Pick<RatioCriterion, 'mean'> = {},
): { readonly kind: 'ok'; readonly audiences: readonly AudienceCounts[] } | Unknown {
  if (measurement === undefined) return { kind: 'empty', detail: 'nothing was measured' }
  if (measurement.kind !== 'ok') return measurement
  let requests = 0
  for (const { audience, exposed, control } of measurement.audiences) {
    for (const { n, x } of [exposed, control]) {
      if (!Number.isFinite(n) || !Number.isFinite(x))
        return { kind: 'nan', detail: `${audience}: ${x} of ${n}` }
      if (x < 0 || n < 0 || (x > n && criterion.mean === undefined))
        return { kind: 'bad_query', detail: `${audience}: ${x} bad of ${n}` }
      requests += n
    }
  }
  if (requests === 0) return { kind: 'zero_traffic', detail: 'no requests' }
  return measurement
}

interface Unknown {
  readonly kind: UnknownKind
  readonly detail: string
}

/** Folds one window of one criterion. An unknown window changes nothing but the time spent blind. */
export function foldCriterion(
  criterion: Guardrail | Watch,
  evidence: CriterionEvidence,
  measurement: Measurement | undefined,
  scope: Scope,
): CriterionEvidence {
  const known = classify(measurement, criterion)
  if (known.kind !== 'ok') {
    const blind = { kind: known.kind, detail: known.detail }
    return { ...evidence, blindWindows: evidence.blindWindows + 1, blind }
  }
  if (isLevel(criterion)) {
    const { blind: _over, ...seen } = evidence
    return foldLevel(criterion, { ...seen, blindWindows: 0 }, known.audiences, scope.windowEnd)
  }
  const audiences: Record<string, AudienceEvidence> = { ...evidence.audiences }
  for (const audience of scope.audiences) {
    const counts = known.audiences.find((each) => each.audience === audience) ?? NO_COUNTS
    audiences[audience] = foldAudience(criterion, audienceEvidence(evidence, audience), counts, {
      ...scope,
      audience,
    })
  }
  const { blind: _over, ...rest } = evidence
  const folded = { ...rest, blindWindows: 0, audiences }
  if (criterion.role === 'watch') return foldWatch(criterion, folded, scope)
  const breach = evidence.breach ?? findBreach(criterion, folded, scope)
  return breach === undefined ? folded : { ...folded, breach }
}

const NO_COUNTS: ArmsWindow = { exposed: { n: 0, x: 0 }, control: { n: 0, x: 0 } }

interface AudienceScope extends Scope {
  readonly audience: string
}

function foldAudience(
  criterion: Guardrail | Watch,
  evidence: AudienceEvidence,
  counts: ArmsWindow,
  scope: AudienceScope,
): AudienceEvidence {
  const alone = scope.alone === scope.audience
  if (!scope.exposed.includes(scope.audience)) {
    const recent = foldRecent(evidence.recent, counts)
    if (!scope.observing) return { ...evidence, recent }
    return { ...evidence, recent, history: foldHistory(evidence.history, counts) }
  }
  const sums = foldSums(evidence, counts)
  const compared =
    criterion.mean === undefined
      ? foldCompared(criterion, sums, counts, scope)
      : foldMean(sums, counts, alone)
  if (criterion.role === 'watch') return foldLatest(compared, counts)
  if (criterion.mean !== undefined) return compared
  const recent = foldRecent(evidence.harm.k === 0 ? [] : evidence.recent, counts)
  const folded = { ...compared, recent }
  return alone ? foldAlone(criterion, folded, counts, scope) : folded
}

/** What every criterion keeps: the plain sums. */
function foldSums(evidence: AudienceEvidence, { exposed, control }: ArmsWindow): AudienceEvidence {
  return {
    ...evidence,
    exposed: exposed.n === 0 ? evidence.exposed : addMoments(evidence.exposed, exposed.n, exposed.x),
    control: { n: evidence.control.n + control.n, x: evidence.control.x + control.x },
  }
}

/** F1r, F2 and the pairs of F5. */
function foldCompared(
  { harmRatio, safeRatio }: RatioCriterion,
  evidence: AudienceEvidence,
  counts: ArmsWindow,
  scope: AudienceScope,
): AudienceEvidence {
  const phi = scope.dispersion(evidence).relative
  const pair = pairOf(counts)
  const add = (moments: Moments) =>
    pair === undefined ? moments : addMoments(moments, pair.expected, pair.counted)
  const comparable = pair !== undefined && counts.exposed.n <= counts.control.n
  const { inStage } = evidence
  const before = inStage !== undefined && inStage.stage === scope.stage ? inStage.controlBad : 0
  return {
    ...evidence,
    harm: foldMixture(evidence.harm, harmIncrements(counts, harmRatio, phi)),
    safe: sum(evidence.safe, relativeSafeIncrements(counts, safeRatio, phi)),
    safeAlternative: sum(evidence.safeAlternative, relativeSafeIncrements(counts, ALTERNATIVE_RATIO, phi)),
    pairs: add(evidence.pairs),
    smallPairs: comparable ? add(evidence.smallPairs) : evidence.smallPairs,
    inStage: { stage: scope.stage ?? 0, controlBad: before + counts.control.x, comparable },
  }
}

/** Nobody is left to compare with: F2b against the ceiling, and sums of their own. */
function foldAlone(
  { ceiling }: RatioCriterion,
  evidence: AudienceEvidence,
  { exposed }: ArmsWindow,
  scope: AudienceScope,
): AudienceEvidence {
  if (ceiling === undefined) return evidence
  const alone = evidence.alone ?? { harm: NOTHING_SEEN, exposed: NO_MOMENTS }
  const increments = absoluteHarmIncrements(exposed, ceiling, scope.dispersion(evidence).absolute)
  const moments = exposed.n === 0 ? alone.exposed : addMoments(alone.exposed, exposed.n, exposed.x)
  return { ...evidence, alone: { harm: foldMixture(alone.harm, increments), exposed: moments } }
}

function sum(before: readonly number[], increments: readonly number[]): number[] {
  return increments.map((increment, g) => (before[g] ?? 0) + increment)
}
