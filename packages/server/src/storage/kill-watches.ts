/** Queries on what is watched after kills. */
import type { KillCounts, KillFound } from '@flagmarshal/domain/rollback/kill-recovery'
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { FlagConfigKey } from './flags.ts'
import type { HookTables } from './tables/hook.ts'

export type KillWatchRow = Selectable<HookTables['kill_watches']>

/** What has been counted of a variant, and when that was reported last. */
export interface CountedVariant extends KillCounts {
  readonly variant: string
  readonly last_at: Date
}

/** Begins to watch, in the transaction of the kill. */
export async function insertKillWatch(
  tx: Tx,
  row: Omit<Insertable<HookTables['kill_watches']>, 'state' | 'found' | 'settled_at' | 'followed_at'>,
): Promise<void> {
  await tx.insertInto('kill_watches').values(row).execute()
}

/** The watch of a kill; undefined for a kill of an earlier version. */
export async function selectKillWatch(queries: Queries, kill: string): Promise<KillWatchRow | undefined> {
  return await queries.selectFrom('kill_watches').selectAll().where('kill', '=', kill).executeTakeFirst()
}

/** Watches that are open, each locked unless another server holds it. */
export async function lockOpenWatches(tx: Tx, limit: number): Promise<readonly KillWatchRow[]> {
  return await tx
    .selectFrom('kill_watches')
    .selectAll()
    .where('state', 'is', null)
    .orderBy('at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
}

/** Ends a watch. */
export async function settleKillWatch(
  tx: Tx,
  kill: string,
  state: NonNullable<KillWatchRow['state']>,
  found: KillFound,
): Promise<void> {
  await tx
    .updateTable('kill_watches')
    .set({ state, found: toJson(found), settled_at: sql`now()` })
    .where('kill', '=', kill)
    .execute()
}

/** Kills that did not help and that nothing has followed yet; those of drills are none. */
export async function selectUnfollowedKills(queries: Queries): Promise<readonly KillWatchRow[]> {
  return await queries
    .selectFrom('kill_watches')
    .selectAll()
    .where('state', '=', 'failed')
    .where('followed_at', 'is', null)
    .where('drill', '=', false)
    .orderBy('at')
    .limit(50)
    .execute()
}

/** Notes that what follows was begun; false where another server was faster. */
export async function noteKillFollowed(tx: Tx, kill: string): Promise<boolean> {
  const noted = await tx
    .updateTable('kill_watches')
    .set({ followed_at: sql`now()` })
    .where('kill', '=', kill)
    .where('followed_at', 'is', null)
    .executeTakeFirst()
  return noted.numUpdatedRows === 1n
}

/** Everything that has been counted of a flag in an environment until now, by variant. */
export async function selectCounted(
  queries: Queries,
  key: FlagConfigKey,
): Promise<readonly CountedVariant[]> {
  return await queries
    .selectFrom('instance_usage')
    .select([
      'variant',
      sql<number>`sum(n)::bigint`.as('n'),
      sql<number>`sum(bad)::bigint`.as('bad'),
      sql<Date>`max(last_at)`.as('last_at'),
    ])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .groupBy('variant')
    .execute()
}
