import { describe, expect, test } from 'vitest'

import { exposureLeft, recoveryOf, rollbackDeadline, rollbackOutcome } from './outcome.ts'
import type { AfterWindow, RollbackFacts } from './outcome.ts'

const AT = new Date('2026-03-02T10:00:00.000Z')
const WINDOW_MS = 1_000

function later(ms: number): Date {
  return new Date(AT.getTime() + ms)
}

/** Windows after the rollback: requests that were still treated, and the exposed arm's bad ones of 100. */
function windows(...rows: readonly (readonly [treated: number, bad: number])[]): AfterWindow[] {
  return rows.map(([treated, x], i) => ({
    end: later((i + 1) * WINDOW_MS),
    treated,
    exposed: { n: 100, x },
    control: { n: 100, x: 1 },
  }))
}

function facts(change: Partial<RollbackFacts> = {}): RollbackFacts {
  return {
    at: AT,
    windowMs: WINDOW_MS,
    verification: { state: 'verified', total: 2, confirmed: 2, pending: 0, lost: 0 },
    windows: windows([0, 1]),
    before: { n: 200, x: 40 },
    ...change,
  }
}

const CONFIRMING = { state: 'confirming', total: 2, confirmed: 1, pending: 1, lost: 0 } as const

const DEADLINE = rollbackDeadline({ at: AT, windowMs: WINDOW_MS })

describe('a rollback', () => {
  test('has worked once everybody confirmed, nobody is exposed and the bad share has come down', () => {
    expect(rollbackOutcome(facts(), later(2_000))).toEqual({ kind: 'verified' })
  })

  test.each([
    ['an instance has not confirmed', { verification: CONFIRMING }],
    ['no window has closed yet', { windows: [] }],
    ['the latest window still counts the treatment', { windows: windows([0, 1], [3, 1]) }],
    ['the bad share is as high as before', { windows: windows([0, 20]) }],
  ])('is waited for while %s, and has failed once its time is over', (_, change) => {
    expect(rollbackOutcome(facts(change), later(5_000))).toEqual({ kind: 'pending' })
    expect(rollbackOutcome(facts(change), DEADLINE)).toMatchObject({ kind: 'failed' })
  })

  test('says what was not shown in time', () => {
    const failed = rollbackOutcome(facts({ verification: CONFIRMING }), DEADLINE)
    expect(failed).toEqual({ kind: 'failed', failure: '1 of 2 instances have not confirmed it' })
  })

  test('gives windows of a minute the minutes that they need to close', () => {
    const slow = { windowMs: 60_000, windows: [], verification: facts().verification }
    const firstCloses = later(4 * 60_000)
    expect(rollbackOutcome(facts(slow), firstCloses)).toEqual({ kind: 'pending' })
    expect(rollbackDeadline({ at: AT, windowMs: 60_000 })).toEqual(later(16 * 60_000))
  })

  test('has nothing to recover from where a person rolled back', () => {
    const { before: _, ...byPerson } = facts({ windows: windows([0, 90]) })
    expect(rollbackOutcome(byPerson, later(2_000))).toEqual({ kind: 'verified' })
  })

  test('is accepted with too little traffic to judge its recovery, after ten windows without exposure', () => {
    const quiet = (count: number): AfterWindow[] =>
      Array.from({ length: count }, (_, i) => ({
        end: later((i + 1) * WINDOW_MS),
        treated: 0,
        exposed: { n: 1, x: 0 },
        control: { n: 1, x: 0 },
      }))
    expect(rollbackOutcome(facts({ windows: quiet(9) }), later(9_000))).toEqual({ kind: 'pending' })
    expect(rollbackOutcome(facts({ windows: quiet(10) }), later(10_000))).toEqual({ kind: 'verified' })
  })
})

test('the exposure is gone from the end of the first window that counts none, if none follows', () => {
  expect(exposureLeft(facts({ windows: windows([5, 1], [0, 1], [0, 1]) }))).toEqual({
    gone: true,
    afterMs: 2_000,
  })
  expect(exposureLeft(facts({ windows: windows([5, 1], [0, 1], [1, 1]) }))).toEqual({ gone: false })
})

test.each([
  ['below the ceiling', { ceiling: 0.12 }, 12, true],
  ['no more than twice the control', {}, 2, true],
  ['half of what it was', {}, 10, true],
  ['hardly better', {}, 15, false],
])('a bad share that is %s', (_, change, bad, recovered) => {
  expect(recoveryOf(facts({ ...change, windows: windows([0, bad]) }))).toMatchObject({
    before: 0.2,
    recovered,
  })
})
