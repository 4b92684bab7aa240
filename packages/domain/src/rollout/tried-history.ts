/**
 * The windows that a plan is tried on: what each of its criteria counted, wherever it is counted.
 *
 * The built-in telemetry counts by slices of the users. Counters elsewhere do so where the
 * application labels them; else all users are one sum, which no arm can be made of.
 */
import type { ArmCounts, ArmsWindow, RatioCriterion } from '../analysis/model.ts'
import {
  dispersionOf,
  foldHistory,
  NO_HISTORY,
  UNKNOWN_DISPERSION,
  type Dispersion,
} from '../analysis/statistics/dispersion.ts'
import { countedOf, MINUTE_MS, type TrafficHistory } from './history.ts'
import type { RolloutPlan } from './model.ts'
import { LEAST_WINDOWS, measuredOf } from './position.ts'

/** Requests and bad ones of one window: an entry for each slice of the users, or a single one for all of them. */
export interface SliceCounts {
  readonly n: readonly number[]
  readonly x: readonly number[]
}

/** What a criterion counted in one minute. */
export interface CountedMinute extends SliceCounts {
  readonly end: Date
}

/** The past of a criterion that the telemetry does not count, or why there is none. */
export type ElsewhereHistory = { readonly criterion: string } & (
  | { readonly kind: 'counted'; readonly minutes: readonly CountedMinute[] }
  | { readonly kind: 'left'; readonly why: string }
)

/** One window; a criterion that nothing is known of is absent. */
export interface TriedWindow {
  readonly end: Date
  readonly counts: Readonly<Record<string, SliceCounts>>
}

/** A criterion, or a part of what it judges, that is not tried. */
export interface LeftOut {
  readonly criterion: string
  /** At increments that are compared with a control only; or nowhere at all. */
  readonly where: 'compared' | 'everywhere'
  readonly why: string
}

/** Consecutive windows in which all criteria that are tried were counted. */
export interface TriedHistory {
  readonly windowMs: number
  readonly windows: readonly TriedWindow[]
  /** Criteria that are tried, and whether their users are told apart. */
  readonly tried: ReadonlyMap<string, { readonly sliced: boolean }>
  readonly left: readonly LeftOut[]
}

/** What a criterion counts without the feature. */
export interface MeasuredCriterion {
  readonly criterion: string
  readonly minutes: number
  readonly perMinute: number
  /** Bad of all, 0..1; of a mean the mean. */
  readonly share: number
  readonly dispersion: Dispersion
  /** Whether users are told apart; else the relative dispersion is not known. */
  readonly sliced: boolean
}

/** A criterion with less than this part of the longest history is left out, so that it does not shorten the others'. */
const LEAST_PART = 0.25

/** Where nobody tells the users apart. */
const NOT_TOLD_APART = 'its counters do not tell users apart (no label slice), so no arms can be made of them'

/** The windows that all criteria of a plan have; `windowMs` is a multiple of a minute. */
export function triedHistory(
  plan: RolloutPlan,
  traffic: TrafficHistory,
  elsewhere: readonly ElsewhereHistory[],
): TriedHistory {
  const windowMs = Math.max(1, Math.ceil(plan.windowMs / MINUTE_MS)) * MINUTE_MS
  const histories = measuredOf(plan).map((it) => historyOfCriterion(it, traffic, elsewhere))
  const longest = Math.max(0, ...histories.map((it) => (it.kind === 'counted' ? it.minutes.length : 0)))
  const left: LeftOut[] = []
  const known: Counted[] = []
  for (const it of histories) {
    const { criterion } = it
    if (it.kind === 'left') left.push({ criterion, where: 'everywhere', why: it.why })
    else if (it.minutes.length < Math.max(LEAST_WINDOWS, LEAST_PART * longest)) {
      const why = `only ${it.minutes.length} minutes of it are known`
      left.push({ criterion, where: 'everywhere', why })
    } else known.push({ ...it, sliced: (it.minutes[0]?.n.length ?? 0) > 1 })
  }
  for (const { criterion, sliced } of known) {
    if (!sliced) left.push({ criterion, where: 'compared', why: NOT_TOLD_APART })
  }
  return {
    windowMs,
    windows: windowsOf(known, windowMs),
    tried: new Map(known.map(({ criterion, sliced }) => [criterion, { sliced }])),
    left,
  }
}

/** What each tried criterion amounts to; one without a request is absent. */
export function measuredCriteria({ windows, windowMs, tried }: TriedHistory): MeasuredCriterion[] {
  return [...tried].flatMap(([criterion, { sliced }]) => {
    const counted = windows.flatMap(({ counts }) => counts[criterion] ?? [])
    const n = counted.reduce((sum, it) => sum + total(it.n), 0)
    if (n === 0) return []
    const minutes = (counted.length * windowMs) / MINUTE_MS
    const history = counted.reduce((all, it) => foldHistory(all, observedArms(it)), NO_HISTORY)
    const share = counted.reduce((sum, it) => sum + total(it.x), 0) / n
    const found = dispersionOf(history)
    const relative = Math.max(found.relative, UNKNOWN_DISPERSION)
    // Between arms that nobody has told apart nothing was seen.
    const dispersion = sliced ? found : { relative, absolute: Math.max(relative, found.absolute) }
    return [{ criterion, minutes, perMinute: n / minutes, share, dispersion, sliced }]
  })
}

/**
 * While observing, half of the users stand in the exposed arm. Users that nobody tells apart stand in
 * both: what counts then is how the whole scatters in time, which its half does not exceed.
 */
export function observedArms(counts: SliceCounts): ArmsWindow {
  const all = { n: total(counts.n), x: total(counts.x) }
  if (counts.n.length === 1) return { exposed: all, control: all }
  const half = counts.n.map((_, slice) => slice).filter((it) => it % 2 === 0)
  return armsOf(counts, half, undefined)
}

/** These slices as the exposed arm, the others of the audience as the control. */
export function armsOf(
  counts: SliceCounts,
  exposed: readonly number[],
  audience: readonly number[] | undefined,
): ArmsWindow {
  const part = sumOf(counts, exposed)
  const whole = audience === undefined ? { n: total(counts.n), x: total(counts.x) } : sumOf(counts, audience)
  return { exposed: part, control: { n: whole.n - part.n, x: whole.x - part.x } }
}

interface Counted {
  readonly criterion: string
  readonly minutes: readonly CountedMinute[]
  readonly sliced: boolean
}

function historyOfCriterion(
  criterion: Pick<RatioCriterion, 'id' | 'source'>,
  { windows }: TrafficHistory,
  elsewhere: readonly ElsewhereHistory[],
): ElsewhereHistory {
  const counted = countedOf(criterion)
  const { id } = criterion
  if (counted === undefined) {
    const found = elsewhere.find((it) => it.criterion === id)
    return found ?? { criterion: id, kind: 'left', why: 'its source was not asked' }
  }
  const minutes = windows.map((it) => ({ end: it.end, n: it.n, x: it[counted] }))
  if (minutes.length > 0) return { criterion: id, kind: 'counted', minutes }
  return { criterion: id, kind: 'left', why: 'the telemetry has counted no unexposed request' }
}

/** From the first minute that all have to the last, in windows; one of them that is not whole is left out. */
function windowsOf(known: readonly Counted[], windowMs: number): TriedWindow[] {
  const first = Math.max(...known.map((it) => it.minutes[0]?.end.getTime() ?? Infinity))
  const last = Math.min(...known.map((it) => it.minutes.at(-1)?.end.getTime() ?? -Infinity))
  if (!Number.isFinite(first) || last < first) return []
  const byEnd = known.map(({ criterion, minutes }) => ({
    criterion,
    minutes: new Map(minutes.map((it) => [it.end.getTime(), it])),
  }))
  const times = windowMs / MINUTE_MS
  const windows: TriedWindow[] = []
  const begin = Math.ceil((first - MINUTE_MS) / windowMs) * windowMs
  for (let end = begin + windowMs; end <= last; end += windowMs) {
    const counts: Record<string, SliceCounts> = {}
    for (const { criterion, minutes } of byEnd) {
      const whole = wholeWindow(minutes, end, times)
      if (whole !== undefined) counts[criterion] = whole
    }
    windows.push({ end: new Date(end), counts })
  }
  return windows
}

/** What the minutes of a window add up to; undefined where one of them is missing. */
function wholeWindow(
  minutes: ReadonlyMap<number, SliceCounts>,
  end: number,
  times: number,
): SliceCounts | undefined {
  const found: SliceCounts[] = []
  for (let index = 0; index < times; index++) {
    const minute = minutes.get(end - index * MINUTE_MS)
    if (minute === undefined) return undefined
    found.push(minute)
  }
  return added(found)
}

function added(minutes: readonly SliceCounts[]): SliceCounts {
  const [first] = minutes
  if (first === undefined || minutes.length === 1) return first ?? { n: [], x: [] }
  const each = (of: 'n' | 'x') =>
    first[of].map((_, slice) => minutes.reduce((sum, it) => sum + (it[of][slice] ?? 0), 0))
  return { n: each('n'), x: each('x') }
}

function sumOf({ n, x }: SliceCounts, slices: readonly number[]): ArmCounts {
  return {
    n: slices.reduce((sum, slice) => sum + (n[slice] ?? 0), 0),
    x: slices.reduce((sum, slice) => sum + (x[slice] ?? 0), 0),
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, it) => sum + it, 0)
}
