/**
 * Delivery as one part of the app: environments in memory, streams, the journal of instances, and
 * the work that goes on beside them. Opened and closed by `app.ts`.
 */
import type { Relay } from '@flagmarshal/api/edge'
import type { Exposures } from '@flagmarshal/api/exposure'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { Acknowledgement, Telemetry } from '@flagmarshal/evaluation'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { Metrics } from '../metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { Database } from '../storage/database.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { selectRequest, VERIFY_CHANNEL } from '../storage/verification-requests.ts'
import { createAsks } from './asks.ts'
import { createEdgeStreams } from './edge-streams.ts'
import type { EdgeStreams } from './edge-streams.ts'
import type { EnvironmentState } from './environment-state.ts'
import { openEnvironments } from './environments.ts'
import type { Environments } from './environments.ts'
import { createExposures } from './exposures.ts'
import { createJournal } from './journal.ts'
import { createDeliveryMetrics } from './metrics.ts'
import type { DeliveryMetrics } from './metrics.ts'
import type { DeliveryPorts } from './ports.ts'
import { receiveRelay } from './receive-relay.ts'
import { receiveTelemetry, rememberWindows } from './receive-telemetry.ts'
import type { Received } from './receive-telemetry.ts'
import { createSentTimes } from './sent-times.ts'
import { createSubscribers } from './subscribers.ts'
import type { Sink, Subscribers, Subscription } from './subscribers.ts'
import { startTasks } from './tasks.ts'
import { NOT_SPOKEN, SPOKEN } from './telemetry-settings.ts'

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
  /** Stores an acknowledgement; resolves once it is stored. `edge`: the one through which it came. */
  acknowledge(key: EnvironmentKey, acknowledgement: Acknowledgement, edge?: string): Promise<void>
  /** Counts a report. `edge`: the one through which it came. */
  report(key: EnvironmentKey, report: Telemetry, edge?: string): Promise<Received | Refusal>
  /** The edges that are connected to this server. */
  readonly edgeStreams: EdgeStreams
  /** Takes what an edge passes on; resolves once it is stored. */
  relayed(key: EnvironmentKey, relay: Relay): Promise<Refusal | undefined>
  /** Counts that a client asked for the value of a flag; without one, of all. */
  asked(key: EnvironmentKey, flag?: string): void
  /** Counts what a page has used. */
  exposed(state: EnvironmentState, counts: Exposures['counts']): void
  /** Ends the streams of keys that have been revoked. */
  keysChanged(): void
  /** Ends what goes on beside requests and writes what is left of the journal. */
  close(): Promise<void>
}

/** Starts delivery; environments that cannot be loaded now are loaded when the database is back. */
export async function openDelivery(parts: DeliveryParts): Promise<Delivery> {
  const { database, ports, clock, log } = parts
  const journal = createJournal({ database, log }, () => tasks.confirmed())
  const subscribers = createSubscribers(({ key, instance }) => {
    const again = subscribers.open().some((it) => it.instance === instance && sameKey(it.key, key))
    if (instance !== undefined && !again) journal.note({ ...key, instance, ...NOT_SPOKEN, streamOpen: false })
  })
  const sent = createSentTimes(clock)
  const environments = await openEnvironments({ database, ports, clock, log }, (key, state, patch) => {
    sent.note(key, state.snapshot.revision)
    subscribers.publish(key, state, patch)
  })
  const metrics = createDeliveryMetrics(parts.metrics, { environments, subscribers, clock: parts.clock })
  const windowOf = rememberWindows(ports)
  const [asks, exposures] = [createAsks(), createExposures()]
  const edgeStreams = createEdgeStreams(database)
  const tasks = startTasks(
    { database, clock, log },
    { environments, subscribers, journal, asks, exposures, edgeStreams },
  )
  await database.listen(VERIFY_CHANNEL, (id) => {
    // Heard again after a while without the database: a kill must count the streams that are open.
    if (id === undefined) return tasks.keysChanged()
    askInstances(database, { subscribers, edgeStreams }, id).catch((error: unknown) =>
      log.warn({ err: error, request: id }, 'instances could not be asked about a draft'),
    )
  })
  await environments.check().catch((error: unknown) => log.warn({ err: error }, 'nothing is loaded yet'))
  registerProbe(parts, environments)

  const delivery: Delivery = {
    environments,
    metrics,
    edgeStreams,
    follow(subscription, sink) {
      const { key, instance } = subscription
      const state = environments.now(key)
      if (state === undefined) throw new Error('a stream of an environment that is not in memory')
      if (instance !== undefined) journal.note({ ...key, instance, ...SPOKEN, streamOpen: true })
      subscribers.add(subscription, state, sink)
    },
    polled: (key, instance) => journal.note({ ...key, instance, ...SPOKEN }),
    async acknowledge(key, { instanceId, revision, instance: description }, edge) {
      const seconds = sent.secondsSince(key, revision)
      if (seconds !== undefined) metrics.acknowledgeSeconds.observe(seconds)
      const sign = { ...key, ...SPOKEN, instance: instanceId, description, acknowledged: revision }
      await journal.store({ ...sign, edge: edge ?? null })
    },
    async report(key, report, edge) {
      const received = await receiveTelemetry({ database, windowOf }, key, report)
      journal.note({ ...key, ...SPOKEN, instance: report.instanceId, edge: edge ?? null })
      metrics.reports.inc({ result: typeof received === 'string' ? received : 'late' })
      return received
    },
    relayed: (key, relay) => receiveRelay({ database, journal, delivery }, key, relay),
    asked: (key, flag) => asks.note(key, flag),
    exposed: (state, counts) => exposures.note(state, counts),
    keysChanged: () => tasks.keysChanged(),
    async close() {
      await tasks.stop()
      for (const counted of [asks, exposures])
        await counted
          .write(database.kysely)
          .catch((error: unknown) => log.warn({ err: error }, 'counts are lost'))
      await journal.close()
    },
  }
  return delivery
}

/** Passes a request to verify drafts on to those of its instances whose streams are held here. */
async function askInstances(
  database: Database,
  { subscribers, edgeStreams }: { readonly subscribers: Subscribers; readonly edgeStreams: EdgeStreams },
  id: string,
): Promise<void> {
  const asked = await selectRequest(database.kysely, id)
  if (asked === undefined) return
  subscribers.tell(asked, asked.instances, { event: 'verify', data: JSON.stringify(asked.request) })
  edgeStreams.ask(asked, asked.instances, asked.request)
}

/** Serving from memory goes on while revisions cannot be compared: old is not the same as not ready. */
function registerProbe({ readiness, clock }: DeliveryParts, environments: Environments): void {
  readiness.register('delivery', () => {
    const checkedAt = environments.checkedAt()
    return checkedAt === undefined
      ? { ok: false, problem: 'no environment could be loaded yet' }
      : { ok: true, revisionAgeMs: clock.now().getTime() - checkedAt.getTime() }
  })
}

function sameKey(a: EnvironmentKey, b: EnvironmentKey): boolean {
  return a.project === b.project && a.environment === b.environment
}
