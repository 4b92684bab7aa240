/**
 * F5 and the bound that it needs from F4: asymptotic confidence sequences over windows.
 *
 * The likelihood processes trust their model of the counts; a window is a unit that needs none.
 * "Below the ceiling" must hold in both, so a burst that the dispersion missed cannot wave a
 * rollout through. Only block-abs is here; the relative forms are not in this version.
 *
 * Source of the bound: Waudby-Smith et al., Time-uniform central limit theory and asymptotic
 * confidence sequences, arXiv 2103.06476v7, equations 9, 134, 161.
 */
import type { Moments } from '../model.ts'

/** Windows below which a block bound does not speak. */
export const BURN_IN_WINDOWS = 30

/** The number of windows at which the bound is tightest. */
const TUNED_FOR_WINDOWS = 120

/** The tuning of the normal mixture that makes the two-sided bound tightest at `tuning` observations. */
export function mixtureRho(alpha: number, tuning: number): number {
  const spent = -2 * Math.log(alpha)
  return Math.sqrt((spent + Math.log(spent + 1)) / tuning)
}

/**
 * The distance that the true mean keeps, on one side, from the mean of `n` observations with
 * variance `s2`, at every n with probability 1 − alpha.
 */
export function oneSidedHalfWidth(s2: number, n: number, alpha: number, tuning: number): number {
  const rho = mixtureRho(2 * alpha, tuning)
  const scale = n * rho * rho + 1
  const reach = (2 * scale) / (n * rho) ** 2
  return Math.sqrt(s2 * reach * Math.log1p(Math.sqrt(scale) / (2 * alpha)))
}

/** How far below the ceiling the windows lie on average, and how much of that is certain. */
export interface BlockBound {
  /** Windows with exposed requests. */
  readonly t: number
  /** Mean of ceiling·n − x over the windows: bad events to spare in each. */
  readonly mean: number
  /** Absent below two windows: nothing is certain yet. */
  readonly halfWidth?: number
}

/**
 * block-abs. The variance is never taken below that of Poisson counts at the ceiling: without that
 * floor windows without a bad event have variance 0 and would be an instant Go.
 */
export function boundBelowCeiling(moments: Moments, ceiling: number, alpha: number): BlockBound {
  const { t, n, x, nn, nx, xx } = moments
  if (t < 2) return { t, mean: 0 }
  const mean = (ceiling * n - x) / t
  const squares = ceiling * ceiling * nn - 2 * ceiling * nx + xx
  const empirical = (squares - t * mean * mean) / (t - 1)
  const variance = Math.max(empirical, (ceiling * n) / t)
  return { t, mean, halfWidth: oneSidedHalfWidth(variance, t, alpha, TUNED_FOR_WINDOWS) }
}

/** Whether the bound proves, after its burn-in, that the rate is below the ceiling. */
export function provesBelow(bound: BlockBound): boolean {
  return bound.t >= BURN_IN_WINDOWS && bound.halfWidth !== undefined && bound.mean > bound.halfWidth
}
