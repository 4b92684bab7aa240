import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { bucket } from './bucket.ts'
import { compile } from './compile.ts'
import { md5, sha1 } from './digest.ts'
import type { Flag, HashScheme } from './model.ts'

interface Vector {
  readonly scheme: HashScheme
  readonly salt: string
  readonly key: string
  readonly n: number
  readonly of: number
}

const { vectors: rows }: { vectors: readonly string[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'vendor-vectors.json'), 'utf8'),
)
const vectors = rows.map((row): Vector => {
  const [scheme = '', salt = '', key = '', n, of] = row.split(/[ /]/)
  return { scheme: scheme as HashScheme, salt, key, n: Number(n), of: Number(of) }
})

describe('the buckets of other vendors', () => {
  const schemes = [...new Set(vectors.map((it) => it.scheme))]
  test.each(schemes)('%s: every vector of the vendor’s own package', (scheme) => {
    const own = vectors.filter((it) => it.scheme === scheme)
    expect(own.length).toBeGreaterThanOrEqual(18)
    for (const { salt, key, n, of } of own) {
      expect(Math.floor((bucket(scheme, salt, key) * of) / 100_000), `${salt} ${key}`).toBe(n)
    }
  })

  test('all seven schemes have vectors', () => {
    expect(schemes.toSorted()).toEqual([
      'flagd',
      'flagsmith',
      'growthbook-1',
      'growthbook-2',
      'launchdarkly',
      'unleash',
      'unleash-variant',
    ])
  })

  test('goff: the values that its own tests name, and UTF-8 outside ASCII', () => {
    // It is on no registry that is asked here, so there are no vectors of its package.
    const user = 'e56f628e-9817-498f-ae38-4961e9c2bb21'
    expect(bucket('goff', 'my-flag', user)).toBe(70_272)
    expect(bucket('goff', '', user)).toBe(74_237)
    expect(bucket('goff', '', '')).toBe(36_261)
    expect(bucket('goff', 'flagName', 'UserKey')).toBe(3_946_001_934 % 100_000)
    expect(bucket('goff', 'f', 'ü')).not.toBe(bucket('growthbook-1', 'f', 'ü'))
  })

  test('unleash-weights: a thousand of them is the scheme of variants, and each weight has its keys', () => {
    const thirds = [0, 0, 0]
    for (let i = 0; i < 3_000; i++) {
      const key = `user-${i}`
      expect(bucket('unleash-weights', '1000:checkout', key)).toBe(bucket('unleash-variant', 'checkout', key))
      // The bounds of stored ranges: the second of three begins at floor(100000 / 3).
      const part = [33_333, 66_666].filter((it) => bucket('unleash-weights', '3:a:b', key) >= it).length
      thirds[part] = (thirds[part] ?? 0) + 1
    }
    expect(Math.min(...thirds)).toBeGreaterThan(900)
    for (const salt of ['checkout', '0:a', ':a', '100001:a'])
      expect(() => bucket('unleash-weights', salt, 'u')).toThrow(RangeError)
  })

  test.each(schemes)('%s: a split serves by these buckets, and says when it has no key', (hash) => {
    const ranges = [
      { from: 0, to: 30_000, variant: 'a' },
      { from: 30_000, to: 60_000, variant: 'b' },
    ]
    const flag: Flag = {
      key: 'f',
      kind: 'release',
      valueType: 'string',
      variants: { a: 'A', b: 'B', c: 'C' },
      enabled: true,
      offVariant: 'c',
      rules: [],
      fallthrough: { allocation: { by: 'targetingKey', salt: 'checkout', hash, ranges } },
    }
    const compiled = compile({ flags: [flag], segments: [] })
    const served = { a: 0, b: 0, c: 0 }
    for (let i = 0; i < 3_000; i++) {
      const number = bucket(hash, 'checkout', `user-${i}`)
      const variant = number < 30_000 ? 'a' : number < 60_000 ? 'b' : 'c'
      served[variant]++
      expect(compiled.flag('f')?.decide({ targetingKey: `user-${i}` }).evaluation).toMatchObject({ variant })
    }
    expect(served.a).toBeGreaterThan(750)
    expect(served.b).toBeGreaterThan(750)
    expect(compiled.flag('f')?.decide({}).evaluation).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
  })
})

describe('their hash functions', () => {
  const hex = (words: readonly number[]): string =>
    words.map((word) => word.toString(16).padStart(8, '0')).join('')

  // RFC 3174, section 7.3, and RFC 1321, appendix A.5.
  test.each([
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d', '900150983cd24fb0d6963f7d28e17f72'],
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709', 'd41d8cd98f00b204e9800998ecf8427e'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
      '8215ef0796a20bcaaae116d3876c664a',
    ],
  ])('SHA-1 and MD5 of %j', (text, sha, md) => {
    expect(hex(sha1(text))).toBe(sha)
    expect(hex(md5(text))).toBe(md)
  })

  test('texts are hashed as UTF-8', () => {
    expect(hex(md5('ä€😀'))).toBe('972aa4745c500e8d41674c689f51c9a8')
  })
})
