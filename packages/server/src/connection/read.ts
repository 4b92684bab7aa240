/** Reading connections. */
import type { Connection, ConnectionSettings } from '@flagmarshal/api/connection'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Safe } from '../secret/seal.ts'
import { selectConnection, selectConnections } from '../storage/connections.ts'
import type { ConnectionKey, ConnectionRow } from '../storage/connections.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { openSecrets } from './secrets.ts'
import type { ConnectionSecrets } from './secrets.ts'
import { connectionView, settingsOf } from './view.ts'

interface Parts {
  readonly database: Database
  readonly safe: Safe
}

/** A connection ready to be used. It holds secrets: never to be shown or logged. */
export interface OpenConnection {
  readonly key: string
  readonly environment: string | undefined
  readonly settings: ConnectionSettings
  /** Undefined when they were sealed with a key that is not there: they must be given anew. */
  readonly secrets: ConnectionSecrets | undefined
}

/** The connections of a project, by key. */
export async function listConnections(
  { database, safe }: Parts,
  project: string,
): Promise<Connection[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectConnections(database.kysely, project)
  return rows.map((row) => connectionView(row, openSecrets(safe, row) ?? {}))
}

/** One connection. */
export async function getConnection(
  { database, safe }: Parts,
  key: ConnectionKey,
): Promise<Connection | Refusal> {
  const row = await selectConnection(database.kysely, key)
  if (row === undefined) return notFound('connection', key.connection)
  return connectionView(row, openSecrets(safe, row) ?? {})
}

/** One connection with its secrets, for whoever calls what it connects. */
export async function openConnection(
  queries: Queries,
  safe: Safe,
  key: ConnectionKey,
): Promise<OpenConnection | undefined> {
  const row = await selectConnection(queries, key)
  return row === undefined ? undefined : opened(safe, row)
}

/** All connections of a project with their secrets, by key. */
export async function openConnections(
  queries: Queries,
  safe: Safe,
  project: string,
): Promise<readonly OpenConnection[]> {
  return (await selectConnections(queries, project)).map((row) => opened(safe, row))
}

function opened(safe: Safe, row: ConnectionRow): OpenConnection {
  return {
    key: row.key,
    environment: row.environment ?? undefined,
    settings: settingsOf(row),
    secrets: openSecrets(safe, row),
  }
}
