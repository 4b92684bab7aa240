/**
 * What an environment serves, as of one moment: the query behind snapshots and patches.
 */
import type { Condition, Flag, Segment } from '@flagmarshal/evaluation'
import { sql } from 'kysely'

import type { Queries } from './database.ts'

/** Names one environment. */
export interface EnvironmentKey {
  readonly project: string
  readonly environment: string
}

/** What changed after a revision, and the revision that this leads to. */
export interface Changes {
  readonly revision: number
  /** The time of the database. */
  readonly at: Date
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}

/**
 * Everything that changed in an environment after revision `after`, -1 for all there is; undefined if
 * there is no such environment. One statement, so that the revision and the rows belong to the same moment. A flag or segment is never
 * removed in this version, so changes are all there is to know.
 */
export async function selectChanges(
  queries: Queries,
  { project, environment }: EnvironmentKey,
  after: number,
): Promise<Changes | undefined> {
  const answer = await sql<Omit<Changes, 'segments'> & { readonly segments: readonly SegmentRow[] }>`
    select
      coalesce((
        select revision from environment_revisions
        where project = ${project} and environment = ${environment}
      ), 0) as revision,
      now() as at,
      coalesce((
        select json_agg(json_build_object(
          'key', flags.key,
          'kind', flags.kind,
          'valueType', flags.value_type,
          'variants', flags.variants,
          'enabled', configs.enabled,
          'offVariant', configs.off_variant,
          'prerequisites', configs.prerequisites,
          'rules', configs.rules,
          'fallthrough', configs.fallthrough
        ) order by flags.key)
        from flag_configs configs
        join flags on flags.project = configs.project and flags.key = configs.flag
        where configs.project = ${project} and configs.environment = ${environment}
          and configs.environment_revision > ${after}
      ), '[]') as flags,
      coalesce((
        select json_agg(json_build_object(
          'key', segment,
          'when', condition,
          'include', include,
          'exclude', exclude
        ) order by segment)
        from segment_configs
        where project = ${project} and environment = ${environment}
          and environment_revision > ${after}
      ), '[]') as segments
    from environments
    where environments.project = ${project} and environments.key = ${environment}`.execute(queries)
  const changes = answer.rows[0]
  return (
    changes && {
      ...changes,
      flags: changes.flags.map(withoutEmpty),
      segments: changes.segments.map(segmentOf),
    }
  )
}

/** A segment as its row has it. */
interface SegmentRow {
  readonly key: string
  readonly when: Condition | null
  readonly include: readonly string[] | null
  readonly exclude: readonly string[] | null
}

/** Without what it does not have. Not `json_strip_nulls` for that: a null inside a condition means something. */
function segmentOf({ key, when, include, exclude }: SegmentRow): Segment {
  return {
    key,
    ...(when === null ? {} : { when }),
    ...(include === null ? {} : { include }),
    ...(exclude === null ? {} : { exclude }),
  }
}

/** A flag without prerequisites has no such member: most have none, and a snapshot holds thousands. */
function withoutEmpty(flag: Flag): Flag {
  if (flag.prerequisites === undefined || flag.prerequisites.length > 0) return flag
  const { prerequisites: _, ...rest } = flag
  return rest
}

/** The revisions of all environments that exist; 0 for one that nothing has changed yet. */
export async function selectRevisions(
  queries: Queries,
): Promise<readonly (EnvironmentKey & { readonly revision: number })[]> {
  return await queries
    .selectFrom('environments')
    .leftJoin('environment_revisions', (join) =>
      join
        .onRef('environment_revisions.project', '=', 'environments.project')
        .onRef('environment_revisions.environment', '=', 'environments.key'),
    )
    .select([
      'environments.project',
      'environments.key as environment',
      sql<number>`coalesce(environment_revisions.revision, 0)`.as('revision'),
    ])
    .execute()
}
