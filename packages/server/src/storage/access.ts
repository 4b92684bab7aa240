/**
 * Queries on people, personal tokens and SDK keys.
 */
import type { Role } from '@flagmarshal/domain/access/permission'
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
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

/** A person with the roles in single places. */
export interface GrantedPerson extends PersonRow {
  readonly grants: readonly GrantRow[]
}

/** All people who were not removed, by id. */
export async function selectPeople(queries: Queries): Promise<readonly GrantedPerson[]> {
  return await queries
    .selectFrom('people')
    .selectAll()
    .select(grantsOf('people.id').as('grants'))
    .where('erased_at', 'is', null)
    .orderBy('id')
    .execute()
}

/** Everybody who is let in, with the roles that they hold in all of a project. */
export async function selectPeopleIn(queries: Queries, project: string): Promise<readonly PersonRow[]> {
  return peopleIn(await selectPeople(queries), project)
}

/** Of all people those who are let in, with the roles that they hold in all of a project. */
export function peopleIn(all: readonly GrantedPerson[], project: string): readonly PersonRow[] {
  return all
    .filter((it) => it.disabled_at === null)
    .map(({ grants, ...person }) => {
      const there = grants.filter((it) => it.project === project && it.environment === null)
      return { ...person, roles: [...new Set([...person.roles, ...there.map((it) => it.role)])] }
    })
}

/** One person who was not removed. */
export async function selectPerson(queries: Queries, id: string): Promise<GrantedPerson | undefined> {
  return await queries
    .selectFrom('people')
    .selectAll()
    .select(grantsOf('people.id').as('grants'))
    .where('id', '=', id)
    .where('erased_at', 'is', null)
    .executeTakeFirst()
}

/** All people, whose roles nobody else changes before the transaction ends. */
export async function lockPeople(tx: Tx): Promise<readonly GrantedPerson[]> {
  await tx.selectFrom('people').select('id').orderBy('id').forNoKeyUpdate().execute()
  return await selectPeople(tx)
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

/** Lets every server, and the edges behind it, look anew at a token. */
export async function announceToken(tx: Tx, hash: string): Promise<void> {
  await sql`select pg_notify(${REVOKED_CHANNEL}, ${hash})`.execute(tx)
}

/** Stores a token or key. */
export async function insertToken(tx: Tx, row: Insertable<AccessTables['tokens']>): Promise<void> {
  await tx.insertInto('tokens').values(row).execute()
}

/** A token with its person, if it has one. */
export interface Credential extends TokenRow {
  readonly person_name: string | null
  readonly person_roles: readonly Role[] | null
  readonly person_grants: readonly GrantRow[]
  readonly account_name: string | null
}

/** A role in one place, as it is read with others. */
export interface GrantRow {
  readonly role: Role
  readonly project: string
  readonly environment: string | null
}

/** The roles in single places of the person of a row, as a list. */
export function grantsOf(person: string) {
  return sql<
    GrantRow[]
  >`(select coalesce(json_agg(json_build_object('role', role, 'project', project, 'environment', environment) order by project, environment nulls first, role), '[]') from grants where grants.person = ${sql.ref(person)})`
}

/** The token with this hash that has not been revoked, of nobody who is let in no more; it may have expired. */
export async function selectCredential(queries: Queries, hash: string): Promise<Credential | undefined> {
  return await queries
    .selectFrom('tokens')
    .leftJoin('people', 'people.id', 'tokens.person')
    .leftJoin('service_accounts', (join) =>
      join
        .onRef('service_accounts.project', '=', 'tokens.project')
        .onRef('service_accounts.key', '=', 'tokens.account'),
    )
    .selectAll('tokens')
    .select([
      'people.name as person_name',
      'people.roles as person_roles',
      'service_accounts.name as account_name',
      grantsOf('tokens.person').as('person_grants'),
    ])
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('people.disabled_at', 'is', null)
    .executeTakeFirst()
}

/** The keys of SDKs that work in an environment, oldest first. */
export async function selectSdkKeys(
  queries: Queries,
  { project, environment }: EnvironmentKey,
): Promise<readonly TokenRow[]> {
  return await queries
    .selectFrom('tokens')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('kind', 'in', ['server', 'web'])
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
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
    .where('person', 'is', null)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/**
 * Revokes a key of a project or a token of its automations, tells every server, and returns it;
 * undefined where there is none or it was revoked before.
 */
export async function revoke(tx: Tx, id: string, project: string, now: Date): Promise<TokenRow | undefined> {
  const row = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('project', '=', project)
    .where('person', 'is', null)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) await announceToken(tx, row.hash)
  return row
}

/** Revokes a personal token or a session, tells every server, and returns it. */
export async function revokePersonal(tx: Tx, id: string, now: Date): Promise<TokenRow | undefined> {
  const row = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('person', 'is not', null)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) await announceToken(tx, row.hash)
  return row
}

/** Revokes the session with this hash, tells every server, and returns it. */
export async function revokeSession(tx: Tx, hash: string, now: Date): Promise<TokenRow | undefined> {
  const row = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('hash', '=', hash)
    .where('kind', '=', 'session')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) await announceToken(tx, hash)
  return row
}

/** Those of a kind that somebody has and that work at this moment, newest first. */
export async function selectOwnTokens(
  queries: Queries,
  { person, kind }: { readonly person: string; readonly kind: 'user' | 'session' },
  now: Date,
): Promise<readonly TokenRow[]> {
  return await queries
    .selectFrom('tokens')
    .selectAll()
    .where('person', '=', person)
    .where('kind', '=', kind)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
}

/** The channel that carries the hashes of tokens that were revoked, of keys that are new, and of tokens whose person has other roles. */
export const REVOKED_CHANNEL = 'flagmarshal_revoked'
