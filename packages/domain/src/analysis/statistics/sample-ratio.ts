/**
 * F3: do the arms hold as many people as the percentages say?
 *
 * A Bayes factor of a Dirichlet-multinomial against the intended split, looked at after every window:
 * its inverse, at its lowest so far, is a p value that holds at every look. Only for distinct
 * bucketing keys: on requests, which come in visits, it fires on nearly every healthy rollout.
 *
 * Source: Lindon & Malek, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022
 * (arXiv 2011.03567); concentration as in Optimizely's ssrm.
 */

/** How many observations the prior is worth: it looks for small deviations from the split. */
export const CONCENTRATION = 10_000

/**
 * ln of the Bayes factor of counts against the split `p0` (positive, summing to 1), with Dirichlet
 * parameters `alpha`; by default 10,000 times the split.
 */
export function logBayesFactor(
  counts: readonly number[],
  p0: readonly number[],
  alpha: readonly number[] = p0.map((part) => CONCENTRATION * part),
): number {
  const total = sum(counts)
  const prior = sum(alpha)
  let log = logGamma(prior) - logGamma(prior + total)
  counts.forEach((count, arm) => {
    const own = alpha[arm] ?? 0
    log += logGamma(own + count) - logGamma(own) - count * Math.log(p0[arm] ?? 0)
  })
  return log
}

/** The p value of the highest ln Bayes factor so far. */
export function sequentialP(highest: number): number {
  return Math.min(1, Math.exp(-highest))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Below it the series is not exact enough, and the recursion leads up to it. */
const SERIES_FROM = 15

/** ln Γ(x) for x > 0, by Stirling's series; exact to about 1e-13 relative. */
function logGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < SERIES_FROM; at++) shift += Math.log(at)
  const inverse = 1 / at
  const square = inverse * inverse
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift
}
