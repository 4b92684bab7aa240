/**
 * The little statistics that judging the simulation needs.
 */

/** The one-sided 95 % lower bound of a share of which `count` of `runs` were observed (Clopper and Pearson). */
export function lowerBound(count: number, runs: number): number {
  if (count === 0) return 0
  let low = 0
  let high = count / runs
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (atLeast(count, runs, middle) < 0.05) low = middle
    else high = middle
  }
  return low
}

/** A quantile of values, by the nearest rank; Infinity counts as a value. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}

/** P(X ≥ count) of a binomial. */
function atLeast(count: number, runs: number, share: number): number {
  let logTerm = runs * Math.log1p(-share)
  let below = 0
  for (let k = 0; k < count; k++) {
    below += Math.exp(logTerm)
    logTerm += Math.log((runs - k) / (k + 1)) + Math.log(share / (1 - share))
  }
  return 1 - below
}
