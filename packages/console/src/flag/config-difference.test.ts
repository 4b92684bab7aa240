import { percentsOf } from '@flagmarshal/domain/flag/words'
import { expect, test } from 'vitest'

import { differencesOf, merged, threeWay } from './config-difference.ts'
import type { ConfigDraft, Rule } from './config-draft.ts'
import { moved, newAllocation, withPercent } from './config-draft.ts'

const rule = (id: string, variant = 'on'): Rule => ({
  id,
  name: id.toUpperCase(),
  when: { attribute: 'country', op: 'equals', values: ['FI'] },
  serve: { variant },
})
const base: ConfigDraft = {
  enabled: true,
  offVariant: 'off',
  rules: [rule('a'), rule('b')],
  fallthrough: { variant: 'off' },
}

test('a difference names the part and says it in words', () => {
  const after = { ...base, enabled: false, rules: [rule('a', 'off'), rule('b')] }
  expect(differencesOf(base, after)).toEqual([
    { place: 'enabled', label: 'State', before: 'on', after: 'off' },
    {
      place: 'a',
      label: 'Rule “A”',
      before: 'A: country is "FI" → on',
      after: 'A: country is "FI" → off',
    },
  ])
  expect(differencesOf(base, base)).toEqual([])
})

test('what two people changed is told apart, and only what both changed differently is a clash', () => {
  const theirs = { ...base, enabled: false, rules: [rule('a', 'off'), rule('b')] }
  const mine = { ...base, rules: [rule('a', 'blue'), rule('b')], fallthrough: { variant: 'on' } }
  expect(threeWay(base, theirs, mine).map(({ place, who }) => [place, who])).toEqual([
    ['enabled', 'theirs'],
    ['a', 'clash'],
    ['fallthrough', 'mine'],
  ])
  const both = merged(base, theirs, mine)
  expect(both).toEqual({ ...mine, enabled: false })
})

test('rules that either of two people added, removed or moved end up in one list', () => {
  const theirs = { ...base, rules: [rule('a'), rule('b'), rule('c')] }
  const mine = { ...base, rules: [rule('b'), rule('d')] }
  expect(merged(base, theirs, mine).rules.map((it) => it.id)).toEqual(['b', 'd', 'c'])
  const reordered = { ...base, rules: moved(base.rules, 0, 1) }
  expect(merged(base, theirs, reordered).rules.map((it) => it.id)).toEqual(['b', 'a', 'c'])
})

test('a percent that changes leaves the others as they are, and never goes above 100 together', () => {
  const half = withPercent(newAllocation('on'), 'on', 50)
  const more = withPercent(half, 'off', 70)
  expect([...percentsOf(more)]).toEqual([
    ['on', 50],
    ['off', 50],
  ])
  expect(withPercent(more, 'off', 50).ranges).toEqual(more.ranges)
})
