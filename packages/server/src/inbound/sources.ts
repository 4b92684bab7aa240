/** The systems that may send to a project, each with a secret of its own. */
import type { IssuedSource, NewSource, Source } from '@flagmarshal/api/inbound'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { sourceOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { newWebhookSecret } from '../signature.ts'
import type { Database } from '../storage/database.ts'
import { insertSource, removeSource, selectSources } from '../storage/inbound.ts'
import type { SourceKey } from '../storage/inbound.ts'
import { selectProject } from '../storage/projects.ts'

/** Adds a system; its secret is in this answer and in no other. */
export async function createSource(
  context: Context,
  { database, safe }: { readonly database: Database; readonly safe: Safe },
  project: string,
  { key, secret = newWebhookSecret() }: NewSource,
): Promise<IssuedSource | Refusal> {
  const sealed = safe.seal(secret, sourceOwner(project, key))
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const row = { project, key, secret: sealed, created_at: context.now }
    if (!(await insertSource(tx, row))) return keyTaken('inbound source', key)
    await record(tx, context, {
      chain: { project },
      action: 'inbound.create',
      subject: { kind: 'inbound', id: key },
      after: { key },
    })
    return { key, createdAt: context.now.toISOString(), secret }
  })
}

/** The systems, by key. */
export async function listSources(database: Database, project: string): Promise<Source[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectSources(database.kysely, project)
  return rows.map((row) => ({ key: row.key, createdAt: row.created_at.toISOString() }))
}

/** Removes a system: nothing that it sends is believed any more. */
export async function deleteSource(
  context: Context,
  database: Database,
  key: SourceKey,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    if (!(await removeSource(tx, key))) return notFound('inbound source', key.source)
    await record(tx, context, {
      chain: { project: key.project },
      action: 'inbound.delete',
      subject: { kind: 'inbound', id: key.source },
      before: { key: key.source },
    })
    return undefined
  })
}
