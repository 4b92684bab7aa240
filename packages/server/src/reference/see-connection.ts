/** Connections to monitoring programs, and metrics in them, as far as inputs rest on them (P-I4, P-I11). */
import type { Sighting } from '@flagmarshal/domain/reference/model'

import type { Clock } from '../clock.ts'
import { probeConnection } from '../connection/probe.ts'
import type { Probes } from '../connection/probe.ts'
import { openConnection } from '../connection/read.ts'
import type { PrometheusAt } from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'

type Seen = Pick<Sighting, 'state' | 'note' | 'hash'>

/** What asks the programs. */
export interface MonitoringPrograms {
  readonly probes: Probes
  readonly prometheus: PrometheusAt
}

interface Parts {
  readonly database: Database
  readonly clock: Clock
  readonly safe: Safe
  readonly monitoring: MonitoringPrograms
}

/** Whether each part of a connection answers and lets us in. */
export async function seeConnection(
  { database, clock, safe, monitoring }: Parts,
  project: string,
  key: string,
): Promise<Seen> {
  const connection = await openConnection(database.kysely, safe, { project, connection: key })
  if (connection === undefined) return { state: 'absent', note: `there is no connection ${key}` }
  const probes = await probeConnection({ clock, probes: monitoring.probes }, connection)
  const failing = probes.filter(({ state }) => state === 'fail')
  const told = (some: typeof probes) =>
    some
      .map((it) => `${it.part} ${it.note}`)
      .join('; ')
      .slice(0, 1000)
  // What does not answer now may answer later: it is not known to be missing.
  if (failing.length > 0) return { state: 'unknown', note: told(failing) }
  return { state: 'found', hash: `connection ${key}`, note: told(probes) }
}

/** Whether the Prometheus of a connection has a metric. */
export async function seeMetric(
  { database, clock, safe, monitoring }: Parts,
  project: string,
  { connection: key, metric }: { readonly connection: string; readonly metric: string },
): Promise<Seen> {
  const connection = await openConnection(database.kysely, safe, { project, connection: key })
  if (connection === undefined) return { state: 'absent', note: `there is no connection ${key}` }
  const { settings, secrets } = connection
  if (secrets === undefined) return { state: 'unknown', note: 'its secret was encrypted with another key' }
  const address = { ...settings.prometheus, secret: secrets.prometheus }
  const found = await monitoring.prometheus(address).find(metric, clock.now())
  switch (found.kind) {
    case 'found':
      return { state: 'found', hash: `metric ${metric}` }
    case 'absent':
      return { state: 'absent', note: found.why }
    case 'failed':
      return { state: 'unknown', note: found.why }
  }
}
