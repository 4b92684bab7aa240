/** Connecting a monitoring system. */
import type { Connection, NewConnection } from '@flagmarshal/api/connection'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken, notFound } from '../refusals.ts'
import type { Safe } from '../secret/seal.ts'
import { toJson } from '../storage/column.ts'
import { insertConnection } from '../storage/connections.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import { sealSecrets } from './secrets.ts'
import { connectionView } from './view.ts'

/** Creates it; its secrets are sealed before they reach the database. Nothing is asked yet. */
export async function createConnection(
  context: Context,
  { database, safe }: { readonly database: Database; readonly safe: Safe },
  project: string,
  { key, kind, environment, settings, secrets = {} }: NewConnection,
): Promise<Connection | Refusal> {
  const row = {
    project,
    key,
    kind,
    environment: environment ?? null,
    secret: sealSecrets(safe, { project, connection: key }, secrets),
    revision: 1,
    created_at: context.now,
  }
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const foreign = await environmentRefusal(tx, project, environment)
    if (foreign !== undefined) return foreign
    if (!(await insertConnection(tx, { ...row, settings: toJson(settings) })))
      return keyTaken('connection', key)
    const view = connectionView({ ...row, settings }, secrets)
    await record(tx, context, {
      chain: { project },
      action: 'connection.create',
      subject: { kind: 'connection', id: key },
      after: view,
    })
    return view
  })
}

/** Whether the environment is one of the project. */
export async function environmentRefusal(
  queries: Queries,
  project: string,
  environment: string | undefined,
): Promise<Refusal | undefined> {
  if (environment === undefined) return undefined
  const known = await selectEnvironments(queries, project)
  if (known.some((it) => it.key === environment)) return undefined
  return refuse(
    'invalid',
    `The project has no environment ${environment}.`,
    'Name one of its environments, or leave it out for all of them.',
    '/environment',
  )
}
