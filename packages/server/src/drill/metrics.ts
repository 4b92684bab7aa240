/**
 * The synthetic breach of a drill, where Prometheus can see it: a series of its own under the labels of
 * the drill, on this server's metrics, so that nothing real is touched and every rule takes it.
 */
import { DRILL_SERIES } from '@flagmarshal/domain/alert/promql'
import { Gauge } from 'prom-client'

import type { Metrics } from '../metrics.ts'
import { selectInjected } from '../storage/alerts.ts'
import type { Database } from '../storage/database.ts'

/** Adds the series to the registry. */
export function createDrillMetrics({ registry }: Metrics, database: Database): void {
  const gauge = new Gauge({
    name: DRILL_SERIES,
    help: 'Share of bad requests that a drill pretends, for the rule that it drills. Absent otherwise.',
    labelNames: ['project', 'environment', 'flag', 'rule', 'drill', 'nonce'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { share, ...labels } of await selectInjected(database.kysely).catch(() => []))
        this.set(labels, share)
    },
  })
  gauge.reset()
}
