/** Tokens of automations: each belongs to one project, does the work of runs, and never decides. */
import type { IssuedToken, NewServiceToken, ServiceToken } from '@flagmarshal/api/access'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { insertToken, revoke, selectKeys } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'

const DAY_MS = 86_400_000

/** Makes a token. */
export async function createServiceToken(
  context: Context,
  database: Database,
  project: string,
  input: NewServiceToken,
): Promise<IssuedToken | Refusal> {
  const token = newToken('service')
  const id = newId('token')
  const expiresAt = new Date(context.now.getTime() + input.expiresInDays * DAY_MS)

  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    await insertToken(tx, {
      id,
      hash: sha256(token),
      kind: 'service',
      name: input.name,
      person: null,
      roles: null,
      project,
      environment: null,
      created_at: context.now,
      expires_at: expiresAt,
      revoked_at: null,
    })
    await record(tx, context, {
      chain: { project },
      action: 'service-token.create',
      subject: { kind: 'service-token', id },
      after: { name: input.name, expiresAt },
    })
    return { id, token, expiresAt: expiresAt.toISOString() }
  })
}

/** The tokens of a project that were not revoked. */
export async function listServiceTokens(
  database: Database,
  project: string,
): Promise<ServiceToken[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectKeys(database.kysely, project)
  return rows.flatMap(({ kind, id, name, created_at, expires_at }) =>
    kind === 'service' && expires_at !== null
      ? [{ id, name, createdAt: created_at.toISOString(), expiresAt: expires_at.toISOString() }]
      : [],
  )
}

/** Revokes a token: it stops working at once, on every server. */
export async function revokeServiceToken(
  context: Context,
  database: Database,
  project: string,
  id: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await revoke(tx, id, project, context.now)
    if (row === undefined || row.kind !== 'service') return notFound('service-token', id)
    await record(tx, context, {
      chain: { project },
      action: 'service-token.revoke',
      subject: { kind: 'service-token', id },
      before: { name: row.name },
    })
    return undefined
  })
}
