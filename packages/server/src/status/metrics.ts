/**
 * What the product tells Prometheus of itself, for its own alerts (docs/operations/runbook.md): whether it
 * can serve, part by part, and what waits. All of one scrape is read at once;
 * what cannot be read is absent rather than old.
 */
import { Gauge } from 'prom-client'
import { z } from 'zod'

import type { Metrics } from '../metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { Database } from '../storage/database.ts'
import { selectOldestWaiting } from '../storage/deliveries.ts'
import { selectFleet, selectLastBackup, selectTicks } from '../storage/status.ts'

const State = z.looseObject({ ok: z.boolean() })

/** Adds the metrics to the registry. */
export function createStatusMetrics({ registry }: Metrics, database: Database, readiness: Readiness): void {
  let reading: Promise<void> | undefined
  const collect = (): Promise<void> => (reading ??= read().finally(() => (reading = undefined)))
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({
      name: `flagmarshal_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect,
    })
  const gauges = {
    ready: gauge('ready', '1 while this server can serve.'),
    part: gauge('part_ready', '1 while a part of this server can do its work.', ['part']),
    database: gauge('database_answer_seconds', 'How long the database took to answer a question.'),
    overdue: gauge(
      'controller_overdue_seconds',
      'By how much the rollout that waits longest is late, on any server.',
    ),
    backup: gauge(
      'last_backup_timestamp_seconds',
      'When the last backup by `npm run backup` was whole, in seconds since 1970; without one, when the installation was set up.',
    ),
    watched: gauge('controller_watched', 'Rollouts that wait to be looked at.'),
    oldest: gauge('delivery_oldest_seconds', 'How long the oldest delivery of a channel has waited.', [
      'project',
      'channel',
    ]),
    instances: gauge('instances', 'Instances of SDKs heard of in the last hour, on any server, by state.', [
      'project',
      'environment',
      'state',
    ]),
  }

  async function read(): Promise<void> {
    for (const each of Object.values(gauges)) each.reset()
    const { ready, ...parts } = await readiness.check()
    gauges.ready.set(ready ? 1 : 0)
    for (const [part, said] of Object.entries(parts)) {
      const { ok } = State.parse(said)
      gauges.part.set({ part }, ok ? 1 : 0)
    }
    await readStored().catch(() => undefined)
  }

  async function readStored(): Promise<void> {
    const { kysely } = database
    const begun = performance.now()
    const { watched, overdueMs } = await selectTicks(kysely)
    gauges.database.set((performance.now() - begun) / 1000)
    gauges.overdue.set(overdueMs / 1000)
    gauges.watched.set(watched)
    gauges.backup.set(((await selectLastBackup(kysely))?.getTime() ?? 0) / 1000)
    for (const { seconds, ...labels } of await selectOldestWaiting(kysely)) gauges.oldest.set(labels, seconds)
    for (const { project, environment, connected, silent, behind } of await selectFleet(kysely)) {
      for (const [state, count] of Object.entries({ connected, silent, behind })) {
        gauges.instances.set({ project, environment, state }, count)
      }
    }
  }
}
