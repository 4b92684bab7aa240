/**
 * Criteria on means and on ratios of two sums (F4): response times, revenue, events per visit.
 *
 * Such values have no model, so only the windows speak. Each gives the difference of the arms' means,
 * weighted by its traffic; a common change over time and a changing share are in both arms of the same
 * window and cancel. A pooled mean would take a ramp during an incident for a regression.
 */
import type {
  ArmsWindow,
  AudienceEvidence,
  Breach,
  CriterionEvidence,
  Moments,
  RatioCriterion,
} from './model.ts'
import { audienceEvidence, blockAlphaOf, breachOf, sumsOf, type Scope } from './scope.ts'
import { bound, proves, type BlockBound, type Pair } from './statistics/block.ts'
import { addMoments, NO_MOMENTS } from './statistics/dispersion.ts'
import { relativeDifference, sampleOfRatio, sequentialHalfWidth } from './statistics/means.ts'
import { NOTHING_SEEN } from './statistics/restart.ts'

/** Windows of both arms at which the shown difference is tightest. */
const TUNED_FOR = 240

/** Folds a window of a mean into sums that hold it already. */
export function foldMean(evidence: AudienceEvidence, counts: ArmsWindow, alone: boolean): AudienceEvidence {
  const pair = meanPairOf(counts)
  const pairs = pair === undefined ? evidence.pairs : addMoments(evidence.pairs, pair.expected, pair.counted)
  const { control } = counts
  const before = evidence.controlWindows ?? NO_MOMENTS
  const controlWindows = control.n === 0 ? before : addMoments(before, control.n, control.x)
  const compared = { ...evidence, pairs, controlWindows }
  if (!alone || counts.exposed.n === 0) return compared
  const exposed = addMoments(evidence.alone?.exposed ?? NO_MOMENTS, counts.exposed.n, counts.exposed.x)
  return { ...compared, alone: { harm: NOTHING_SEEN, exposed } }
}

/** Both means of a window, weighted as their difference is certain; undefined where an arm is empty. */
export function meanPairOf({ exposed, control }: ArmsWindow): Pair | undefined {
  if (exposed.n === 0 || control.n === 0) return undefined
  const weight = (exposed.n * control.n) / (exposed.n + control.n)
  return { expected: (weight * control.x) / control.n, counted: (weight * exposed.x) / exposed.n }
}

/** How far the exposed mean is worse than `ratio` times the control's; above 0 is worse. */
export function boundWorse(
  { mean }: Pick<RatioCriterion, 'mean'>,
  pairs: Moments,
  ratio: number,
  alpha: number,
): BlockBound {
  const weight = mean?.worse === 'lower' ? { n: 1, x: -ratio } : { n: -ratio, x: 1 }
  return bound(pairs, weight, alpha, 0)
}

/** How far the exposed mean is better than `ratio` times worse; above 0 excludes that regression. */
export function boundNotWorse(
  { mean }: Pick<RatioCriterion, 'mean'>,
  pairs: Moments,
  ratio: number,
  alpha: number,
): BlockBound {
  const weight = mean?.worse === 'lower' ? { n: -1, x: ratio } : { n: ratio, x: -1 }
  return bound(pairs, weight, alpha, 0)
}

/** How far the exposed mean lies on the good side of the last acceptable one. */
export function boundWithin(
  { mean }: Pick<RatioCriterion, 'mean'>,
  exposed: Moments,
  ceiling: number,
  alpha: number,
): BlockBound {
  const weight = mean?.worse === 'lower' ? { n: -ceiling, x: 1 } : { n: ceiling, x: -1 }
  return bound(exposed, weight, alpha, 0)
}

/** How much the mean has changed, over all windows, within what holds at every look; undefined while it cannot be told. */
export function differenceOf(
  { exposed, controlWindows = NO_MOMENTS }: AudienceEvidence,
  alpha: number,
): { readonly value: number; readonly halfWidth: number } | undefined {
  const [a, b] = [sampleOfRatio(controlWindows), sampleOfRatio(exposed)]
  const found = a === undefined || b === undefined ? undefined : relativeDifference(a, b)
  if (found === undefined) return undefined
  return { value: found.value, halfWidth: sequentialHalfWidth(found, 'two', alpha, TUNED_FOR) }
}

/** F4 in one of the audiences, or beyond the last acceptable mean where no control is left. */
export function meanBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  const alpha = blockAlphaOf(scope)
  for (const audience of scope.exposed) {
    const own = audienceEvidence(evidence, audience)
    const compared = boundWorse(criterion, own.pairs, criterion.harmRatio, alpha)
    const at = breachOf(criterion, scope, audience, sumsOf(own))
    if (proves(compared)) return { ...at, ...spoken(compared) }
    if (scope.alone !== audience || own.alone === undefined || criterion.ceiling === undefined) continue
    const beyond = negative(boundWithin(criterion, own.alone.exposed, criterion.ceiling, alpha))
    if (proves(beyond)) {
      return { ...at, ...spoken(beyond), ceiling: criterion.ceiling }
    }
  }
  return undefined
}

/** What a bound that has spoken says. */
export function spoken({
  mean,
  halfWidth,
}: BlockBound): Pick<Breach, 'test' | 'value' | 'threshold' | 'phi'> {
  return { test: 'F4', value: mean, threshold: halfWidth ?? 0, phi: 1 }
}

function negative(of: BlockBound): BlockBound {
  return { ...of, mean: -of.mean }
}
