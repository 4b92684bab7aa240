/** Queries on what pages have used. */
import { sql } from 'kysely'

import type { Queries } from './database.ts'
import type { FlagConfigKey } from './flags.ts'

/** In place of a variant: the default of the code. */
export const CODE_DEFAULT = ''

/** How many people looked at a variant, since the last time that this was written. */
export interface Exposed extends FlagConfigKey {
  readonly variant: string
  readonly n: number
}

/** Adds to the counts of the present minute. */
export async function addExposures(queries: Queries, exposures: readonly Exposed[]): Promise<void> {
  if (exposures.length === 0) return
  await sql`
    insert into browser_exposures as stored (project, environment, flag, variant, minute_end, n)
    select project, environment, flag, variant, date_trunc('minute', now()) + interval '1 minute', n
    from jsonb_to_recordset(${JSON.stringify(exposures)}::jsonb) as incoming (
      project text, environment text, flag text, variant text, n bigint)
    order by project, environment, flag, variant
    on conflict (project, environment, flag, variant, minute_end) do update set
      n = stored.n + excluded.n`.execute(queries)
}

/** What was used of a flag since a moment, most used first; the variant is null for the default of the code. */
export async function selectExposures(
  queries: Queries,
  { project, environment, flag }: FlagConfigKey,
  since: Date,
): Promise<readonly { readonly variant: string | null; readonly n: number }[]> {
  return await queries
    .selectFrom('browser_exposures')
    .select([
      sql<string | null>`nullif(variant, ${CODE_DEFAULT})`.as('variant'),
      sql<number>`sum(n)::bigint`.as('n'),
    ])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .where('minute_end', '>', since)
    .groupBy('variant')
    .orderBy('n', 'desc')
    .execute()
}

/** Forgets counts of more than 30 days ago. */
export async function deleteOldExposures(queries: Queries): Promise<void> {
  await sql`delete from browser_exposures where minute_end < now() - interval '30 days'`.execute(queries)
}
