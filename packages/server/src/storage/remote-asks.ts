/** Queries on values that were asked over OFREP. */
import { sql } from 'kysely'

import type { Queries } from './database.ts'
import type { FlagConfigKey } from './flags.ts'

/** In place of a flag: all of the environment were asked for at once. */
export const ALL_FLAGS = ''

/** How often a flag was asked for, since the last time that this was written. */
export interface Ask extends FlagConfigKey {
  readonly n: number
}

/** Adds to the counts of the present minute; a flag may be named several times. */
export async function addAsks(queries: Queries, asks: readonly Ask[]): Promise<void> {
  if (asks.length === 0) return
  await sql`
    insert into remote_asks as stored (project, environment, flag, minute_end, n, last_at)
    select project, environment, flag, date_trunc('minute', now()) + interval '1 minute', sum(n), now()
    from jsonb_to_recordset(${JSON.stringify(asks)}::jsonb) as incoming (
      project text, environment text, flag text, n bigint)
    group by project, environment, flag
    order by project, environment, flag
    on conflict (project, environment, flag, minute_end) do update set
      n = stored.n + excluded.n, last_at = excluded.last_at`.execute(queries)
}

/** How often a flag was asked for, alone or with all, between two moments, by minutes, and when last; null for never. */
export async function selectAsks(
  queries: Queries,
  { project, environment, flag }: FlagConfigKey,
  between: { readonly from: Date; readonly to: Date },
): Promise<{ readonly n: number; readonly lastAt: Date | null }> {
  return await queries
    .selectFrom('remote_asks')
    .select([sql<number>`coalesce(sum(n), 0)::bigint`.as('n'), sql<Date | null>`max(last_at)`.as('lastAt')])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', 'in', [flag, ALL_FLAGS])
    .where('minute_end', '>', between.from)
    .where('minute_end', '<=', sql<Date>`${between.to}::timestamptz + interval '1 minute'`)
    .executeTakeFirstOrThrow()
}
