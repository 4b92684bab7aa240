/**
 * Queries on all sealed secrets at once.
 */
import type { Queries, Tx } from './database.ts'

/** A sealed secret and whose it is. */
export interface SecretRow {
  readonly of: 'channel' | 'inbound' | 'connection' | 'hook' | 'second-factor' | 'identity-provider'
  /** Empty for what belongs to no project. */
  readonly project: string
  /** Of a second factor its person. */
  readonly key: string
  readonly secret: string
}

const TABLES = {
  channel: 'channels',
  inbound: 'inbound_sources',
  connection: 'connections',
  hook: 'hook_secrets',
} as const

/** Every secret, locked until the transaction ends. */
export async function lockSecrets(tx: Tx): Promise<readonly SecretRow[]> {
  return await selectAll(tx, true)
}

/** Every secret as it is now. */
export async function selectSecrets(queries: Queries): Promise<readonly SecretRow[]> {
  return await selectAll(queries, false)
}

async function selectAll(queries: Queries, lock: boolean): Promise<readonly SecretRow[]> {
  const rows: SecretRow[] = []
  for (const kind of ['channel', 'inbound', 'connection', 'hook'] as const) {
    const found = await queries
      .selectFrom(TABLES[kind])
      .select(['project', 'key', 'secret'])
      .where('secret', 'is not', null)
      .orderBy('project')
      .orderBy('key')
      .$if(lock, (it) => it.forUpdate())
      .execute()
    for (const { secret, ...it } of found) if (secret !== null) rows.push({ of: kind, ...it, secret })
  }
  const factors = await queries
    .selectFrom('second_factors')
    .select(['person', 'secret'])
    .orderBy('person')
    .$if(lock, (it) => it.forUpdate())
    .execute()
  for (const { person, secret } of factors)
    rows.push({ of: 'second-factor', project: '', key: person, secret })
  const providers = await queries
    .selectFrom('identity_provider')
    .select('secret')
    .where('secret', 'is not', null)
    .$if(lock, (it) => it.forUpdate())
    .execute()
  for (const { secret } of providers)
    if (secret !== null) rows.push({ of: 'identity-provider', project: '', key: '', secret })
  return rows
}

/** Replaces one. The revision of what it belongs to stays: what it says has not changed. */
export async function updateSecret(tx: Tx, { of, project, key }: SecretRow, secret: string): Promise<void> {
  if (of === 'second-factor') {
    await tx.updateTable('second_factors').set({ secret }).where('person', '=', key).execute()
    return
  }
  if (of === 'identity-provider') {
    await tx.updateTable('identity_provider').set({ secret }).execute()
    return
  }
  await tx
    .updateTable(TABLES[of])
    .set({ secret })
    .where('project', '=', project)
    .where('key', '=', key)
    .execute()
}
