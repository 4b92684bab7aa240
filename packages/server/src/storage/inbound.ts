/**
 * Queries on the systems that send to a project, and on what they sent.
 */
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { ReportTables } from './tables/report.ts'

export type SourceRow = Selectable<ReportTables['inbound_sources']>

/** Which source. */
export interface SourceKey {
  readonly project: string
  readonly source: string
}

/** Stores a source; false when its key is taken. */
export async function insertSource(
  tx: Tx,
  row: Insertable<ReportTables['inbound_sources']>,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('inbound_sources')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The sources of a project, by key. */
export async function selectSources(queries: Queries, project: string): Promise<readonly SourceRow[]> {
  return await queries
    .selectFrom('inbound_sources')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .execute()
}

/** One source. */
export async function selectSource(
  queries: Queries,
  { project, source }: SourceKey,
): Promise<SourceRow | undefined> {
  return await queries
    .selectFrom('inbound_sources')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', source)
    .executeTakeFirst()
}

/** Removes a source; false when there is none. */
export async function removeSource(tx: Tx, { project, source }: SourceKey): Promise<boolean> {
  const removed = await tx
    .deleteFrom('inbound_sources')
    .where('project', '=', project)
    .where('key', '=', source)
    .executeTakeFirst()
  return removed.numDeletedRows === 1n
}

/** An event by what makes it the same: its CloudEvents source and id. */
export interface EventKey {
  readonly project: string
  readonly source: string
  readonly id: string
}

/** Takes an event; false when it was taken before. Waits while another transaction is taking it. */
export async function claimEvent(tx: Tx, key: EventKey, at: Date): Promise<boolean> {
  const inserted = await tx
    .insertInto('inbound_events')
    .values({ ...key, at, result: toJson(null) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Keeps what was answered. */
export async function keepEventResult(tx: Tx, key: EventKey, result: unknown): Promise<void> {
  await tx
    .updateTable('inbound_events')
    .set({ result: toJson(result) })
    .where('project', '=', key.project)
    .where('source', '=', key.source)
    .where('id', '=', key.id)
    .execute()
}

/** What was answered the first time. */
export async function selectEventResult(queries: Queries, key: EventKey): Promise<unknown> {
  const row = await queries
    .selectFrom('inbound_events')
    .where('project', '=', key.project)
    .where('source', '=', key.source)
    .where('id', '=', key.id)
    .select('result')
    .executeTakeFirst()
  return row?.result
}
