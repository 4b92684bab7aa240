/**
 * Queries on the organisation's sign-in: the provider, who its subjects are here, and returns that were taken.
 */
import type { GivenRole } from '@flagmarshal/domain/access/provider-roles'
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { announceToken } from './access.ts'
import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { AccessTables } from './tables/access.ts'

export type ProviderRow = Selectable<AccessTables['identity_provider']>
export type IdentityRow = Selectable<AccessTables['identities']>

/** The provider; undefined while there is none. */
export async function selectProvider(queries: Queries): Promise<ProviderRow | undefined> {
  return await queries.selectFrom('identity_provider').selectAll().executeTakeFirst()
}

/** Stores it in place of the revision before; false where it is another by now. */
export async function storeProvider(
  tx: Tx,
  row: Omit<Insertable<AccessTables['identity_provider']>, 'id'>,
): Promise<boolean> {
  const stored = await tx
    .insertInto('identity_provider')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(row)
        .where('identity_provider.revision', '=', row.revision - 1),
    )
    .executeTakeFirst()
  return stored.numInsertedOrUpdatedRows === 1n
}

/** Removes it; false where there is none. */
export async function deleteProvider(tx: Tx): Promise<boolean> {
  return (await tx.deleteFrom('identity_provider').executeTakeFirst()).numDeletedRows === 1n
}

/** Who a subject is here, locked. */
export async function lockIdentity(
  tx: Tx,
  issuer: string,
  subject: string,
): Promise<IdentityRow | undefined> {
  return await tx
    .selectFrom('identities')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .forUpdate()
    .executeTakeFirst()
}

/** The subjects that a person is, of whichever provider, newest first. */
export async function selectIdentities(queries: Queries, person: string): Promise<readonly IdentityRow[]> {
  return await queries
    .selectFrom('identities')
    .selectAll()
    .where('person', '=', person)
    .orderBy('linked_at', 'desc')
    .execute()
}

/** Connects a subject with a person; false where it is connected already. */
export async function insertIdentity(
  tx: Tx,
  row: Pick<IdentityRow, 'issuer' | 'subject' | 'person'> & { readonly linked_at: Date },
): Promise<boolean> {
  const inserted = await tx
    .insertInto('identities')
    .values({ ...row, mapped: toJson([]), seen_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Notes a sign-in, and the roles that the mapping has given by now. */
export async function noteIdentity(
  tx: Tx,
  { issuer, subject }: Pick<IdentityRow, 'issuer' | 'subject'>,
  { mapped, at }: { readonly mapped: readonly GivenRole[]; readonly at: Date },
): Promise<void> {
  await tx
    .updateTable('identities')
    .set({ mapped: toJson(mapped), seen_at: at })
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .execute()
}

/** Forgets which roles the mapping gave to a person. */
export async function clearMapped(tx: Tx, person: string): Promise<void> {
  await tx
    .updateTable('identities')
    .set({ mapped: toJson([]) })
    .where('person', '=', person)
    .execute()
}

/** Keeps which roles the mapping has given to a subject, and nothing of a sign-in. */
export async function keepMapped(
  tx: Tx,
  { issuer, subject }: Pick<IdentityRow, 'issuer' | 'subject'>,
  mapped: readonly GivenRole[],
): Promise<void> {
  await tx
    .updateTable('identities')
    .set({ mapped: toJson(mapped) })
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .execute()
}

/** Subjects whose groups have given roles, and who have not signed in since. */
export async function selectLapsed(queries: Queries, since: Date): Promise<readonly IdentityRow[]> {
  return await queries
    .selectFrom('identities')
    .selectAll()
    .where(sql<boolean>`mapped <> '[]'::jsonb`)
    .where((where) => where(where.fn.coalesce('seen_at', 'linked_at'), '<', since))
    .orderBy('person')
    .execute()
}

/** Ends sessions that were opened at a provider, and tells every server; whose they were, each once for a session. */
export async function endSessionsThere(
  tx: Tx,
  {
    issuer,
    session,
    person,
  }: { readonly issuer: string; readonly session?: string | undefined; readonly person?: string | undefined },
  now: Date,
): Promise<readonly string[]> {
  const rows = await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('kind', '=', 'session')
    .where('issuer', '=', issuer)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .$if(session !== undefined, (query) => query.where('provider_session', '=', session ?? ''))
    .$if(person !== undefined, (query) => query.where('person', '=', person ?? ''))
    .returning(['hash', 'person'])
    .execute()
  for (const { hash } of rows) await announceToken(tx, hash)
  return rows.flatMap((it) => it.person ?? [])
}

/** Waits until nobody else is connected for the first time, and keeps them waiting. */
export async function lockConnecting(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(4862)`.execute(tx)
}

/** Disconnects a person from every provider. */
export async function deleteIdentities(tx: Tx, person: string): Promise<void> {
  await tx.deleteFrom('identities').where('person', '=', person).execute()
}

/** Everybody with one of these ids or this address, those who left included. */
export async function selectNamesakes(
  queries: Queries,
  { idPrefix, email }: { readonly idPrefix: string; readonly email: string | undefined },
): Promise<
  readonly Pick<Selectable<AccessTables['people']>, 'id' | 'email' | 'disabled_at' | 'erased_at'>[]
> {
  return await queries
    .selectFrom('people')
    .select(['id', 'email', 'disabled_at', 'erased_at'])
    .where((where) =>
      where.or([
        where('id', 'like', `${idPrefix}%`),
        where(where.fn<string>('lower', ['email']), '=', email?.toLowerCase() ?? ''),
      ]),
    )
    .execute()
}

/** Takes the state of a return, once; false where it was taken before. Forgets those that have ended. */
export async function spendSignIn(
  tx: Tx,
  row: { readonly state: string; readonly until: Date },
  now: Date,
): Promise<boolean> {
  await tx.deleteFrom('spent_sign_ins').where('until', '<', now).execute()
  const inserted = await tx
    .insertInto('spent_sign_ins')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}
