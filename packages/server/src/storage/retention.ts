/**
 * Queries on how long what is recorded is kept, and its deletion in small pieces, so that nobody waits
 * for a lock.
 */
import type { RetentionDays } from '@flagmarshal/domain/retention/days'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { RetentionTables } from './tables/retention.ts'

export type RetentionRow = Selectable<RetentionTables['retention']>
export type RetentionRunRow = Selectable<RetentionTables['retention_runs']>

/** What is settled; undefined while nobody has. */
export async function selectRetention(queries: Queries): Promise<RetentionRow | undefined> {
  return await queries.selectFrom('retention').selectAll().executeTakeFirst()
}

/** Stores it in place of this revision (1 is the first, stored or not); false where it is another by now. */
export async function storeRetention(
  tx: Tx,
  row: Omit<RetentionRow, 'id' | 'days'> & { readonly days: RetentionDays },
): Promise<boolean> {
  const { revision, changed_at, changed_by } = row
  const days = toJson(row.days)
  const stored = await tx
    .insertInto('retention')
    .values({ ...row, days })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ days, revision, changed_at, changed_by })
        .where('retention.revision', '=', revision - 1),
    )
    .executeTakeFirst()
  return stored.numInsertedOrUpdatedRows === 1n
}

/** What the last deletion took. */
export async function selectRetentionRun(queries: Queries): Promise<RetentionRunRow | undefined> {
  return await queries.selectFrom('retention_runs').selectAll().executeTakeFirst()
}

/** Notes what a deletion took. */
export async function noteRetentionRun(
  queries: Queries,
  at: Date,
  deleted: Readonly<Record<string, number>>,
): Promise<void> {
  const row = { at, deleted: toJson(deleted) }
  await queries
    .insertInto('retention_runs')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
}

/** What is kept for so many days: the table, and when a row is old. */
const KEPT = {
  telemetry: [
    ['measurement_windows', sql`window_end`, sql`true`],
    ['measured_keys', sql`window_end`, sql`true`],
    ['measurements', sql`window_end`, sql`true`],
    ['usage_minutes', sql`minute_end`, sql`true`],
    ['usage_faults', sql`minute_end`, sql`true`],
    ['usage_reasons', sql`minute_end`, sql`true`],
    ['remote_asks', sql`minute_end`, sql`true`],
  ],
  instances: [
    ['instances', sql`last_seen_at`, sql`true`],
    ['instance_usage', sql`last_at`, sql`true`],
  ],
  deliveries: [['deliveries', sql`ended_at`, sql`state <> 'waiting'`]],
  inbound: [['inbound_events', sql`at`, sql`true`]],
  sessions: [['tokens', sql`least(expires_at, coalesce(revoked_at, expires_at))`, sql`kind = 'session'`]],
  personas: [['personas', sql`saved_at`, sql`true`]],
} as const satisfies Record<keyof RetentionDays, readonly unknown[]>

/** Deletes at most `limit` rows of one kind that are older than its days; how many there were. */
export async function deleteOld(
  queries: Queries,
  kind: keyof RetentionDays,
  { days, now, limit }: { readonly days: number; readonly now: Date; readonly limit: number },
): Promise<number> {
  const before = new Date(now.getTime() - days * 86_400_000)
  let deleted = 0
  for (const [table, at, condition] of KEPT[kind]) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid in (
        select ctid from ${sql.table(table)} where ${at} < ${before} and ${condition} limit ${limit}
      )`.execute(queries)
    deleted += Number(result.numAffectedRows ?? 0n)
  }
  return deleted
}
