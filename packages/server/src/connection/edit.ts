/** Changing a connection, and removing it. */
import type { ChangedConnection, Connection } from '@flagmarshal/api/connection'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound, stale } from '../refusals.ts'
import type { Safe } from '../secret/seal.ts'
import { toJson } from '../storage/column.ts'
import { lockConnection, removeConnection, updateConnection } from '../storage/connections.ts'
import type { ConnectionKey } from '../storage/connections.ts'
import type { Database } from '../storage/database.ts'
import { environmentRefusal } from './create.ts'
import { openSecrets, sealSecrets } from './secrets.ts'
import type { ConnectionSecrets } from './secrets.ts'
import { connectionView } from './view.ts'

interface Parts {
  readonly database: Database
  readonly safe: Safe
}

/** Replaces the settings; a secret that is not given stays, one that is null goes. */
export async function changeConnection(
  context: Context,
  { database, safe }: Parts,
  key: ConnectionKey,
  { ifMatch, environment, settings, secrets }: ChangedConnection & { readonly ifMatch: number },
): Promise<Connection | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await lockConnection(tx, key)
    if (before === undefined) return notFound('connection', key.connection)
    // Secrets that no key opens are lost: whoever changes the connection gives them anew.
    const had = openSecrets(safe, before) ?? {}
    if (before.revision !== ifMatch) return stale('connection', connectionView(before, had))
    const foreign = await environmentRefusal(tx, key.project, environment)
    if (foreign !== undefined) return foreign
    const has = replaced(had, secrets ?? {})
    const changed = {
      environment: environment ?? null,
      secret: secrets === undefined ? before.secret : sealSecrets(safe, key, has),
      revision: ifMatch + 1,
    }
    await updateConnection(tx, key, { ...changed, settings: toJson(settings) })
    const view = connectionView({ ...before, ...changed, settings }, has)
    await record(tx, context, {
      chain: { project: key.project },
      action: 'connection.update',
      subject: { kind: 'connection', id: key.connection },
      before: connectionView(before, had),
      after: { ...view, secretsChanged: Object.keys(secrets ?? {}) },
    })
    return view
  })
}

/** Removes it. */
export async function deleteConnection(
  context: Context,
  { database, safe }: Parts,
  key: ConnectionKey,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await lockConnection(tx, key)
    if (before === undefined) return notFound('connection', key.connection)
    await removeConnection(tx, key)
    await record(tx, context, {
      chain: { project: key.project },
      action: 'connection.delete',
      subject: { kind: 'connection', id: key.connection },
      before: connectionView(before, openSecrets(safe, before) ?? {}),
    })
    return undefined
  })
}

function replaced(had: ConnectionSecrets, given: NonNullable<ChangedConnection['secrets']>) {
  const part = (name: keyof ConnectionSecrets) => {
    const anew = given[name]
    return anew === undefined ? had[name] : (anew ?? undefined)
  }
  return {
    prometheus: part('prometheus'),
    alertmanager: part('alertmanager'),
    grafana: part('grafana'),
  }
}
