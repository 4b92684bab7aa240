/** Queries behind the monitoring of one flag in one environment. */
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import type { Arm } from '@flagmarshal/evaluation'
import { sql } from 'kysely'

import type { Queries } from './database.ts'
import type { FlagConfigKey } from './flags.ts'
import type { EnvironmentKey } from './snapshots.ts'

/** The revision of an environment; 0 while nothing has changed it. */
export async function selectRevision(queries: Queries, key: EnvironmentKey): Promise<number> {
  const row = await queries
    .selectFrom('environment_revisions')
    .select('revision')
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .executeTakeFirst()
  return row?.revision ?? 0
}

/** An attempt of a rollout with its plan. */
export interface AttemptRow {
  readonly id: string
  readonly attempt: number
  readonly plan: ServedPlan
}

/** The newest attempt of a flag in an environment. */
export async function selectLatestAttempt(
  queries: Queries,
  key: FlagConfigKey,
): Promise<AttemptRow | undefined> {
  return await queries
    .selectFrom('rollouts')
    .select(['id', 'attempt', 'plan'])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** What an attempt has counted by arm. */
export async function selectArmTotals(
  queries: Queries,
  { id, attempt }: AttemptRow,
): Promise<
  readonly { readonly arm: Arm; readonly n: number; readonly bad: number; readonly slow: number }[]
> {
  return await queries
    .selectFrom('measurement_windows')
    .select([
      'arm',
      sql<number>`sum(n)::bigint`.as('n'),
      sql<number>`sum(bad)::bigint`.as('bad'),
      sql<number>`sum(slow)::bigint`.as('slow'),
    ])
    .where('rollout', '=', id)
    .where('attempt', '=', attempt)
    .groupBy('arm')
    .execute()
}
