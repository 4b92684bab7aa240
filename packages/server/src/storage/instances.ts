/**
 * Queries on instances: what running copies of applications have said about themselves.
 *
 * Signs of life arrive far more often than they need to be stored one by one, so they are written
 * many in a statement, always in the order of their keys: two servers cannot lock each other out.
 */
import type { InstanceDescription } from '@flagmarshal/evaluation'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import { IS_CUT_OFF } from './edges.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { DeliveryTables } from './tables/delivery.ts'

export type InstanceRow = Selectable<DeliveryTables['instances']>

/** What an instance said or did since it was last written down. */
export interface Sign extends EnvironmentKey {
  readonly instance: string
  readonly description?: InstanceDescription
  /** The greatest revision that it acknowledged. */
  readonly acknowledged?: number
  /** Whether its stream is open; absent when nothing is known of it here. */
  readonly streamOpen?: boolean
  /** Whether it said something itself; false when only its stream was seen to be open or closed. */
  readonly spoke: boolean
  /** How often it asks if it polls and has not said so itself, in milliseconds. */
  readonly pollIntervalMs: number
  /** The edge through which it came; null where it came here. */
  readonly edge: string | null
}

/**
 * Writes signs down, and confirms with their acknowledgements what waits for them. Answers the ids
 * of verifications that got a confirmation. The time is the database's. A stream alone makes no
 * instance known: it has to have said something.
 */
export async function writeSigns(tx: Tx, signs: readonly Sign[]): Promise<readonly string[]> {
  const rows = signs.map((it) => ({
    project: it.project,
    environment: it.environment,
    instance: it.instance,
    application: it.description?.application ?? null,
    description: it.description ?? null,
    mode: it.description?.mode ?? null,
    poll_interval_ms: it.description?.pollIntervalMs ?? it.pollIntervalMs,
    acknowledged: it.acknowledged ?? null,
    stream_open: it.streamOpen ?? null,
    spoke: it.spoke,
    edge: it.edge,
  }))
  const known = sql`
    insert into instances as known (
      project, environment, instance, application, description, mode, poll_interval_ms,
      acknowledged_revision, acknowledged_at, stream_seen_at, first_seen_at, last_seen_at, edge
    )
    select project, environment, instance, coalesce(application, 'unknown'), description,
      coalesce(mode, case when stream_open then 'stream' else 'poll' end), poll_interval_ms,
      acknowledged, case when acknowledged is not null then now() end,
      case when stream_open then now() end, now(), now(), edge
    from ${incoming(rows)}
    where spoke
    order by project, environment, instance
    on conflict (project, environment, instance) do update set
      application = case when excluded.description is null then known.application else excluded.application end,
      description = coalesce(excluded.description, known.description),
      mode = case when excluded.description is null then known.mode else excluded.mode end,
      poll_interval_ms = case
        when excluded.description is null and known.description is not null then known.poll_interval_ms
        else excluded.poll_interval_ms end,
      acknowledged_revision = greatest(known.acknowledged_revision, excluded.acknowledged_revision),
      acknowledged_at = case
        when excluded.acknowledged_revision > coalesce(known.acknowledged_revision, -1) then now()
        else known.acknowledged_at end`.execute(tx)
  const seen = sql`
    update instances set
      stream_seen_at = case stream_open when true then now() when false then null else stream_seen_at end,
      last_seen_at = case when spoke then now() else last_seen_at end,
      edge = case when spoke then incoming.edge else instances.edge end
    from ${incoming(rows)}
    where instances.project = incoming.project and instances.environment = incoming.environment
      and instances.instance = incoming.instance`.execute(tx)
  const none = rows.every((row) => row.acknowledged === null)
  const [confirmed] = await Promise.all([none ? [] : confirm(tx, rows), known, seen])
  return confirmed
}

/** Confirms what waits for these acknowledgements. */
async function confirm(tx: Tx, rows: readonly object[]): Promise<readonly string[]> {
  const confirmed = await sql<{ verification: string }>`
    update verification_instances set confirmed_at = now()
    from verifications, ${incoming(rows)}
    where verifications.id = verification_instances.verification
      and verification_instances.instance = incoming.instance
      and verification_instances.confirmed_at is null
      and verifications.project = incoming.project
      and verifications.environment = incoming.environment
      and verifications.revision <= incoming.acknowledged
    returning verification_instances.verification`.execute(tx)
  return [...new Set(confirmed.rows.map((row) => row.verification))]
}

function incoming(rows: readonly object[]) {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as incoming (
    project text, environment text, instance text, application text, description jsonb, mode text,
    poll_interval_ms integer, acknowledged bigint, stream_open boolean, spoke boolean, edge text)`
}

/** An instance with what is known of its edge: null for one that speaks to a server itself. */
export interface PlacedInstanceRow extends InstanceRow {
  readonly edge_name: string | null
  /** When its edge was last heard of; null unless that is lost and the instance was alive behind it. */
  readonly cut_off_since: Date | null
}

/** The instances of an environment, most recently heard of first. */
export async function selectInstances(
  queries: Queries,
  { project, environment }: EnvironmentKey,
  limit: number,
): Promise<readonly PlacedInstanceRow[]> {
  return await queries
    .selectFrom('instances')
    .leftJoin('edges', (join) =>
      join
        .onRef('edges.project', '=', 'instances.project')
        .onRef('edges.environment', '=', 'instances.environment')
        .onRef('edges.edge', '=', 'instances.edge'),
    )
    .selectAll('instances')
    .select([
      'edges.name as edge_name',
      sql<Date | null>`case when ${IS_CUT_OFF} then edges.seen_at end`.as('cut_off_since'),
    ])
    .where('instances.project', '=', project)
    .where('instances.environment', '=', environment)
    .orderBy('instances.last_seen_at', 'desc')
    .orderBy('instances.instance')
    .limit(limit)
    .execute()
}
