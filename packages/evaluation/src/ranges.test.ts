import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { AllocationRange, BucketRange } from './model.ts'
import { lower, raise, reweight, share } from './ranges.ts'

const BUCKETS = 100_000
const anyShare = fc.integer({ min: 0, max: BUCKETS })

/** Any ranges apart from each other, in any order. */
const anyRanges: fc.Arbitrary<BucketRange[]> = fc
  .uniqueArray(anyShare, { maxLength: 12 })
  .map((bounds) => pairs(bounds.toSorted((a, b) => a - b)))

const anyAllocation: fc.Arbitrary<AllocationRange[]> = fc
  .tuple(anyRanges, fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 6, maxLength: 6 }))
  .map(([ranges, names]) => ranges.map((range, i) => ({ ...range, variant: names[i] ?? 'A' })))

/** Shares of three variants that fit together. */
const anyWeights = fc.tuple(anyShare, anyShare, anyShare).map((cuts) => {
  const [a = 0, b = 0, c = 0] = cuts.toSorted((x, y) => x - y)
  return { A: a, B: b - a, D: c - b }
})

describe('raising', () => {
  test('grows to the share and takes nobody out', () => {
    const property = fc.property(anyRanges, anyShare, (ranges, to) => {
      const raised = raise(ranges, to)
      expect(share(raised)).toBe(Math.max(to, share(ranges)))
      expect(outside(ranges, raised)).toBe(0)
    })
    fc.assert(property, { seed: 9, numRuns: 300 })
  })

  test('step by step reaches the same keys as at once', () => {
    expect(raise(raise(raise([], 10_000), 25_000), 50_000)).toEqual(raise([], 50_000))
    expect(raise([], 50_000)).toEqual([{ from: 0, to: 50_000 }])
  })

  test('goes on above the last range before it fills what lies below', () => {
    expect(raise([{ from: 90_000, to: 95_000 }], 20_000)).toEqual([
      { from: 0, to: 10_000 },
      { from: 90_000, to: 100_000 },
    ])
  })

  test('to a share that cannot be is a mistake of the program', () => {
    for (const to of [-1, 100_001, 0.5, Number.NaN]) expect(() => raise([], to)).toThrow(RangeError)
  })
})

describe('lowering', () => {
  test('shrinks to the share and adds nobody', () => {
    const property = fc.property(anyRanges, anyShare, (ranges, to) => {
      const lowered = lower(ranges, to)
      expect(share(lowered)).toBe(Math.min(to, share(ranges)))
      expect(outside(lowered, ranges)).toBe(0)
    })
    fc.assert(property, { seed: 10, numRuns: 300 })
  })

  test('and raising again gives the same keys, whatever the steps', () => {
    const property = fc.property(fc.array(anyShare, { maxLength: 6 }), anyShare, (detour, to) => {
      let ranges: BucketRange[] = []
      for (const step of detour) ranges = raise(lower(ranges, step), step)
      expect(raise(lower(ranges, to), to)).toEqual(raise([], to))
    })
    fc.assert(property, { seed: 11, numRuns: 300 })
  })
})

describe('other weights', () => {
  test('move 10 % of the keys from {A 50, B 50} to {A 45, B 45, C 10}', () => {
    const before: AllocationRange[] = [
      { from: 0, to: 50_000, variant: 'A' },
      { from: 50_000, to: 100_000, variant: 'B' },
    ]
    const after = reweight(before, { A: 45_000, B: 45_000, C: 10_000 })
    expect(after).toEqual([
      { from: 0, to: 45_000, variant: 'A' },
      { from: 45_000, to: 50_000, variant: 'C' },
      { from: 50_000, to: 95_000, variant: 'B' },
      { from: 95_000, to: 100_000, variant: 'C' },
    ])
    expect(moved(before, after)).toBe(10_000)
    expect(reweight(after, { B: 50_000, A: 50_000 })).toEqual(before)
  })

  test('give each variant its share and move the fewest keys that can be moved', () => {
    const property = fc.property(anyAllocation, anyWeights, (before, weights) => {
      const after = reweight(before, weights)
      let givenUp = 0
      let gained = 0
      for (const variant of ['A', 'B', 'C', 'D'] as const) {
        const wanted = variant === 'C' ? 0 : weights[variant]
        expect(share(of(after, variant))).toBe(wanted)
        givenUp += Math.max(0, share(of(before, variant)) - wanted)
        gained += Math.max(0, wanted - share(of(before, variant)))
      }
      expect(moved(before, after)).toBe(Math.max(givenUp, gained))
    })
    fc.assert(property, { seed: 12, numRuns: 300 })
  })

  test('that are the same change nothing', () => {
    const property = fc.property(anyAllocation, (before) => {
      const weights = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, share(of(before, name))]))
      expect(moved(before, reweight(before, weights))).toBe(0)
    })
    fc.assert(property, { seed: 13, numRuns: 300 })
  })

  test('do not depend on the order in which variants are named', () => {
    expect(reweight([], { z: 10, a: 20 })).toEqual(reweight([], { a: 20, z: 10 }))
  })

  test('of more than everybody are a mistake of the program', () => {
    expect(() => reweight([], { A: 60_000, B: 50_000 })).toThrow(RangeError)
    expect(() => reweight([], { A: -1 })).toThrow(RangeError)
  })
})

function pairs(bounds: readonly number[]): BucketRange[] {
  const ranges: BucketRange[] = []
  for (let i = 0; i + 1 < bounds.length; i += 2) ranges.push({ from: bounds[i] ?? 0, to: bounds[i + 1] ?? 0 })
  return ranges
}

function of(ranges: readonly AllocationRange[], variant: string): AllocationRange[] {
  return ranges.filter((range) => range.variant === variant)
}

/** Bucket by bucket, what it is served: the position of the range's variant, or nothing. */
function painted(ranges: readonly (BucketRange & { readonly variant?: string })[]): Uint8Array {
  const colours = new Uint8Array(BUCKETS)
  for (const { from, to, variant = 'A' } of ranges) colours.fill(variant.charCodeAt(0), from, to)
  return colours
}

/** How many buckets are served something else. */
function moved(before: readonly AllocationRange[], after: readonly AllocationRange[]): number {
  const old = painted(before)
  return painted(after).reduce((count, colour, i) => (colour === old[i] ? count : count + 1), 0)
}

/** How many buckets of the first ranges the second ones lack. */
function outside(inner: readonly BucketRange[], outer: readonly BucketRange[]): number {
  const all = painted(outer)
  return painted(inner).reduce((count, colour, i) => (colour !== 0 && all[i] === 0 ? count + 1 : count), 0)
}
