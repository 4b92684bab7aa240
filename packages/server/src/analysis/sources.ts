/**
 * Where criteria are measured: the built-in telemetry, or Prometheus through a connection of the
 * project. What cannot be asked is a measurement too: unknown, with the reason.
 */
import type { Measurement, PrometheusSource, RatioCriterion } from '@flagmarshal/domain/analysis/model'

import { openConnection } from '../connection/read.ts'
import type { OpenConnection } from '../connection/read.ts'
import type { MetricSource, Prometheus, PrometheusAt } from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Queries } from '../storage/database.ts'
import { resourceSource } from './resources.ts'
import { telemetrySource } from './telemetry-windows.ts'
import type { CountedWindow } from './telemetry-windows.ts'

/** What makes sources of connections. */
export interface SourceParts {
  readonly safe: Safe
  readonly prometheus: PrometheusAt
}

/** The windows of one rollout that are to be measured. */
export interface WindowsOf {
  readonly project: string
  readonly environment: string
  readonly audiences: readonly string[]
  readonly windowMs: number
  readonly ends: readonly Date[]
  /** What telemetry counted in each of them; needed for its criteria only. */
  readonly counted: readonly CountedWindow[]
}

/** One row of measurements for each window, one measurement for each criterion. Asked side by side; without parts only telemetry answers. */
export async function measureCriteria(
  queries: Queries,
  parts: SourceParts | undefined,
  criteria: readonly Pick<RatioCriterion, 'id' | 'source' | 'mean'>[],
  windows: WindowsOf,
): Promise<readonly (readonly Measurement[])[]> {
  const { audiences, windowMs, ends } = windows
  const byCriterion = await Promise.all(
    criteria.map(async ({ id: criterion, source, mean: values }) => {
      const mean = values !== undefined
      const metrics = await sourceOf(queries, parts, source, windows)
      return await metrics.measure({ criterion, source, mean, audiences, windowMs, ends })
    }),
  )
  return ends.map((_, window) =>
    byCriterion.map((measured) => {
      const measurement = measured[window]
      if (measurement === undefined) throw new Error('a source of metrics left a window out')
      return measurement
    }),
  )
}

async function sourceOf(
  queries: Queries,
  parts: SourceParts | undefined,
  source: RatioCriterion['source'],
  windows: WindowsOf,
): Promise<MetricSource> {
  if (source.kind === 'telemetry') return telemetrySource(windows.counted)
  if (source.kind === 'resources') return resourceSource(queries, windows)
  if (parts === undefined) return silent('it is not asked here')
  const { project, environment } = windows
  return await prometheusSource(queries, parts, source, { project, environment })
}

/** Prometheus as a criterion names it; where there is none, a source that says so. */
async function prometheusSource(
  queries: Queries,
  parts: SourceParts,
  { connection: key }: Pick<PrometheusSource, 'connection'>,
  { project, environment }: { readonly project: string; readonly environment: string },
): Promise<MetricSource> {
  const connection = await openConnection(queries, parts.safe, { project, connection: key })
  const opened = prometheusAt(parts, connection, { key, environment })
  return 'fault' in opened ? silent(opened.fault) : opened.prometheus
}

/** Prometheus of a connection, or why it cannot be asked. */
export function prometheusAt(
  { prometheus }: Pick<SourceParts, 'prometheus'>,
  connection: OpenConnection | undefined,
  { key, environment }: { readonly key: string; readonly environment?: string },
): { readonly prometheus: Prometheus; readonly settings: PrometheusSettings } | { readonly fault: string } {
  if (connection === undefined) return { fault: `there is no connection ${key}` }
  const { settings, secrets } = connection
  if (
    connection.environment !== undefined &&
    environment !== undefined &&
    connection.environment !== environment
  )
    return { fault: `the connection ${key} is not for ${environment}` }
  if (secrets === undefined) return { fault: 'its secret was encrypted with another key: give it anew' }
  const address = { ...settings.prometheus, secret: secrets.prometheus }
  return { prometheus: prometheus(address), settings: settings.prometheus }
}

type PrometheusSettings = OpenConnection['settings']['prometheus']

/** How long after its end a window of this length is complete there. */
export function sourceLagMs({ scrapeMs, lagMs }: PrometheusSettings, windowMs: number): number {
  return lagMs ?? Math.max(2 * scrapeMs, 2 * windowMs)
}

/** The end of the latest window that is complete. */
export function latestEnd(now: Date, windowMs: number, lagMs: number): Date {
  return new Date(Math.floor((now.getTime() - lagMs) / windowMs) * windowMs)
}

function silent(detail: string): MetricSource {
  return {
    measure: ({ criterion, ends }) =>
      Promise.resolve(ends.map(() => ({ criterion, kind: 'provider_error' as const, detail }))),
  }
}
