/**
 * Queries on passwords, sessions and invitations.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { announceToken } from './access.ts'
import type { PersonRow } from './access.ts'
import type { Queries, Tx } from './database.ts'
import type { AccessTables } from './tables/access.ts'

export type InvitationRow = Selectable<AccessTables['invitations']>

/** Waits until no other server sets up the first administrator, and keeps them waiting. */
export async function lockSetUp(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(4861)`.execute(tx)
}

/** Whether anybody can sign in with a password, or an administrator at the organisation's provider. */
export async function anybodyEnters(queries: Queries): Promise<boolean> {
  const byPassword = queries.selectFrom('passwords').select('person')
  const there = queries
    .selectFrom('identities')
    .innerJoin('people', 'people.id', 'identities.person')
    .select('identities.person')
    .where('people.disabled_at', 'is', null)
    .where(sql<boolean>`'administrator' = any(people.roles)`)
  return (await byPassword.union(there).limit(1).executeTakeFirst()) !== undefined
}

/** A person with the hash of the password, null without one. */
export interface Account extends PersonRow {
  readonly password_hash: string | null
}

/** The person with this id or, where exactly one has it, this e-mail address in any case. */
export async function selectAccount(queries: Queries, name: string): Promise<Account | undefined> {
  const rows = await queries
    .selectFrom('people')
    .leftJoin('passwords', 'passwords.person', 'people.id')
    .selectAll('people')
    .select('passwords.hash as password_hash')
    .where('people.disabled_at', 'is', null)
    .where('people.erased_at', 'is', null)
    .where((where) =>
      where.or([
        where('people.id', '=', name),
        where(where.fn<string>('lower', ['people.email']), '=', name.toLowerCase()),
      ]),
    )
    .limit(3)
    .execute()
  return rows.find((it) => it.id === name) ?? (rows.length === 1 ? rows[0] : undefined)
}

/** Stores or replaces a password. */
export async function upsertPassword(tx: Tx, row: Insertable<AccessTables['passwords']>): Promise<void> {
  const { hash, changed_at } = row
  await tx
    .insertInto('passwords')
    .values(row)
    .onConflict((conflict) => conflict.column('person').doUpdateSet({ hash, changed_at }))
    .execute()
}

/** Ends the sessions of a person, but not `except`, and tells every server; how many there were. */
export async function endSessions(
  tx: Tx,
  person: string,
  now: Date,
  except: string | undefined,
): Promise<number> {
  const rows = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('person', '=', person)
    .where('kind', '=', 'session')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .$if(except !== undefined, (query) => query.where('id', '!=', except ?? ''))
    .returning('hash')
    .execute()
  for (const { hash } of rows) await announceToken(tx, hash)
  return rows.length
}

/** Stores an invitation. */
export async function insertInvitation(tx: Tx, row: Insertable<AccessTables['invitations']>): Promise<void> {
  await tx.insertInto('invitations').values(row).execute()
}

/** The invitation with this hash that can still be accepted. */
export async function selectOpenInvitation(
  queries: Queries,
  hash: string,
  now: Date,
): Promise<InvitationRow | undefined> {
  return await queries
    .selectFrom('invitations')
    .selectAll()
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/** The invitations that were neither accepted nor revoked, oldest first; they may have expired. */
export async function selectInvitations(queries: Queries): Promise<readonly InvitationRow[]> {
  return await queries
    .selectFrom('invitations')
    .selectAll()
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Marks an invitation as accepted; false when somebody was faster. */
export async function useInvitation(tx: Tx, id: string, person: string, now: Date): Promise<boolean> {
  const used = await tx
    .updateTable('invitations')
    .set({ used_at: now, used_by: person })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return used.numUpdatedRows === 1n
}

/** Revokes the links that a person has not used. */
export async function revokeInvitationsOf(tx: Tx, person: string, now: Date): Promise<void> {
  await tx
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('person', '=', person)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Revokes an invitation that was not accepted yet. */
export async function revokeInvitationRow(tx: Tx, id: string, now: Date): Promise<InvitationRow | undefined> {
  return await tx
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}
