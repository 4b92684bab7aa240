/** Status, usage and impact of a flag in one environment (P-S4-12), as they are now. */
import type { Monitoring } from '@flagmarshal/api/drill'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { listInstances } from '../delivery/list-instances.ts'
import { noConfig } from '../flag/read.ts'
import { selectAlerts, selectFaults, selectReasons, selectUsage } from '../storage/alerts.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectExposures } from '../storage/exposures.ts'
import { selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectInstanceUsage } from '../storage/instance-usage.ts'
import { selectArmTotals, selectLatestAttempt, selectRevision } from '../storage/monitoring.ts'
import { databaseClock, selectKeyCounts } from '../storage/telemetry.ts'

const HOUR_MS = 3_600_000

type Instances = Exclude<Awaited<ReturnType<typeof listInstances>>, Refusal>

/** What is known of it. */
export async function showMonitoring(database: Database, key: FlagConfigKey): Promise<Monitoring | Refusal> {
  const { kysely } = database
  const config = await selectFlagConfig(kysely, key)
  if (config === undefined) return noConfig(key)
  const listed = await listInstances(database, key)
  if (isRefusal(listed)) return listed
  const connected = listed.filter((it) => it.state === 'connected')
  const now = await databaseClock(kysely)
  const since = new Date(now.getTime() - HOUR_MS)
  const revision = await selectRevision(kysely, key)
  return {
    flag: key.flag,
    environment: key.environment,
    at: now.toISOString(),
    status: {
      configuredRevision: revision,
      enabled: config.enabled,
      connected: connected.length,
      instances: connected.map(({ instanceId, description, acknowledgedRevision }) => ({
        instanceId,
        application: description?.application ?? 'unknown',
        layers: description?.layers ?? [],
        servedRevision: acknowledgedRevision ?? null,
        current: (acknowledgedRevision ?? -1) >= revision,
      })),
    },
    usage: await usageOf(kysely, key, since, connected),
    impact: await impactOf(kysely, key),
    alerts: (await selectAlerts(kysely, key)).map((it) => ({
      rule: it.rule,
      state: it.state,
      since: it.since.toISOString(),
    })),
  }
}

async function usageOf(
  queries: Queries,
  key: FlagConfigKey,
  since: Date,
  connected: Instances,
): Promise<Monitoring['usage']> {
  const variants = await selectUsage(queries, key, since)
  const byInstance = await selectInstanceUsage(queries, key, since)
  const layers = new Map<string, { layer: string; variant: string; n: number }>()
  for (const { instance, variant, n } of byInstance) {
    const named = connected.find((it) => it.instanceId === instance)?.description?.layers ?? []
    for (const layer of named) {
      const row = layers.get(`${layer} ${variant}`) ?? { layer, variant, n: 0 }
      layers.set(`${layer} ${variant}`, { ...row, n: row.n + n })
    }
  }
  return {
    sinceAt: since.toISOString(),
    variants: [...variants],
    reasons: [...(await selectReasons(queries, key, since))],
    layers: [...layers.values()],
    faults: [...(await selectFaults(queries, key, since))],
    browsers: [...(await selectExposures(queries, key, since))],
    silent: connected.length > 0 && variants.length === 0,
  }
}

async function impactOf(queries: Queries, key: FlagConfigKey): Promise<Monitoring['impact']> {
  const attempt = await selectLatestAttempt(queries, key)
  if (attempt === undefined) return null
  const keys = await selectKeyCounts(queries, attempt.id, attempt.attempt)
  const totals = await selectArmTotals(queries, attempt)
  const share = (arm: 'exposed' | 'control', counts: 'bad' | 'slow') => {
    const total = totals.find((it) => it.arm === arm)
    return total === undefined || total.n === 0 ? null : total[counts] / total.n
  }
  return {
    rollout: attempt.id,
    exposedKeys: keys.find((it) => it.arm === 'exposed')?.keys ?? null,
    criteria: attempt.plan.criteria.flatMap((it) => {
      if (it.role === 'report' || it.source.kind !== 'telemetry') return []
      const { counts } = it.source
      const [exposed, control] = [share('exposed', counts), share('control', counts)]
      const difference = exposed === null || control === null ? null : exposed - control
      return [{ criterion: it.id, exposed, control, difference }]
    }),
  }
}
