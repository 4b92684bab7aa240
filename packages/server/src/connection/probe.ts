/** Asking each part of a connection whether it answers and lets us in. */
import type { ConnectionTest } from '@flagmarshal/api/connection'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Clock } from '../clock.ts'
import type { Context } from '../context.ts'
import type { MonitoringPart, ProbeMonitoring } from '../integrations/interfaces.ts'
import { notFound } from '../refusals.ts'
import type { Safe } from '../secret/seal.ts'
import type { ConnectionKey } from '../storage/connections.ts'
import type { Database } from '../storage/database.ts'
import { openConnection } from './read.ts'
import type { OpenConnection } from './read.ts'

/** How each part is asked. */
export type Probes = Readonly<Record<MonitoringPart, ProbeMonitoring>>

export interface ProbeParts {
  readonly database: Database
  readonly safe: Safe
  readonly clock: Clock
  readonly probes: Probes
}

/** Tests a stored connection. */
export async function testConnection(
  context: Context,
  parts: ProbeParts,
  key: ConnectionKey,
): Promise<ConnectionTest | Refusal> {
  const connection = await openConnection(parts.database.kysely, parts.safe, key)
  if (connection === undefined) return notFound('connection', key.connection)
  const probes = await probeConnection(parts, connection)
  return {
    at: context.now.toISOString(),
    state: probes.every(({ state }) => state === 'pass') ? 'pass' : 'fail',
    probes,
  }
}

/** One finding for each part that the connection has. */
export async function probeConnection(
  { clock, probes }: Pick<ProbeParts, 'clock' | 'probes'>,
  { settings, secrets }: OpenConnection,
): Promise<ConnectionTest['probes']> {
  const parts = (['prometheus', 'alertmanager', 'grafana'] as const).filter(
    (part) => settings[part] !== undefined,
  )
  return await Promise.all(
    parts.map(async (part) => {
      const began = clock.now()
      const address = settings[part]
      const probed =
        secrets === undefined || address === undefined
          ? { kind: 'fails' as const, why: 'its secret was encrypted with another key: give it anew' }
          : await probes[part]({ ...address, secret: secrets[part] })
      return {
        part,
        state: probed.kind === 'answers' ? ('pass' as const) : ('fail' as const),
        note: probed.kind === 'answers' ? probed.what : probed.why,
        ms: clock.now().getTime() - began.getTime(),
      }
    }),
  )
}
