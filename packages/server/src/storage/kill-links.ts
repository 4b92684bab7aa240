/** Queries on kill links: which there are, and which are revoked. */
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { KillTables } from './tables/kill.ts'

export type KillLinkRow = Selectable<KillTables['kill_links']>

/** Keeps that a link was made; one that is sent again with the same message lasts longer. */
export async function keepKillLink(
  queries: Queries,
  row: Omit<Insertable<KillTables['kill_links']>, 'revoked_at' | 'revoked_by'>,
): Promise<void> {
  await queries
    .insertInto('kill_links')
    .values({ ...row, revoked_at: null, revoked_by: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ until: row.until }))
    .execute()
}

/** The links of a project that have not ended, the one that ends last first. */
export async function selectKillLinks(
  queries: Queries,
  project: string,
  now: Date,
): Promise<readonly KillLinkRow[]> {
  return await queries
    .selectFrom('kill_links')
    .selectAll()
    .where('project', '=', project)
    .where('until', '>', now)
    .orderBy('until', 'desc')
    .orderBy('id')
    .execute()
}

/** Whether a link was revoked; false for one that nothing is known of. */
export async function isKillLinkRevoked(queries: Queries, id: string): Promise<boolean> {
  const row = await queries
    .selectFrom('kill_links')
    .select('id')
    .where('id', '=', id)
    .where('revoked_at', 'is not', null)
    .executeTakeFirst()
  return row !== undefined
}

/** Revokes a link of a project; the row, or undefined where there is none that works. */
export async function revokeLink(
  tx: Tx,
  { project, id }: { readonly project: string; readonly id: string },
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<KillLinkRow | undefined> {
  return await tx
    .updateTable('kill_links')
    .set({ revoked_at: at, revoked_by: by })
    .where('project', '=', project)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

/** Forgets links that ended a week ago. */
export async function deleteOldKillLinks(queries: Queries): Promise<void> {
  await sql`delete from kill_links where until < now() - interval '7 days'`.execute(queries)
}
