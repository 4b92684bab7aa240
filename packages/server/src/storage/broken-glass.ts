/**
 * Queries on gates that were passed in an emergency.
 */
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { PolicyTables } from './tables/policy.ts'

export type GlassRow = Selectable<PolicyTables['broken_glass']>

/** Stores one. */
export async function insertGlass(tx: Tx, row: Insertable<PolicyTables['broken_glass']>): Promise<void> {
  await tx.insertInto('broken_glass').values(row).execute()
}

/** All of a feature, newest first. */
export async function selectGlass(
  queries: Queries,
  project: string,
  feature: string,
): Promise<readonly GlassRow[]> {
  return await queries
    .selectFrom('broken_glass')
    .selectAll()
    .where('project', '=', project)
    .where('feature', '=', feature)
    .orderBy('at', 'desc')
    .execute()
}

/** All of every feature that nobody has reviewed. */
export async function selectUnreviewedGlass(queries: Queries): Promise<readonly GlassRow[]> {
  return await queries.selectFrom('broken_glass').selectAll().where('review', 'is', null).execute()
}

/** Records the review, unless there is one; says whether. */
export async function reviewGlass(
  tx: Tx,
  id: string,
  review: { readonly by: string; readonly at: string; readonly note: string },
): Promise<boolean> {
  const updated = await tx
    .updateTable('broken_glass')
    .set({ review: toJson(review) })
    .where('id', '=', id)
    .where('review', 'is', null)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}
