/**
 * Queries on evidence: rows that nobody changes, found by the hash of their content.
 */
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { ProcedureTables } from './tables/procedure.ts'

export type EvidenceRow = Selectable<ProcedureTables['evidence']>

/** Stores evidence; the same content again is the same row. */
export async function insertEvidence(
  tx: Tx,
  rows: readonly Insertable<ProcedureTables['evidence']>[],
): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insertInto('evidence')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** All evidence of a run, of these steps or of all, oldest first. */
export async function selectEvidenceOfRun(
  queries: Queries,
  run: string,
  steps?: readonly number[],
): Promise<readonly EvidenceRow[]> {
  return await queries
    .selectFrom('evidence')
    .selectAll()
    .where('run', '=', run)
    .$if(steps !== undefined, (query) => query.where('step', 'in', steps ?? []))
    .orderBy('at')
    .orderBy('hash')
    .execute()
}

/** All evidence of a run without its content, newest first. */
export async function selectEvidenceHeads(
  queries: Queries,
  run: string,
): Promise<readonly Omit<EvidenceRow, 'content' | 'project'>[]> {
  return await queries
    .selectFrom('evidence')
    .select(['hash', 'kind', 'run', 'step', 'at', 'by'])
    .where('run', '=', run)
    .orderBy('at', 'desc')
    .orderBy('hash')
    .execute()
}

/** Evidence by its hash. */
export async function selectEvidence(
  queries: Queries,
  project: string,
  hash: string,
): Promise<EvidenceRow | undefined> {
  return await queries
    .selectFrom('evidence')
    .selectAll()
    .where('project', '=', project)
    .where('hash', '=', hash)
    .executeTakeFirst()
}
