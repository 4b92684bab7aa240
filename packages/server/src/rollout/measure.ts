/**
 * Measuring: what a tick must know from outside the rollout, gathered before any transaction is
 * open. What has changed by the time the transaction reads the rollout again is left out there.
 */
import { isRefusal } from '@flagmarshal/domain/refusal'
import { audiencesOf, positionOf } from '@flagmarshal/domain/rollout/position'
import { dueWindows } from '@flagmarshal/domain/rollout/schedule'

import { telemetryWindows } from '../analysis/telemetry-windows.ts'
import { readWindows } from '../delivery/windows.ts'
import { rollbackOf } from '../rollback/facts.ts'
import type { Rollback } from '../rollback/facts.ts'
import { databaseNow } from '../storage/flags.ts'
import type { MeasuredWindow } from '../storage/measurements.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import type { RolloutParts } from './ports.ts'

export interface Measured {
  /** Closed windows above the watermark, oldest first. */
  readonly windows: readonly MeasuredWindow[]
  /** There are more of them, to be folded before anything is decided. */
  readonly behind: boolean
  /** The approval holds, and the bundle is the one of this attempt. */
  readonly approved: boolean
  /** Of a rollback that is being verified. */
  readonly rollback?: Rollback
}

/** Everything that a tick of this rollout needs. */
export async function measure(
  { database, rolloutPorts }: RolloutParts,
  seen: StoredRollout,
): Promise<Measured> {
  const { kysely } = database
  const now = await databaseNow(kysely)
  if (seen.rolledBackAt !== undefined) {
    const rollback = await rollbackOf(kysely, seen, now)
    return { windows: [], behind: false, approved: false, ...(rollback && { rollback }) }
  }
  const approved = await isApproved(rolloutPorts, database, seen)
  const { plan, rollout } = seen
  const { watermark } = rollout
  if (positionOf(rollout) === undefined || watermark === undefined)
    return { windows: [], behind: false, approved }
  const counted = await readWindows(kysely, {
    rollout: seen.id,
    attempt: rollout.attempt,
    audiences: audiencesOf(plan),
    windowMs: plan.windowMs,
    after: watermark,
    now,
  })
  const behind = dueWindows(plan, rollout, now, counted.length + 1).length > counted.length
  return { windows: telemetryWindows(plan, counted), behind, approved }
}

/** Whether the approval of the attempt's bundle still holds. */
export async function isApproved(
  ports: RolloutParts['rolloutPorts'],
  database: RolloutParts['database'],
  { project, run, bundleHash }: Pick<StoredRollout, 'project' | 'run' | 'bundleHash'>,
): Promise<boolean> {
  const approved = await ports.loadApprovedPlan(database.kysely, project, run)
  return !isRefusal(approved) && approved.bundleHash === bundleHash
}
