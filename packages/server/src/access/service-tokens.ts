/** Tokens of automations: each belongs to one project, does the work of runs, and never decides. */
import type { IssuedToken, NewServiceToken, ServiceToken } from '@flagmarshal/api/access'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { insertToken, revoke, selectKeys } from '../storage/access.ts'
import type { Database, Tx } from '../storage/database.ts'
import { selectServiceAccount } from '../storage/people.ts'
import { selectProject } from '../storage/projects.ts'
import { reachOf } from './token-reach.ts'

const DAY_MS = 86_400_000

/** Makes a token. */
export async function createServiceToken(
  context: Context,
  database: Database,
  project: string,
  input: NewServiceToken,
): Promise<IssuedToken | Refusal> {
  const id = newId('token')
  const expiresAt = new Date(context.now.getTime() + input.expiresInDays * DAY_MS)

  return await database.transaction(async (tx) => {
    const reach = await reachOf(tx, project, input)
    if (isRefusal(reach)) return reach
    const kind = await kindOf(tx, project, input)
    if (isRefusal(kind)) return kind
    const token = newToken(kind)
    await insertToken(tx, {
      id,
      hash: sha256(token),
      kind,
      name: input.name,
      person: null,
      roles: null,
      ...reach,
      account: input.account ?? null,
      created_by: context.actor.id,
      created_at: context.now,
      expires_at: expiresAt,
      revoked_at: null,
    })
    await record(tx, context, {
      chain: { project },
      action: 'service-token.create',
      subject: { kind: 'service-token', id },
      after: { name: input.name, kind, account: input.account ?? null, ...reach, expiresAt },
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
  return rows.flatMap((row) => {
    const { kind, expires_at: expires } = row
    if ((kind !== 'service' && kind !== 'agent') || expires === null) return []
    return [
      {
        id: row.id,
        name: row.name,
        kind,
        account: row.account,
        environment: row.environment,
        permissions: row.permissions,
        createdAt: row.created_at.toISOString(),
        createdBy: row.created_by,
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
        expiresAt: expires.toISOString(),
      },
    ]
  })
}

/** The kind of the account, or the one that is wanted. */
async function kindOf(
  tx: Tx,
  project: string,
  { account, kind }: NewServiceToken,
): Promise<'service' | 'agent' | Refusal> {
  if (account === undefined) return kind
  const row = await selectServiceAccount(tx, project, account)
  return row === undefined ? notFound('service account', account) : row.kind
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
    if (row === undefined || (row.kind !== 'service' && row.kind !== 'agent'))
      return notFound('service-token', id)
    await record(tx, context, {
      chain: { project },
      action: 'service-token.revoke',
      subject: { kind: 'service-token', id },
      before: { name: row.name },
    })
    return undefined
  })
}
