/** SDK keys: each belongs to one environment of one project. */
import type { IssuedKey, NewKey, RotatedKey, SdkKey } from '@flagmarshal/api/access'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { announceToken, insertToken, revoke, selectKeys } from '../storage/access.ts'
import type { TokenRow } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { limitKey } from '../storage/people.ts'
import { selectProject } from '../storage/projects.ts'
import { reachOf } from './token-reach.ts'

const HOUR_MS = 3_600_000

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
    const reach = await reachOf(tx, project, { environment: input.environment })
    if (isRefusal(reach)) return reach
    await insertToken(tx, {
      id,
      hash: sha256(key),
      kind: input.kind,
      name: input.name,
      person: null,
      roles: null,
      ...reach,
      created_by: context.actor.id,
      created_at: context.now,
      expires_at: null,
      revoked_at: null,
    })
    await announceToken(tx, sha256(key))
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
  return rows.flatMap((row) => (isKeyKind(row.kind) ? [view(row, row.kind)] : []))
}

/** Makes a successor of a key, of the same kind and name; the old one works for so many hours more. */
export async function rotateKey(
  context: Context,
  database: Database,
  project: string,
  { id: oldId, overlapHours }: { readonly id: string; readonly overlapHours: number },
): Promise<RotatedKey | Refusal> {
  const { now } = context
  const until = new Date(now.getTime() + overlapHours * HOUR_MS)
  return await database.transaction(async (tx) => {
    const old = (await selectKeys(tx, project)).find((it) => it.id === oldId)
    if (old === undefined || !isKeyKind(old.kind)) return notFound('key', oldId)
    const { kind, name, environment } = old
    if (!(await limitKey(tx, oldId, until))) {
      return refuse(
        'key-ends',
        `The key ${oldId} ends before that.`,
        'Look at "key list": it was replaced before. Replace its successor.',
      )
    }
    const [key, id] = [newToken(kind), newId('key')]
    await insertToken(tx, {
      id,
      hash: sha256(key),
      kind,
      name,
      person: null,
      roles: null,
      project,
      environment,
      created_by: context.actor.id,
      created_at: now,
      expires_at: null,
      revoked_at: null,
    })
    await announceToken(tx, old.hash)
    await record(tx, context, {
      chain: { project },
      action: 'key.rotate',
      subject: { kind: 'key', id },
      before: { id: oldId, endsAt: until },
      after: { kind, environment, name },
    })
    return { id, key, previousEndsAt: until.toISOString() }
  })
}

function isKeyKind(kind: TokenRow['kind']): kind is SdkKey['kind'] {
  return kind === 'server' || kind === 'web' || kind === 'edge'
}

function view(row: TokenRow, kind: SdkKey['kind']): SdkKey {
  return {
    id: row.id,
    kind,
    environment: row.environment ?? '',
    name: row.name,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    endsAt: row.expires_at?.toISOString() ?? null,
  }
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
    if (row === undefined || row.kind === 'service' || row.kind === 'agent') return notFound('key', id)
    await record(tx, context, {
      chain: { project },
      action: 'key.revoke',
      subject: { kind: 'key', id },
      before: { kind: row.kind, environment: row.environment, name: row.name },
    })
    return undefined
  })
}
