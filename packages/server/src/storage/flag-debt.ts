/** What is asked of every flag that a feature has: how its newest run ended, and when it was to go. */
import { sql } from 'kysely'

import type { Queries } from './database.ts'

/** A flag with the newest run of the feature that it belongs to. */
export interface FlagEnd {
  readonly feature: string
  readonly flag: string
  readonly owner: string
  readonly run: string
  /** Parts of the run's document, as they are stored; null where it has none. */
  readonly abort: unknown
  readonly life: unknown
  readonly enabled_in: readonly string[]
  /** Places in the code, of all repositories. */
  readonly places: number
}

/** One for each feature of a project that has had a run, in one statement. */
export async function selectFlagEnds(queries: Queries, project: string): Promise<readonly FlagEnd[]> {
  const { rows } = await sql<FlagEnd>`
    select features.key as feature, flags.key as flag, flags.owner, latest.id as run, latest.abort, latest.life,
      array(
        select served.environment from flag_configs served
        join environments on environments.project = served.project and environments.key = served.environment
        where served.project = flags.project and served.flag = flags.key and served.enabled
        order by environments.position) as enabled_in,
      (select coalesce(sum(jsonb_array_length(refs)), 0)::int from code_references
        where project = flags.project and flag = flags.key) as places
    from features
    join flags on flags.project = features.project and flags.key = features.flag
    cross join lateral (
      select id, run -> 'abort' as abort, run #> '{steps,0,output,life}' as life from procedure_runs
      where project = features.project and feature = features.key and procedure = 'feature-flag-rollout'
      order by started_at desc, id desc limit 1) latest
    where features.project = ${project}
    order by features.key`.execute(queries)
  return rows
}
