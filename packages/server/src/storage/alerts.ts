/**
 * Queries on alerts: what the built-in evaluator reads, how its rules stand, and what its own
 * receiver got. Synthetic counts of drills lie apart from what was really counted.
 */
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { ExerciseTables } from './tables/exercise.ts'

/** Announces an alert to the server's own receiver; the payload is JSON. */
export const ALERT_CHANNEL = 'alerts'

export type AlertRow = Selectable<ExerciseTables['alerts']>

/** Which rule of which flag. `drill` is empty for what is real. */
export interface AlertKey extends EnvironmentKey {
  readonly flag: string
  readonly rule: string
  readonly drill: string
}

/** A flag whose rules are evaluated. */
export interface Watched extends EnvironmentKey {
  readonly flag: string
  readonly feature: string
  readonly plan: ServedPlan
  /** Watched only until what fires has become quiet. */
  readonly ended: boolean
}

/** The flags whose rollout is under way, and those of an ended one whose alert still fires. */
export async function selectWatchedFlags(queries: Queries): Promise<readonly Watched[]> {
  return await queries
    .selectFrom('rollouts')
    .distinctOn(['project', 'environment', 'flag'])
    .select(['project', 'environment', 'flag', 'feature', 'plan'])
    .select(sql<boolean>`ended_at is not null`.as('ended'))
    .where((it) =>
      it.or([
        it('ended_at', 'is', null),
        it.exists(
          it
            .selectFrom('alerts')
            .select('rule')
            .whereRef('alerts.project', '=', 'rollouts.project')
            .whereRef('alerts.environment', '=', 'rollouts.environment')
            .whereRef('alerts.flag', '=', 'rollouts.flag')
            .where('drill', '=', '')
            .where('alerts.state', '=', 'firing'),
        ),
      ]),
    )
    .orderBy('project')
    .orderBy('environment')
    .orderBy('flag')
    .orderBy('attempt', 'desc')
    .execute()
}

/** What a flag has served in the last minutes, each variant of a minute one row. */
export async function selectUsage(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string },
  since: Date,
): Promise<
  readonly { readonly variant: string; readonly n: number; readonly bad: number; readonly slow: number }[]
> {
  return await queries
    .selectFrom('usage_minutes')
    .select([
      'variant',
      sql<number>`sum(n)::bigint`.as('n'),
      sql<number>`sum(bad)::bigint`.as('bad'),
      sql<number>`sum(slow)::bigint`.as('slow'),
    ])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('minute_end', '>', since)
    .groupBy('variant')
    .orderBy('variant')
    .execute()
}

/** Why a flag served what it did since a moment. */
export async function selectReasons(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string },
  since: Date,
): Promise<readonly { readonly variant: string; readonly reason: string; readonly n: number }[]> {
  return await queries
    .selectFrom('usage_reasons')
    .select(['variant', 'reason', sql<number>`sum(n)::bigint`.as('n')])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('minute_end', '>', since)
    .groupBy(['variant', 'reason'])
    .orderBy('variant')
    .orderBy('reason')
    .execute()
}

/** Evaluations that served no value of the flag, by code. */
export async function selectFaults(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string },
  since: Date,
): Promise<readonly { readonly code: string; readonly n: number }[]> {
  return await queries
    .selectFrom('usage_faults')
    .select(['code', sql<number>`sum(n)::bigint`.as('n')])
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('minute_end', '>', since)
    .groupBy('code')
    .orderBy('code')
    .execute()
}

/**
 * Notes how a rule stands; the row where that is news. A rule that is quiet from the start, or stood
 * so already, is none.
 */
export async function noteAlert(
  tx: Tx,
  { project, environment, flag, rule, drill }: AlertKey,
  state: AlertRow['state'],
  numbers: object,
): Promise<AlertRow | undefined> {
  const inserted = await tx
    .insertInto('alerts')
    .values({
      project,
      environment,
      flag,
      rule,
      drill,
      state,
      since: sql`clock_timestamp()`,
      numbers: toJson(numbers),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (inserted !== undefined) return state === 'firing' ? inserted : undefined
  return await tx
    .updateTable('alerts')
    .set({ state, since: sql`clock_timestamp()`, numbers: toJson(numbers) })
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('flag', '=', flag)
    .where('rule', '=', rule)
    .where('drill', '=', drill)
    .where('state', '<>', state)
    .returningAll()
    .executeTakeFirst()
}

/** How the real rules of a flag stand. */
export async function selectAlerts(
  queries: Queries,
  key: EnvironmentKey & { readonly flag: string },
): Promise<readonly AlertRow[]> {
  return await queries
    .selectFrom('alerts')
    .selectAll()
    .where('project', '=', key.project)
    .where('environment', '=', key.environment)
    .where('flag', '=', key.flag)
    .where('drill', '=', '')
    .orderBy('rule')
    .execute()
}

/** Injects synthetic counts under the label of a drill; the time at which they lie there. */
export async function insertSamples(
  queries: Queries,
  sample: {
    readonly drill: string
    readonly rule: string
    readonly n: number
    readonly bad: number
    readonly nonce?: string
  },
): Promise<Date> {
  const row = await queries
    .insertInto('drill_samples')
    .values({ ...sample, at: sql`clock_timestamp()` })
    .returning('at')
    .executeTakeFirstOrThrow()
  return row.at
}

/** The synthetic counts of a drill. */
export async function selectSamples(
  queries: Queries,
  drill: string,
  rule: string,
): Promise<readonly { readonly n: number; readonly bad: number }[]> {
  return await queries
    .selectFrom('drill_samples')
    .select(['n', 'bad'])
    .where('drill', '=', drill)
    .where('rule', '=', rule)
    .execute()
}

/** The breaches that Prometheus is to see: those with a nonce, while their drill runs. */
export async function selectInjected(queries: Queries): Promise<
  readonly {
    readonly project: string
    readonly environment: string
    readonly flag: string
    readonly rule: string
    readonly drill: string
    readonly nonce: string
    readonly share: number
  }[]
> {
  return await queries
    .selectFrom('drill_samples')
    .innerJoin('exercises', 'exercises.id', 'drill_samples.drill')
    .select(['project', 'flag', 'rule', 'drill', 'nonce'])
    .select([
      sql<string>`exercises.settings->>'environment'`.as('environment'),
      sql<number>`drill_samples.bad::float8 / drill_samples.n`.as('share'),
    ])
    .where('nonce', '<>', '')
    .where('exercises.state', '=', 'running')
    .execute()
}

/** The drill that runs with a nonce; undefined where none does. */
export async function selectDrillOfNonce(
  queries: Queries,
  drill: string,
  nonce: string,
): Promise<{ readonly project: string; readonly feature: string; readonly flag: string } | undefined> {
  return await queries
    .selectFrom('drill_samples')
    .innerJoin('exercises', 'exercises.id', 'drill_samples.drill')
    .select(['project', 'feature', 'flag'])
    .where('drill', '=', drill)
    .where('nonce', '=', nonce)
    .executeTakeFirst()
}

/** Ends the breach of a drill and keeps its nonce: what comes back late is still known as a drill. */
export async function settleSamples(queries: Queries, drill: string): Promise<void> {
  await queries.updateTable('drill_samples').set({ bad: 0 }).where('drill', '=', drill).execute()
}

/** Takes the synthetic counts of a drill away: its alert resolves. */
export async function deleteSamples(queries: Queries, drill: string): Promise<void> {
  await queries.deleteFrom('drill_samples').where('drill', '=', drill).execute()
}

/** The signal with this key; undefined where there is none. */
export async function selectSignalByKey(
  queries: Queries,
  dedupKey: string,
): Promise<{ readonly id: string; readonly data: unknown } | undefined> {
  return await queries
    .selectFrom('outbox')
    .select(['id', 'data'])
    .where('dedup_key', '=', dedupKey)
    .executeTakeFirst()
}

/** What the server's own receiver got, once. */
export async function insertArrival(
  queries: Queries,
  arrival: {
    readonly drill: string
    readonly signal: string
    readonly nonce: string
    readonly state: 'firing' | 'resolved'
  },
): Promise<void> {
  await queries
    .insertInto('drill_arrivals')
    .values({ ...arrival, at: sql`clock_timestamp()` })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What arrived of a drill with its nonce. */
export async function selectArrivals(
  queries: Queries,
  drill: string,
  nonce: string,
): Promise<readonly { readonly state: 'firing' | 'resolved'; readonly signal: string; readonly at: Date }[]> {
  return await queries
    .selectFrom('drill_arrivals')
    .select(['state', 'signal', 'at'])
    .where('drill', '=', drill)
    .where('nonce', '=', nonce)
    .execute()
}

/** How the channels that take a signal have delivered it. */
export async function selectSignalDeliveries(
  queries: Queries,
  signal: string,
): Promise<readonly { readonly channel: string; readonly state: string; readonly ended_at: Date | null }[]> {
  return await queries
    .selectFrom('deliveries')
    .select(['channel', 'state', 'ended_at'])
    .where('signal', '=', signal)
    .orderBy('channel')
    .execute()
}
