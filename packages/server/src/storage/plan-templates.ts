/**
 * Queries on plans to begin with.
 */
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { PolicyTables } from './tables/policy.ts'

export type TemplateRow = Selectable<PolicyTables['plan_templates']>

/** All of them, by key. */
export async function selectTemplates(queries: Queries): Promise<readonly TemplateRow[]> {
  return await queries.selectFrom('plan_templates').selectAll().orderBy('key').execute()
}

/** Stores one; false when its key is taken. */
export async function insertTemplate(
  tx: Tx,
  row: Insertable<PolicyTables['plan_templates']>,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('plan_templates')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}
