/**
 * Queries on projects and environments.
 */
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { ProjectTables } from './tables/project.ts'

export type ProjectRow = Selectable<ProjectTables['projects']>
export type EnvironmentRow = Selectable<ProjectTables['environments']>

/** Stores a project; false when its key is taken. */
export async function insertProject(tx: Tx, row: Insertable<ProjectTables['projects']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('projects')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Stores the environments of a project. */
export async function insertEnvironments(
  tx: Tx,
  rows: readonly Insertable<ProjectTables['environments']>[],
): Promise<void> {
  await tx
    .insertInto('environments')
    .values([...rows])
    .execute()
}

/** All projects, by key. */
export async function selectProjects(queries: Queries): Promise<readonly ProjectRow[]> {
  return await queries.selectFrom('projects').selectAll().orderBy('key').execute()
}

/** One project. */
export async function selectProject(queries: Queries, key: string): Promise<ProjectRow | undefined> {
  return await queries.selectFrom('projects').selectAll().where('key', '=', key).executeTakeFirst()
}

/** The environments of one project or of all that are in use, in the order of their project. */
export async function selectEnvironments(
  queries: Queries,
  project?: string,
): Promise<readonly EnvironmentRow[]> {
  return await queries
    .selectFrom('environments')
    .selectAll()
    .where('archived_at', 'is', null)
    .$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
    .orderBy('position')
    .execute()
}
