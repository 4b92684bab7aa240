/** Deleting what is kept no longer: in pieces, each a statement of its own, so that nobody waits for it. */
import type { RetentionDays } from '@flagmarshal/domain/retention/days'

import type { Database } from '../storage/database.ts'
import { deleteOld, noteRetentionRun } from '../storage/retention.ts'
import { showRetention } from './settings.ts'

/** Rows of a table that one statement deletes. */
const PIECE = 1_000

/** Deletes, and notes what it took. `stopping` ends it between two pieces; the next run goes on. */
export async function deleteWhatIsOld(
  { kysely }: Database,
  now: Date,
  stopping: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const { days } = await showRetention(kysely)
  const deleted: Record<string, number> = {}
  for (const [kind, kept] of entriesOf(days)) {
    if (kept === null) continue
    let last: number
    do {
      last = await deleteOld(kysely, kind, { days: kept, now, limit: PIECE })
      deleted[kind] = (deleted[kind] ?? 0) + last
    } while (last >= PIECE && !stopping.aborted)
  }
  await noteRetentionRun(kysely, now, deleted)
  return deleted
}

function entriesOf(days: RetentionDays): readonly (readonly [keyof RetentionDays, number | null])[] {
  const { telemetry, instances, deliveries, inbound, sessions, personas } = days
  return Object.entries({ telemetry, instances, deliveries, inbound, sessions, personas }) as never
}
