/** What delivery tells Prometheus. */
import { Counter, Gauge, Histogram } from 'prom-client'

import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import { REASONS } from './answers.ts'
import type { Environments } from './environments.ts'
import type { Subscribers } from './subscribers.ts'

export interface DeliveryMetrics {
  /** From the moment this server sent a revision to its acknowledgement, in seconds. */
  readonly acknowledgeSeconds: Histogram
  /** Counts evaluations over HTTP of one reason, by its place in `REASONS`. */
  evaluated(reason: number, n: number): void
  readonly reports: Counter<'result'>
}

const PLACE = ['project', 'environment'] as const

/** Adds the metrics to the registry. */
export function createDeliveryMetrics(
  { registry }: Metrics,
  parts: {
    readonly environments: Pick<Environments, 'loaded' | 'checkedAt'>
    readonly subscribers: Subscribers
    readonly clock: Clock
  },
): DeliveryMetrics {
  const registers = [registry]
  registry.registerMetric(
    new Gauge({
      name: 'flagmarshal_streams_open',
      help: 'Streams of SDKs that are open on this server.',
      labelNames: PLACE,
      registers: [],
      collect() {
        this.reset()
        for (const { key } of parts.subscribers.open()) this.inc({ ...key })
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'flagmarshal_environment_revision',
      help: 'The revision of each environment that this server serves.',
      labelNames: PLACE,
      registers: [],
      collect() {
        this.reset()
        for (const { snapshot } of parts.environments.loaded()) {
          const { project, environment, revision } = snapshot
          this.set({ project, environment }, revision)
        }
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'flagmarshal_revision_age_seconds',
      help: 'Since when this server has not compared what it serves with the database.',
      registers: [],
      collect() {
        const checkedAt = parts.environments.checkedAt()
        if (checkedAt !== undefined) this.set((parts.clock.now().getTime() - checkedAt.getTime()) / 1_000)
      },
    }),
  )
  // Counted here, and written into the metric when somebody reads it: it happens for every request.
  const evaluations = new Float64Array(REASONS.length)
  registry.registerMetric(
    new Counter({
      name: 'flagmarshal_evaluations_total',
      help: 'Evaluations over HTTP, by reason.',
      labelNames: ['reason'],
      registers: [],
      collect() {
        this.reset()
        for (const [index, n] of evaluations.entries()) {
          const reason = REASONS[index]
          if (reason !== undefined && n > 0) this.inc({ reason }, n)
        }
      },
    }),
  )
  return {
    evaluated: (reason, n) => void (evaluations[reason] = (evaluations[reason] ?? 0) + n),
    acknowledgeSeconds: new Histogram({
      name: 'flagmarshal_acknowledgement_seconds',
      help: 'Time from sending a revision to an instance’s acknowledgement of it.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      registers,
    }),
    reports: new Counter({
      name: 'flagmarshal_telemetry_reports_total',
      help: 'Reports of SDKs, by what became of them.',
      labelNames: ['result'],
      registers,
    }),
  }
}
