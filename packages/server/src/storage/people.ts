/**
 * Queries on people over time, their roles in single places, and the accounts of automations.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { AccessTables } from './tables/access.ts'

/** Another name and address. */
export async function updateProfile(
  tx: Tx,
  id: string,
  profile: { readonly name: string; readonly email: string | null },
): Promise<void> {
  await tx.updateTable('people').set(profile).where('id', '=', id).execute()
}

/** Lets somebody in no more from this time on; null lets them in again. */
export async function updateDisabled(tx: Tx, id: string, at: Date | null): Promise<void> {
  await tx.updateTable('people').set({ disabled_at: at }).where('id', '=', id).execute()
}

/** Deletes what is known of a person but the id, which is in records that are kept. */
export async function eraseRows(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.deleteFrom('passwords').where('person', '=', id).execute()
  await tx.deleteFrom('second_factors').where('person', '=', id).execute()
  await tx.deleteFrom('grants').where('person', '=', id).execute()
  await tx.deleteFrom('identities').where('person', '=', id).execute()
  await tx
    .updateTable('tokens')
    .set({ revoked_at: sql`coalesce(revoked_at, ${now})`, name: 'erased', address: null, browser: null })
    .where('person', '=', id)
    .execute()
  await tx.updateTable('invitations').set({ name: null, email: null }).where('person', '=', id).execute()
  await tx.updateTable('invitations').set({ name: null, email: null }).where('used_by', '=', id).execute()
  await tx
    .updateTable('people')
    .set({ name: id, email: null, roles: [], disabled_at: now, erased_at: now })
    .where('id', '=', id)
    .execute()
}

/** Gives a role in one place; false where it was given before. */
export async function insertGrant(tx: Tx, row: Insertable<AccessTables['grants']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('grants')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Takes it away; false where there was none. */
export async function deleteGrant(
  tx: Tx,
  it: Pick<Selectable<AccessTables['grants']>, 'person' | 'role' | 'project' | 'environment'>,
): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('grants')
    .where('person', '=', it.person)
    .where('role', '=', it.role)
    .where('project', '=', it.project)
    .where('environment', it.environment === null ? 'is' : '=', it.environment)
    .executeTakeFirst()
  return deleted.numDeletedRows === 1n
}

export type AccountRow = Selectable<AccessTables['service_accounts']>

/** Stores the account of an automation; false when its key is taken. */
export async function insertServiceAccount(tx: Tx, row: AccountRow): Promise<boolean> {
  const inserted = await tx
    .insertInto('service_accounts')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The accounts of a project that were not removed, with how many of their tokens work. */
export async function selectServiceAccounts(
  queries: Queries,
  project: string,
  now: Date,
): Promise<readonly (AccountRow & { readonly tokens: number })[]> {
  return await queries
    .selectFrom('service_accounts')
    .selectAll()
    .select((it) =>
      it
        .selectFrom('tokens')
        .select((one) => one.fn.countAll<number>().as('count'))
        .whereRef('tokens.project', '=', 'service_accounts.project')
        .whereRef('tokens.account', '=', 'service_accounts.key')
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now)
        .$asScalar()
        .$notNull()
        .as('tokens'),
    )
    .where('project', '=', project)
    .where('removed_at', 'is', null)
    .orderBy('key')
    .execute()
}

/** One that was not removed. */
export async function selectServiceAccount(
  queries: Queries,
  project: string,
  key: string,
): Promise<AccountRow | undefined> {
  return await queries
    .selectFrom('service_accounts')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
}

/** Removes an account; the row, where there was one. */
export async function removeAccountRow(
  tx: Tx,
  project: string,
  key: string,
  now: Date,
): Promise<AccountRow | undefined> {
  return await tx
    .updateTable('service_accounts')
    .set({ removed_at: now })
    .where('project', '=', project)
    .where('key', '=', key)
    .where('removed_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

/** The tokens of an account that were not revoked. */
export async function selectTokensOf(
  queries: Queries,
  project: string,
  account: string,
): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('tokens')
    .select('id')
    .where('project', '=', project)
    .where('account', '=', account)
    .where('revoked_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Lets a key work until then and no longer; false where it ends before, or was revoked. */
export async function limitKey(tx: Tx, id: string, until: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('tokens')
    .set({ expires_at: until })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', until)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Notes when tokens were used, to the minute. */
export async function noteUse(queries: Queries, ids: readonly string[], at: Date): Promise<void> {
  if (ids.length === 0) return
  await queries
    .updateTable('tokens')
    .set({ last_used_at: at })
    .where('id', 'in', [...ids])
    .execute()
}
