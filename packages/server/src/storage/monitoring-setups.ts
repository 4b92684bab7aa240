/** Queries on what was set up in monitoring systems, and on what was seen of it. */
import type { MonitoringSighting } from '@flagmarshal/domain/monitoring/found'
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries } from './database.ts'
import type { MonitoringTables } from './tables/monitoring.ts'

export type SetupRow = Selectable<MonitoringTables['monitoring_setups']>

/** A flag in an environment. */
export interface SetupKey {
  readonly project: string
  readonly environment: string
  readonly flag: string
}

/** Remembers what stands there now. */
export async function upsertSetup(
  queries: Queries,
  row: Omit<Insertable<MonitoringTables['monitoring_setups']>, 'at' | 'annotated_rollout' | 'annotated_seq'>,
): Promise<void> {
  const { connection, run, rules, dashboard } = row
  await queries
    .insertInto('monitoring_setups')
    .values({ ...row, at: sql`clock_timestamp()`, annotated_rollout: null, annotated_seq: 0 })
    .onConflict((conflict) =>
      conflict
        .columns(['project', 'environment', 'flag'])
        .doUpdateSet({ connection, run, rules, dashboard, at: sql`clock_timestamp()` }),
    )
    .execute()
}

/** What stands there for a flag; undefined where nothing was set up. */
export async function selectSetup(queries: Queries, key: SetupKey): Promise<SetupRow | undefined> {
  return await queries
    .selectFrom('monitoring_setups')
    .selectAll()
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .executeTakeFirst()
}

/** What was set up for a run; undefined where nothing was. */
export async function selectSetupOfRun(queries: Queries, run: string): Promise<SetupRow | undefined> {
  return await queries.selectFrom('monitoring_setups').selectAll().where('run', '=', run).executeTakeFirst()
}

/** Everything that has a dashboard. */
export async function selectDashboards(queries: Queries): Promise<readonly SetupRow[]> {
  return await queries
    .selectFrom('monitoring_setups')
    .selectAll()
    .where('dashboard', 'is not', null)
    .orderBy('project')
    .orderBy('environment')
    .orderBy('flag')
    .execute()
}

/** Notes up to which decision the dashboard is annotated. */
export async function noteAnnotated(
  queries: Queries,
  key: SetupKey,
  { rollout, seq }: { readonly rollout: string; readonly seq: number },
): Promise<void> {
  await queries
    .updateTable('monitoring_setups')
    .set({ annotated_rollout: rollout, annotated_seq: seq })
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .execute()
}

/** Keeps what was seen for a run, in place of what was seen before. */
export async function upsertSighting(
  queries: Queries,
  run: string,
  found: MonitoringSighting,
): Promise<void> {
  const values = { found: toJson(found), at: sql<Date>`clock_timestamp()` }
  await queries
    .insertInto('monitoring_sightings')
    .values({ run, ...values })
    .onConflict((conflict) => conflict.column('run').doUpdateSet(values))
    .execute()
}

/** What was seen last for a run. */
export async function selectSighting(queries: Queries, run: string): Promise<MonitoringSighting | undefined> {
  const row = await queries
    .selectFrom('monitoring_sightings')
    .select('found')
    .where('run', '=', run)
    .executeTakeFirst()
  return row?.found
}
