/**
 * Measuring: what a tick must know from outside the rollout, gathered before any transaction is
 * open. What has changed by the time the transaction reads the rollout again is left out there.
 */
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isWatched } from '@flagmarshal/domain/rollout/after-completion'
import { audiencesOf, measuredOf, positionOf } from '@flagmarshal/domain/rollout/position'
import { dueWindows, lagMs } from '@flagmarshal/domain/rollout/schedule'

import { measureCriteria } from '../analysis/sources.ts'
import type { SourceParts } from '../analysis/sources.ts'
import { requestsIn } from '../analysis/telemetry-windows.ts'
import { readWindows } from '../delivery/windows.ts'
import { rollbackOf } from '../rollback/facts.ts'
import type { Rollback } from '../rollback/facts.ts'
import type { Queries } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import type { MeasuredWindow } from '../storage/measurements.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import type { RolloutParts } from './ports.ts'

export interface Measured {
  /** Closed windows above the watermark, oldest first. */
  readonly windows: readonly MeasuredWindow[]
  /** There are more of them, to be folded before anything is decided. */
  readonly behind: boolean
  /** Why nobody may be exposed further now. */
  readonly fault?: Refusal
  /** Of a rollback that is being verified. */
  readonly rollback?: Rollback
}

/** What ticks work with. */
export interface TickParts extends RolloutParts {
  readonly sources: SourceParts
}

/** Windows measured in one tick; where more are due, the tick folds these and another follows at once. */
const MOST_WINDOWS = 10_000
/** As many where a source elsewhere is asked for them. */
const MOST_WINDOWS_ELSEWHERE = 60

/** Everything that a tick of this rollout needs. */
export async function measure(
  { database, rolloutPorts, sources }: TickParts,
  seen: StoredRollout,
): Promise<Measured> {
  const { kysely } = database
  const now = await databaseNow(kysely)
  if (seen.rolledBackAt !== undefined) {
    const rollback = await rollbackOf(kysely, seen, now, sources)
    return { windows: [], behind: false, ...(rollback && { rollback }) }
  }
  const fault = await faultOf(rolloutPorts, kysely, seen)
  const found = fault === undefined ? {} : { fault }
  const { plan, rollout } = seen
  const { watermark } = rollout
  if ((positionOf(rollout) === undefined && !isWatched(plan, rollout)) || watermark === undefined)
    return { windows: [], behind: false, ...found }
  const elsewhere = measuredOf(plan).some(({ source }) => source.kind !== 'telemetry')
  const most = elsewhere ? MOST_WINDOWS_ELSEWHERE : MOST_WINDOWS
  const ends = dueWindows(plan, rollout, now, most + 1)
  const behind = ends.length > most
  const windows = await measureWindows({ database, sources }, seen, ends.slice(0, most))
  return { windows, behind, ...found }
}

async function measureWindows(
  { database: { kysely }, sources }: Pick<TickParts, 'database' | 'sources'>,
  { id, project, plan, rollout: { attempt } }: StoredRollout,
  ends: readonly Date[],
): Promise<MeasuredWindow[]> {
  const [first, last] = [ends[0], ends.at(-1)]
  if (first === undefined || last === undefined) return []
  const { windowMs, environment } = plan
  const audiences = audiencesOf(plan)
  const counted = await readWindows(kysely, {
    rollout: id,
    attempt,
    audiences,
    windowMs,
    after: new Date(first.getTime() - windowMs),
    now: new Date(last.getTime() + lagMs({ windowMs })),
  })
  const place = { project, environment, audiences, windowMs, ends, counted }
  const measured = await measureCriteria(kysely, sources, measuredOf(plan), place)
  return counted.map((window, index) => ({
    end: window.end,
    measurements: measured[index] ?? [],
    keys: window.keys,
    ...requestsIn(window),
  }))
}

/** Why nobody may be exposed further: the approval of the attempt's bundle does not hold, or nothing may start now. */
export async function faultOf(
  ports: RolloutParts['rolloutPorts'],
  queries: Queries,
  { project, run, bundleHash, rollout }: Pick<StoredRollout, 'project' | 'run' | 'bundleHash' | 'rollout'>,
): Promise<Refusal | undefined> {
  const approved = await ports.loadApprovedPlan(queries, project, run)
  if (isRefusal(approved)) return approved
  if (approved.bundleHash !== bundleHash) {
    return refuse(
      'approval-void',
      'What is approved by now is another bundle.',
      'Take the new plan over, or start a new attempt.',
    )
  }
  // P-V3 and the calendar are asked at the start, too: what was open when it was scheduled may not be now.
  return rollout.state.kind === 'scheduled' ? (approved.unfit ?? approved.closed) : undefined
}
