/** The secrets of a connection, one for each part: sealed together, bound to the connection. */
import { z } from 'zod'

import { connectionOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import type { ConnectionKey, ConnectionRow } from '../storage/connections.ts'

const Secrets = z.object({
  prometheus: z.string().optional(),
  alertmanager: z.string().optional(),
  grafana: z.string().optional(),
})

/** Bearer tokens, or passwords where there is a user. */
export type ConnectionSecrets = z.output<typeof Secrets>

/** What the column holds: null where there is no secret. */
export function sealSecrets(safe: Safe, { project, connection }: ConnectionKey, secrets: ConnectionSecrets) {
  const kept = Object.fromEntries(Object.entries(secrets).filter(([, secret]) => secret !== undefined))
  if (Object.keys(kept).length === 0) return null
  return safe.seal(JSON.stringify(kept), connectionOwner(project, connection))
}

/** The secrets of a row; undefined when they were sealed with a key that is not there. */
export function openSecrets(
  safe: Safe,
  row: Pick<ConnectionRow, 'project' | 'key' | 'secret'>,
): ConnectionSecrets | undefined {
  if (row.secret === null) return {}
  const opened = safe.open(row.secret, connectionOwner(row.project, row.key))
  return opened === undefined ? undefined : Secrets.parse(JSON.parse(opened))
}
