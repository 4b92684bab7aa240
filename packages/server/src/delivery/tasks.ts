import type { Clock } from '../clock.ts'
/** What delivery does beside requests, again and again. */
import { system } from '../context.ts'
import type { Log } from '../context.ts'
import { settleRecoveries } from '../flag/kill-recovery.ts'
import { settleKills } from '../flag/settle-kills.ts'
import { newId } from '../id.ts'
import { deleteWhatIsOld } from '../retention/delete-old.ts'
import { selectValid } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { deleteOldEdges } from '../storage/edges.ts'
import { deleteOldExposures } from '../storage/exposures.ts'
import { deleteOldKillLinks } from '../storage/kill-links.ts'
import { deleteOldProcessSamples } from '../storage/process-samples.ts'
import { deleteOldReports } from '../storage/telemetry.ts'
import { deleteOldSlices } from '../storage/traffic-slices.ts'
import { deleteOldRequests } from '../storage/verification-requests.ts'
import type { Asks } from './asks.ts'
import type { EdgeStreams } from './edge-streams.ts'
import type { Environments } from './environments.ts'
import type { Exposures } from './exposures.ts'
import type { Journal } from './journal.ts'
import type { Subscribers } from './subscribers.ts'
import { startTask } from './task.ts'
import { NOT_SPOKEN } from './telemetry-settings.ts'

/** Between two comparisons of revisions, in case an announcement was missed. */
const CHECK_MS = 5_000
/** Between two looks at open streams: whose key still holds, and that they are still open. */
const STREAMS_MS = 10_000
/** Between two looks at kills that wait for silence or for their time to be over. */
const SETTLE_MS = 2_000
/** Between two writings of what was asked over OFREP, and used by pages. */
const ASKS_MS = 2_000
/** Between two deletions of what is kept no longer. */
const RETENTION_MS = 600_000

export interface Tasks {
  /** An acknowledgement has brought a verification forward. */
  confirmed(): void
  /** A key may have been revoked. */
  keysChanged(): void
  /** Ends them all; what runs finishes first. */
  stop(): Promise<void>
}

/** Starts them. */
export function startTasks(
  parts: { readonly database: Database; readonly clock: Clock; readonly log: Log },
  on: {
    readonly environments: Environments
    readonly subscribers: Subscribers
    readonly journal: Journal
    readonly asks: Asks
    readonly exposures: Exposures
    readonly edgeStreams: EdgeStreams
  },
): Tasks {
  const { database, clock, log } = parts
  const start = (name: string, everyMs: number, work: () => Promise<void>) =>
    startTask({ name, everyMs, clock, log }, work)

  const kills = start('kills', SETTLE_MS, async () => {
    const context = { actor: system('delivery'), requestId: newId('task'), now: clock.now(), log }
    await settleKills(context, database)
    await settleRecoveries(context, database)
  })
  const streams = start('streams', STREAMS_MS, async () => {
    // First: the journal tries again by itself until the database takes it. One that ends is noted as it ends.
    for (const { key, instance } of on.subscribers.open())
      if (instance !== undefined) on.journal.note({ ...key, instance, ...NOT_SPOKEN, streamOpen: true })
    const keys = [...new Set(on.subscribers.open().map(({ sdkKey }) => sdkKey))]
    on.subscribers.keepOnly(await selectValid(database.kysely, keys, clock.now()))
    await on.edgeStreams.refresh()
  })
  const revisions = start('revisions', CHECK_MS, () => on.environments.check())
  const asks = start('asks', ASKS_MS, async () => {
    await on.asks.write(database.kysely)
    await on.exposures.write(database.kysely)
  })
  const stopping = new AbortController()
  const retention = start('retention', RETENTION_MS, async () => {
    await deleteWhatIsOld(database, clock.now(), stopping.signal)
    await deleteOldReports(database.kysely)
    await deleteOldSlices(database.kysely)
    await deleteOldProcessSamples(database.kysely)
    await deleteOldEdges(database.kysely)
    await deleteOldRequests(database.kysely)
    await deleteOldKillLinks(database.kysely)
    await deleteOldExposures(database.kysely)
  })
  return {
    confirmed: () => kills.soon(),
    keysChanged: () => streams.soon(),
    async stop() {
      stopping.abort()
      await Promise.all([kills, streams, revisions, asks, retention].map((it) => it.stop()))
    },
  }
}
