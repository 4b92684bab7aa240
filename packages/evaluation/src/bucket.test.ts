import * as fc from 'fast-check'
import murmurhash from 'murmurhash'
import { describe, expect, test } from 'vitest'

import { BUCKETS, bucket, hashBound, HASHES, orderedRanges } from './bucket.ts'

/** Hashes made with the npm package `murmurhash` 2.0.1, buckets from them with BigInt. */
const GOLDEN: readonly { readonly salt: string; readonly key: string; readonly bucket: number }[] = [
  { salt: '', key: '', bucket: 16855 },
  { salt: 'a', key: '', bucket: 94307 },
  { salt: 'ab', key: '', bucket: 14655 },
  { salt: 'abc', key: '', bucket: 49927 },
  { salt: 'new-checkout', key: 'user-1', bucket: 51929 },
  { salt: 'rollout-exposure', key: '9f1c7a52-5d0e-4a0b-9c1b-0a7b6f0e2d11', bucket: 44829 },
  { salt: '3sVw9-kQ1xZ8mTf', key: 'user-1', bucket: 72663 },
  { salt: '3sVw9-kQ1xZ8mTf', key: 'user-2', bucket: 98009 },
  { salt: '3sVw9-kQ1xZ8mTf', key: '42', bucket: 3486 },
  { salt: '3sVw9-kQ1xZ8mTf', key: 'Ünïcödé', bucket: 40371 },
  { salt: '3sVw9-kQ1xZ8mTf', key: '日本語', bucket: 41281 },
  { salt: '3sVw9-kQ1xZ8mTf', key: '😀', bucket: 43680 },
  { salt: '3sVw9-kQ1xZ8mTf', key: '\ud83d', bucket: 44728 },
  { salt: 'sälz', key: 'user-1', bucket: 35541 },
]

const KEYS = Array.from({ length: 200_000 }, (_, i) => `user-${i}`)

describe('a bucket', () => {
  test.each(GOLDEN)('of $key with salt $salt is $bucket', ({ salt, key, bucket: expected }) => {
    expect(bucket('murmur3', salt, key)).toBe(expected)
  })

  test('is floor(hash * 100000 / 2^32) of an independent murmur3, exactly', () => {
    const property = fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      (salt, key) => {
        const hash = BigInt(murmurhash.v3(`${salt}:${key}`, 0))
        expect(bucket('murmur3', salt, key)).toBe(Number((hash * BigInt(BUCKETS)) >> 32n))
      },
    )
    fc.assert(property, { seed: 4, numRuns: 1_000 })
  })

  test('lies below a bound exactly if its hash lies below the bound of the hash, for every bound', () => {
    const bucketOf = (hash: number): number => Number((BigInt(hash) * BigInt(BUCKETS)) >> 32n)
    const wrong: number[] = []
    for (let to = 1; to < BUCKETS; to++) {
      if (bucketOf(hashBound(to)) !== to || bucketOf(hashBound(to) - 1) !== to - 1) wrong.push(to)
    }
    expect(wrong).toEqual([])
    expect([hashBound(0), hashBound(BUCKETS)]).toEqual([0, HASHES])
  })

  test('falls into each tenth with its exact share', () => {
    for (const salt of ['3sVw9-kQ1xZ8mTf', 'another-salt-15', 'short']) {
      const tenths = Array.from({ length: 10 }, () => 0)
      for (const key of KEYS) {
        const tenth = Math.floor(bucket('murmur3', salt, key) / 10_000)
        tenths[tenth] = (tenths[tenth] ?? 0) + 1
      }
      // 45.1 is the chi-square value with 9 degrees of freedom that chance exceeds once in a million.
      expect(
        chiSquare(
          tenths,
          tenths.map(() => KEYS.length / 10),
        ),
      ).toBeLessThan(45.1)
    }
  })

  test('with one salt says nothing about the bucket with another', () => {
    const cells = [0, 0, 0, 0]
    for (const key of KEYS) {
      const exposed = bucket('murmur3', 'exposure-salt-1', key) < 30_000
      const treated = bucket('murmur3', 'variants-salt-1', key) < 50_000
      const cell = (exposed ? 2 : 0) + (treated ? 1 : 0)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const expected = [0.35, 0.35, 0.15, 0.15].map((share) => share * KEYS.length)
    // Three degrees of freedom, once in a million.
    expect(chiSquare(cells, expected)).toBeLessThan(30.7)
  })

  test('cannot be had with a scheme that does not exist', () => {
    // @ts-expect-error: the wire can carry what the type forbids.
    expect(() => bucket('sha1', 'salt', 'key')).toThrow('unknown hash scheme "sha1"')
  })
})

describe('stored ranges', () => {
  test('are put in order, empty ones left out', () => {
    const ranges = [
      { from: 50, to: 60 },
      { from: 7, to: 7 },
      { from: 0, to: 10 },
    ]
    expect(orderedRanges(ranges)).toEqual([
      { from: 0, to: 10 },
      { from: 50, to: 60 },
    ])
  })

  test.each([
    { why: 'below 0', ranges: [{ from: -1, to: 5 }] },
    { why: 'above 100000', ranges: [{ from: 0, to: 100_001 }] },
    { why: 'backwards', ranges: [{ from: 5, to: 1 }] },
    { why: 'in fractions', ranges: [{ from: 0, to: 0.5 }] },
    { why: 'not numbers', ranges: [{ from: 0, to: Number.NaN }] },
    {
      why: 'on top of each other',
      ranges: [
        { from: 0, to: 5 },
        { from: 4, to: 9 },
      ],
    },
  ])('are refused if they are $why', ({ ranges }) => {
    expect(() => orderedRanges(ranges)).toThrow(RangeError)
  })
})

function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, i) => {
    const mean = expected[i] ?? Number.NaN
    return sum + (count - mean) ** 2 / mean
  }, 0)
}
