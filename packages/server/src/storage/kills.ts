/**
 * Queries on verifications: whether a kill or rollback has reached every instance that counts.
 */
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import { EDGE_IS_LOST, IS_CUT_OFF } from './edges.ts'
import type { DeliveryTables } from './tables/delivery.ts'

export type VerificationRow = Selectable<DeliveryTables['verifications']>

/** An instance that counts, with what is known of it now. */
export interface WatchedRow {
  readonly instance: string
  readonly application: string
  readonly mode: 'stream' | 'poll'
  readonly poll_interval_ms: number
  readonly confirmed_at: Date | null
  readonly last_seen_at: Date
  /** The name of its edge. */
  readonly edge: string | null
  /** When that was last heard of, once it is lost. */
  readonly unreachable_since: Date | null
}

/** A stream renews its mark every 10 s; one that was not renewed in this time died with its server. */
const STREAM_MARK_MS = 30_000

/** A sign of life in this time makes an instance count; a poll in its own interval and this. */
const RECENT_MS = 30_000

/**
 * Begins a verification and fixes who counts: instances with an open stream, with a sign of life in
 * the last 30 s, or with a poll within their interval and 30 s, and those behind an edge that is lost. One that runs the revision already
 * has confirmed.
 */
export async function insertVerification(tx: Tx, row: VerificationRow): Promise<void> {
  const { id, project, environment, revision } = row
  const stored = tx
    .insertInto('verifications')
    .values({ ...row, at: sql`now()` })
    .execute()
  const counted = sql`
    insert into verification_instances
      (verification, instance, application, mode, poll_interval_ms, confirmed_at)
    select ${id}, instance, application, mode, poll_interval_ms,
      case when acknowledged_revision >= ${revision} then now() end
    from instances
    where project = ${project} and environment = ${environment} and (
      stream_seen_at > now() - ${`${STREAM_MARK_MS}ms`}::interval
      or last_seen_at > now() - ${`${RECENT_MS}ms`}::interval
      or (mode = 'poll' and last_seen_at > now() - make_interval(secs => (poll_interval_ms + ${RECENT_MS}) / 1000.0))
      or ${IS_CUT_OFF}
    )`.execute(tx)
  await Promise.all([stored, counted])
}

/** One verification. */
export async function selectVerification(queries: Queries, id: string): Promise<VerificationRow | undefined> {
  return await queries.selectFrom('verifications').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Who counts in a verification, by name. One whose row is gone has not been heard of since it began. */
export async function selectWatched(queries: Queries, it: VerificationRow): Promise<readonly WatchedRow[]> {
  return await queries
    .selectFrom('verification_instances')
    .leftJoin('instances', (join) =>
      join
        .onRef('instances.instance', '=', 'verification_instances.instance')
        .on('instances.project', '=', it.project)
        .on('instances.environment', '=', it.environment),
    )
    .leftJoin('edges', (join) =>
      join
        .onRef('edges.project', '=', 'instances.project')
        .onRef('edges.environment', '=', 'instances.environment')
        .onRef('edges.edge', '=', 'instances.edge'),
    )
    .select([
      'verification_instances.instance',
      'verification_instances.application',
      'verification_instances.mode',
      'verification_instances.poll_interval_ms',
      // An acknowledgement that was written while the verification began has met no row to confirm.
      sql<Date | null>`coalesce(confirmed_at, case
        when acknowledged_revision >= ${it.revision} then greatest(acknowledged_at, ${it.at}) end)`.as(
        'confirmed_at',
      ),
      sql<Date>`coalesce(instances.last_seen_at, ${it.at})`.as('last_seen_at'),
      'edges.name as edge',
      sql<Date | null>`case when ${EDGE_IS_LOST} then edges.seen_at end`.as('unreachable_since'),
    ])
    .where('verification', '=', it.id)
    .orderBy('verification_instances.instance')
    .execute()
}

/** Kills that have not come to an end, each locked unless another server holds it. */
export async function lockOpenKills(tx: Tx, limit: number): Promise<readonly VerificationRow[]> {
  return await tx
    .selectFrom('verifications')
    .selectAll()
    .where('kind', '=', 'kill')
    .where('settled_state', 'is', null)
    .orderBy('at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
}

/** Notes how a verification ended. */
export async function settleVerification(
  tx: Tx,
  id: string,
  state: NonNullable<VerificationRow['settled_state']>,
): Promise<void> {
  await tx
    .updateTable('verifications')
    .set({ settled_state: state, settled_at: sql`now()` })
    .where('id', '=', id)
    .execute()
}
