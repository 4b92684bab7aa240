/** Public vectors of the primitives: murmur3, semantic versions, GrowthBook's hashes. Read where they are, never copied. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { bucket, compile } from '@flagmarshal/evaluation'
import type { Condition, Flag } from '@flagmarshal/evaluation'
import { describe, expect, test } from 'vitest'

import { absorb, finish, start } from '../../packages/evaluation/src/hash.ts'

const folder = join(
  process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? join(import.meta.dirname, '../../../shared'),
  'conformance',
)

function rows(file: string): string[][] {
  const text = readFileSync(join(folder, 'primitives', file), 'utf8')
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(',')]))
}

function holds(when: Condition, version: string): boolean {
  const flag: Flag = {
    key: 'f',
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [{ id: 'r', name: 'r', when, serve: { variant: 'on' } }],
    fallthrough: { variant: 'off' },
  }
  return compile({ flags: [flag], segments: [] }).boolean('f', { version }, false)
}

describe.skipIf(!existsSync(join(folder, 'primitives')))('primitives', () => {
  test('murmur3: every row', () => {
    const all = rows('murmur3-32.csv')
    expect(all.length).toBeGreaterThan(900)
    for (const [seed, key = '', hash] of all)
      expect(finish(absorb(start(Number(seed)), key)), key).toBe(Number(hash))
  })

  test('versions in between: every row', () => {
    for (const [low = '', version = '', high = '', expected] of rows('semver-between.csv')) {
      const within: Condition = {
        all: [
          { attribute: 'version', op: 'version-at-least', values: [low] },
          { attribute: 'version', op: 'version-at-most', values: [high] },
        ],
      }
      expect(holds(within, version), `${low} ${version} ${high}`).toBe(expected === 'true')
    }
  })

  test('equal versions: every row but build metadata, which has no precedence, and leading zeros, which are no version', () => {
    const all = rows('semver-equal.csv').filter(
      ([a = '', b = '']) => !`${a}${b}`.includes('+') && !a.startsWith('0'),
    )
    expect(all.length).toBeGreaterThanOrEqual(5)
    for (const [a = '', b = '', expected] of all) {
      const equal: Condition = { attribute: 'version', op: 'version-equals', values: [b] }
      expect(holds(equal, a), `${a} ${b}`).toBe(expected === 'true')
    }
  })
})

interface GrowthBook {
  readonly hash: readonly (readonly [seed: string, value: string, version: number, expected: number | null])[]
}

describe.skipIf(!existsSync(join(folder, 'growthbook')))('GrowthBook', () => {
  test('hashes of both versions: every row', () => {
    const { hash }: GrowthBook = JSON.parse(readFileSync(join(folder, 'growthbook/primitives.json'), 'utf8'))
    const known = hash.filter(([, , , expected]) => expected !== null)
    expect(known.length).toBeGreaterThanOrEqual(14)
    for (const [seed, value, version, expected] of known) {
      const scheme = version === 1 ? 'growthbook-1' : 'growthbook-2'
      expect(bucket(scheme, seed, value) / 100_000, `${seed} ${value}`).toBe(expected)
    }
  })
})
