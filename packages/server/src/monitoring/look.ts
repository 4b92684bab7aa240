/**
 * Whether what was set up still stands there (P-V3): each rule loaded and healthy, the dashboard
 * opening with the connected account and being the version that we pushed. Asked outside of any
 * transaction and kept, for the checks that come after it.
 */
import type { MonitoringSighting } from '@flagmarshal/domain/monitoring/found'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { openConnection } from '../connection/read.ts'
import type { Context } from '../context.ts'
import type { RunKey } from '../procedure/load.ts'
import { selectSetupOfRun, upsertSighting } from '../storage/monitoring-setups.ts'
import type { SetupRow } from '../storage/monitoring-setups.ts'
import type { MonitoringParts, MonitoringSystems } from './parts.ts'
import { addressOf } from './set-up.ts'

/** Looks, where something was set up. */
export async function lookAtMonitoring(
  { now }: Pick<Context, 'now'>,
  { database, safe, monitoring }: MonitoringParts,
  key: RunKey,
): Promise<MonitoringSighting | Refusal> {
  const setup = await selectSetupOfRun(database.kysely, key.run)
  if (setup?.project !== key.project)
    return refuse(
      'not-set-up',
      'Nothing was set up for this run.',
      'Set it up: the verb set-up of `flagmarshal monitoring`.',
    )
  const connection = await openConnection(database.kysely, safe, {
    project: key.project,
    connection: setup.connection,
  })
  const prometheus = connection && addressOf(connection, 'prometheus')
  const grafana = connection && addressOf(connection, 'grafana')
  const gone = `the connection ${setup.connection} is gone`
  const seen =
    connection === undefined
      ? [{ faults: [gone], unknown: [] }]
      : [await lookAtRules(monitoring, setup, prometheus), await lookAtDashboard(monitoring, setup, grafana)]
  const sighting = {
    at: now.toISOString(),
    faults: seen.flatMap((it) => it.faults),
    unknown: seen.flatMap((it) => it.unknown),
  }
  await upsertSighting(database.kysely, key.run, sighting)
  return sighting
}

type Seen = Omit<MonitoringSighting, 'at'>

const NOTHING: Seen = { faults: [], unknown: [] }

async function lookAtRules(
  { rules }: MonitoringSystems,
  { rules: installed }: SetupRow,
  address: ReturnType<typeof addressOf>,
): Promise<Seen> {
  if (installed === null) return NOTHING
  if (address === undefined) return { faults: ['Prometheus is not connected any more'], unknown: [] }
  const answer = await rules.loaded(address)
  if (answer.kind === 'failed') return { faults: [], unknown: [`the rules: ${answer.why}`] }
  const ours = answer.value.filter((it) => it.group.startsWith(`${installed.prefix}/`))
  const sick = ours
    .filter((it) => it.health === 'err')
    .map((it) => `the rule ${it.labels['rule'] ?? it.name} fails: ${it.lastError ?? it.health}`)
  const lost =
    ours.length < installed.count ? [`Prometheus has ${ours.length} of ${installed.count} rules loaded`] : []
  return { faults: [...lost, ...sick], unknown: [] }
}

async function lookAtDashboard(
  { dashboards }: MonitoringSystems,
  { dashboard: pushed }: SetupRow,
  address: ReturnType<typeof addressOf>,
): Promise<Seen> {
  if (pushed === null) return NOTHING
  if (address === undefined) return { faults: ['Grafana is not connected any more'], unknown: [] }
  const answer = await dashboards.open(address, pushed.uid)
  if (answer.kind === 'failed') return { faults: [], unknown: [`the dashboard: ${answer.why}`] }
  if (answer.value === undefined) return { faults: ['the dashboard is gone'], unknown: [] }
  if (answer.value.version === pushed.version) return NOTHING
  return {
    faults: [`the dashboard is version ${answer.value.version}; ${pushed.version} was pushed`],
    unknown: [],
  }
}
