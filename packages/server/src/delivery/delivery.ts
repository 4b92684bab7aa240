import type { Refusal } from '@flagmarshal/domain/refusal'
/**
 * Delivery as one part of the app: environments in memory, streams, the journal of instances, and
 * the work that goes on beside them. Opened and closed by `app.ts`.
 */
import type { Acknowledgement, Telemetry } from '@flagmarshal/evaluation'

import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import { settleKills } from '../flag/settle-kills.ts'
import { newId } from '../id.ts'
import type { Metrics } from '../metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { Database } from '../storage/database.ts'
import { deleteOldInstances } from '../storage/instances.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { deleteOldTelemetry } from '../storage/telemetry.ts'
import { openEnvironments } from './environments.ts'
import type { Environments } from './environments.ts'
import { createJournal } from './journal.ts'
import { createDeliveryMetrics } from './metrics.ts'
import type { DeliveryMetrics } from './metrics.ts'
import type { DeliveryPorts } from './ports.ts'
import { receiveTelemetry, rememberWindows } from './receive-telemetry.ts'
import type { Received } from './receive-telemetry.ts'
import { createSubscribers } from './subscribers.ts'
import type { Sink, Subscription } from './subscribers.ts'
import { startTask } from './task.ts'
import { POLL_INTERVAL_MS } from './telemetry-settings.ts'

/** Between two comparisons of revisions, in case an announcement was missed. */
const CHECK_MS = 5_000
/** Between two marks that a stream is still open. */
const MARK_MS = 10_000
/** Between two looks at kills that wait for silence or for their time to be over. */
const SETTLE_MS = 2_000
const RETENTION_MS = 600_000

/** What delivery is made of. */
export interface DeliveryParts {
  readonly database: Database
  readonly ports: DeliveryPorts
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly readiness: Readiness
}

export interface Delivery {
  readonly environments: Environments
  readonly metrics: DeliveryMetrics
  /** Opens a stream for a client, beginning with what it lacks. The environment is in memory already. */
  follow(subscription: Subscription, sink: Sink): void
  /** Notes that an instance asked for the snapshot. */
  polled(key: EnvironmentKey, instance: string): void
  /** Stores an acknowledgement; resolves once it is stored. */
  acknowledge(key: EnvironmentKey, acknowledgement: Acknowledgement): Promise<void>
  /** Counts a report. */
  report(key: EnvironmentKey, report: Telemetry): Promise<Received | Refusal>
  /** Ends what goes on beside requests and writes what is left of the journal. */
  close(): Promise<void>
}

/** Starts delivery; environments that cannot be loaded now are loaded when the database is back. */
export async function openDelivery(parts: DeliveryParts): Promise<Delivery> {
  const { database, ports, clock, log, readiness } = parts
  const settle = startTask({ name: 'kills', everyMs: SETTLE_MS, clock, log }, async () => {
    await settleKills(taskContext('delivery', clock, log), database)
  })
  const journal = createJournal({ database, log }, () => settle.soon())
  const subscribers = createSubscribers(({ key, instance }) => {
    const again = subscribers.open().some((it) => it.instance === instance && sameKey(it.key, key))
    if (instance !== undefined && !again) journal.note({ ...key, instance, ...NOT_SPOKEN, streamOpen: false })
  })
  const sentAt = createSentTimes(clock)
  const environments = await openEnvironments({ database, ports, clock, log }, (key, state, patch) => {
    sentAt.note(key, state.snapshot.revision)
    subscribers.publish(key, state, patch)
  })
  const metrics = createDeliveryMetrics(parts.metrics, { environments: () => environments, subscribers })
  const windowOf = rememberWindows(ports)
  const tasks = [
    settle,
    startTask({ name: 'revisions', everyMs: CHECK_MS, clock, log }, () => environments.check()),
    startTask({ name: 'streams', everyMs: MARK_MS, clock, log }, async () => {
      for (const { key, instance } of subscribers.open())
        if (instance !== undefined) journal.note({ ...key, instance, ...NOT_SPOKEN, streamOpen: true })
    }),
    startTask({ name: 'retention', everyMs: RETENTION_MS, clock, log }, async () => {
      await deleteOldTelemetry(database.kysely)
      await deleteOldInstances(database.kysely)
    }),
  ]
  await environments.check().catch((error: unknown) => log.warn({ err: error }, 'nothing is loaded yet'))
  readiness.register('delivery', () => {
    const checkedAt = environments.checkedAt()
    if (checkedAt === undefined) return { ok: false, problem: 'no environment could be loaded yet' }
    // Serving from memory goes on while revisions cannot be compared: old is not the same as not ready.
    return { ok: true, revisionAgeMs: clock.now().getTime() - checkedAt.getTime() }
  })

  return {
    environments,
    metrics,
    follow(subscription, sink) {
      const state = environments.now(subscription.key)
      if (state === undefined) throw new Error('a stream of an environment that is not in memory')
      const { key, instance } = subscription
      if (instance !== undefined) journal.note({ ...key, instance, ...SPOKEN, streamOpen: true })
      subscribers.add(subscription, state, sink)
    },
    polled: (key, instance) => journal.note({ ...key, instance, ...SPOKEN }),
    async acknowledge(key, { instanceId, revision, instance: description }) {
      const seconds = sentAt.secondsSince(key, revision)
      if (seconds !== undefined) metrics.acknowledgeSeconds.observe(seconds)
      await journal.store({ ...key, ...SPOKEN, instance: instanceId, description, acknowledged: revision })
    },
    async report(key, report) {
      const received = await receiveTelemetry({ database, windowOf }, key, report)
      journal.note({ ...key, ...SPOKEN, instance: report.instanceId })
      metrics.reports.inc({ result: typeof received === 'string' ? received : 'late' })
      return received
    },
    async close() {
      await Promise.all(tasks.map((task) => task.stop()))
      await journal.close()
    },
  }
}

const SPOKEN = { spoke: true, pollIntervalMs: POLL_INTERVAL_MS } as const
const NOT_SPOKEN = { spoke: false, pollIntervalMs: POLL_INTERVAL_MS } as const

function sameKey(a: EnvironmentKey, b: EnvironmentKey): boolean {
  return a.project === b.project && a.environment === b.environment
}

function taskContext(name: string, clock: Clock, log: Log): Context {
  return { actor: system(name), requestId: newId('task'), now: clock.now(), log }
}

/** When the latest revisions were sent, to measure how long acknowledgements take. */
function createSentTimes(clock: Clock) {
  const times = new Map<string, number>()
  const nameOf = ({ project, environment }: EnvironmentKey, revision: number) =>
    `${project}/${environment}/${revision}`
  return {
    note(key: EnvironmentKey, revision: number): void {
      times.set(nameOf(key, revision), clock.now().getTime())
      const oldest = times.size > 1_000 ? times.keys().next().value : undefined
      if (oldest !== undefined) times.delete(oldest)
    },
    secondsSince(key: EnvironmentKey, revision: number): number | undefined {
      const sent = times.get(nameOf(key, revision))
      return sent === undefined ? undefined : Math.max(0, clock.now().getTime() - sent) / 1000
    },
  }
}
