/** SDK keys: each belongs to one environment of one project. */
import type { IssuedKey, NewKey, SdkKey } from '@flagmarshal/api/access'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { insertToken, revoke, selectKeys } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'

/** Makes a key. Refuses an environment that the project does not have. */
export async function createKey(
  context: Context,
  database: Database,
  project: string,
  input: NewKey,
): Promise<IssuedKey | Refusal> {
  const key = newToken(input.kind)
  const id = newId('key')

  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const environments = await selectEnvironments(tx, project)
    if (!environments.some((it) => it.key === input.environment)) {
      return refuse(
        'invalid',
        `The project has no environment ${input.environment}.`,
        `Use one of ${environments.map((it) => it.key).join(', ')}.`,
        '/environment',
      )
    }
    await insertToken(tx, {
      id,
      hash: sha256(key),
      kind: input.kind,
      name: input.name,
      person: null,
      roles: null,
      project,
      environment: input.environment,
      created_at: context.now,
      expires_at: null,
      revoked_at: null,
    })
    await record(tx, context, {
      chain: { project },
      action: 'key.create',
      subject: { kind: 'key', id },
      after: { kind: input.kind, environment: input.environment, name: input.name },
    })
    return { id, key }
  })
}

/** The keys of a project that work. */
export async function listKeys(database: Database, project: string): Promise<SdkKey[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectKeys(database.kysely, project)
  return rows.flatMap((row) =>
    row.kind === 'user' || row.kind === 'session' || row.kind === 'service' || row.environment === null
      ? []
      : [
          {
            id: row.id,
            kind: row.kind,
            environment: row.environment,
            name: row.name,
            createdAt: row.created_at.toISOString(),
          },
        ],
  )
}

/** Revokes a key: it stops working at once, on every server. */
export async function revokeKey(
  context: Context,
  database: Database,
  project: string,
  id: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await revoke(tx, id, project, context.now)
    if (row === undefined || row.kind === 'service') return notFound('key', id)
    await record(tx, context, {
      chain: { project },
      action: 'key.revoke',
      subject: { kind: 'key', id },
      before: { kind: row.kind, environment: row.environment, name: row.name },
    })
    return undefined
  })
}
