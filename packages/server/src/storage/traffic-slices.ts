/**
 * Queries on the traffic that was not exposed, by minutes and slices of the targeting keys.
 */
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'

/** Unexposed requests of one variant in one minute: an entry for each slice. */
export interface SliceCount {
  readonly flag: string
  readonly variant: string
  readonly n: readonly number[]
  readonly bad: readonly number[]
  readonly slow: readonly number[]
}

/** Adds to the minute, for flags that a feature has; each flag and variant once. */
export async function addSlices(
  tx: Tx,
  { project, environment }: EnvironmentKey,
  minuteEnd: Date,
  counts: readonly SliceCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into traffic_slices as stored (project, environment, flag, variant, minute_end, n, bad, slow)
    select ${project}, ${environment}, flag, variant, ${minuteEnd}::timestamptz, n, bad, slow
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (
      flag text, variant text, n double precision[], bad double precision[], slow double precision[])
    where exists (select 1 from features where features.project = ${project} and features.flag = incoming.flag)
    order by flag, variant
    on conflict (project, environment, flag, variant, minute_end) do update set
      n = add_each(stored.n, excluded.n), bad = add_each(stored.bad, excluded.bad),
      slow = add_each(stored.slow, excluded.slow)`.execute(tx)
}

/** One minute of the history. */
export interface SliceMinute {
  readonly end: Date
  readonly n: readonly number[]
  readonly bad: readonly number[]
  readonly slow: readonly number[]
}

/** The minutes that end after `from` and not after `to`, in order; minutes without a request are absent. */
export async function selectSlices(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string; readonly variant: string },
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly SliceMinute[]> {
  return await queries
    .selectFrom('traffic_slices')
    .select(['minute_end as end', 'n', 'bad', 'slow'])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('variant', '=', key.variant)
    .where('minute_end', '>', from)
    .where('minute_end', '<=', to)
    .orderBy('minute_end')
    .execute()
}

/** Deletes what is older than three days: one to observe, one to replay, one to spare. */
export async function deleteOldSlices(queries: Queries): Promise<void> {
  await sql`delete from traffic_slices where minute_end < now() - interval '3 days'`.execute(queries)
}
