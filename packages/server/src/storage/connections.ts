/**
 * Queries on connections.
 */
import type { Insertable, Selectable, Updateable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { ConnectionTables } from './tables/connection.ts'

export type ConnectionRow = Selectable<ConnectionTables['connections']>

/** Which connection. */
export interface ConnectionKey {
  readonly project: string
  readonly connection: string
}

/** Stores a connection; false when its key is taken. */
export async function insertConnection(
  tx: Tx,
  row: Insertable<ConnectionTables['connections']>,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('connections')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The connections of a project, by key. */
export async function selectConnections(
  queries: Queries,
  project: string,
): Promise<readonly ConnectionRow[]> {
  return await queries
    .selectFrom('connections')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .execute()
}

/** One connection. */
export async function selectConnection(
  queries: Queries,
  { project, connection }: ConnectionKey,
): Promise<ConnectionRow | undefined> {
  return await queries
    .selectFrom('connections')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', connection)
    .executeTakeFirst()
}

/** One connection, locked until the transaction ends. */
export async function lockConnection(
  tx: Tx,
  { project, connection }: ConnectionKey,
): Promise<ConnectionRow | undefined> {
  return await tx
    .selectFrom('connections')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', connection)
    .forUpdate()
    .executeTakeFirst()
}

/** Changes a connection. */
export async function updateConnection(
  tx: Tx,
  { project, connection }: ConnectionKey,
  set: Updateable<ConnectionTables['connections']>,
): Promise<void> {
  await tx
    .updateTable('connections')
    .set(set)
    .where('project', '=', project)
    .where('key', '=', connection)
    .execute()
}

/** Removes a connection. */
export async function removeConnection(tx: Tx, { project, connection }: ConnectionKey): Promise<void> {
  await tx.deleteFrom('connections').where('project', '=', project).where('key', '=', connection).execute()
}
