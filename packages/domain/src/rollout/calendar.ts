/**
 * When a rollout may start (P-S3-4, P-S7-10): hours of weekdays in a time zone, less the blackouts.
 *
 * Wall-clock times are turned into instants with `Intl` alone. Where daylight saving skips a time,
 * the first instant after the gap stands for it; where it repeats one, both count.
 */

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export interface Calendar {
  /** IANA name, like `Europe/Berlin`. */
  readonly zone: string
  readonly days: readonly Weekday[]
  /** `HH:MM` by the wall clock, from ≤ time < to; `24:00` is the end of the day. */
  readonly from: string
  readonly to: string
  readonly blackouts: readonly Blackout[]
}

/** A time in which nothing may start, from ≤ time < to. */
export interface Blackout {
  readonly from: Date
  readonly to: Date
  readonly reason: string
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** How far ahead an opening is looked for. */
const HORIZON_DAYS = 800

/** Whether a text names a time zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Why a rollout may not start at this time, in a sentence; undefined when it may. */
export function whyClosed(calendar: Calendar, at: Date): string | undefined {
  const blackout = calendar.blackouts.find((it) => it.from <= at && at < it.to)
  if (blackout !== undefined)
    return `${at.toISOString()} lies in a blackout until ${blackout.to.toISOString()}: ${blackout.reason}`
  const { day, minutes } = wallClock(calendar.zone, at)
  const weekday = weekdayOf(day)
  if (!calendar.days.includes(weekday))
    return `${at.toISOString()} is a ${weekday} in ${calendar.zone}; rollouts start on ${calendar.days.join(', ')}`
  const within = minutesOf(calendar.from) <= minutes && minutes < minutesOf(calendar.to)
  return within
    ? undefined
    : `${at.toISOString()} is ${clockText(minutes)} in ${calendar.zone}; rollouts start from ${calendar.from} to ${calendar.to}`
}

/** The first time at or after `at` at which a rollout may start; undefined where none comes within two years. */
export function nextOpen(calendar: Calendar, at: Date): Date | undefined {
  const open = (it: Date) => it >= at && whyClosed(calendar, it) === undefined
  if (open(at)) return at
  const ends = calendar.blackouts.map((it) => it.to).filter(open)
  const { day } = wallClock(calendar.zone, at)
  for (let ahead = 0; ahead <= HORIZON_DAYS; ahead += 1) {
    const first = earliest(openings(calendar, day + ahead).filter(open))
    if (first !== undefined) return earliest([first, ...ends])
  }
  return earliest(ends)
}

/** The same time by the wall clock, this many working days later; days that are none are not counted. */
export function addWorkingDays(calendar: Pick<Calendar, 'zone' | 'days'>, at: Date, days: number): Date {
  if (calendar.days.length === 0) throw new RangeError('a calendar without a working day')
  const { day, minutes } = wallClock(calendar.zone, at)
  let [date, left] = [day, days]
  while (left > 0) {
    date += 1
    if (calendar.days.includes(weekdayOf(date))) left -= 1
  }
  return instantOf(calendar.zone, date, minutes)
}

/** Times on a day at which the calendar may begin to be open: its opening, and where the clock is moved. */
function openings({ zone, from }: Calendar, day: number): readonly Date[] {
  const start = instantOf(zone, day, 0)
  const end = instantOf(zone, day + 1, 0)
  const moved = offsetMs(zone, start) === offsetMs(zone, end) ? [] : [clockMoves(zone, start, end)]
  return [instantOf(zone, day, minutesOf(from)), ...moved]
}

/** The first instant whose wall clock shows this time of a day, or, where it shows it never, a later one. */
function instantOf(zone: string, day: number, minutes: number): Date {
  const wall = day * DAY_MS + minutes * MINUTE_MS
  const offsets = [offsetMs(zone, new Date(wall - DAY_MS)), offsetMs(zone, new Date(wall + DAY_MS))]
  const candidates = offsets.map((it) => new Date(wall - it)).toSorted((a, b) => a.getTime() - b.getTime())
  const exact = candidates.find((it) => it.getTime() + offsetMs(zone, it) === wall)
  if (exact !== undefined) return exact
  const [before, after] = candidates
  if (before === undefined || after === undefined) throw new RangeError(`no time ${minutes} on day ${day}`)
  return clockMoves(zone, before, after)
}

/** The instant between two at which the clock of a zone is moved, to the second. */
function clockMoves(zone: string, from: Date, to: Date): Date {
  const before = offsetMs(zone, from)
  let [low, high] = [Math.floor(from.getTime() / 1_000), Math.ceil(to.getTime() / 1_000)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(zone, new Date(middle * 1_000)) === before) low = middle
    else high = middle
  }
  return new Date(high * 1_000)
}

/** The wall clock of a zone: days since the epoch, and minutes of the day with their fractions. */
function wallClock(zone: string, at: Date): { readonly day: number; readonly minutes: number } {
  const wall = at.getTime() + offsetMs(zone, at)
  const day = Math.floor(wall / DAY_MS)
  return { day, minutes: (wall - day * DAY_MS) / MINUTE_MS }
}

/** How far the wall clock of a zone is ahead of UTC. */
function offsetMs(zone: string, at: Date): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map((it) => [it.type, it.value]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name))
  const seconds = Math.floor(at.getTime() / 1_000) * 1_000
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return wall - seconds
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one costs a hundred times more than using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, made)
  return made
}

/** The epoch was a Thursday. */
function weekdayOf(day: number): Weekday {
  const weekday = WEEKDAYS[(((day + 3) % 7) + 7) % 7]
  if (weekday === undefined) throw new RangeError(`day ${day} has no weekday`)
  return weekday
}

function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

function clockText(minutes: number): string {
  const whole = Math.floor(minutes)
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
}

function earliest(dates: readonly Date[]): Date | undefined {
  return dates.toSorted((a, b) => a.getTime() - b.getTime())[0]
}
