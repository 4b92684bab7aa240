/**
 * Queries on segments and their lists in each environment.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable, Updateable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { FlagTables } from './tables/flag.ts'

export type SegmentRow = Selectable<FlagTables['segments']>
export type SegmentConfigRow = Selectable<FlagTables['segment_configs']>

/** Names one segment in one environment. */
export interface SegmentConfigKey {
  readonly project: string
  readonly environment: string
  readonly segment: string
}

/** Stores a segment; false when its key is taken. */
export async function insertSegment(tx: Tx, row: Insertable<FlagTables['segments']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('segments')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Stores what a new segment is in each environment. */
export async function insertSegmentConfigs(
  tx: Tx,
  rows: readonly Insertable<FlagTables['segment_configs']>[],
): Promise<void> {
  if (rows.length > 0)
    await tx
      .insertInto('segment_configs')
      .values([...rows])
      .execute()
}

/** The segments of a project, by key. */
export async function selectSegments(queries: Queries, project: string): Promise<readonly SegmentRow[]> {
  return await queries
    .selectFrom('segments')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .execute()
}

/** One segment. */
export async function selectSegment(
  queries: Queries,
  project: string,
  key: string,
): Promise<SegmentRow | undefined> {
  return await queries
    .selectFrom('segments')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', key)
    .executeTakeFirst()
}

/** What one segment is in every environment, in their order. */
export async function selectSegmentConfigs(
  queries: Queries,
  project: string,
  segment: string,
): Promise<readonly SegmentConfigRow[]> {
  return await queries
    .selectFrom('segment_configs')
    .innerJoin('environments', (join) =>
      join
        .onRef('environments.project', '=', 'segment_configs.project')
        .onRef('environments.key', '=', 'segment_configs.environment'),
    )
    .selectAll('segment_configs')
    .where('segment_configs.project', '=', project)
    .where('segment', '=', segment)
    .orderBy('environments.position')
    .execute()
}

/** A segment in an environment, with the lengths of its lists in their place. */
export type SegmentSummaryRow = Omit<SegmentConfigRow, 'include' | 'exclude'> & {
  readonly included: number
  readonly excluded: number
}

/** What all segments of a project are in every environment, without their lists. */
export async function selectSegmentSummaries(
  queries: Queries,
  project: string,
): Promise<readonly SegmentSummaryRow[]> {
  return await queries
    .selectFrom('segment_configs')
    .innerJoin('environments', (join) =>
      join
        .onRef('environments.project', '=', 'segment_configs.project')
        .onRef('environments.key', '=', 'segment_configs.environment'),
    )
    .select([
      'segment_configs.project',
      'segment_configs.environment',
      'segment_configs.segment',
      'segment_configs.condition',
      'segment_configs.revision',
      'segment_configs.environment_revision',
      sql<number>`cardinality(include)`.as('included'),
      sql<number>`cardinality(exclude)`.as('excluded'),
    ])
    .where('segment_configs.project', '=', project)
    .orderBy('environments.position')
    .execute()
}

/** A segment in one environment, locked until the transaction ends. */
export async function lockSegmentConfig(
  tx: Tx,
  { project, environment, segment }: SegmentConfigKey,
): Promise<SegmentConfigRow | undefined> {
  return await tx
    .selectFrom('segment_configs')
    .selectAll()
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('segment', '=', segment)
    .forUpdate()
    .executeTakeFirst()
}

/** Changes a segment in one environment and counts its revision there. */
export async function updateSegmentConfig(
  tx: Tx,
  { project, environment, segment }: SegmentConfigKey,
  change: Updateable<FlagTables['segment_configs']>,
): Promise<SegmentConfigRow> {
  return await tx
    .updateTable('segment_configs')
    .set({ ...change, revision: sql`revision + 1` })
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('segment', '=', segment)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The conditions of all segments of an environment, by key: what their nesting is checked with. */
export async function selectConditions(
  queries: Queries,
  project: string,
  environment: string,
): Promise<readonly Pick<SegmentConfigRow, 'segment' | 'condition'>[]> {
  return await queries
    .selectFrom('segment_configs')
    .select(['segment', 'condition'])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .execute()
}
