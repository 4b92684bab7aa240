/** Listing instances: who runs which revision, and who has fallen silent. */
import type { Instance } from '@flagmarshal/api/delivery'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectInstances } from '../storage/instances.ts'
import type { PlacedInstanceRow } from '../storage/instances.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

const MOST_INSTANCES = 5_000
/** A stream's mark is renewed every 10 s. */
const MARK_LIVES_MS = 30_000
const HEARTBEAT_LIVES_MS = 30_000
/** One that was silent for this long has ended. */
const ENDED_AFTER_MS = 600_000

/** The instances of an environment, most recently heard of first. */
export async function listInstances(database: Database, key: EnvironmentKey): Promise<Instance[] | Refusal> {
  const environments = await selectEnvironments(database.kysely, key.project)
  if (!environments.some((it) => it.key === key.environment)) return notFound('environment', key.environment)
  const rows = await selectInstances(database.kysely, key, MOST_INSTANCES)
  const now = await databaseNow(database.kysely)
  return rows.map((row) => instanceView(row, now))
}

function instanceView(row: PlacedInstanceRow, now: Date): Instance {
  const streamOpen = row.stream_seen_at !== null && ageMs(row.stream_seen_at, now) < MARK_LIVES_MS
  return {
    instanceId: row.instance,
    // The engine's type is read-only all the way down; the wire's is not.
    ...(row.description === null
      ? {}
      : { description: { ...row.description, layers: [...row.description.layers] } }),
    state: stateOf(row, streamOpen, now),
    streamOpen,
    ...edgeOf(row),
    ...(row.acknowledged_revision === null ? {} : { acknowledgedRevision: row.acknowledged_revision }),
    ...(row.acknowledged_at === null ? {} : { acknowledgedAt: row.acknowledged_at.toISOString() }),
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
  }
}

function edgeOf({ edge, edge_name: name, cut_off_since: since }: PlacedInstanceRow): Pick<Instance, 'edge'> {
  if (edge === null || name === null) return {}
  return { edge: { edgeId: edge, name, ...(since === null ? {} : { lostSince: since.toISOString() }) } }
}

function stateOf(row: PlacedInstanceRow, streamOpen: boolean, now: Date): Instance['state'] {
  if (row.cut_off_since !== null) return 'unreachable'
  const silentMs = ageMs(row.last_seen_at, now)
  const livesMs = HEARTBEAT_LIVES_MS + (row.mode === 'poll' ? row.poll_interval_ms : 0)
  if (streamOpen || silentMs < livesMs) return 'connected'
  return silentMs < ENDED_AFTER_MS ? 'silent' : 'ended'
}

function ageMs(time: Date, now: Date): number {
  return now.getTime() - time.getTime()
}
