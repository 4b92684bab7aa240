/** Queries on the installation as a whole: what the database is, what waits, who is connected. */
import { sql } from 'kysely'

import type { Queries } from './database.ts'
import { CONNECTED } from './rollout-surroundings.ts'

/** The database's time, its version, and the newest migration that it has had. */
export async function selectDatabase(
  queries: Queries,
): Promise<{ readonly now: Date; readonly version: string; readonly migration: number }> {
  const { rows } = await sql<{ now: Date; version: string; migration: number }>`
    select clock_timestamp() as now, current_setting('server_version') as version,
      (select max(number) from migrations) as migration`.execute(queries)
  const [row] = rows
  if (row === undefined) throw new Error('the database did not say what it is')
  return row
}

/** How many attempts are looked at, when one was last, and by how much the one that waits longest is late. */
export async function selectTicks(
  queries: Queries,
): Promise<{ readonly watched: number; readonly lastTickAt: Date | null; readonly overdueMs: number }> {
  return await queries
    .selectFrom('rollouts')
    .select([
      sql<number>`count(*) filter (where next_at is not null)`.as('watched'),
      sql<Date | null>`max(ticked_at)`.as('lastTickAt'),
      sql<number>`coalesce(greatest(0, extract(epoch from clock_timestamp() - min(next_at))), 0)::float8 * 1000`.as(
        'overdueMs',
      ),
    ])
    .executeTakeFirstOrThrow()
}

/** A channel, and what has not been delivered by it. */
export interface ChannelBacklog {
  readonly project: string
  readonly channel: string
  readonly kind: string
  readonly state: 'active' | 'disabled'
  readonly disabledBecause: string | null
  readonly waiting: number
  readonly dead: number
}

/** Every channel of every project. */
export async function selectBacklogs(queries: Queries): Promise<readonly ChannelBacklog[]> {
  return await queries
    .selectFrom('channels')
    .leftJoin('deliveries', (join) =>
      join
        .onRef('deliveries.project', '=', 'channels.project')
        .onRef('deliveries.channel', '=', 'channels.key')
        .on('deliveries.state', 'in', ['waiting', 'dead']),
    )
    .select([
      'channels.project',
      'channels.key as channel',
      'channels.kind',
      'channels.state',
      'channels.disabled_because as disabledBecause',
      sql<number>`count(*) filter (where deliveries.state = 'waiting')`.as('waiting'),
      sql<number>`count(*) filter (where deliveries.state = 'dead')`.as('dead'),
    ])
    .groupBy(['channels.project', 'channels.key'])
    .orderBy('channels.project')
    .orderBy('channels.key')
    .execute()
}

/** An environment, and the instances that were heard of in the last hour. */
export interface Fleet {
  readonly project: string
  readonly environment: string
  readonly revision: number
  readonly connected: number
  readonly silent: number
  readonly behind: number
  readonly sdks: readonly string[]
}

/** Every environment of every project. */
export async function selectFleet(queries: Queries): Promise<readonly Fleet[]> {
  const { rows } = await sql<Fleet>`
    select environments.project, environments.key as environment,
      coalesce(revision, 0) as revision,
      count(instance) filter (where ${CONNECTED}) as connected,
      count(instance) filter (where not coalesce(${CONNECTED}, false)) as silent,
      count(instance) filter (
        where ${CONNECTED} and coalesce(acknowledged_revision, -1) < coalesce(revision, 0)) as behind,
      coalesce(array_agg(distinct (description ->> 'sdk') || ' ' || (description ->> 'sdkVersion')) filter (
        where ${CONNECTED} and description is not null), '{}') as sdks
    from environments
    left join environment_revisions on environment_revisions.project = environments.project
      and environment_revisions.environment = environments.key
    left join instances on instances.project = environments.project
      and instances.environment = environments.key
      and last_seen_at > now() - interval '1 hour'
    group by environments.project, environments.key, position, revision
    order by environments.project, position`.execute(queries)
  return rows
}

/** When the last backup by our own program was whole; without one, when the installation was set up. */
export async function selectLastBackup(queries: Queries): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select coalesce((select at from backup_runs), (select min(at) from migrations)) as at`.execute(queries)
  return rows[0]?.at ?? undefined
}
