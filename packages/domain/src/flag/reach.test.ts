import { expect, test } from 'vitest'

import type { ServedConfig } from './edit.ts'
import { reachBasis, reachSentence } from './reach-sentence.ts'
import { reachOf } from './reach.ts'
import type { SegmentSize } from './reach.ts'

const off: ServedConfig = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'off' } }
const NONE: ReadonlyMap<string, SegmentSize> = new Map()

function share(percent: number, salt = 'abcdefghijklmno') {
  const ranges = [{ from: 0, to: percent * 1000, variant: 'on' }]
  return { allocation: { by: 'targetingKey', salt, hash: 'murmur3' as const, ranges } }
}

const everybody = { all: [] }
const fi = { attribute: 'country', op: 'equals' as const, values: ['FI'] }

test('a flag that is off serves everybody its off variant, whatever the rules say', () => {
  const config = { ...off, enabled: false, fallthrough: { variant: 'on' } }
  expect(reachOf(config, NONE)).toEqual([{ variant: 'off', least: 1, most: 1, listed: 0 }])
})

test('a share of everybody is that share, within what 10,000 keys can tell', () => {
  const config = { ...off, rules: [{ id: 'a', name: 'A', when: everybody, serve: share(5) }] }
  const [, on] = reachOf(config, NONE)
  expect(on?.variant).toBe('on')
  expect(on?.least).toBe(on?.most)
  expect(Math.abs((on?.most ?? 0) - 0.05)).toBeLessThan(0.006)
})

test('two shares with one salt overlap, as they do when served; with two salts they add up', () => {
  const rules = (second: string) => [
    { id: 'a', name: 'A', when: everybody, serve: share(10) },
    { id: 'b', name: 'B', when: everybody, serve: share(10, second) },
  ]
  const most = (second: string) =>
    reachOf({ ...off, rules: rules(second) }, NONE).find((it) => it.variant === 'on')?.most ?? 0
  expect(most('abcdefghijklmno')).toBeCloseTo(0.1, 1)
  expect(most('zyxwvutsrqponml')).toBeGreaterThan(0.18)
})

test('a condition on attributes makes a range, and its opposite too', () => {
  const on = { variant: 'on' }
  const config = { ...off, rules: [{ id: 'a', name: 'A', when: fi, serve: on }] }
  expect(reachOf(config, NONE)).toEqual([
    { variant: 'off', least: 0, most: 1, listed: 0 },
    { variant: 'on', least: 0, most: 1, listed: 0 },
  ])
  const opposite = { ...off, rules: [{ id: 'a', name: 'A', when: { not: fi }, serve: on }] }
  expect(reachOf(opposite, NONE)).toEqual(reachOf(config, NONE))
})

test('a segment that is only a list counts its members, not a share', () => {
  const staff = { condition: null, included: 120, excluded: 0 }
  const config = {
    ...off,
    rules: [{ id: 'a', name: 'A', when: { segment: 'staff' }, serve: { variant: 'on' } }],
  }
  const reach = reachOf(config, new Map([['staff', staff]]))
  expect(reach).toContainEqual({ variant: 'on', least: 0, most: 0, listed: 120 })
  const population = { unit: 'users' as const, n: 48_000, from: new Date('2026-11-20'), exact: true }
  expect(reachSentence(reach, population, 'off', new Date('2026-11-25'))).toBe(
    '"on" reaches about 0 of 48,000 users seen in the last 7 days, and at most 120 more by lists.',
  )
})

test('the sentence says users, requests or shares, and since when', () => {
  const reach = [{ variant: 'on', least: 0.0502, most: 0.0502, listed: 0 }]
  const from = new Date('2026-11-20')
  const now = new Date('2026-11-25')
  const users = { unit: 'users' as const, n: 48_000, from, exact: false }
  expect(reachSentence(reach, users, 'off', now)).toBe(
    '"on" reaches about 2,410 of 48,000 users seen in the last 7 days.',
  )
  expect(reachSentence(reach, users, 'off', new Date('2026-12-25'))).toContain('seen since 2026-11-20')
  expect(reachBasis(reach, users)).toContain('reckoned from a sample')
  const nothing = { unit: 'nothing' as const, n: 0, from, exact: true }
  expect(reachSentence(reach, nothing, 'off', now)).toBe('"on" reaches about 5 %.')
  expect(reachSentence([], nothing, 'off', now)).toBe('Everybody is served "off".')
})
