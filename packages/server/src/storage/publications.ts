/**
 * Queries on publications: jobs that any server may take up, and the record of what they did.
 */
import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { PublicationTables } from './tables/publication.ts'

export type DocumentationRow = Selectable<PublicationTables['documentation_settings']>
export type PublicationRow = Selectable<PublicationTables['publications']>

/** Tells every server that there is something to publish. */
export const PUBLICATION_CHANNEL = 'flagmarshal_publication'

/** How long whoever took a job up may be silent before another server takes it. */
const CLAIM_SECONDS = 180

/** Where a project's documents go; undefined while nobody has said anything. */
export async function selectDocumentation(
  queries: Queries,
  project: string,
): Promise<DocumentationRow | undefined> {
  return await queries
    .selectFrom('documentation_settings')
    .selectAll()
    .where('project', '=', project)
    .executeTakeFirst()
}

/** Sets where a project's documents go; the new revision. */
export async function upsertDocumentation(
  tx: Tx,
  row: Omit<Insertable<PublicationTables['documentation_settings']>, 'revision'>,
): Promise<DocumentationRow> {
  const { project: _, ...change } = row
  return await tx
    .insertInto('documentation_settings')
    .values({ ...row, revision: 1 })
    .onConflict((conflict) =>
      conflict
        .column('project')
        .doUpdateSet({ ...change, revision: sql`documentation_settings.revision + 1` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Stores a job and announces it. */
export async function insertPublication(
  tx: Tx,
  row: Pick<PublicationRow, 'id' | 'project' | 'run' | 'kind' | 'requested_by'>,
): Promise<void> {
  await tx
    .insertInto('publications')
    .values({
      ...row,
      state: 'accepted',
      progress: 'It waits for its turn.',
      attempts: 0,
      // All times of a job are the database's: a server whose clock is ahead neither makes it wait
      // nor has its result pass for the latest.
      requested_at: sql<Date>`now()`,
      next_at: sql<Date>`now()`,
      ended_at: null,
      result: null,
    })
    .execute()
  await sql`select pg_notify(${PUBLICATION_CHANNEL}, ${row.id})`.execute(tx)
}

/** A job of the run that has not ended, of one kind. */
export async function selectUnderWay(
  queries: Queries,
  run: string,
  kind: PublicationRow['kind'],
): Promise<PublicationRow | undefined> {
  return await queries
    .selectFrom('publications')
    .selectAll()
    .where('run', '=', run)
    .where('kind', '=', kind)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
}

/** The publications of a run, newest first. */
export async function selectPublications(queries: Queries, run: string): Promise<readonly PublicationRow[]> {
  return await queries
    .selectFrom('publications')
    .selectAll()
    .where('run', '=', run)
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .limit(100)
    .execute()
}

/**
 * The result of the last publication of a run that succeeded; undefined where there is none. Bodies
 * and facts, which are large, only where the whole is asked for.
 */
export async function selectPublished(queries: Queries, run: string, whole: boolean): Promise<unknown> {
  const row = await queries
    .selectFrom('publications')
    .select(whole ? 'result' : sql`result - 'bodies' - 'facts'`.as('result'))
    .where('run', '=', run)
    .where('state', '=', 'published')
    .orderBy('ended_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.result ?? undefined
}

/** Takes up the job that has waited longest; by the database's clock, so that servers agree. */
export async function claimPublication(queries: Queries): Promise<PublicationRow | undefined> {
  const { rows } = await sql<PublicationRow>`
    update publications set
      state = 'publishing', attempts = attempts + 1, progress = 'It is being published.',
      next_at = now() + make_interval(secs => ${CLAIM_SECONDS})
    where id = (
      select id from publications where next_at <= now() order by next_at, id
      for update skip locked limit 1
    )
    returning *`.execute(queries)
  return rows[0]
}

/** How long until the next job is due, in milliseconds; undefined when there is none. */
export async function nextPublicationMs(queries: Queries): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(next_at) - now()) * 1000)::float8 as ms
    from publications where next_at is not null`.execute(queries)
  return rows[0]?.ms ?? undefined
}

/** Puts a job off: what it waits for, and for how long. */
export async function postponePublication(
  queries: Queries,
  id: string,
  { progress, seconds }: { readonly progress: string; readonly seconds: number },
): Promise<void> {
  await sql`
    update publications set state = 'accepted', progress = ${progress},
      next_at = now() + make_interval(secs => ${seconds})
    where id = ${id} and ended_at is null`.execute(queries)
}

/** Ends a job. Answers false where somebody else has ended it. */
export async function endPublication(
  tx: Tx,
  id: string,
  change: Pick<PublicationRow, 'state' | 'progress'> & { readonly result: string | null },
): Promise<boolean> {
  const ended = await tx
    .updateTable('publications')
    .set({ ...change, ended_at: sql<Date>`now()`, next_at: null })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return ended.numUpdatedRows === 1n
}
