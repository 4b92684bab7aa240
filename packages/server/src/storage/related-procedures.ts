/**
 * Where the procedures are found that definitions name: one row, of the organisation.
 */
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { ProcedureTables } from './tables/procedure.ts'

export type RelatedRow = Selectable<ProcedureTables['related_procedures']>

/** The row; undefined while nobody has said anything. */
export async function selectRelated(queries: Queries): Promise<RelatedRow | undefined> {
  return await queries.selectFrom('related_procedures').selectAll().executeTakeFirst()
}

/** Replaces the addresses where they still have this revision; says whether. */
export async function storeRelated(
  tx: Tx,
  row: {
    readonly addresses: Readonly<Record<string, string>>
    readonly changed_at: Date
    readonly changed_by: string
  },
  ifMatch: number,
): Promise<boolean> {
  const values = { ...row, addresses: toJson(row.addresses), revision: ifMatch + 1 }
  if (ifMatch === 1 && (await selectRelated(tx)) === undefined) {
    const inserted = await tx
      .insertInto('related_procedures')
      .values({ ...values, id: true })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return inserted.numInsertedOrUpdatedRows === 1n
  }
  const updated = await tx
    .updateTable('related_procedures')
    .set(values)
    .where('revision', '=', ifMatch)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}
