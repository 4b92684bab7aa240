/**
 * Queries on drafts. A draft's row is locked before the flag or segment that it is about.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable, Updateable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { DraftTables } from './tables/draft.ts'

export type DraftRow = Selectable<DraftTables['drafts']>
export type DraftVerdictRow = Selectable<DraftTables['draft_verdicts']>

/** What a draft is about. */
export interface DraftSubject {
  readonly project: string
  readonly environment: string
  readonly kind: 'flag' | 'segment'
  readonly subject: string
}

/** Which drafts are asked for; what is left out does not matter. */
export interface DraftFilter {
  readonly open: boolean
  readonly kind?: 'flag' | 'segment' | undefined
  readonly subject?: string | undefined
  readonly environment?: string | undefined
}

/** Drafts listed at once. */
const AT_MOST = 200

/** Stores a draft. */
export async function insertDraft(tx: Tx, row: Insertable<DraftTables['drafts']>): Promise<DraftRow> {
  return await tx.insertInto('drafts').values(row).returningAll().executeTakeFirstOrThrow()
}

/** The newest drafts of a project, newest first. */
export async function selectDrafts(
  queries: Queries,
  project: string,
  { open, kind, subject, environment }: DraftFilter,
): Promise<readonly DraftRow[]> {
  return await queries
    .selectFrom('drafts')
    .selectAll()
    .where('project', '=', project)
    .$if(open, (query) => query.where('closed_as', 'is', null))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'flag'))
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
    .$if(environment !== undefined, (query) => query.where('environment', '=', environment ?? ''))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(AT_MOST)
    .execute()
}

/** The open drafts of all projects, the oldest first. */
export async function selectOpenDrafts(queries: Queries): Promise<readonly DraftRow[]> {
  return await queries
    .selectFrom('drafts')
    .selectAll()
    .where('closed_as', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** One draft. */
export async function selectDraft(
  queries: Queries,
  project: string,
  id: string,
): Promise<DraftRow | undefined> {
  return await queries
    .selectFrom('drafts')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** One draft, locked until the transaction ends. */
export async function lockDraft(tx: Tx, project: string, id: string): Promise<DraftRow | undefined> {
  return await tx
    .selectFrom('drafts')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** Changes a draft and counts its revision. */
export async function updateDraft(
  tx: Tx,
  id: string,
  change: Updateable<DraftTables['drafts']>,
): Promise<DraftRow> {
  return await tx
    .updateTable('drafts')
    .set({ ...change, revision: sql`revision + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Stores what somebody said. */
export async function insertDraftVerdict(
  tx: Tx,
  row: Insertable<DraftTables['draft_verdicts']>,
): Promise<void> {
  await tx.insertInto('draft_verdicts').values(row).execute()
}

/** What was said to a draft, in its order. */
export async function selectDraftVerdicts(
  queries: Queries,
  draft: string,
): Promise<readonly DraftVerdictRow[]> {
  return await queries
    .selectFrom('draft_verdicts')
    .selectAll()
    .where('draft', '=', draft)
    .orderBy('position')
    .execute()
}

/** The draft that was last published about something; undefined where none was. */
export async function selectLastPublished(
  queries: Queries,
  { project, environment, kind, subject }: DraftSubject,
): Promise<DraftRow | undefined> {
  return await queries
    .selectFrom('drafts')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('closed_as', '=', 'published')
    .orderBy('closed_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** A flag or segment. */
export interface NamedSubject {
  readonly kind: 'flag' | 'segment'
  readonly key: string
}

/** What changed when, as the audit chain of a project has it. */
export interface AuthorsSince {
  readonly chain: string
  readonly environment: string
  readonly after: Date
}

/** The people who made or changed what these serve in an environment; a new name or owner serves nothing. */
export async function selectSubjectAuthors(
  queries: Queries,
  subjects: readonly NamedSubject[],
  { chain, environment, after }: AuthorsSince,
): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('audit_entries')
    .select('actor_id')
    .distinct()
    .where('chain', '=', chain)
    .where('actor_kind', '=', 'person')
    .where('at', '>', after)
    .where((it) => it.or(subjects.map(({ kind, key }) => it.and({ subject_kind: kind, subject_id: key }))))
    .where((it) =>
      it.or([
        it('action', 'in', ['flag.create', 'segment.create']),
        it.and([
          it('action', '=', 'flag.change'),
          sql<boolean>`before -> 'variants' is distinct from after -> 'variants'`,
        ]),
        it.and([
          it('action', 'in', ['flag.configure', 'segment.change']),
          sql<boolean>`after ->> 'environment' = ${environment}`,
        ]),
      ]),
    )
    .execute()
  return rows.map((it) => it.actor_id)
}
