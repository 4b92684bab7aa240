/** When each flag was evaluated last, by SDKs that counted it and by clients that asked for it. */
import { sql } from 'kysely'

import type { Queries } from './database.ts'

/**
 * The last evaluation of each flag of a project that is still kept, 30 days; flags without one are
 * left out. One look into an index for each flag, environment and variant, however long the history.
 */
export async function selectLastEvaluated(
  queries: Queries,
  project: string,
): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await sql<{ flag: string; at: Date }>`
    with places as (
      select flags.key as flag, environments.key as environment, flags.variants
      from flags join environments on environments.project = flags.project
      where flags.project = ${project})
    select flag, least(max(at), now()) as at from (
      select places.flag, latest.at
      from places
      cross join lateral jsonb_object_keys(places.variants) as of(variant)
      cross join lateral (
        select minute_end as at from usage_minutes
        where project = ${project} and environment = places.environment and flag = places.flag
          and variant = of.variant
        order by minute_end desc limit 1) latest
      union all
      select places.flag, latest.at
      from places
      cross join lateral (
        select last_at as at from remote_asks
        where project = ${project} and environment = places.environment and flag = places.flag
        order by minute_end desc limit 1) latest
    ) evaluated
    group by flag`.execute(queries)
  return new Map(rows.map((it) => [it.flag, it.at]))
}

/** When a flag was last counted in an environment; undefined for not in the 30 days that are kept. */
export async function selectLastCounted(
  queries: Queries,
  {
    project,
    environment,
    flag,
  }: { readonly project: string; readonly environment: string; readonly flag: string },
): Promise<Date | undefined> {
  const row = await queries
    .selectFrom('usage_minutes')
    .select('minute_end')
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .orderBy('minute_end', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.minute_end
}
