import { describe, expect, it } from 'vitest'

import { TRAFFIC_SLICES, trafficSlice } from './slice.ts'

describe('slices of the traffic', () => {
  it('are equal parts of the keys, and a key is always in the same', () => {
    const sizes = Array.from({ length: TRAFFIC_SLICES }, () => 0)
    for (let key = 0; key < 20_000; key++) {
      const slice = trafficSlice('checkout', `user-${key}`)
      sizes[slice] = (sizes[slice] ?? 0) + 1
    }
    // 1,000 each, with a standard deviation of 31.
    expect(Math.min(...sizes)).toBeGreaterThan(850)
    expect(Math.max(...sizes)).toBeLessThan(1_150)
    expect(trafficSlice('checkout', 'user-1')).toBe(trafficSlice('checkout', 'user-1'))
  })
})
