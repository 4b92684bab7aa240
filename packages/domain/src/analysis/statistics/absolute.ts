/**
 * F2b: the exposed arm against a ceiling, without a control.
 *
 * Poisson likelihood ratios against the boundary rate, mixed over alternatives below (safe) or
 * above it (harm). They need only the running sums n and x, are valid at every look, and dominate
 * the binomial ones. Bursts make the harm side anti-conservative when merely tempered, so it uses
 * the negative binomial with variance/mean phi instead.
 */
import type { ArmCounts } from '../model.ts'
import { logMeanExp } from './log-sum.ts'

/** Fractions of the ceiling that "safe" looks for. */
export const SAFE_GRID = [0, 0.1, 0.25, 0.5, 0.75] as const

/** Multiples of the ceiling that "harm" looks for. */
export const ABSOLUTE_HARM_GRID = [1.5, 2, 3, 5, 10, 30] as const

/**
 * ln E against "the rate is at least `ceiling` in every window", from the sums of all windows and
 * the dispersion `phi` ≥ 1. Once a bad event was seen, the alternative 0 is dead but keeps its
 * share of the mean.
 */
export function safeLogE(sums: ArmCounts, ceiling: number, phi: number): number {
  return logMeanExp(
    SAFE_GRID.map((g) => {
      if (g === 0) return sums.x === 0 ? (sums.n * ceiling) / phi : -Infinity
      return (sums.x * Math.log(g) + sums.n * ceiling * (1 - g)) / phi
    }),
  )
}

/**
 * ln L of the counts for each multiple of the grid, against "the rate is at most `ceiling`". Additive over
 * windows, so it serves the sums of a watch as well as one window of a mixture over starts.
 */
export function absoluteHarmIncrements(counts: ArmCounts, ceiling: number, phi: number): number[] {
  const expected = counts.n * ceiling
  const b = phi - 1
  return ABSOLUTE_HARM_GRID.map((g) => {
    if (b === 0) return counts.x * Math.log(g) + expected * (1 - g)
    const growth = Math.log1p(g * b)
    return counts.x * (Math.log(g * phi) - growth) + (expected / b) * (Math.log(phi) - growth)
  })
}
