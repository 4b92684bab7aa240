/**
 * F5 and F4: asymptotic confidence sequences over windows.
 *
 * The likelihood processes trust their model of the counts; a window is a unit that needs none. What
 * is shown must hold in both, so a burst that the dispersion missed cannot wave a rollout through.
 * The same bound judges means, whose values have no model at all.
 *
 * Source of the bound: Waudby-Smith et al., Time-uniform central limit theory and asymptotic
 * confidence sequences, arXiv 2103.06476v7, equations 9, 134, 161.
 */
import type { ArmsWindow, Moments } from '../model.ts'

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
 * The distance that the true mean keeps, on either side, from the mean of `n` observations with
 * variance `s2`, at every n with probability 1 − alpha.
 */
export function twoSidedHalfWidth(s2: number, n: number, alpha: number, tuning: number): number {
  const rho = mixtureRho(alpha, tuning)
  const scale = n * rho * rho + 1
  return Math.sqrt(((s2 * 2 * scale) / (n * rho) ** 2) * Math.log(Math.sqrt(scale) / alpha))
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

/** The mean of a difference over windows, and how much of it is certain. */
export interface BlockBound {
  /** Windows that count. */
  readonly t: number
  /** Mean difference of one window; above 0 it speaks for what is to be shown. */
  readonly mean: number
  /** Absent below two windows: nothing is certain yet. */
  readonly halfWidth?: number
}

/** Whether the bound, after its burn-in, excludes that the mean difference is 0 or less. */
export function proves(bound: BlockBound): boolean {
  return bound.t >= BURN_IN_WINDOWS && bound.halfWidth !== undefined && bound.mean > bound.halfWidth
}

/**
 * block-abs: how far the windows lie below a ceiling, in bad events. The variance is never taken below
 * that of Poisson counts at the ceiling: without that floor windows without a bad event have variance
 * 0 and would be an instant Go.
 */
export function boundBelowCeiling(moments: Moments, ceiling: number, alpha: number): BlockBound {
  return bound(moments, { n: ceiling, x: -1 }, alpha, (ceiling * moments.n) / Math.max(moments.t, 1))
}

/** The pairs of one window: what the control would have counted with the exposed arm's requests, and what the exposed arm did. */
export interface Pair {
  /** (nT/nC)·xC. */
  readonly expected: number
  /** xT. */
  readonly counted: number
}

/** The pair of a window; undefined where an arm is empty: such a window does not count. */
export function pairOf({ exposed, control }: ArmsWindow): Pair | undefined {
  if (exposed.n === 0 || control.n === 0) return undefined
  return { expected: (exposed.n / control.n) * control.x, counted: exposed.x }
}

/** Harm: how far xT lies above `ratio` times what the control leads to expect. `pairs` are moments of n = expected, x = counted. */
export function boundAboveRatio(pairs: Moments, ratio: number, alpha: number): BlockBound {
  return bound(pairs, { n: -ratio, x: 1 }, alpha, 0)
}

/** block-safe: how far xT lies below `ratio` times what the control leads to expect. */
export function boundBelowRatio(pairs: Moments, ratio: number, alpha: number): BlockBound {
  return bound(pairs, { n: ratio, x: -1 }, alpha, 0)
}

/** The bound on the mean of d = weight.n·n + weight.x·x, with its empirical variance, not below a floor. */
export function bound(
  { t, n, x, nn, nx, xx }: Moments,
  weight: { readonly n: number; readonly x: number },
  alpha: number,
  leastVariance: number,
): BlockBound {
  if (t < 2) return { t, mean: 0 }
  const mean = (weight.n * n + weight.x * x) / t
  const squares = weight.n ** 2 * nn + 2 * weight.n * weight.x * nx + weight.x ** 2 * xx
  const empirical = Math.max(0, (squares - t * mean * mean) / (t - 1))
  const variance = Math.max(empirical, leastVariance)
  return { t, mean, halfWidth: oneSidedHalfWidth(variance, t, alpha, TUNED_FOR_WINDOWS) }
}
