/**
 * Asking for criteria before anything rests on them: a query that is wrong is found when the plan is
 * checked, and not when the first window is due.
 */
import type { MetricForm, MetricTrial } from '@flagmarshal/domain/analysis/metric'
import type { Measurement } from '@flagmarshal/domain/analysis/model'
import { audiencesOf } from '@flagmarshal/domain/rollout/position'
import { lagMs } from '@flagmarshal/domain/rollout/schedule'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import { openConnection } from '../connection/read.ts'
import type { Queries } from '../storage/database.ts'
import { tryResource } from './resources.ts'
import { latestEnd, prometheusAt, sourceLagMs } from './sources.ts'
import type { SourceParts } from './sources.ts'

/** Tries each criterion of a plan that is not counted by the telemetry, in the latest window. */
export async function tryCriteria(
  queries: Queries,
  parts: SourceParts,
  { project, plan }: { readonly project: string; readonly plan: ServedPlan },
  now: Date,
): Promise<readonly MetricTrial[]> {
  const trials = plan.criteria.map(async (criterion): Promise<readonly MetricTrial[]> => {
    if (criterion.role === 'report' || criterion.source.kind === 'telemetry') return []
    const { id, source } = criterion
    if (source.kind === 'resources') {
      const there = { project, environment: plan.environment }
      return [await tryResource(queries, there, { name: id, counted: source })]
    }
    const mean = criterion.mean !== undefined
    const connection = await openConnection(queries, parts.safe, { project, connection: source.connection })
    const { windowMs, environment } = plan
    const place = { key: source.connection, environment }
    const opened = prometheusAt(parts, connection, place)
    // A source that cannot be is a fault of the plan, however it would be told of while it runs.
    if ('fault' in opened) return [{ of: id, kind: 'bad_query', detail: opened.fault }]
    const lag = sourceLagMs(opened.settings, windowMs)
    const end = latestEnd(now, windowMs, Math.max(lag, lagMs(plan)))
    const question = { criterion: id, source, mean, audiences: audiencesOf(plan), windowMs, ends: [end] }
    const [measured] = await opened.prometheus.measure(question)
    return measured === undefined ? [] : [{ of: id, ...found(measured), lagMs: lag }]
  })
  return (await Promise.all(trials)).flat()
}

function found(measured: Measurement): Pick<MetricTrial, 'kind' | 'detail'> {
  if (measured.kind !== 'ok') return { kind: measured.kind, detail: measured.detail }
  const counted = measured.audiences.flatMap(({ exposed, control }) => [exposed, control])
  const n = counted.reduce((sum, it) => sum + it.n, 0)
  return n === 0 ? { kind: 'zero_traffic', detail: 'no requests' } : { kind: 'ok', detail: `${n} counted` }
}

/** Tries a metric that people look at, over the latest minutes: it is read for them when they look. */
export async function tryMetric(
  queries: Queries,
  parts: SourceParts,
  { project, environment, ...metric }: Tried,
  now: Date,
): Promise<MetricTrial> {
  const { name: of, connection: key, counted } = metric
  const connection = await openConnection(queries, parts.safe, { project, connection: key })
  const opened = prometheusAt(parts, connection, { key, environment })
  if ('fault' in opened) return { of, kind: 'bad_query', detail: opened.fault }
  const end = latestEnd(now, 1_000, sourceLagMs(opened.settings, 0))
  const reading = await opened.prometheus.read(counted, { end, windowMs: TRIED_MS })
  if (reading.kind !== 'ok') return { of, kind: reading.kind, detail: reading.detail }
  const above = reading.rows.filter((it) => it.within === false).length
  return {
    of,
    kind: 'ok',
    detail: `${reading.rows.length} series${above > 0 ? `, ${above} above the limit` : ''}`,
  }
}

const TRIED_MS = 5 * 60_000

interface Tried {
  readonly project: string
  readonly environment: string
  readonly name: string
  readonly connection: string
  readonly counted: MetricForm
}
