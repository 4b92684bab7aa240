/**
 * Queries on people, personal tokens and SDK keys.
 */
import type { Role } from '@flagmarshal/domain/access/permission'
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { AccessTables } from './tables/access.ts'

export type PersonRow = Selectable<AccessTables['people']>
export type TokenRow = Selectable<AccessTables['tokens']>

/** Stores a person; false when the id is taken. */
export async function insertPerson(tx: Tx, row: Insertable<AccessTables['people']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('people')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** All people, by id. */
export async function selectPeople(queries: Queries): Promise<readonly PersonRow[]> {
  return await queries.selectFrom('people').selectAll().orderBy('id').execute()
}

/** One person. */
export async function selectPerson(queries: Queries, id: string): Promise<PersonRow | undefined> {
  return await queries.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst()
}

/** All people, whose roles nobody else changes before the transaction ends. */
export async function lockPeople(tx: Tx): Promise<readonly PersonRow[]> {
  return await tx.selectFrom('people').selectAll().orderBy('id').forNoKeyUpdate().execute()
}

/** Gives a person other roles. */
export async function updateRoles(tx: Tx, id: string, roles: Role[]): Promise<void> {
  await tx.updateTable('people').set({ roles }).where('id', '=', id).execute()
}

/** Lets every server look anew at the tokens and sessions of a person. */
export async function announcePerson(tx: Tx, person: string): Promise<void> {
  await tx
    .selectFrom('tokens')
    .select(sql`pg_notify(${REVOKED_CHANNEL}, hash)`.as('told'))
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Stores a token or key. */
export async function insertToken(tx: Tx, row: Insertable<AccessTables['tokens']>): Promise<void> {
  await tx.insertInto('tokens').values(row).execute()
}

/** A token with its person, if it has one. */
export interface Credential extends TokenRow {
  readonly person_name: string | null
  readonly person_roles: readonly Role[] | null
}

/** The token with this hash that has not been revoked; it may have expired. */
export async function selectCredential(queries: Queries, hash: string): Promise<Credential | undefined> {
  return await queries
    .selectFrom('tokens')
    .leftJoin('people', 'people.id', 'tokens.person')
    .selectAll('tokens')
    .select(['people.name as person_name', 'people.roles as person_roles'])
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
}

/** Which of these tokens and keys are neither revoked nor expired. */
export async function selectValid(
  queries: Queries,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await queries
    .selectFrom('tokens')
    .select('id')
    .where('id', 'in', [...ids])
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** The SDK keys of a project and the tokens of its automations that have not been revoked, oldest first. */
export async function selectKeys(queries: Queries, project: string): Promise<readonly TokenRow[]> {
  return await queries
    .selectFrom('tokens')
    .selectAll()
    .where('project', '=', project)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/**
 * Revokes a personal token (`project` null) or a key of a project, tells every server, and returns
 * it; undefined where there is none or it was revoked before.
 */
export async function revoke(
  tx: Tx,
  id: string,
  project: string | null,
  now: Date,
): Promise<TokenRow | undefined> {
  const row = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('project', project === null ? 'is' : '=', project)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) await sql`select pg_notify(${REVOKED_CHANNEL}, ${row.hash})`.execute(tx)
  return row
}

/** The channel that carries the hashes of tokens that were revoked, or whose person has other roles. */
export const REVOKED_CHANNEL = 'flagmarshal_revoked'
