/**
 * Queries on flags and what each environment serves of them.
 *
 * Locks are taken in one order: the flag's definition, its configurations by environment, the
 * environments' revisions, the head of the audit chain.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable, Updateable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import { prepared } from './prepared.ts'
import type { FlagTables } from './tables/flag.ts'

export type FlagRow = Selectable<FlagTables['flags']>
export type FlagConfigRow = Selectable<FlagTables['flag_configs']>

/** Names one configuration. */
export interface FlagConfigKey {
  readonly project: string
  readonly environment: string
  readonly flag: string
}

type Places = Record<keyof FlagConfigKey, string>

/** The channel that announces a new revision: `{project, environment, revision}` as JSON. */
export const REVISION_CHANNEL = 'flagmarshal_revision'

/** Stores a flag; false when its key is taken. */
export async function insertFlag(tx: Tx, row: Insertable<FlagTables['flags']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('flags')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Stores the configurations of a new flag. */
export async function insertFlagConfigs(
  tx: Tx,
  rows: readonly Insertable<FlagTables['flag_configs']>[],
): Promise<void> {
  if (rows.length > 0)
    await tx
      .insertInto('flag_configs')
      .values([...rows])
      .execute()
}

/** The flags of a project, by key. */
export async function selectFlags(queries: Queries, project: string): Promise<readonly FlagRow[]> {
  return await queries.selectFrom('flags').selectAll().where('project', '=', project).orderBy('key').execute()
}

/** One flag. */
export async function selectFlag(
  queries: Queries,
  project: string,
  key: string,
): Promise<FlagRow | undefined> {
  return await queries
    .selectFrom('flags')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .executeTakeFirst()
}

/** One flag, locked until the transaction ends. */
export async function lockFlag(tx: Tx, project: string, key: string): Promise<FlagRow | undefined> {
  return await tx
    .selectFrom('flags')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst()
}

/** One flag, kept as it is until the transaction ends; others may do the same. */
export async function shareFlag(tx: Tx, project: string, key: string): Promise<FlagRow | undefined> {
  return await tx
    .selectFrom('flags')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .forShare()
    .executeTakeFirst()
}

/** Changes a flag's definition and counts its revision. */
export async function updateFlag(
  tx: Tx,
  project: string,
  key: string,
  change: Updateable<FlagTables['flags']>,
): Promise<FlagRow> {
  return await tx
    .updateTable('flags')
    .set({ ...change, revision: sql`revision + 1` })
    .where('project', '=', project)
    .where('key', '=', key)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What the environments of a project serve: of one flag or of all, by environment in its order. */
export async function selectFlagConfigs(
  queries: Queries,
  project: string,
  flag?: string,
): Promise<readonly FlagConfigRow[]> {
  return await queries
    .selectFrom('flag_configs')
    .innerJoin('environments', (join) =>
      join
        .onRef('environments.project', '=', 'flag_configs.project')
        .onRef('environments.key', '=', 'flag_configs.environment'),
    )
    .selectAll('flag_configs')
    .where('environments.archived_at', 'is', null)
    .where('flag_configs.project', '=', project)
    .$if(flag !== undefined, (query) => query.where('flag', '=', flag ?? ''))
    .orderBy('environments.position')
    .execute()
}

/** Everything that one environment serves, by flag. */
export async function selectEnvironmentConfigs(
  queries: Queries,
  project: string,
  environment: string,
): Promise<readonly FlagConfigRow[]> {
  return await queries
    .selectFrom('flag_configs')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .orderBy('flag')
    .execute()
}

/** One configuration. */
export async function selectFlagConfig(
  queries: Queries,
  { project, environment, flag }: FlagConfigKey,
): Promise<FlagConfigRow | undefined> {
  return await queries
    .selectFrom('flag_configs')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .executeTakeFirst()
}

/** One configuration, locked until the transaction ends. */
export async function lockFlagConfig(
  tx: Tx,
  { project, environment, flag }: FlagConfigKey,
): Promise<FlagConfigRow | undefined> {
  return await tx
    .selectFrom('flag_configs')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .forUpdate()
    .executeTakeFirst()
}

/** A configuration that is about to be replaced, with what the new one is checked against. */
export interface EditedConfigRow extends FlagConfigRow {
  readonly value_type: FlagRow['value_type']
  readonly variants: FlagRow['variants']
  /** The segments that it may name. */
  readonly segments: readonly string[]
  readonly archived_at: Date | null
  /** Whether its environment is protected. */
  readonly protected: boolean
}

/** One configuration, locked until the transaction ends; its flag is kept as it is, and others may do the same. */
export async function lockEditedConfig(tx: Tx, key: FlagConfigKey): Promise<EditedConfigRow | undefined> {
  const [row] = await lockingEdited(tx, { ...key })
  return row
}

const lockingEdited = prepared((queries, { project, environment, flag }: Places) =>
  queries
    .selectFrom('flag_configs')
    .innerJoin('flags', (join) =>
      join.onRef('flags.project', '=', 'flag_configs.project').onRef('flags.key', '=', 'flag_configs.flag'),
    )
    .innerJoin('environments', (join) =>
      join
        .onRef('environments.project', '=', 'flag_configs.project')
        .onRef('environments.key', '=', 'flag_configs.environment'),
    )
    .selectAll('flag_configs')
    .select([
      'flags.value_type',
      'flags.variants',
      'flags.archived_at',
      'environments.protected',
      sql<string[]>`array(select segment from segment_configs as segments
        where segments.project = flag_configs.project and segments.environment = flag_configs.environment)`.as(
        'segments',
      ),
    ])
    .where('flag_configs.project', '=', project)
    .where('flag_configs.environment', '=', environment)
    .where('flag_configs.flag', '=', flag)
    .where('environments.archived_at', 'is', null)
    .forShare('flags')
    .forUpdate('flag_configs'),
)

/** The configurations of one flag in every environment, locked until the transaction ends. */
export async function lockFlagConfigs(
  tx: Tx,
  project: string,
  flag: string,
): Promise<readonly FlagConfigRow[]> {
  return await tx
    .selectFrom('flag_configs')
    .selectAll()
    .where('project', '=', project)
    .where('flag', '=', flag)
    .orderBy('environment')
    .forUpdate()
    .execute()
}

/** Changes a configuration and counts its revision. */
export async function updateFlagConfig(
  tx: Tx,
  { project, environment, flag }: FlagConfigKey,
  change: Updateable<FlagTables['flag_configs']>,
): Promise<FlagConfigRow> {
  return await tx
    .updateTable('flag_configs')
    .set({ ...change, revision: sql`revision + 1` })
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Marks a configuration as part of an environment's revision without changing it: the flag's variants did. */
export async function touchFlagConfig(
  tx: Tx,
  { project, environment, flag }: FlagConfigKey,
  environmentRevision: number,
): Promise<void> {
  await tx
    .updateTable('flag_configs')
    .set({ environment_revision: environmentRevision })
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .execute()
}

/**
 * Counts the revision of an environment and announces it when the transaction commits. The row stays
 * locked until then, so revisions become visible in their order.
 */
export async function bumpRevision(tx: Tx, project: string, environment: string): Promise<number> {
  const { revision } = await tx
    .with('bumped', (query) => bumping(query, project, environment))
    .selectFrom('bumped')
    .select(['revision', announcing(project, environment).as('told')])
    .executeTakeFirstOrThrow()
  return revision
}

function bumping(query: Pick<Tx, 'insertInto'>, project: string, environment: string) {
  return query
    .insertInto('environment_revisions')
    .values({ project, environment, revision: 1, changed_at: sql`now()` })
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'environment'])
        .doUpdateSet({ revision: sql`environment_revisions.revision + 1`, changed_at: sql`now()` }),
    )
    .returning('revision')
}

function announcing(project: string, environment: string) {
  return sql<void>`pg_notify(${REVISION_CHANNEL}, jsonb_build_object(
    'project', ${project}::text, 'environment', ${environment}::text, 'revision', bumped.revision)::text)`
}

/** What an environment serves of a flag, as it is stored. */
export type ServedColumns = Pick<
  Insertable<FlagTables['flag_configs']>,
  'enabled' | 'off_variant' | 'prerequisites' | 'rules' | 'fallthrough' | 'updated_at' | 'updated_by'
>

/**
 * Changes a configuration as the next revision of its environment, and counts its own: one statement,
 * because everybody else who changes something waits for the revision until the commit.
 */
export async function updateServedConfig(
  tx: Tx,
  key: FlagConfigKey,
  change: ServedColumns,
): Promise<FlagConfigRow> {
  const [updated] = await updatingServed(tx, { ...key, ...change })
  if (updated === undefined) throw new Error(`${key.flag} is not there to be changed`)
  const { told: _, ...row } = updated
  return row
}

const updatingServed = prepared(
  (queries, { project, environment, flag, ...change }: Places & ServedColumns) =>
    queries
      .with('bumped', (query) => bumping(query, project, environment))
      .updateTable('flag_configs')
      .from('bumped')
      .set({
        ...change,
        revision: sql`flag_configs.revision + 1`,
        environment_revision: sql`bumped.revision`,
      })
      .where('project', '=', project)
      .where('environment', '=', environment)
      .where('flag', '=', flag)
      .returningAll('flag_configs')
      .returning(announcing(project, environment).as('told')),
)

/** Keeps the revision of an environment, and so everything that it serves, as it is until the transaction ends. */
export async function lockRevision(tx: Tx, project: string, environment: string): Promise<void> {
  await tx
    .selectFrom('environment_revisions')
    .select('revision')
    .where('project', '=', project)
    .where('environment', '=', environment)
    .forUpdate()
    .execute()
}

/** The time of the database: that of the transaction's begin inside one. */
export async function databaseNow(queries: Queries): Promise<Date> {
  const { now } = await queries.selectNoFrom(sql<Date>`now()`.as('now')).executeTakeFirstOrThrow()
  return now
}

/** What each flag of an environment asks for, and which variants it has to give. */
export async function selectPrerequisites(
  queries: Queries,
  project: string,
  environment: string,
): Promise<readonly (Pick<FlagConfigRow, 'flag' | 'prerequisites'> & Pick<FlagRow, 'variants'>)[]> {
  return await queries
    .selectFrom('flag_configs')
    .innerJoin('flags', (join) =>
      join.onRef('flags.project', '=', 'flag_configs.project').onRef('flags.key', '=', 'flag_configs.flag'),
    )
    .select(['flag_configs.flag', 'flag_configs.prerequisites', 'flags.variants'])
    .where('flag_configs.project', '=', project)
    .where('flag_configs.environment', '=', environment)
    .execute()
}

/** Keeps others from changing prerequisites in this environment until the transaction ends: two changes, each right by itself, could make a circle. */
export async function lockPrerequisites(tx: Tx, { project, environment }: FlagConfigKey): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`prerequisites ${project}/${environment}`}, 0))`.execute(
    tx,
  )
}

/** The configurations of a project that ask for a flag. */
export async function selectAskingFor(
  queries: Queries,
  project: string,
  flag: string,
): Promise<readonly Pick<FlagConfigRow, 'flag' | 'environment' | 'prerequisites'>[]> {
  return await queries
    .selectFrom('flag_configs')
    .select(['flag', 'environment', 'prerequisites'])
    .where('project', '=', project)
    .where(sql<boolean>`prerequisites @> ${JSON.stringify([{ flag }])}::jsonb`)
    .execute()
}
