/**
 * F4: the difference of two means, or of two ratios, with a confidence sequence around it.
 *
 * For people, who want to see how much a mean has changed. Criteria on means are judged window by
 * window (`block.ts`), because a pooled mean takes a changing share for a change of the mean.
 *
 * Source: the delta method; the sequence from arXiv 2103.06476v7, equations 9, 134, 161.
 */
import type { Moments } from '../model.ts'
import { oneSidedHalfWidth, twoSidedHalfWidth } from './block.ts'

/** One arm: its mean, the variance of one observation, and their number. */
export interface Sample {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

/** An estimate with its standard error, from n observations of both arms. */
export interface Estimate {
  readonly n: number
  readonly value: number
  readonly se: number
}

/** The sample of `n` values with this sum and sum of squares; undefined below two, or where the sums contradict each other. */
export function sampleOf(n: number, sum: number, sumOfSquares: number): Sample | undefined {
  if (n < 2) return undefined
  const variance = (sumOfSquares - (sum * sum) / n) / (n - 1)
  return variance > 0 ? { n, mean: sum / n, variance } : undefined
}

/** The sample of `successes` among `n`. */
export function sampleOfShare(n: number, successes: number): Sample | undefined {
  const mean = successes / n
  return n > 0 && mean > 0 && mean < 1 ? { n, mean, variance: mean * (1 - mean) } : undefined
}

/** A ratio of sums, Σx/Σn over windows, as a sample of windows; the variance by the delta method. */
export function sampleOfRatio({ t, n, x, nn, nx, xx }: Moments): Sample | undefined {
  if (t < 2 || n <= 0) return undefined
  const mean = x / n
  const perWindow = n / t
  const scatter = (xx - 2 * mean * nx + mean * mean * nn) / (t - 1)
  return scatter > 0 ? { n: t, mean, variance: scatter / perWindow ** 2 } : undefined
}

/** mB − mA. */
export function absoluteDifference(a: Sample, b: Sample): Estimate {
  return { n: a.n + b.n, value: b.mean - a.mean, se: Math.sqrt(a.variance / a.n + b.variance / b.n) }
}

/** (mB − mA) / mA; its SE² is vB/(nB mA²) + vA mB²/(nA mA⁴). Undefined where mA is 0. */
export function relativeDifference(a: Sample, b: Sample): Estimate | undefined {
  if (a.mean === 0) return undefined
  const fromB = b.variance / (b.n * a.mean ** 2)
  const fromA = (a.variance * b.mean ** 2) / (a.n * a.mean ** 4)
  return { n: a.n + b.n, value: (b.mean - a.mean) / a.mean, se: Math.sqrt(fromB + fromA) }
}

/** The half-width around an estimate that holds at every look, tightest at `tuning` observations. */
export function sequentialHalfWidth(
  { n, se }: Estimate,
  sides: 'one' | 'two',
  alpha: number,
  tuning: number,
): number {
  const s2 = n * se * se
  return sides === 'two' ? twoSidedHalfWidth(s2, n, alpha, tuning) : oneSidedHalfWidth(s2, n, alpha, tuning)
}
