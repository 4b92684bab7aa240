/**
 * Queries on channels.
 */
import type { Insertable, Selectable, Updateable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { SignalTables } from './tables/signal.ts'

export type ChannelRow = Selectable<SignalTables['channels']>

/** Which channel. */
export interface ChannelKey {
  readonly project: string
  readonly channel: string
}

/** Stores a channel; false when its key is taken. */
export async function insertChannel(tx: Tx, row: Insertable<SignalTables['channels']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('channels')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The channels of a project, by key. */
export async function selectChannels(queries: Queries, project: string): Promise<readonly ChannelRow[]> {
  return await queries
    .selectFrom('channels')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .execute()
}

/** One channel. */
export async function selectChannel(
  queries: Queries,
  { project, channel }: ChannelKey,
): Promise<ChannelRow | undefined> {
  return await queries
    .selectFrom('channels')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', channel)
    .executeTakeFirst()
}

/** One channel, locked until the transaction ends. */
export async function lockChannel(tx: Tx, { project, channel }: ChannelKey): Promise<ChannelRow | undefined> {
  return await tx
    .selectFrom('channels')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', channel)
    .forUpdate()
    .executeTakeFirst()
}

/** Changes a channel. */
export async function updateChannel(
  tx: Tx,
  { project, channel }: ChannelKey,
  set: Updateable<SignalTables['channels']>,
): Promise<void> {
  await tx
    .updateTable('channels')
    .set(set)
    .where('project', '=', project)
    .where('key', '=', channel)
    .execute()
}

/** Removes a channel; what waits for it is dropped and stays in the log. */
export async function removeChannel(tx: Tx, { project, channel }: ChannelKey, now: Date): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ state: 'dropped', ended_at: now })
    .where('project', '=', project)
    .where('channel', '=', channel)
    .where('state', '=', 'waiting')
    .execute()
  await tx.deleteFrom('channels').where('project', '=', project).where('key', '=', channel).execute()
}
