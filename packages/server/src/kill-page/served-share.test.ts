import type { Serve } from '@flagmarshal/evaluation'
import { expect, test } from 'vitest'

import { servedShare } from './served-share.ts'

const OFF: Serve = { variant: 'off' }
const served = (it: Partial<Parameters<typeof servedShare>[0]>) =>
  servedShare({ enabled: true, off_variant: 'off', rules: [], fallthrough: OFF, ...it })

const tenth = { by: 'targetingKey', salt: 's', hash: 'murmur3' as const }
const owned = (variant: string) => ({
  id: 'r',
  name: 'rollout',
  when: { all: [] },
  rollout: { id: 'ro-1', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 1 },
  serve: {
    exposure: {
      ...tenth,
      variant,
      audiences: [
        { id: 'internal', when: { segment: 'staff' }, ranges: [{ from: 0, to: 100_000 }] },
        { id: 'everybody', when: { all: [] }, ranges: [{ from: 0, to: 10_000 }] },
      ],
    },
  },
})

test('a flag that is off, or serves nothing but off, reaches nobody', () => {
  expect(served({ enabled: false, fallthrough: { variant: 'on' } })).toBe('nobody')
  expect(served({})).toBe('nobody')
  expect(served({ rules: [owned('off')] })).toBe('nobody')
})

test('a rollout is told by its audiences', () => {
  expect(served({ rules: [owned('on')] })).toBe('100 % of internal and 10 % of everybody')
})

test('rules are counted, and the rest is a share', () => {
  expect(served({ fallthrough: { variant: 'on' } })).toBe('100 % of everybody')
  const half: Serve = { allocation: { ...tenth, ranges: [{ from: 0, to: 50_000, variant: 'on' }] } }
  expect(served({ fallthrough: half })).toBe('50 % of everybody')
  const beta = { id: 'b', name: 'beta', when: { segment: 'beta' }, serve: { variant: 'on' } }
  expect(served({ rules: [beta], fallthrough: half })).toBe(
    'whoever one rule matches and 50 % of everybody else',
  )
})
