import type { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import { expect, test } from 'vitest'

import {
  addIncrement,
  addStage,
  durationOf,
  durationWords,
  earliestTimes,
  expectedUsers,
  moveStage,
  removeIncrement,
  setIncrement,
} from './plan-draft.ts'
import type { Stage } from './plan-draft.ts'

const stage = (
  name: string,
  increments: number[],
  audience: Stage['audience'] = { id: 'everybody' },
): Stage => ({
  name,
  audience,
  increments,
  bakeMs: 3_600_000,
  maxMs: 7_200_000,
  advance: 'auto',
})

const plan = {
  windowMs: 60_000,
  observeWindows: 60,
  expectedKeys: 20_000,
  holdback: 0,
  stages: [
    stage('staff', [100], { id: 'staff', segment: 'employees' }),
    stage('gradual', [10, 50]),
    stage('full', [100]),
  ],
} as unknown as RolloutPlan

test('an increment stays between its neighbours and is whole above one percent', () => {
  expect(setIncrement([10, 25, 50], 1, 70)).toEqual([10, 50, 50])
  expect(setIncrement([10, 25, 50], 1, 3)).toEqual([10, 10, 50])
  expect(setIncrement([10, 25, 50], 0, 4.4)).toEqual([4, 25, 50])
  expect(setIncrement([10], 0, 0)).toEqual([0.1])
})

test('a new increment falls into the widest gap; the last one cannot be taken away', () => {
  expect(addIncrement([10])).toEqual([10, 55])
  expect(addIncrement([50, 100])).toEqual([25, 50, 100])
  expect(removeIncrement([10, 50], 0)).toEqual([50])
  expect(removeIncrement([10], 0)).toEqual([10])
})

test('stages move, and a new one comes before the last and never falls', () => {
  expect(moveStage(plan, 0, 1).stages.map((it) => it.name)).toEqual(['gradual', 'staff', 'full'])
  expect(moveStage(plan, 0, -1)).toBe(plan)
  expect(addStage(plan).stages.map((it) => it.name)).toEqual(['staff', 'gradual', 'stage-4', 'full'])
  expect(addStage(plan).stages[2]?.increments).toEqual([50])
})

test('expected users need the share of each audience that was reached', () => {
  expect(expectedUsers({ plan }, 0, 0)).toBeUndefined()
  expect(expectedUsers({ plan, audienceShares: { staff: 0.01 } }, 0, 0)?.users).toBe(200)
  // 1 % of staff, and a tenth of everybody else.
  expect(expectedUsers({ plan, audienceShares: { staff: 0.01 } }, 1, 0)?.users).toBe(2_180)
})

test('the earliest times add observing and the bake times', () => {
  const times = earliestTimes(plan, new Date('2026-03-02T09:00:00Z')).map((it) =>
    it.at.toISOString().slice(11, 16),
  )
  expect(times).toEqual(['09:00', '10:00', '11:00', '12:00', '13:00'])
})

test('times are typed as they are shown', () => {
  for (const ms of [0, 200, 1_500, 90_000, 5_400_000, 2 * 86_400_000])
    expect(durationOf(durationWords(ms))).toBe(ms)
  expect(durationWords(5_400_000)).toBe('1 h 30 min')
  expect(durationOf('soon')).toBeUndefined()
  expect(durationOf('2 d or so')).toBeUndefined()
})
