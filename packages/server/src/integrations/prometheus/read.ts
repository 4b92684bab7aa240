/**
 * Metrics for people, read from Prometheus: what each arm, or each series of a service, did in one
 * window. Counted from samples like criteria, so that what people see is what is judged.
 */
import { meanOf, quantileOf } from '@flagmarshal/domain/analysis/metric'
import type { MetricForm, MetricReading, MetricRow } from '@flagmarshal/domain/analysis/metric'
import { queryForm } from '@flagmarshal/domain/analysis/query'

import type { Outgoing, PrometheusAddress } from '../interfaces.ts'
import { increasesIn, newestIn } from './increase.ts'
import { queryInstant } from './query.ts'
import type { Series, Unknown } from './query.ts'
import { LOOK_BACK_MS, SLACK_SCRAPES } from './reach.ts'

/** Which window. */
export interface ReadWindow {
  readonly end: Date
  readonly windowMs: number
}

/** Reads a metric. Never throws for what the other side does. */
export async function readMetric(
  outgoing: Outgoing,
  address: PrometheusAddress,
  metric: MetricForm,
  window: ReadWindow,
): Promise<MetricReading> {
  if (metric.form === 'level') return await readLevel(outgoing, address, metric, window.end)
  const selectors = selectorsOf(metric)
  if (selectors.some((it) => queryForm(it) !== 'selector')) {
    return { kind: 'bad_query', detail: 'a metric is counted with selectors of counters' }
  }
  const read = await Promise.all(selectors.map((it) => readIncreases(outgoing, address, it, window)))
  const unknown = read.find((it) => 'kind' in it)
  if (unknown !== undefined) return unknown
  const counted = read.flatMap((it) => ('kind' in it ? [] : [it]))
  return { kind: 'ok', rows: rowsOf(metric, counted) }
}

type Counters = Exclude<MetricForm, { readonly form: 'level' }>

function selectorsOf(metric: Counters): readonly string[] {
  switch (metric.form) {
    case 'count':
      return [metric.total]
    case 'share':
      return [metric.total, metric.bad ?? metric.good ?? '']
    case 'duration':
      return [metric.buckets]
    case 'mean':
      return [metric.count, metric.sum, metric.squares]
  }
}

type Increases = readonly { readonly labels: Series['labels']; readonly value: number }[]

async function readIncreases(
  outgoing: Outgoing,
  address: PrometheusAddress,
  selector: string,
  { end, windowMs }: ReadWindow,
): Promise<Increases | Unknown> {
  const slackMs = SLACK_SCRAPES * address.scrapeMs
  const reachMs = windowMs + Math.max(LOOK_BACK_MS, slackMs)
  const answer = await queryInstant(outgoing, address, `${selector.trim()}[${reachMs}ms]`, end)
  if (answer.kind !== 'series') return answer
  const { series } = answer
  const span = { from: end.getTime() - windowMs, to: end.getTime(), slackMs }
  const newest = newestIn(series, span)
  if (newest === undefined) return { kind: 'empty', detail: `${selector} finds nothing` }
  if (newest <= span.to - slackMs) {
    return {
      kind: 'stale',
      detail: `the newest sample of ${selector} is of ${new Date(newest).toISOString()}`,
    }
  }
  const increases = increasesIn(series, span)
  return series.flatMap(({ labels }, index) => {
    const value = increases[index]
    return value === undefined ? [] : [{ labels, value }]
  })
}

/** What is told apart; the other labels are summed over. */
const GROUPED = ['arm', 'audience', 'variant'] as const

function rowsOf(metric: Counters, counted: readonly Increases[]): MetricRow[] {
  // A variant is of interest where usage is; the arms are compared whatever they serve.
  const names = metric.form === 'count' ? GROUPED : GROUPED.slice(0, 2)
  const groups = new Map<string, Record<string, string>>()
  for (const { labels } of counted.flat()) {
    const of = groupOf(labels, names)
    groups.set(JSON.stringify(of), of)
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, labels]) => {
      const mine = counted.map((some) =>
        some.filter((it) => JSON.stringify(groupOf(it.labels, names)) === key),
      )
      return { labels, ...numbersOf(metric, mine) }
    })
}

function groupOf(labels: Series['labels'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((it) => (labels[it] === undefined ? [] : [[it, labels[it]]])))
}

function numbersOf(metric: Counters, mine: readonly Increases[]): Omit<MetricRow, 'labels'> {
  const [first = 0, second = 0, third = 0] = mine.map((some) => some.reduce((sum, it) => sum + it.value, 0))
  switch (metric.form) {
    case 'count':
      return { n: first }
    case 'share': {
      const x = metric.bad === undefined ? first - second : second
      return { n: first, x, ...(first > 0 ? { share: x / first } : {}) }
    }
    case 'duration': {
      const buckets = bucketsOf(mine[0] ?? [])
      const [p50, p99] = [quantileOf(0.5, buckets), quantileOf(0.99, buckets)]
      const n = buckets.find(({ le }) => le === Infinity)?.count ?? 0
      return { n, ...(p50 === undefined ? {} : { p50 }), ...(p99 === undefined ? {} : { p99 }) }
    }
    case 'mean':
      return { n: first, sum: second, squares: third, ...meanOf(first, second, third) }
  }
}

function bucketsOf(increases: Increases): readonly { readonly le: number; readonly count: number }[] {
  const counts = new Map<number, number>()
  for (const { labels, value } of increases) {
    const le = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
    counts.set(le, (counts.get(le) ?? 0) + value)
  }
  return [...counts].map(([le, count]) => ({ le, count }))
}

// oxlint-disable-next-line max-params -- what everything here takes
async function readLevel(
  outgoing: Outgoing,
  address: PrometheusAddress,
  { query, limit }: Extract<MetricForm, { readonly form: 'level' }>,
  end: Date,
): Promise<MetricReading> {
  const answer = await queryInstant(outgoing, address, query, end)
  if (answer.kind !== 'series') return answer
  const values = answer.series.flatMap(({ labels, samples }) => {
    const value = samples.at(-1)?.value
    return value === undefined ? [] : [{ labels, value }]
  })
  if (values.length === 0) return { kind: 'empty', detail: 'the query finds nothing' }
  const strange = values.find(({ value }) => !Number.isFinite(value))
  if (strange !== undefined) return { kind: 'nan', detail: `a series has the value ${strange.value}` }
  return { kind: 'ok', rows: values.map((it) => ({ ...it, within: it.value <= limit })) }
}
