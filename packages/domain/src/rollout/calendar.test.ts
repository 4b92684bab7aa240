import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { addWorkingDays, isZone, nextOpen, WEEKDAYS, whyClosed } from './calendar.ts'
import type { Calendar } from './calendar.ts'

const berlin: Calendar = {
  zone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu'],
  from: '09:00',
  to: '16:00',
  blackouts: [
    {
      from: new Date('2026-12-21T00:00:00Z'),
      to: new Date('2027-01-04T11:30:00Z'),
      reason: 'holidays',
    },
  ],
}

const next = (calendar: Calendar, at: string) => nextOpen(calendar, new Date(at))?.toISOString()

describe('P-S3-4 the calendar of a rollout', () => {
  it.each([
    ['within the hours', '2026-11-25T09:30:00Z', '2026-11-25T09:30:00.000Z'],
    ['before the hours, in winter', '2026-11-25T07:00:00Z', '2026-11-25T08:00:00.000Z'],
    ['before the hours, in summer', '2026-07-01T05:00:00Z', '2026-07-01T07:00:00.000Z'],
    ['after the hours', '2026-11-25T15:00:00Z', '2026-11-26T08:00:00.000Z'],
    ['over the weekend in which the clock is moved', '2026-10-22T14:00:00Z', '2026-10-26T08:00:00.000Z'],
    ['in a blackout, to its end within the hours', '2026-12-24T12:00:00Z', '2027-01-04T11:30:00.000Z'],
  ])('starts %s', (_, at, expected) => {
    expect(next(berlin, at)).toBe(expected)
  })

  it('says why a time is closed', () => {
    expect(whyClosed(berlin, new Date('2026-12-22T10:00:00Z'))).toContain('holidays')
    expect(whyClosed(berlin, new Date('2026-11-28T10:00:00Z'))).toContain('is a sat in Europe/Berlin')
    expect(whyClosed(berlin, new Date('2026-11-25T07:59:59Z'))).toContain('08:59')
    expect(whyClosed(berlin, new Date('2026-11-25T08:00:00Z'))).toBeUndefined()
  })

  it('opens after the gap where the clock skips the opening, and twice where it is shown twice', () => {
    const night: Calendar = { ...berlin, days: [...WEEKDAYS], from: '02:30', to: '02:45', blackouts: [] }
    // 29 March 2026: 02:00 becomes 03:00, so there is no 02:30; 25 October: 03:00 becomes 02:00.
    expect(next(night, '2026-03-29T00:00:00Z')).toBe('2026-03-30T00:30:00.000Z')
    const later: Calendar = { ...night, to: '04:00' }
    expect(next(later, '2026-03-29T00:00:00Z')).toBe('2026-03-29T01:00:00.000Z')
    expect(next(night, '2026-10-25T00:00:00Z')).toBe('2026-10-25T00:30:00.000Z')
    const early: Calendar = { ...night, from: '02:00', to: '02:15' }
    expect(next(early, '2026-10-25T00:20:00Z')).toBe('2026-10-25T01:00:00.000Z')
  })

  it('knows no opening where there is none', () => {
    expect(nextOpen({ ...berlin, days: [] }, new Date('2026-11-25T00:00:00Z'))).toBeUndefined()
  })

  it('counts working days by the wall clock, over weekends and the moved clock', () => {
    const at = new Date('2026-10-23T13:00:00Z')
    const week = { zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'] as const }
    expect(addWorkingDays(week, at, 1).toISOString()).toBe('2026-10-26T14:00:00.000Z')
    expect(addWorkingDays(week, at, 0)).toEqual(at)
  })

  it('tells zones from other words', () => {
    expect([isZone('Europe/Berlin'), isZone('UTC'), isZone('Berlin'), isZone('')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Santiago',
]
const quarter = 15 * 60_000

const calendars = fc
  .record({
    zone: fc.constantFrom(...zones),
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
    opens: fc.integer({ min: 0, max: 92 }),
    length: fc.integer({ min: 4, max: 96 }),
    blackout: fc.record({
      after: fc.integer({ min: 0, max: 400 }),
      length: fc.integer({ min: 1, max: 200 }),
    }),
    at: fc.integer({
      min: Date.parse('2026-01-01T00:00:00Z') / quarter,
      max: Date.parse('2027-01-01T00:00:00Z') / quarter,
    }),
  })
  .map(({ zone, days, opens, length, blackout, at }) => {
    const clock = (quarters: number) =>
      `${String(Math.floor(quarters / 4)).padStart(2, '0')}:${String((quarters % 4) * 15).padStart(2, '0')}`
    const from = new Date((at + blackout.after) * quarter)
    const calendar: Calendar = {
      zone,
      days,
      from: clock(opens),
      to: clock(Math.min(96, opens + length)),
      blackouts: [{ from, to: new Date(from.getTime() + blackout.length * quarter), reason: 'frozen' }],
    }
    return { calendar, at: new Date(at * quarter) }
  })

describe('whatever the calendar', () => {
  it('the next opening is open, and no quarter of an hour before it is', () => {
    fc.assert(
      fc.property(calendars, ({ calendar, at }) => {
        const found = nextOpen(calendar, at)
        if (found === undefined) return
        expect(whyClosed(calendar, found)).toBeUndefined()
        expect(nextOpen(calendar, found)).toEqual(found)
        for (let it = at.getTime(); it < found.getTime(); it += quarter)
          expect(whyClosed(calendar, new Date(it))).toBeDefined()
      }),
      { seed: 20261125, numRuns: 300 },
    )
  })
})
