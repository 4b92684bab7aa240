/**
 * The traffic before a rollout: every minute, counted by slices of the users, nobody of them exposed.
 *
 * It says how much traffic there is and how often it fails, and it is what a plan is tried on: some
 * slices stand for the exposed arm and the others for the control, though both were served the same.
 */
import type { ArmCounts, ArmsWindow, RatioCriterion } from '../analysis/model.ts'
import { dispersionOf, foldHistory, NO_HISTORY, type Dispersion } from '../analysis/statistics/dispersion.ts'

/** What a criterion may count of the built-in telemetry. */
export type Counted = 'bad' | 'slow'

/** What a criterion counts of it; undefined where it is counted elsewhere. */
export function countedOf({ source }: Pick<RatioCriterion, 'source'>): Counted | undefined {
  return source.kind === 'telemetry' ? source.counts : undefined
}

/** One minute: an entry for each slice of the users. */
export interface SlicedWindow {
  readonly end: Date
  readonly n: readonly number[]
  readonly bad: readonly number[]
  readonly slow: readonly number[]
}

/** Consecutive windows of equal length, oldest first; one without a request is there with zeros. */
export interface TrafficHistory {
  readonly windowMs: number
  readonly windows: readonly SlicedWindow[]
}

/** What an audience does without the feature, as it was measured. */
export interface MeasuredTraffic {
  readonly minutes: number
  /** Minutes without a single request. */
  readonly quietMinutes: number
  readonly perMinute: number
  readonly badShare: number
  readonly slowShare: number
  /** F6 between the two halves of the users. */
  readonly dispersion: Readonly<Record<Counted, Dispersion>>
}

/** The length of the windows that a history is kept in. */
export const MINUTE_MS = 60_000

/** A history from the minutes that had requests; it begins with the first of them and ends at `to`. */
export function historyOf(minutes: readonly SlicedWindow[], to: Date): TrafficHistory {
  const [first] = minutes
  if (first === undefined) return { windowMs: MINUTE_MS, windows: [] }
  const byEnd = new Map(minutes.map((it) => [it.end.getTime(), it]))
  const nothing = first.n.map(() => 0)
  const length = Math.max(0, Math.round((to.getTime() - first.end.getTime()) / MINUTE_MS) + 1)
  return {
    windowMs: MINUTE_MS,
    windows: Array.from({ length }, (_, index) => {
      const end = new Date(first.end.getTime() + index * MINUTE_MS)
      return byEnd.get(end.getTime()) ?? { end, n: nothing, bad: nothing, slow: nothing }
    }),
  }
}

/** What the history amounts to; undefined where it holds no request. */
export function trafficOf({ windows, windowMs }: TrafficHistory): MeasuredTraffic | undefined {
  const requests = windows.reduce((sum, it) => sum + total(it.n), 0)
  if (requests === 0) return undefined
  const minutes = (windows.length * windowMs) / MINUTE_MS
  const half =
    windows[0] === undefined ? [] : windows[0].n.map((_, slice) => slice).filter((it) => it % 2 === 0)
  const dispersion = (counted: Counted) =>
    dispersionOf(
      windows.reduce((history, it) => foldHistory(history, splitWindow(it, half, counted)), NO_HISTORY),
    )
  return {
    minutes,
    quietMinutes: (windows.filter((it) => total(it.n) === 0).length * windowMs) / MINUTE_MS,
    perMinute: requests / minutes,
    badShare: windows.reduce((sum, it) => sum + total(it.bad), 0) / requests,
    slowShare: windows.reduce((sum, it) => sum + total(it.slow), 0) / requests,
    dispersion: { bad: dispersion('bad'), slow: dispersion('slow') },
  }
}

/** A window in two arms: these slices as the exposed one, all others as the control. */
export function splitWindow(window: SlicedWindow, exposed: readonly number[], counted: Counted): ArmsWindow {
  const n = total(window.n)
  const x = total(window[counted])
  const part: ArmCounts = { n: sumOf(window.n, exposed), x: sumOf(window[counted], exposed) }
  return { exposed: part, control: { n: n - part.n, x: x - part.x } }
}

function sumOf(values: readonly number[], slices: readonly number[]): number {
  return slices.reduce((sum, slice) => sum + (values[slice] ?? 0), 0)
}

function total(values: readonly number[]): number {
  return values.reduce((sum, it) => sum + it, 0)
}
