/**
 * Which keys the stored secrets need, and which of them no key opens (R17): said by a command, in the log
 * of every start, and as a metric, so that a lost key is noticed before a message should have been sent.
 */
import type { SecretStatus } from '@flagmarshal/api/secret'
import { Gauge } from 'prom-client'

import type { Log } from '../context.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { selectSecrets } from '../storage/secrets.ts'
import { ownerOf } from './owner.ts'
import { sealedUnder } from './seal.ts'
import type { Safe } from './seal.ts'

/** What there is. Tries to open each secret. */
export async function secretStatus(database: Database, safe: Safe): Promise<SecretStatus> {
  const rows = await selectSecrets(database.kysely)
  const counts = new Map<string | null, number>(safe.keyIds.map((id) => [id, 0]))
  for (const { secret } of rows) {
    const id = sealedUnder(secret) ?? null
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const lost = rows.filter((row) => safe.open(row.secret, ownerOf(row)) === undefined).map(ownerOf)
  const keys = [...counts].map(([id, secrets]) => ({
    id,
    present: id === null || safe.keyIds.includes(id),
    secrets,
  }))
  return { key: safe.keyIds[0], keys, lost }
}

/** Says in the log what must be entered again, unless the key is found. */
export async function tellOfLostSecrets(database: Database, safe: Safe, log: Log): Promise<void> {
  const { keys, lost } = await secretStatus(database, safe)
  if (lost.length === 0) return
  const missing = keys.filter((it) => !it.present).map((it) => it.id)
  log.error(
    { lost, missingKeys: missing },
    `${lost.length} secrets cannot be opened: add their key after a comma in FLAGMARSHAL_SECRET_KEY (or in a further ` +
      `line of the key file), or enter the secrets of these again: ${lost.join(', ')}`,
  )
}

/** Adds how many secrets cannot be opened to the registry. */
export function createSecretMetrics({ registry }: Metrics, database: Database, safe: Safe): void {
  const gauge = new Gauge({
    name: 'flagmarshal_secrets_lost',
    help: 'Stored secrets that no key of this server opens: what they belong to cannot be called.',
    registers: [registry],
    async collect() {
      gauge.reset()
      const status = await secretStatus(database, safe).catch(() => undefined)
      if (status !== undefined) gauge.set(status.lost.length)
    },
  })
}
