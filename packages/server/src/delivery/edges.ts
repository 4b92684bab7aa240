/** Edges: listing them, and forgetting one that will not come back. */
import type { Edge } from '@flagmarshal/api/edge'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { deleteEdge, selectEdges } from '../storage/edges.ts'
import type { EdgeRow } from '../storage/edges.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

/** The edges of an environment, by name. */
export async function listEdges(database: Database, key: EnvironmentKey): Promise<Edge[] | Refusal> {
  const environments = await selectEnvironments(database.kysely, key.project)
  if (!environments.some((it) => it.key === key.environment)) return notFound('environment', key.environment)
  return (await selectEdges(database.kysely, key)).map(edgeView)
}

/**
 * Forgets an edge: instances that were alive behind it when it was lost count no longer. It is
 * recorded, because a kill may then be verified that was not before.
 */
export async function forgetEdge(
  context: Context,
  database: Database,
  of: EnvironmentKey & { readonly edge: string },
): Promise<Refusal | undefined> {
  const { project, environment, edge } = of
  return await database.transaction(async (tx) => {
    const forgotten = await deleteEdge(tx, of)
    if (forgotten === undefined) return notFound('edge', edge)
    await record(tx, context, {
      chain: { project },
      action: 'edge.forget',
      subject: { kind: 'edge', id: edge },
      before: { environment, name: forgotten.name },
    })
    return undefined
  })
}

function edgeView(row: EdgeRow): Edge {
  return {
    edgeId: row.edge,
    name: row.name,
    version: row.version,
    state: row.left_at === null ? (row.lost ? 'lost' : 'connected') : 'left',
    revision: row.revision,
    instances: row.instances,
    streams: row.streams,
    browserStreams: row.browser_streams,
    buffered: row.buffered,
    turnedAway: row.turned_away,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.seen_at.toISOString(),
  }
}
