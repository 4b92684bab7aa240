/**
 * What a criterion counted in each minute of the latest days, asked of Prometheus in few answers.
 *
 * Two days of samples of every instance are too much to carry over, so that Prometheus subtracts and
 * adds: a minute gets what a counter was at its end less what it was at its beginning, as windows of
 * a running rollout do. Of a counter that began anew in a minute what it had before that is lost.
 */
import type { PrometheusSource } from '@flagmarshal/domain/analysis/model'
import { expressionOf, queryFaults, queryForm } from '@flagmarshal/domain/analysis/query'
import type { CountedMinute } from '@flagmarshal/domain/rollout/tried-history'
import { TRAFFIC_SLICES } from '@flagmarshal/evaluation'

import type { MonitoringAddress, Outgoing, PastCounts, PastQuestion } from '../interfaces.ts'
import { queryRange } from './query.ts'
import type { Series, Unknown } from './query.ts'

const MINUTE_MS = 60_000

/** Minutes that are asked for at once: of many instances and slices a longer answer takes too long. */
const MINUTES_AT_ONCE = 360

/** Told apart; the other labels are added up. */
const GROUPED = 'slice, arm, variant'

/** Reads the past of a criterion. Never throws for what the other side does. */
export async function readPastCounts(
  outgoing: Outgoing,
  address: MonitoringAddress,
  { source, mean, control, to, lengthMs }: PastQuestion,
): Promise<PastCounts> {
  if (source.kind !== 'prometheus') throw new Error('this source is Prometheus')
  const [fault] = queryFaults(source)
  if (fault !== undefined) return { kind: 'left', why: `the criterion ${fault}` }
  const series = { total: [] as Series[], side: [] as Series[] }
  const sides = { total: source.total, side: source.bad ?? source.good ?? '' }
  for (const range of rangesOf(to, lengthMs)) {
    for (const name of ['total', 'side'] as const) {
      const answer = await queryRange(outgoing, address, growthOf(sides[name]), range)
      if (answer.kind !== 'series') return { kind: 'left', why: wordsOf(answer) }
      series[name].push(...answer.series)
    }
  }
  return minutesOf(
    { total: unexposed(series.total, control), side: unexposed(series.side, control) },
    { source, mean },
  )
}

function rangesOf(to: Date, lengthMs: number): { from: Date; to: Date; stepMs: number }[] {
  const minutes = Math.round(lengthMs / MINUTE_MS)
  const at = (back: number) => new Date(to.getTime() - back * MINUTE_MS)
  const ranges = []
  for (let back = minutes; back > 0; back -= MINUTES_AT_ONCE) {
    ranges.push({
      from: at(back - 1),
      to: at(Math.max(0, back - MINUTES_AT_ONCE)),
      stepMs: MINUTE_MS,
    })
  }
  return ranges
}

/** Growth in the minute before; of a new counter, or one that fell, what it has since, if its target was there before. */
function growthOf(query: string): string {
  if (queryForm(query) === 'expression') return expressionOf(query, MINUTE_MS)
  const now = query.trim()
  const before = `${now} offset 1m`
  return `sum by (${GROUPED}) ((${now} - ${before}) >= 0 or (${now} and on (job, instance) ${before}))`
}

/** Series of requests that were served what everybody was served. */
function unexposed(series: readonly Series[], control: string): readonly Series[] {
  return series.filter(({ labels }) =>
    labels['variant'] === undefined ? labels['arm'] !== 'exposed' : labels['variant'] === control,
  )
}

interface Sides {
  readonly total: readonly Series[]
  readonly side: readonly Series[]
}

function minutesOf(
  sides: Sides,
  { source, mean }: { readonly source: PrometheusSource; readonly mean: boolean },
): PastCounts {
  const sliced = sides.total.some(isSliced) && sides.side.some(isSliced)
  const [total, side] = [sumsOf(sides.total, sliced), sumsOf(sides.side, sliced)]
  if (total.size === 0) return { kind: 'left', why: 'the query of all finds nothing without the feature' }
  if (side.size === 0) {
    const what = source.good === undefined ? 'bad' : 'good'
    return { kind: 'left', why: `the query of what is ${what} finds nothing without the feature` }
  }
  const minutes = [...total]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([at, n]): readonly CountedMinute[] => {
      const part = side.get(at)
      if (part === undefined || [...n, ...part].some((it) => !Number.isFinite(it))) return []
      const of = part.map((it, slice) => (source.good === undefined ? it : (n[slice] ?? 0) - it))
      const x = mean ? of : of.map((it, slice) => Math.min(n[slice] ?? 0, Math.max(0, it)))
      return [{ end: new Date(at), n, x }]
    })
  return { kind: 'counted', minutes }
}

function isSliced({ labels }: Series): boolean {
  return sliceOf(labels) !== undefined
}

function sliceOf({ slice }: Series['labels']): number | undefined {
  const number = /^\d{1,2}$/.test(slice ?? '') ? Number(slice) : undefined
  return number !== undefined && number < TRAFFIC_SLICES ? number : undefined
}

/** By time: a sum for each slice, or one of all. What belongs to no slice is in no arm. */
function sumsOf(series: readonly Series[], sliced: boolean): Map<number, number[]> {
  const sums = new Map<number, number[]>()
  for (const { labels, samples } of series) {
    const slice = sliced ? sliceOf(labels) : 0
    if (slice === undefined) continue
    for (const { at, value } of samples) {
      const sum = sums.get(at) ?? Array.from({ length: sliced ? TRAFFIC_SLICES : 1 }, () => 0)
      sum[slice] = (sum[slice] ?? 0) + value
      sums.set(at, sum)
    }
  }
  return sums
}

function wordsOf({ kind, detail }: Unknown): string {
  return `${kind.replaceAll('_', ' ')}: ${detail}`
}
