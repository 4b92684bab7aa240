/** Queries on what each instance has served of a flag. */
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { ExerciseTables } from './tables/exercise.ts'
import type { UsageCount } from './telemetry.ts'

export type InstanceUsageRow = Selectable<ExerciseTables['instance_usage']>

/** Adds what an instance has reported. */
export async function addInstanceUsage(
  tx: Tx,
  { project, environment, instance }: EnvironmentKey & { readonly instance: string },
  counts: readonly UsageCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into instance_usage as stored
      (project, environment, instance, flag, variant, n, bad, slow, first_at, last_at)
    select ${project}, ${environment}, ${instance}, flag, variant, sum(n), sum(bad), sum(slow), now(), now()
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (
      flag text, variant text, n bigint, bad bigint, slow bigint)
    group by flag, variant
    order by flag, variant
    on conflict (project, environment, flag, instance, variant) do update set
      n = stored.n + excluded.n, bad = stored.bad + excluded.bad, slow = stored.slow + excluded.slow,
      last_at = excluded.last_at`.execute(tx)
}

/** What the instances of an environment have served of a flag since a moment. */
export async function selectInstanceUsage(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string },
  since: Date,
): Promise<readonly InstanceUsageRow[]> {
  return await queries
    .selectFrom('instance_usage')
    .selectAll()
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('last_at', '>=', since)
    .orderBy('instance')
    .orderBy('variant')
    .execute()
}

/** What instances have served of a flag in the last hour, and where. */
export async function selectServed(
  queries: Queries,
  project: string,
  flag: string,
): Promise<readonly { readonly environment: string; readonly variant: string }[]> {
  return await queries
    .selectFrom('instance_usage')
    .select(['environment', 'variant'])
    .distinct()
    .where('project', '=', project)
    .where('flag', '=', flag)
    .where('last_at', '>', sql<Date>`now() - interval '1 hour'`)
    .orderBy('environment')
    .orderBy('variant')
    .execute()
}
