/**
 * Queries on features, runs and bundles.
 *
 * A run is locked after the flag it rests on and before the head of the audit chain; whoever has
 * locked a run locks no flag.
 */
import type { Condition } from '@flagmarshal/evaluation'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import { prepared } from './prepared.ts'
import type { ProcedureTables } from './tables/procedure.ts'

/** The procedure whose runs a feature's gates are about; rollbacks are runs of another one. */
const MAIN_PROCEDURE = 'feature-flag-rollout'
const ROLLBACK_PROCEDURE = 'rollback'

export type FeatureRow = Selectable<ProcedureTables['features']>
export type RunRow = Selectable<ProcedureTables['procedure_runs']>

/** Stores a feature; says which of its two names is taken. */
export async function insertFeature(
  tx: Tx,
  row: Insertable<ProcedureTables['features']>,
): Promise<'stored' | 'key-taken' | 'flag-taken'> {
  const inserted = await tx
    .insertInto('features')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return 'stored'
  return (await selectFeature(tx, row.project, row.key)) === undefined ? 'flag-taken' : 'key-taken'
}

const featuresOf = (queries: Queries, project: string) =>
  queries.selectFrom('features').selectAll().where('project', '=', project)

/** The features of a project, by key. */
export async function selectFeatures(queries: Queries, project: string): Promise<readonly FeatureRow[]> {
  return await featuresOf(queries, project).orderBy('key').execute()
}

/** One feature. */
export async function selectFeature(
  queries: Queries,
  project: string,
  key: string,
): Promise<FeatureRow | undefined> {
  return await featuresOf(queries, project).where('key', '=', key).executeTakeFirst()
}

/** One feature, locked until the transaction ends: one run begins at a time. */
export async function lockFeature(tx: Tx, project: string, key: string): Promise<FeatureRow | undefined> {
  return await featuresOf(tx, project).where('key', '=', key).forUpdate().executeTakeFirst()
}

/** The feature that stands behind a flag. */
export async function selectFeatureOfFlag(
  queries: Queries,
  project: string,
  flag: string,
): Promise<FeatureRow | undefined> {
  return await featuresOf(queries, project).where('flag', '=', flag).executeTakeFirst()
}

/** Whether one does: asked at every change of a flag. */
export async function hasFeature(queries: Queries, project: string, flag: string): Promise<boolean> {
  return (await selectingKey(queries, { project, flag })).length > 0
}

const selectingKey = prepared((queries, { project, flag }: Record<'project' | 'flag', string>) =>
  queries.selectFrom('features').select('key').where('project', '=', project).where('flag', '=', flag),
)

/** Stores a new run. */
export async function insertRun(tx: Tx, row: Insertable<ProcedureTables['procedure_runs']>): Promise<void> {
  await tx.insertInto('procedure_runs').values(row).execute()
}

const runsOf = (queries: Queries, project: string) =>
  queries.selectFrom('procedure_runs').selectAll().where('project', '=', project)

/** One run of a project. */
export async function selectRun(queries: Queries, project: string, id: string): Promise<RunRow | undefined> {
  return await runsOf(queries, project).where('id', '=', id).executeTakeFirst()
}

/** One run, locked until the transaction ends. */
export async function lockRun(tx: Tx, project: string, id: string): Promise<RunRow | undefined> {
  return await runsOf(tx, project).where('id', '=', id).forUpdate().executeTakeFirst()
}

/** The runs of a feature, newest first. */
export async function selectRuns(
  queries: Queries,
  project: string,
  feature: string,
): Promise<readonly Pick<RunRow, 'id' | 'state' | 'started_at'>[]> {
  return await queries
    .selectFrom('procedure_runs')
    .select(['id', 'state', 'started_at'])
    .where('project', '=', project)
    .where('feature', '=', feature)
    .where('procedure', '=', MAIN_PROCEDURE)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** The newest run of a feature: the one that its gates are about. */
export async function selectLatestRun(
  queries: Queries,
  project: string,
  feature: string,
): Promise<RunRow | undefined> {
  return await newestRun(queries, { project, feature, procedure: MAIN_PROCEDURE })
}

/** The newest rollback of a feature; undefined where there was none. */
export async function selectLatestRollback(
  queries: Queries,
  project: string,
  feature: string,
): Promise<RunRow | undefined> {
  return await newestRun(queries, { project, feature, procedure: ROLLBACK_PROCEDURE })
}

async function newestRun(
  queries: Queries,
  { project, feature, procedure }: Record<'project' | 'feature' | 'procedure', string>,
): Promise<RunRow | undefined> {
  return await runsOf(queries, project)
    .where('feature', '=', feature)
    .where('procedure', '=', procedure)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The newest run of each feature of a project, by the key of the feature. */
export async function selectLatestRuns(
  queries: Queries,
  project: string,
): Promise<ReadonlyMap<string, Pick<RunRow, 'id' | 'state'>>> {
  const rows = await queries
    .selectFrom('procedure_runs')
    .select(['feature', 'id', 'state'])
    .where('project', '=', project)
    .where('procedure', '=', MAIN_PROCEDURE)
    .distinctOn('feature')
    .orderBy('feature')
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return new Map(rows.map(({ feature, ...run }) => [feature, run]))
}

/** The rollbacks of a project, of one feature where it is named, newest first. */
export async function selectRollbacks(
  queries: Queries,
  project: string,
  feature: string | undefined,
): Promise<readonly { readonly feature: FeatureRow; readonly run: RunRow }[]> {
  const runs = await runsOf(queries, project)
    .where('procedure', '=', ROLLBACK_PROCEDURE)
    .$if(feature !== undefined, (query) => query.where('feature', '=', feature ?? ''))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
  return withFeatures(runs, await selectFeatures(queries, project))
}

function withFeatures(
  runs: readonly RunRow[],
  features: readonly FeatureRow[],
): readonly { readonly feature: FeatureRow; readonly run: RunRow }[] {
  return runs.flatMap((run) => {
    const feature = features.find((it) => it.project === run.project && it.key === run.feature)
    return feature === undefined ? [] : [{ feature, run }]
  })
}

/** The newest run of each feature, unless it was aborted. */
export async function selectRunsUnderWay(
  queries: Queries,
): Promise<readonly { readonly project: string; readonly run: string }[]> {
  const rows = await queries
    .selectFrom('procedure_runs')
    .select(['project', 'id', 'state'])
    .where('procedure', '=', MAIN_PROCEDURE)
    .distinctOn(['project', 'feature'])
    .orderBy('project')
    .orderBy('feature')
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.filter((it) => it.state !== 'aborted').map((it) => ({ project: it.project, run: it.id }))
}

/** The newest run of every feature, with the feature, where that run is under way; of all projects. */
export async function selectUnderWay(
  queries: Queries,
): Promise<readonly { readonly feature: FeatureRow; readonly run: RunRow }[]> {
  const runs = await queries
    .selectFrom((it) =>
      it
        .selectFrom('procedure_runs')
        .selectAll()
        .where('procedure', '=', MAIN_PROCEDURE)
        .distinctOn(['project', 'feature'])
        .orderBy('project')
        .orderBy('feature')
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .as('newest'),
    )
    .selectAll()
    .where('state', 'not in', ['completed', 'aborted'])
    .execute()
  return withFeatures(runs, await queries.selectFrom('features').selectAll().execute())
}

/** Stores what became of a run. */
export async function updateRun(
  tx: Tx,
  id: string,
  change: Pick<RunRow, 'state' | 'revision' | 'updated_at'> & { readonly run: string },
): Promise<void> {
  await tx.updateTable('procedure_runs').set(change).where('id', '=', id).execute()
}

/** Keeps a bundle; the same one again changes nothing. */
export async function insertBundle(tx: Tx, row: Insertable<ProcedureTables['bundles']>): Promise<void> {
  await tx
    .insertInto('bundles')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** A bundle by its hash. */
export async function selectBundle(
  queries: Queries,
  run: string,
  hash: string,
): Promise<{ readonly content: unknown } | undefined> {
  return await queries
    .selectFrom('bundles')
    .select('content')
    .where('run', '=', run)
    .where('hash', '=', hash)
    .executeTakeFirst()
}

/** The people who made or changed a flag after a time, as the audit chain says; kills are no change. */
export async function selectFlagAuthors(
  queries: Queries,
  flag: { readonly chain: string; readonly flag: string },
  after: Date,
): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('audit_entries')
    .select('actor_id')
    .distinct()
    .where('chain', '=', flag.chain)
    .where('subject_kind', '=', 'flag')
    .where('subject_id', '=', flag.flag)
    .where('actor_kind', '=', 'person')
    .where('action', 'in', ['flag.create', 'flag.change', 'flag.configure'])
    .where('at', '>', after)
    .execute()
  return rows.map((it) => it.actor_id)
}

/** How many server keys of a project are valid. */
export async function countServerKeys(queries: Queries, project: string, now: Date): Promise<number> {
  const { count } = await queries
    .selectFrom('tokens')
    .select((it) => it.fn.countAll<number>().as('count'))
    .where('project', '=', project)
    .where('kind', '=', 'server')
    .where('revoked_at', 'is', null)
    .where((it) => it.or([it('expires_at', 'is', null), it('expires_at', '>', now)]))
    .executeTakeFirstOrThrow()
  return count
}

/** The segments of a project in every environment; without their lists unless asked for. */
export async function selectSegmentsEverywhere(
  queries: Queries,
  project: string,
  members: boolean,
): Promise<readonly SegmentEverywhere[]> {
  const query = queries
    .selectFrom('segment_configs')
    .select(['environment', 'segment', 'condition'])
    .where('project', '=', project)
    .orderBy('segment')
  if (!members) return await query.execute()
  return await query.select(['include', 'exclude']).execute()
}

export interface SegmentEverywhere {
  readonly environment: string
  readonly segment: string
  readonly condition: Condition | null
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}
