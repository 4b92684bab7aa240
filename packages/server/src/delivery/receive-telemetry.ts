/**
 * Counting a report of an SDK: each once, in the windows of its receipt by the database's time.
 *
 * The controller reads a window two windows after its end. A report is therefore written within one
 * window of its receipt or not at all: one that took longer is counted again from the start, with
 * the new time.
 */
import { resourcesOf } from '@flagmarshal/domain/analysis/resource'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { Telemetry, TelemetryCount } from '@flagmarshal/evaluation'

import type { Database, Queries, Tx } from '../storage/database.ts'
import { addInstanceUsage } from '../storage/instance-usage.ts'
import { insertProcessSample } from '../storage/process-samples.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import {
  addFaults,
  addKeys,
  addReasons,
  addToWindows,
  addUsage,
  databaseClock,
  insertReport,
} from '../storage/telemetry.ts'
import type { ReasonCount, SeenKeys, UsageCount, WindowCount } from '../storage/telemetry.ts'
import { addSlices } from '../storage/traffic-slices.ts'
import type { DeliveryPorts, RolloutWindow } from './ports.ts'
import { slicesOf } from './slices.ts'

const MINUTE_MS = 60_000

/** A report that is written too late is tried again this often. */
const ATTEMPTS = 3

/** Windows of attempts, remembered because they never change. */
export type WindowOf = (
  queries: Queries,
  rollout: string,
  attempt: number,
) => Promise<RolloutWindow | undefined>

/** How a report ended: `heartbeat` holds nothing to count. */
export type Received = 'counted' | 'repeat' | 'heartbeat'

/** Remembers up to 1,000 attempts. */
export function rememberWindows(ports: DeliveryPorts): WindowOf {
  const known = new Map<string, RolloutWindow>()
  return async (queries, rollout, attempt) => {
    const name = `${rollout}#${attempt}`
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    const window = await ports.windowOf(queries, rollout, attempt)
    if (window === undefined) return undefined
    const oldest = known.size >= 1_000 ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    known.set(name, window)
    return window
  }
}

/** Counts a report. Counts that name no attempt of this environment are usage only. */
export async function receiveTelemetry(
  parts: { readonly database: Database; readonly windowOf: WindowOf },
  key: EnvironmentKey,
  report: Telemetry,
): Promise<Received | Refusal> {
  const { counts, errors, codeDefaults, process: used } = report
  if (counts.length + errors.length + codeDefaults.length === 0 && used === undefined) return 'heartbeat'
  let received: Received | Refusal = LATE
  for (let attempt = 0; attempt < ATTEMPTS && received === LATE; attempt++) {
    received = await parts.database.transaction((tx) => count(tx, parts.windowOf, key, report))
  }
  return received
}

/** A refusal, so that the transaction is rolled back. */
const LATE = refuse(
  'written-too-late',
  'The report could not be written within a window of its receipt.',
  'Send it again, with the same number.',
)

async function count(
  tx: Tx,
  windowOf: WindowOf,
  key: EnvironmentKey,
  report: Telemetry,
): Promise<Received | Refusal> {
  const { instanceId: instance, seq } = report
  if (!(await insertReport(tx, { ...key, instance, seq }))) return 'repeat'
  const now = await databaseClock(tx)
  const windows = await windowsOf(tx, windowOf, key, report.counts)
  const counted = report.counts.flatMap((it) => {
    const window = windows.get(it)
    return window === undefined ? [] : [placed(it, window, now)]
  })
  await addToWindows(tx, counted)
  await addKeys(tx, counted)
  await addUsage(tx, key, endOf(now, MINUTE_MS), report.counts.map(usageOf))
  await addSlices(tx, key, endOf(now, MINUTE_MS), slicesOf(report.counts))
  await addInstanceUsage(tx, { ...key, instance }, report.counts.map(usageOf))
  if (report.process !== undefined)
    await insertProcessSample(tx, { ...key, instance }, resourcesOf(report.process))
  await addReasons(tx, key, endOf(now, MINUTE_MS), report.counts.flatMap(reasonOf))
  await addFaults(tx, key, endOf(now, MINUTE_MS), [
    ...report.errors,
    ...report.codeDefaults.map((it) => ({ ...it, code: 'CODE_DEFAULT' })),
  ])
  if (windows.size === 0) return 'counted'
  const ms = (await databaseClock(tx)).getTime()
  const late = [...windows.values()].some(({ windowMs }) => ms >= endOf(now, windowMs).getTime() + windowMs)
  return late ? LATE : 'counted'
}

/** The window that each count belongs to; those that belong to none are absent. */
async function windowsOf(
  tx: Tx,
  windowOf: WindowOf,
  key: EnvironmentKey,
  counts: readonly TelemetryCount[],
): Promise<ReadonlyMap<TelemetryCount, RolloutWindow>> {
  const windows = new Map<TelemetryCount, RolloutWindow>()
  for (const it of counts) {
    if (it.rollout === undefined) continue
    const window = await windowOf(tx, it.rollout.id, it.rollout.attempt)
    if (window?.project === key.project && window.environment === key.environment) windows.set(it, window)
  }
  return windows
}

/** The end of the window that a moment lies in; windows are aligned to their length since 1970. */
function endOf(now: Date, windowMs: number): Date {
  return new Date((Math.floor(now.getTime() / windowMs) + 1) * windowMs)
}

function placed(
  it: TelemetryCount,
  { windowMs, treatment }: RolloutWindow,
  now: Date,
): WindowCount & SeenKeys {
  const { rollout, arm, audience, n, bad, slow, keys } = it
  if (rollout === undefined) throw new Error('a count without a rollout has no window')
  return {
    rollout: rollout.id,
    attempt: rollout.attempt,
    windowEnd: endOf(now, windowMs),
    audience: audience ?? '',
    arm,
    n,
    bad,
    slow,
    treated: arm === 'exposed' && it.variant === treatment ? n : 0,
    keys,
  }
}

function reasonOf({ flag, variant, reason, n }: TelemetryCount): readonly ReasonCount[] {
  return reason === undefined ? [] : [{ flag, variant, reason, n }]
}

function usageOf({ flag, variant, n, bad, slow }: TelemetryCount): UsageCount {
  return { flag, variant, n, bad, slow }
}
