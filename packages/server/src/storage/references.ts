/** Queries on uploads and code references. */
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { ReferenceTables } from './tables/reference.ts'

export type UploadRow = Selectable<ReferenceTables['uploads']>
export type CodeReferencesRow = Selectable<ReferenceTables['code_references']>
export type CodeScanRow = Selectable<ReferenceTables['code_scans']>
/** An upload without its content. */
export type UploadInShort = Omit<UploadRow, 'content'> & { readonly bytes: number }

/** Keeps an upload; false where the same content is kept already. */
export async function insertUpload(tx: Tx, row: Insertable<ReferenceTables['uploads']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('uploads')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Uploads by their hashes, without their content. */
export async function selectUploads(
  queries: Queries,
  project: string,
  hashes: readonly string[],
): Promise<readonly UploadInShort[]> {
  if (hashes.length === 0) return []
  return await queries
    .selectFrom('uploads')
    .select(['project', 'hash', 'name', 'tests', 'by', 'at'])
    .select(sql<number>`length(content)`.as('bytes'))
    .where('project', '=', project)
    .where('hash', 'in', [...hashes])
    .execute()
}

/** One upload with its content. */
export async function selectUpload(
  queries: Queries,
  project: string,
  hash: string,
): Promise<UploadRow | undefined> {
  return await queries
    .selectFrom('uploads')
    .selectAll()
    .where('project', '=', project)
    .where('hash', '=', hash)
    .executeTakeFirst()
}

/** Replaces what a repository says of flags; each flag once. */
export async function upsertCodeReferences(
  tx: Tx,
  rows: readonly Insertable<ReferenceTables['code_references']>[],
): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insertInto('code_references')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['project', 'flag', 'repository']).doUpdateSet((eb) => ({
        branch: eb.ref('excluded.branch'),
        commit: eb.ref('excluded.commit'),
        refs: eb.ref('excluded.refs'),
        extinct: eb.ref('excluded.extinct'),
        by: eb.ref('excluded.by'),
        at: eb.ref('excluded.at'),
      })),
    )
    .execute()
}

/** Takes away the places of all flags that a repository named; which commit took them away stays known. */
export async function emptyCodeReferences(
  tx: Tx,
  {
    project,
    repository,
    commit,
    at,
    by,
  }: Pick<CodeReferencesRow, 'project' | 'repository' | 'commit' | 'at' | 'by'>,
): Promise<void> {
  await tx
    .updateTable('code_references')
    .set({ refs: toJson([]), commit, at, by })
    .where('project', '=', project)
    .where('repository', '=', repository)
    .execute()
}

/** Replaces what the latest scan of a repository found as a whole. */
export async function upsertCodeScan(tx: Tx, row: Insertable<ReferenceTables['code_scans']>): Promise<void> {
  const { branch, commit, files, dynamic, by, at } = row
  await tx
    .insertInto('code_scans')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'repository'])
        .doUpdateSet({ branch: branch ?? null, commit, files, dynamic, by, at }),
    )
    .execute()
}

/** The latest scan of each repository of a project. */
export async function selectCodeScans(queries: Queries, project: string): Promise<readonly CodeScanRow[]> {
  return await queries
    .selectFrom('code_scans')
    .selectAll()
    .where('project', '=', project)
    .orderBy('repository')
    .execute()
}

/** Where code of a project asks flags; of one flag where it is given. */
export async function selectCodeReferences(
  queries: Queries,
  project: string,
  flag?: string,
): Promise<readonly CodeReferencesRow[]> {
  const query = queries
    .selectFrom('code_references')
    .selectAll()
    .where('project', '=', project)
    .orderBy('flag')
    .orderBy('repository')
  return await (flag === undefined ? query : query.where('flag', '=', flag)).execute()
}

/** The keys of a project's flags. */
export async function selectFlagKeys(queries: Queries, project: string): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('flags')
    .select('key')
    .where('project', '=', project)
    .orderBy('key')
    .execute()
  return rows.map((it) => it.key)
}

/** Whether the database takes changes: not where it is a standby or set to read only. */
export async function selectWritable(queries: Queries): Promise<boolean> {
  const { rows } = await sql<{ writable: boolean }>`select not pg_is_in_recovery()
    and current_setting('default_transaction_read_only') = 'off' as writable`.execute(queries)
  return rows[0]?.writable === true
}

/** Asks the built-in telemetry something: it throws where it does not answer. */
export async function probeTelemetry(queries: Queries): Promise<void> {
  await queries.selectFrom('measurement_windows').select(['bad', 'slow']).limit(1).execute()
}
