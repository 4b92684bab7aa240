/**
 * What a rollout must know of the flag and the environment that it works in, and they of it.
 */
import { sql } from 'kysely'

import type { Queries } from './database.ts'
import type { FlagConfigKey } from './flags.ts'

/** The latest edit of a flag in an environment that the controller did not make. */
export async function selectLastFlagEdit(
  queries: Queries,
  chain: string,
  place: { readonly flag: string; readonly environment: string },
): Promise<{ readonly by: string; readonly before: unknown; readonly after: unknown } | undefined> {
  return await queries
    .selectFrom('audit_entries')
    .select(['actor_id as by', 'before', 'after'])
    .where('chain', '=', chain)
    .where('subject_kind', '=', 'flag')
    .where('subject_id', '=', place.flag)
    .where('actor_kind', '<>', 'system')
    .where(sql<boolean>`coalesce(after->>'environment', ${place.environment}) = ${place.environment}`)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The latest kill of a flag in an environment. */
export async function selectLastKill(
  queries: Queries,
  place: { readonly project: string; readonly flag: string; readonly environment: string },
): Promise<{ readonly by: string; readonly reason: string; readonly at: Date } | undefined> {
  return await queries
    .selectFrom('verifications')
    .select(['by', 'reason', 'at'])
    .where('kind', '=', 'kill')
    .where('project', '=', place.project)
    .where('flag', '=', place.flag)
    .where('environment', '=', place.environment)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** A sign of life in this time makes an instance count as connected; a poll in its own interval and this. */
const RECENT = '30 s'

/** Whether a row of `instances` is one that is connected. */
export const CONNECTED = sql<boolean>`(
  stream_seen_at > now() - ${RECENT}::interval
  or last_seen_at > now() - ${RECENT}::interval - make_interval(secs =>
    case when mode = 'poll' then poll_interval_ms / 1000.0 else 0 end))`

/** Instances of an environment: those that are connected, and those that were heard of in the last hour and are not. */
export async function countInstances(
  queries: Queries,
  project: string,
  environment: string,
): Promise<{ readonly connected: number; readonly silent: number }> {
  return await queries
    .selectFrom('instances')
    .select([
      sql<number>`count(*) filter (where ${CONNECTED})`.as('connected'),
      sql<number>`count(*) filter (where not coalesce(${CONNECTED}, false))`.as('silent'),
    ])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('last_seen_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow()
}

/**
 * Whether the connected instances of an environment have been silent about a flag for a time: none of
 * them reported a request of it. Undefined where none has been connected for as long.
 */
export async function selectSilent(
  queries: Queries,
  { project, environment, flag }: FlagConfigKey,
  ms: number,
): Promise<boolean | undefined> {
  const since = sql<Date>`now() - make_interval(secs => ${ms / 1000})`
  const { waited, heard } = await queries
    .selectNoFrom((it) => [
      it
        .exists(
          it
            .selectFrom('instances')
            .select('instance')
            .where('project', '=', project)
            .where('environment', '=', environment)
            .where('first_seen_at', '<', since)
            .where(CONNECTED),
        )
        .as('waited'),
      it
        .exists(
          it
            .selectFrom('instance_usage')
            .select('instance')
            .where('project', '=', project)
            .where('environment', '=', environment)
            .where('flag', '=', flag)
            .where('last_at', '>', since),
        )
        .as('heard'),
    ])
    .executeTakeFirstOrThrow()
  if (heard) return false
  return waited ? true : undefined
}

/** Connected instances that have not acknowledged a revision of the environment, by name. */
export async function selectUnserved(
  queries: Queries,
  place: { readonly project: string; readonly environment: string },
  revision: number,
): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom('instances')
    .select('instance')
    .where('project', '=', place.project)
    .where('environment', '=', place.environment)
    .where(CONNECTED)
    .where((where) =>
      where.or([where('acknowledged_revision', 'is', null), where('acknowledged_revision', '<', revision)]),
    )
    .orderBy('instance')
    .limit(20)
    .execute()
  return rows.map((row) => row.instance)
}

/** The shortest window of the attempts under way in an environment, in ms; undefined where there is none. */
export async function selectShortestWindowMs(
  queries: Queries,
  project: string,
  environment: string,
): Promise<number | undefined> {
  const row = await queries
    .selectFrom('rollouts')
    .select(sql<number | null>`min((plan->>'windowMs')::float8)`.as('windowMs'))
    .where('project', '=', project)
    .where('environment', '=', environment)
    // After 100 % it is watched, in windows too.
    .where((where) => where.or([where('ended_at', 'is', null), where('next_at', 'is not', null)]))
    .executeTakeFirst()
  return row?.windowMs ?? undefined
}

/** Where an attempt counts: its environment and the length of its windows. */
export async function selectRolloutWindow(
  queries: Queries,
  id: string,
  attempt: number,
): Promise<
  | {
      readonly project: string
      readonly environment: string
      readonly windowMs: number
      readonly treatment: string
    }
  | undefined
> {
  return await queries
    .selectFrom('rollouts')
    .select(['project', 'environment'])
    .select([
      sql<number>`(plan->>'windowMs')::float8`.as('windowMs'),
      sql<string>`plan->>'treatment'`.as('treatment'),
    ])
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
}
