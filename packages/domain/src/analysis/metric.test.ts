/** Means and quantiles of metrics that people look at. */
import { describe, expect, it } from 'vitest'

import { meanOf, quantileOf } from './metric.ts'

describe('P-S4-1 a metric', () => {
  it('has the mean and the standard error of its values', () => {
    // 2, 4, 6: mean 4, variance 4.
    const { mean, standardError } = meanOf(3, 12, 56)
    expect(mean).toBe(4)
    expect(standardError).toBeCloseTo(Math.sqrt(4 / 3), 12)
    expect(meanOf(0, 0, 0)).toEqual({})
    expect(meanOf(1, 5, 25)).toEqual({ mean: 5 })
    expect(meanOf(3, 0.3, 0.03).standardError).toBeLessThan(1e-6)
  })

  it('has the quantiles of its buckets, as histogram_quantile says', () => {
    const buckets = [
      { le: 0.1, count: 50 },
      { le: 0.5, count: 90 },
      { le: Infinity, count: 100 },
    ]
    expect(quantileOf(0.25, buckets)).toBeCloseTo(0.05, 12)
    expect(quantileOf(0.7, buckets)).toBeCloseTo(0.3, 12)
    expect(quantileOf(0.99, buckets)).toBe(0.5)
    expect(quantileOf(0.5, [])).toBeUndefined()
    expect(quantileOf(0.5, buckets.slice(0, 2))).toBeUndefined()
    expect(
      quantileOf(
        0.5,
        buckets.map(({ le }) => ({ le, count: 0 })),
      ),
    ).toBeUndefined()
  })
})
