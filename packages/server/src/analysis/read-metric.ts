/** What a metric, or a criterion with its queries, says of the latest window. */
import type { CriterionTried, MetricRead, ReadMetric, TryCriterion } from '@flagmarshal/api/metric'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { refuse } from '@flagmarshal/domain/refusal'

import type { Clock } from '../clock.ts'
import { openConnection } from '../connection/read.ts'
import type { Prometheus } from '../integrations/interfaces.ts'
import { notFound } from '../refusals.ts'
import type { ConnectionKey } from '../storage/connections.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { latestEnd, prometheusAt, sourceLagMs } from './sources.ts'
import type { SourceParts } from './sources.ts'

interface ReadParts {
  readonly database: Database
  readonly clock: Clock
  readonly sources: SourceParts
}

/** Reads a metric. */
export async function readMetric(
  parts: ReadParts,
  key: ConnectionKey,
  { metric, windowMs }: ReadMetric,
): Promise<MetricRead | Refusal> {
  const opened = await open(parts, key, windowMs)
  if ('code' in opened) return opened
  const { prometheus, end } = opened
  const began = parts.clock.now()
  const reading = await prometheus.read(metric, { end, windowMs })
  const told = { ...windowOf(end, windowMs), ms: parts.clock.now().getTime() - began.getTime() }
  if (reading.kind !== 'ok') return { ...told, state: reading.kind, detail: reading.detail, rows: [] }
  return { ...told, state: 'ok', rows: reading.rows.map((it) => ({ ...it, labels: { ...it.labels } })) }
}

/** Counts a criterion as the controller would. */
export async function tryCriterion(
  parts: ReadParts,
  key: ConnectionKey,
  { audiences, windowMs, ...queries }: TryCriterion,
): Promise<CriterionTried | Refusal> {
  const opened = await open(parts, key, windowMs)
  if ('code' in opened) return opened
  const { prometheus, end } = opened
  const began = parts.clock.now()
  const source = { kind: 'prometheus' as const, connection: key.connection, ...queries }
  const [measured] = await prometheus.measure({
    criterion: 'tried',
    source,
    audiences,
    windowMs,
    ends: [end],
  })
  if (measured === undefined) throw new Error('a source of metrics left a window out')
  const told = { ...windowOf(end, windowMs), ms: parts.clock.now().getTime() - began.getTime() }
  if (measured.kind !== 'ok') return { ...told, state: measured.kind, detail: measured.detail, audiences: [] }
  return {
    ...told,
    state: 'ok',
    audiences: measured.audiences.map(({ audience, exposed, control }) => ({
      audience,
      exposed: { ...exposed },
      control: { ...control },
    })),
  }
}

interface Opened {
  readonly prometheus: Prometheus
  readonly end: Date
}

async function open(
  { database: { kysely }, sources }: ReadParts,
  key: ConnectionKey,
  windowMs: number,
): Promise<Opened | Refusal> {
  const connection = await openConnection(kysely, sources.safe, key)
  if (connection === undefined) return notFound('connection', key.connection)
  const opened = prometheusAt(sources, connection, { key: key.connection })
  if ('fault' in opened) {
    return refuse(
      'connection-sealed',
      `The connection cannot be used: ${opened.fault}.`,
      'Give its secret anew.',
    )
  }
  const end = latestEnd(await databaseNow(kysely), windowMs, sourceLagMs(opened.settings, 0))
  return { prometheus: opened.prometheus, end }
}

function windowOf(end: Date, windowMs: number): { readonly from: string; readonly to: string } {
  return { from: new Date(end.getTime() - windowMs).toISOString(), to: end.toISOString() }
}
