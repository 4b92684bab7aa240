/**
 * Criteria counted in Prometheus, or in what speaks its HTTP API.
 *
 * Both arms come from the same query at the same time, the end of the window, which is long enough
 * ago that nothing arrives any more: asked again, after a restart say, it answers the same.
 */
import type { Measurement, PrometheusSource } from '@flagmarshal/domain/analysis/model'
import { expressionOf, queryFaults, queryForm } from '@flagmarshal/domain/analysis/query'

import type { MetricQuestion, MetricSource, Outgoing, PrometheusAddress } from '../interfaces.ts'
import { audiencesIn } from './arms.ts'
import type { Counted } from './arms.ts'
import { increasesIn, newestIn } from './increase.ts'
import type { Span } from './increase.ts'
import { queryInstant } from './query.ts'
import type { Series, Unknown } from './query.ts'
import { LOOK_BACK_MS, SLACK_SCRAPES } from './reach.ts'

const SIDE = 'flagmarshal_side'

/** Prometheus at an address, as a source of metrics. */
export function prometheusMetrics(outgoing: Outgoing, address: PrometheusAddress): MetricSource {
  return {
    async measure({ source, ...question }) {
      if (source.kind !== 'prometheus') throw new Error('this source is Prometheus')
      const measured = await measureWindows({ outgoing, address }, source, question)
      return measured.map((it) => ({ criterion: question.criterion, ...it }))
    },
  }
}

type Measured = OmitCriterion<Measurement>
type OmitCriterion<T> = T extends unknown ? Omit<T, 'criterion'> : never
type Question = Omit<MetricQuestion, 'source'>

interface Place {
  readonly outgoing: Outgoing
  readonly address: PrometheusAddress
}

async function measureWindows(
  place: Place,
  source: PrometheusSource,
  question: Question,
): Promise<readonly Measured[]> {
  const [fault] = queryFaults(source)
  if (fault !== undefined)
    return question.ends.map(() => ({ kind: 'bad_query', detail: `the criterion ${fault}` }))
  if (queryForm(source.total) === 'selector') return await measureSamples(place, source, question)
  const measured: Measured[] = []
  for (const end of question.ends) {
    measured.push(await measureExpression(place, source, question, end))
    // The rest would wait for the same: what is not answered now is not answered in order either.
    if (measured.at(-1)?.kind === 'provider_error') break
  }
  const last = measured.at(-1)
  return question.ends.map((_, index) => measured[index] ?? (last as Measured))
}

/** The samples of all windows are read at once: two queries, however long nobody asked. */
async function measureSamples(
  { outgoing, address }: Place,
  source: PrometheusSource,
  { ends, windowMs, audiences, mean = false }: Question,
): Promise<readonly Measured[]> {
  const [first, last] = [ends[0], ends.at(-1)]
  if (first === undefined || last === undefined) return []
  const slackMs = SLACK_SCRAPES * address.scrapeMs
  const reachMs = last.getTime() - first.getTime() + windowMs + Math.max(LOOK_BACK_MS, slackMs)
  const read = (query: string) => queryInstant(outgoing, address, `${query.trim()}[${reachMs}ms]`, last)
  const [total, side] = await Promise.all([read(source.total), read(source.bad ?? source.good ?? '')])
  if (total.kind !== 'series') return ends.map(() => total)
  if (side.kind !== 'series') return ends.map(() => side)
  return ends.map((end) => {
    const span = { from: end.getTime() - windowMs, to: end.getTime(), slackMs }
    // What a window says must not depend on which others are read with it.
    const since = span.from - Math.max(LOOK_BACK_MS, slackMs)
    const [all, part] = [within(total.series, since, span.to), within(side.series, since, span.to)]
    return windowOf({ total: all, side: part, good: source.good !== undefined, mean, audiences }, span)
  })
}

interface Both {
  readonly total: readonly Series[]
  readonly side: readonly Series[]
  readonly good: boolean
  readonly mean: boolean
  readonly audiences: readonly string[]
}

function windowOf({ total, side, good, mean, audiences }: Both, span: Span): Measured {
  const newest = newestIn(total, span)
  if (newest === undefined) return { kind: 'empty', detail: 'the query of all finds nothing' }
  if (newest <= span.to - span.slackMs) {
    const seconds = Math.round((span.to - newest) / 1000)
    return { kind: 'stale', detail: `the newest sample is ${seconds} s older than the end of the window` }
  }
  const increases = increasesIn([...total, ...side], span)
  const counted = (series: readonly Series[], from: number): Counted[] =>
    series.flatMap(({ labels }, index) => {
      const value = increases[from + index]
      return value === undefined ? [] : [{ labels, value }]
    })
  return audiencesIn({ total: counted(total, 0), side: counted(side, total.length), good, mean }, audiences)
}

function within(series: readonly Series[], after: number, until: number): Series[] {
  return series.flatMap(({ labels, samples }) => {
    const some = samples.filter(({ at }) => at > after && at <= until)
    return some.length === 0 ? [] : [{ labels, samples: some }]
  })
}

async function measureExpression(
  { outgoing, address }: Place,
  source: PrometheusSource,
  { windowMs, audiences, mean = false }: Question,
  end: Date,
): Promise<Measured> {
  const part = (query: string, name: string) =>
    `label_replace(${expressionOf(query, windowMs)}, "${SIDE}", "${name}", "", "")`
  const query = `${part(source.total, 'total')} or ${part(source.bad ?? source.good ?? '', 'side')}`
  const answer = await queryInstant(outgoing, address, query, end)
  if (answer.kind !== 'series') return answer
  const old = outdated(answer.series, end.getTime() - SLACK_SCRAPES * address.scrapeMs)
  if (old !== undefined) return old
  const of = (name: string) => answer.series.filter(({ labels }) => labels[SIDE] === name)
  const [total, side] = [of('total'), of('side')]
  const twice = repeated(total) ?? repeated(side)
  if (twice !== undefined) return twice
  const good = source.good !== undefined
  return audiencesIn({ total: total.map(valueOf), side: side.map(valueOf), good, mean }, audiences)
}

/** An answer bears the time that was asked for; a cache on the way may hand out one that was given before. */
function outdated(series: readonly Series[], since: number): Unknown | undefined {
  const oldest = Math.min(...series.flatMap(({ samples }) => samples.map(({ at }) => at)))
  if (oldest >= since) return undefined
  return { kind: 'stale', detail: `a series is of ${new Date(oldest).toISOString()}` }
}

/** An expression gives one series for each arm and audience. */
function repeated(series: readonly Series[]): Unknown | undefined {
  const seen = new Set<string>()
  for (const { labels } of series) {
    const name = `${labels['arm'] ?? 'no arm'}, audience ${labels['audience'] ?? 'not named'}`
    if (seen.has(name)) return { kind: 'ambiguous', detail: `more than one series is of ${name}` }
    seen.add(name)
  }
  return undefined
}

function valueOf({ labels, samples }: Series): Counted {
  return { labels, value: samples.at(-1)?.value ?? NaN }
}
