import { EXPORTED } from '@flagmarshal/domain/alert/queries'
/**
 * What rollouts tell Prometheus. The state is read when it is asked for, so every server says the
 * same whichever of them made the last tick.
 */
import { harmLogE } from '@flagmarshal/domain/analysis/breach'
import { NO_EVIDENCE } from '@flagmarshal/domain/analysis/evidence'
import { mixtureLogE } from '@flagmarshal/domain/analysis/statistics/restart'
import { blindMs } from '@flagmarshal/domain/rollout/causes'
import { audiencesOf, measuredOf, positionOf } from '@flagmarshal/domain/rollout/position'
import { Counter, Gauge, Histogram } from 'prom-client'

import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectLatestMeasurements } from '../storage/measurements.ts'
import { selectArmTotals } from '../storage/monitoring.ts'
import { selectActive } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { exposureView } from './exposure-view.ts'
import type { Ticked } from './tick.ts'
import { whereOf } from './where.ts'

export interface RolloutMetrics {
  ticked(lateMs: number, result: Ticked | 'failed'): void
}

const LABELS = ['project', 'rollout', 'flag', 'environment'] as const

/** Adds the metrics to the registry. */
export function createRolloutMetrics({ registry }: Metrics, database: Database): RolloutMetrics {
  const registers = [registry]
  let reading: Promise<void> | undefined
  // All gauges of one scrape wait for the same reading; while the database is away they are empty.
  const collect = (): Promise<void> =>
    (reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined)))
  const gauge = <L extends string>(name: string, help: string, more: readonly L[] = []) =>
    new Gauge({ name: `flagmarshal_${name}`, help, labelNames: [...LABELS, ...more], registers, collect })
  const gauges = {
    state: gauge('rollout_state', 'The state of each rollout that is looked at, as a label.', ['state']),
    stage: gauge('rollout_stage', 'The stage a rollout stands at: 0 is observing, the plan’s count from 1.'),
    exposure: gauge('exposure_ratio', 'Share of everybody that a rollout exposes, 0 to 1.'),
    evidence: gauge('guardrail_log_e', 'Log evidence of harm of each criterion.', ['criterion', 'kind']),
    blind: gauge('blind_seconds', 'How long a criterion has been without data.', ['criterion']),
    tick: gauge('last_tick_timestamp', 'When a rollout was last looked at, in seconds since 1970.'),
    held: gauge('rollout_held', '1 while a rollout waits, with the reason as a label.', ['reason']),
  }
  // Always there, so that its absence says that nobody is looked after.
  const active = new Gauge({
    name: 'flagmarshal_rollouts_active',
    help: 'Rollouts that are looked at. Its absence means that this server is not scraped.',
    registers,
    collect,
  })
  const counted = (name: string, help: string) =>
    new Counter({
      name,
      help,
      labelNames: ['project', 'environment', 'flag', 'attempt', 'arm'],
      registers,
      collect,
    })
  const requests = {
    n: counted(
      EXPORTED.total,
      'Requests that evaluated a flag in its rollout, by arm, as the SDKs report them.',
    ),
    bad: counted(EXPORTED.bad, 'Of these, the failed ones.'),
    slow: counted(EXPORTED.slow, 'Of these, the ones slower than the bound of the application.'),
  }
  const ticks = new Counter({
    name: 'flagmarshal_rollout_ticks_total',
    help: 'Ticks of rollouts on this server, by what came of them.',
    labelNames: ['result'],
    registers,
  })
  // A counter that is born with its first failure has no increase.
  ticks.inc({ result: 'failed' }, 0)
  const lateSeconds = new Histogram({
    name: 'flagmarshal_rollout_tick_late_seconds',
    help: 'How long after it was due a tick began.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10],
    registers,
  })

  async function read(): Promise<void> {
    for (const each of [...Object.values(gauges), ...Object.values(requests)]) each.reset()
    const now = await databaseNow(database.kysely)
    const found = await selectActive(database.kysely)
    active.set(found.length)
    for (const stored of found) {
      await show(stored, now)
      await count(stored)
    }
  }

  /** Both arms from the start, at 0: a counter that is born with its first error has no increase. */
  async function count({ id, plan, rollout, project, environment, flag }: StoredRollout): Promise<void> {
    const { attempt } = rollout
    const totals = await selectArmTotals(database.kysely, { id, attempt, plan })
    for (const arm of ['exposed', 'control'] as const) {
      const labels = { project, environment, flag, attempt, arm }
      const { n, bad, slow } = totals.find((it) => it.arm === arm) ?? { n: 0, bad: 0, slow: 0 }
      requests.n.inc(labels, n)
      requests.bad.inc(labels, bad)
      requests.slow.inc(labels, slow)
    }
  }

  async function show(stored: StoredRollout, now: Date): Promise<void> {
    const { plan, rollout, project, id, flag, environment } = stored
    const labels = { project, rollout: id, flag, environment }
    const windows = await selectLatestMeasurements(database.kysely, id, { limit: 10 })
    gauges.state.set({ ...labels, state: rollout.state.kind }, 1)
    const { state } = rollout
    if (state.kind === 'held') gauges.held.set({ ...labels, reason: state.reason }, 1)
    gauges.stage.set(labels, whereOf(plan, rollout)?.stage ?? 0)
    const config = await readFlagConfig(database.kysely, { project, environment, flag })
    const flagOn = config?.enabled ?? false
    gauges.exposure.set(labels, exposureView(stored, { flagOn, windows, keys: [] }).share)
    if (stored.tickedAt !== undefined) gauges.tick.set(labels, stored.tickedAt.getTime() / 1000)
    for (const measured of measuredOf(plan)) {
      const criterion = measured.id
      const evidence = rollout.evidence[criterion] ?? NO_EVIDENCE
      gauges.evidence.set({ ...labels, criterion, kind: 'F1r' }, harmLogE(evidence, audiencesOf(plan)))
      for (const { alone } of Object.values(evidence.audiences)) {
        if (alone !== undefined)
          gauges.evidence.set({ ...labels, criterion, kind: 'F2b-harm' }, mixtureLogE(alone.harm))
      }
      const blind = positionOf(rollout) === undefined ? 0 : blindMs(plan, rollout, measured, now)
      gauges.blind.set({ ...labels, criterion }, blind / 1000)
    }
  }

  return {
    ticked(lateMs, result) {
      ticks.inc({ result })
      if (result === 'waited' || result === 'decided') lateSeconds.observe(Math.max(0, lateMs) / 1000)
    },
  }
}
