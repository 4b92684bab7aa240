/**
 * Queries on edges. An edge that is lost may serve on what it has, so the instances that were alive
 * behind it then go on counting, until they are heard of again or somebody says that it is gone.
 */
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { DeliveryTables } from './tables/delivery.ts'

/** An edge speaks every 5 s. */
const LOST_MS = 15_000

/** Whether the row `edges` has been silent for too long and did not say that it ends. */
export const EDGE_IS_LOST = sql<boolean>`(
  edges.left_at is null and edges.seen_at < now() - ${`${LOST_MS}ms`}::interval)`

/** Whether the row `instances` was alive when its edge was last heard of. */
const WAS_ALIVE = sql<boolean>`
  greatest(instances.last_seen_at, coalesce(instances.stream_seen_at, '-infinity'))
    > edges.seen_at - interval '30 s'`

/** Whether the row `instances` was alive behind an edge when that was lost. */
export const IS_CUT_OFF = sql<boolean>`exists (
  select from edges
  where edges.project = instances.project and edges.environment = instances.environment
    and edges.edge = instances.edge and ${EDGE_IS_LOST} and ${WAS_ALIVE})`

/** What an edge says of itself. */
export interface EdgeStatus extends EnvironmentKey {
  readonly edge: string
  readonly name: string
  readonly version: string
  readonly revision: number
  readonly streams: number
  readonly browser_streams: number
  readonly buffered: number
  readonly turned_away: number
  readonly leaving: boolean
}

/** Writes down what an edge said of itself, at the time of the database. */
export async function upsertEdge(queries: Queries, { leaving, ...row }: EdgeStatus): Promise<void> {
  const said = { ...row, seen_at: sql<Date>`now()`, left_at: leaving ? sql<Date>`now()` : null }
  await queries
    .insertInto('edges')
    .values({ ...said, first_seen_at: sql<Date>`now()` })
    .onConflict((conflict) => conflict.columns(['project', 'environment', 'edge']).doUpdateSet(said))
    .execute()
}

/** An edge, with whether it is lost and how many instances were alive behind it when it was last heard of. */
export type EdgeRow = Selectable<DeliveryTables['edges']> & {
  readonly lost: boolean
  readonly instances: number
}

/** The edges of an environment, by name. */
export async function selectEdges(
  queries: Queries,
  { project, environment }: EnvironmentKey,
): Promise<readonly EdgeRow[]> {
  return await queries
    .selectFrom('edges')
    .selectAll()
    .select([
      EDGE_IS_LOST.as('lost'),
      sql<number>`(
        select count(*) from instances
        where instances.project = edges.project and instances.environment = edges.environment
          and instances.edge = edges.edge and ${WAS_ALIVE})`.as('instances'),
    ])
    .where('project', '=', project)
    .where('environment', '=', environment)
    .orderBy('name')
    .orderBy('edge')
    .execute()
}

/** Forgets an edge and who was behind it; undefined if there is none. */
export async function deleteEdge(
  tx: Tx,
  { project, environment, edge }: EnvironmentKey & { readonly edge: string },
): Promise<{ readonly name: string } | undefined> {
  return await tx
    .deleteFrom('edges')
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where('edge', '=', edge)
    .returning('name')
    .executeTakeFirst()
}

/** Forgets edges that nothing was heard of for a week, as instances are. */
export async function deleteOldEdges(queries: Queries): Promise<void> {
  await sql`delete from edges where seen_at < now() - interval '7 days'`.execute(queries)
}
