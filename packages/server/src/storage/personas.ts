/** Queries on personas. */
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { FlagTables } from './tables/flag.ts'

export type PersonaRow = Selectable<FlagTables['personas']>

/** The personas of a project, by key. */
export async function selectPersonas(queries: Queries, project: string): Promise<readonly PersonaRow[]> {
  return await queries
    .selectFrom('personas')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .execute()
}

/** One persona, locked until the transaction ends. */
export async function lockPersona(tx: Tx, project: string, key: string): Promise<PersonaRow | undefined> {
  return await tx
    .selectFrom('personas')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst()
}

/** Stores a persona in place of the one with its key. */
export async function upsertPersona(tx: Tx, row: Insertable<FlagTables['personas']>): Promise<PersonaRow> {
  const { name, context, saved_at, saved_by } = row
  return await tx
    .insertInto('personas')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['project', 'key']).doUpdateSet({ name, context, saved_at, saved_by }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Deletes a persona. */
export async function deletePersona(tx: Tx, project: string, key: string): Promise<void> {
  await tx.deleteFrom('personas').where('project', '=', project).where('key', '=', key).execute()
}
