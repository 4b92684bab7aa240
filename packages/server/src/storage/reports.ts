/**
 * Queries on reports.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { ReportTables } from './tables/report.ts'

export type ReportRow = Selectable<ReportTables['reports']>

/** Stores a report; the earlier one where it is the same. */
export async function insertReport(
  tx: Tx,
  row: Insertable<ReportTables['reports']>,
): Promise<{ readonly row: ReportRow; readonly isNew: boolean }> {
  const made = await tx
    .insertInto('reports')
    .values(row)
    .onConflict((conflict) => conflict.columns(['project', 'dedup_key']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (made !== undefined) return { row: made, isNew: true }
  const known = await tx
    .selectFrom('reports')
    .selectAll()
    .where('project', '=', row.project)
    .where('dedup_key', '=', row.dedup_key ?? '')
    .executeTakeFirstOrThrow()
  return { row: known, isNew: false }
}

/** What to list. */
export interface ReportQuery {
  readonly feature?: string
  readonly kind?: ReportRow['kind']
  readonly severity?: ReportRow['severity']
  readonly open?: boolean
  readonly limit: number
}

/** The reports of a project, newest first. */
export async function selectReports(
  queries: Queries,
  project: string,
  { feature, kind, severity, open, limit }: ReportQuery,
): Promise<readonly ReportRow[]> {
  return await queries
    .selectFrom('reports')
    .selectAll()
    .where('project', '=', project)
    .$if(feature !== undefined, (query) => query.where('feature', '=', feature ?? ''))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'incident'))
    .$if(severity !== undefined, (query) => query.where('severity', '=', severity ?? 'minor'))
    .$if(open !== undefined, (query) => query.where('resolved_at', open === true ? 'is' : 'is not', null))
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** What matters to a rollout of a feature: open issues about it, open incidents that name none, its feedback. */
export async function selectReportsFor(
  queries: Queries,
  { project, feature }: { readonly project: string; readonly feature: string },
  since: Date | undefined,
): Promise<readonly ReportRow[]> {
  return await queries
    .selectFrom('reports')
    .selectAll()
    .where('project', '=', project)
    .where((where) =>
      where.or([
        where.and([
          where('resolved_at', 'is', null),
          where('kind', '<>', 'feedback'),
          where('feature', '=', feature),
        ]),
        where.and([
          where('resolved_at', 'is', null),
          where('kind', '=', 'incident'),
          where('feature', 'is', null),
        ]),
        ...(since === undefined
          ? []
          : [
              where.and([
                where('kind', '=', 'feedback'),
                where('feature', '=', feature),
                where('at', '>=', since),
              ]),
            ]),
      ]),
    )
    .orderBy('at')
    .orderBy('id')
    .execute()
}

/** One report, locked. */
export async function lockReport(tx: Tx, project: string, id: string): Promise<ReportRow | undefined> {
  return await tx
    .selectFrom('reports')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** The newest of those whose key begins so, locked. */
export async function lockLatestReport(
  tx: Tx,
  project: string,
  prefix: string,
): Promise<ReportRow | undefined> {
  return await tx
    .selectFrom('reports')
    .selectAll()
    .where('project', '=', project)
    .where(sql<boolean>`starts_with(dedup_key, ${prefix})`)
    .orderBy('at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
}

/** Says when it was over. */
export async function updateResolved(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.updateTable('reports').set({ resolved_at: at }).where('id', '=', id).execute()
}

/** Reports of the last hour about features that are not over, oldest first: what may set a rollback off. */
export async function selectRecentReports(queries: Queries): Promise<readonly ReportRow[]> {
  return await queries
    .selectFrom('reports')
    .selectAll()
    .where('resolved_at', 'is', null)
    .where('feature', 'is not', null)
    .where('kind', '<>', 'feedback')
    .where('at', '>', sql<Date>`now() - interval '1 hour'`)
    .orderBy('at')
    .limit(200)
    .execute()
}
