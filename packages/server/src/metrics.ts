/**
 * What Prometheus may read. One registry for each app; nouns add their own metrics to it.
 */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  /** Seconds that requests took, by operation id, method and status. */
  readonly httpSeconds: Histogram<'operation' | 'method' | 'status'>
  /** Statements and connections that failed. */
  readonly databaseErrors: Counter<'kind'>
  /** Requests that were refused because there were more than could be answered. */
  readonly shed: Counter<'operation'>
}

/** A registry with the metrics of the process and of HTTP. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const httpSeconds = new Histogram({
    name: 'flagmarshal_http_request_duration_seconds',
    help: 'Time that HTTP requests took, by operation.',
    labelNames: ['operation', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  const databaseErrors = new Counter({
    name: 'flagmarshal_database_errors_total',
    help: 'Statements and connections to the database that failed, by kind: busy and unavailable pass by themselves.',
    labelNames: ['kind'],
    registers: [registry],
  })
  // A counter that is born with its first error has no increase.
  for (const kind of ['busy', 'unavailable', 'unstorable', 'other']) databaseErrors.inc({ kind }, 0)
  const shed = new Counter({
    name: 'flagmarshal_requests_shed_total',
    help: 'Requests that were refused with 429 because there were more than this server can answer.',
    labelNames: ['operation'],
    registers: [registry],
  })
  return { registry, httpSeconds, shed, databaseErrors }
}
