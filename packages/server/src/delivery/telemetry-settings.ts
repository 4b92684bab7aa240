/** What the server asks of its SDKs, so that windows fill in time. */
import { USUAL_FLUSH_MS } from '@flagmarshal/domain/rollback/kill-recovery'
import type { TelemetrySettings } from '@flagmarshal/evaluation'

import type { Queries } from '../storage/database.ts'
import { isExercised } from '../storage/exercises.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import type { DeliveryPorts } from './ports.ts'

const FLUSH_MS = USUAL_FLUSH_MS
const SHORTEST_FLUSH_MS = 100
/** While a verification run or a drill waits for what instances serve. */
const EXERCISED_FLUSH_MS = 500

/** How often an SDK asks for the snapshot while it cannot stream. */
const POLL_INTERVAL_MS = 30_000

/** Of signs that an instance gave itself. */
export const SPOKEN = { spoke: true, pollIntervalMs: POLL_INTERVAL_MS, edge: null } as const

/** Of signs that only this server has seen. */
export const NOT_SPOKEN = { spoke: false, pollIntervalMs: POLL_INTERVAL_MS, edge: null } as const

/** A quarter of the shortest window of the running rollouts, at most 15 s and at least 100 ms. */
export async function telemetrySettings(
  queries: Queries,
  ports: DeliveryPorts,
  { project, environment }: EnvironmentKey,
): Promise<TelemetrySettings> {
  const [shortest, exercised] = await Promise.all([
    ports.shortestWindowMs(queries, project, environment),
    isExercised(queries, { project, environment }),
  ])
  const usual = exercised ? EXERCISED_FLUSH_MS : FLUSH_MS
  const wanted = shortest === undefined ? usual : Math.min(usual, Math.floor(shortest / 4))
  const flushIntervalMs = Math.min(FLUSH_MS, Math.max(SHORTEST_FLUSH_MS, wanted))
  return { flushIntervalMs, pollIntervalMs: POLL_INTERVAL_MS }
}
