/**
 * Queries on the policies of projects.
 */
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { PolicyTables } from './tables/policy.ts'

export type PolicyRow = Selectable<PolicyTables['project_policies']>

/** What a project has settled; undefined where it has settled nothing. */
export async function selectPolicy(queries: Queries, project: string): Promise<PolicyRow | undefined> {
  return await queries
    .selectFrom('project_policies')
    .selectAll()
    .where('project', '=', project)
    .executeTakeFirst()
}

/** What every project has settled. */
export async function selectPolicies(queries: Queries): Promise<readonly PolicyRow[]> {
  return await queries.selectFrom('project_policies').selectAll().execute()
}

/** Stores a policy if `expected` is still the stored revision; 1 where none is stored. Says whether. */
export async function storePolicy(
  tx: Tx,
  row: Insertable<PolicyTables['project_policies']>,
  expected: number,
): Promise<boolean> {
  const { project, ...change } = row
  if (expected === 1) {
    const inserted = await tx
      .insertInto('project_policies')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return inserted.numInsertedOrUpdatedRows === 1n
  }
  const updated = await tx
    .updateTable('project_policies')
    .set(change)
    .where('project', '=', project)
    .where('revision', '=', expected)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}
