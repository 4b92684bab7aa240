/**
 * Queries on all sealed secrets at once.
 */
import type { Tx } from './database.ts'

/** A sealed secret and whose it is. */
export interface SecretRow {
  readonly of: 'channel' | 'inbound' | 'connection' | 'hook'
  readonly project: string
  readonly key: string
  readonly secret: string
}

/** Every secret, locked until the transaction ends. */
export async function lockSecrets(tx: Tx): Promise<readonly SecretRow[]> {
  const channels = await tx
    .selectFrom('channels')
    .select(['project', 'key', 'secret'])
    .orderBy('project')
    .orderBy('key')
    .forUpdate()
    .execute()
  const sources = await tx
    .selectFrom('inbound_sources')
    .select(['project', 'key', 'secret'])
    .orderBy('project')
    .orderBy('key')
    .forUpdate()
    .execute()
  const connections = await tx
    .selectFrom('connections')
    .select(['project', 'key', 'secret'])
    .orderBy('project')
    .orderBy('key')
    .forUpdate()
    .execute()
  const hooks = await tx
    .selectFrom('hook_secrets')
    .select(['project', 'key', 'secret'])
    .orderBy('project')
    .orderBy('key')
    .forUpdate()
    .execute()
  return [
    ...channels.flatMap(({ project, key, secret }) =>
      secret === null ? [] : [{ of: 'channel' as const, project, key, secret }],
    ),
    ...sources.map((it) => ({ of: 'inbound' as const, ...it })),
    ...connections.flatMap(({ project, key, secret }) =>
      secret === null ? [] : [{ of: 'connection' as const, project, key, secret }],
    ),
    ...hooks.map((it) => ({ of: 'hook' as const, ...it })),
  ]
}

const TABLES = {
  channel: 'channels',
  inbound: 'inbound_sources',
  connection: 'connections',
  hook: 'hook_secrets',
} as const

/** Replaces one. The revision of what it belongs to stays: what it says has not changed. */
export async function updateSecret(tx: Tx, { of, project, key }: SecretRow, secret: string): Promise<void> {
  await tx
    .updateTable(TABLES[of])
    .set({ secret })
    .where('project', '=', project)
    .where('key', '=', key)
    .execute()
}
