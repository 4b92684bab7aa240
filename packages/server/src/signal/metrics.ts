/**
 * What deliveries tell Prometheus. How many wait is read when it is asked for, so every server says
 * the same.
 */
import { Counter, Gauge } from 'prom-client'

import type { Sent } from '../integrations/interfaces.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { countDeliveries } from '../storage/deliveries.ts'

export interface SignalMetrics {
  /** Told of each attempt. */
  attempted(kind: string, outcome: Sent['kind']): void
}

/** Adds the metrics to the registry. */
export function createSignalMetrics({ registry }: Metrics, database: Database): SignalMetrics {
  const attempts = new Counter({
    name: 'flagmarshal_delivery_attempts_total',
    help: 'Attempts of this server to deliver a signal, by kind of channel and what came of them.',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  const gauge = new Gauge({
    name: 'flagmarshal_deliveries',
    help: 'Deliveries that wait or are dead, by channel.',
    labelNames: ['project', 'channel', 'state'],
    registers: [registry],
    // While the database is away there are no samples, rather than old ones.
    async collect() {
      gauge.reset()
      const counts = await countDeliveries(database.kysely).catch(() => [])
      for (const { count, ...labels } of counts) gauge.set(labels, count)
    },
  })
  return { attempted: (kind, outcome) => attempts.inc({ kind, outcome }) }
}
