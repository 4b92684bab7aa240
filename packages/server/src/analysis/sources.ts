/**
 * Where criteria are measured: the built-in telemetry, or Prometheus through a connection of the
 * project. What cannot be asked is a measurement too: unknown, with the reason.
 */
import type { Measurement, PrometheusSource, RatioCriterion } from '@flagmarshal/domain/analysis/model'

import { openConnection } from '../connection/read.ts'
import type { OpenConnection } from '../connection/read.ts'
import type { MetricSource, PrometheusMetrics } from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Queries } from '../storage/database.ts'
import { telemetrySource } from './telemetry-windows.ts'
import type { CountedWindow } from './telemetry-windows.ts'

/** What makes sources of connections. */
export interface SourceParts {
  readonly safe: Safe
  readonly prometheus: PrometheusMetrics
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
  criteria: readonly Pick<RatioCriterion, 'id' | 'source'>[],
  windows: WindowsOf,
): Promise<readonly (readonly Measurement[])[]> {
  const { audiences, windowMs, ends } = windows
  const byCriterion = await Promise.all(
    criteria.map(async ({ id: criterion, source }) => {
      const metrics = await sourceOf(queries, parts, source, windows)
      return await metrics.measure({ criterion, source, audiences, windowMs, ends })
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
  if (parts === undefined) return silent('it is not asked here')
  const { project, environment } = windows
  return await prometheusSource(queries, parts, source, { project, environment })
}

/** Prometheus as a criterion names it; where there is none, one that says so. */
export async function prometheusSource(
  queries: Queries,
  { safe, prometheus }: SourceParts,
  { connection: key }: Pick<PrometheusSource, 'connection'>,
  { project, environment }: { readonly project: string; readonly environment: string },
): Promise<MetricSource> {
  const connection = await openConnection(queries, safe, { project, connection: key })
  if (connection === undefined) return silent(`there is no connection ${key}`)
  if (connection.environment !== undefined && connection.environment !== environment) {
    return silent(`the connection ${key} is not for ${environment}`)
  }
  return openedSource(prometheus, connection)
}

/** An open connection as a source of metrics. */
export function openedSource(
  prometheus: PrometheusMetrics,
  { settings, secrets }: Pick<OpenConnection, 'settings' | 'secrets'>,
): MetricSource {
  if (secrets === undefined) return silent('its secret was encrypted with another key: give it anew')
  return prometheus({ ...settings.prometheus, secret: secrets.prometheus })
}

function silent(detail: string): MetricSource {
  return {
    measure: ({ criterion, ends }) =>
      Promise.resolve(ends.map(() => ({ criterion, kind: 'provider_error' as const, detail }))),
  }
}
