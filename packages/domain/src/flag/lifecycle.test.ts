import { expect, it } from 'vitest'

import { lifecycleOf } from './lifecycle.ts'
import type { FlagUse, LifecycleStage } from './lifecycle.ts'

const now = new Date('2026-06-01T12:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const off = { enabled: false, decides: true }
const on = { enabled: true, decides: true }
const same = { enabled: true, decides: false }
const use: FlagUse = { permanent: false, changedAt: daysAgo(1), environments: [off] }

const CASES: readonly (readonly [string, Partial<FlagUse>, LifecycleStage])[] = [
  ['off everywhere and young', {}, 'new'],
  ['on somewhere', { environments: [off, on] }, 'live'],
  [
    'on, and untouched for long, but telling people apart',
    { environments: [on], changedAt: daysAgo(90) },
    'live',
  ],
  ['to stay', { permanent: true, changedAt: daysAgo(90) }, 'permanent'],
  ['untouched for 14 days', { changedAt: daysAgo(14), environments: [same] }, 'live'],
  [
    'untouched for longer, the same for everybody',
    { changedAt: daysAgo(15), environments: [same, off] },
    'stale',
  ],
  ['stale, and code asks it', { changedAt: daysAgo(15), references: 2 }, 'stale'],
  ['stale, no code, not evaluated', { changedAt: daysAgo(15), references: 0 }, 'remove'],
  [
    'stale, no code, evaluated long ago',
    { changedAt: daysAgo(15), references: 0, lastEvaluatedAt: daysAgo(15) },
    'remove',
  ],
  [
    'stale, no code, still evaluated',
    { changedAt: daysAgo(15), references: 0, lastEvaluatedAt: daysAgo(1) },
    'monitor',
  ],
  ['past its end', { debt: 'it was to end', references: 3 }, 'remove'],
  [
    'past its end, no code, still evaluated',
    { debt: 'it was to end', references: 0, lastEvaluatedAt: now },
    'monitor',
  ],
  ['past its end though it was to stay', { debt: 'its run was aborted', permanent: true }, 'remove'],
]

it.each(CASES)('P-S1-12 a flag that is %s', (_, change, stage) => {
  expect(lifecycleOf({ ...use, ...change }, now).stage).toBe(stage)
})

it('P-S1-12 says why, with what was looked at', () => {
  const { why } = lifecycleOf({ ...use, changedAt: daysAgo(20), references: 0 }, now)
  expect(why).toBe(
    'unchanged for 14 days, and it decides nothing; no known code asks it, and nothing evaluated it for 14 days',
  )
})
