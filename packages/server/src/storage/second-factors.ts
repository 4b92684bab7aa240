/**
 * Queries on second factors, their recovery codes, and what sessions and tokens have proved.
 */
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import type { Selectable } from 'kysely'

import { announceToken } from './access.ts'
import type { Queries, Tx } from './database.ts'
import type { AccessTables } from './tables/access.ts'

export type SecondFactorRow = Selectable<AccessTables['second_factors']>

/** Begins a second factor, in place of one that was not confirmed; false where one is confirmed. */
export async function beginSecondFactor(
  tx: Tx,
  row: { readonly person: string; readonly secret: string; readonly created_at: Date },
): Promise<boolean> {
  const { secret, created_at } = row
  const stored = await tx
    .insertInto('second_factors')
    .values({ ...row, confirmed_at: null })
    .onConflict((conflict) =>
      conflict
        .column('person')
        .doUpdateSet({ secret, created_at, last_step: 0 })
        .where('second_factors.confirmed_at', 'is', null),
    )
    .executeTakeFirst()
  return stored.numInsertedOrUpdatedRows === 1n
}

/** The second factor of a person, confirmed or not. */
export async function selectSecondFactor(
  queries: Queries,
  person: string,
): Promise<SecondFactorRow | undefined> {
  return await queries
    .selectFrom('second_factors')
    .selectAll()
    .where('person', '=', person)
    .executeTakeFirst()
}

/** The same, locked, so that no code is taken twice. */
export async function lockSecondFactor(tx: Tx, person: string): Promise<SecondFactorRow | undefined> {
  return await tx
    .selectFrom('second_factors')
    .selectAll()
    .where('person', '=', person)
    .forUpdate()
    .executeTakeFirst()
}

/** A code was taken: none of this step or an earlier one is taken again. */
export async function updateLastStep(tx: Tx, person: string, step: number): Promise<void> {
  await tx.updateTable('second_factors').set({ last_step: step }).where('person', '=', person).execute()
}

/** It counts from now on. */
export async function confirmFactor(tx: Tx, person: string, now: Date): Promise<void> {
  await tx.updateTable('second_factors').set({ confirmed_at: now }).where('person', '=', person).execute()
}

/** Removes it with its recovery codes; whether there was one. */
export async function deleteSecondFactor(tx: Tx, person: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('second_factors')
    .where('person', '=', person)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Stores recovery codes by their hashes. */
export async function insertRecoveryCodes(tx: Tx, person: string, hashes: readonly string[]): Promise<void> {
  const rows = hashes.map((hash) => ({ person, hash, used_at: null }))
  await tx.insertInto('recovery_codes').values(rows).execute()
}

/** Uses a recovery code up; false where it is none, or was used. */
export async function spendRecoveryCode(tx: Tx, person: string, hash: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: now })
    .where('person', '=', person)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** How many recovery codes are left. */
export async function countRecoveryCodes(queries: Queries, person: string): Promise<number> {
  const { left } = await queries
    .selectFrom('recovery_codes')
    .select((it) => it.fn.countAll<number>().as('left'))
    .where('person', '=', person)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return left
}

/** Keeps with a session or token when and how its person showed who they are, and tells every server. */
export async function updateProof(
  tx: Tx,
  id: string,
  { method, at }: { readonly method: ProofMethod; readonly at: Date },
): Promise<void> {
  const { hash } = await tx
    .updateTable('tokens')
    .set({ proved_by: method, proved_at: at })
    .where('id', '=', id)
    .returning('hash')
    .executeTakeFirstOrThrow()
  await announceToken(tx, hash)
}
