import { isWatched } from './after-completion.ts'
/**
 * When something is due: windows to measure, the next wake-up of the controller.
 */
import type { Rollout, RolloutPlan } from './model.ts'
import { positionOf } from './position.ts'

/** Windows by which every source is given time to arrive. */
const LAG_WINDOWS = 2

/** How long after its end a window is closed. */
export function lagMs(plan: Pick<RolloutPlan, 'windowMs' | 'lagMs'>): number {
  return Math.max(LAG_WINDOWS * plan.windowMs, plan.lagMs ?? 0)
}

/** The first window boundary at or after a time. */
export function windowBoundary(plan: RolloutPlan, time: Date): Date {
  return new Date(Math.ceil(time.getTime() / plan.windowMs) * plan.windowMs)
}

/** Ends of the closed windows above the watermark, oldest first, at most `limit`: what a tick measures. */
export function dueWindows(plan: RolloutPlan, rollout: Rollout, now: Date, limit: number): Date[] {
  if (rollout.watermark === undefined) return []
  if (positionOf(rollout) === undefined && !isWatched(plan, rollout)) return []
  const closed = now.getTime() - lagMs(plan)
  const ends: Date[] = []
  for (
    let end = rollout.watermark.getTime() + plan.windowMs;
    end <= closed && ends.length < limit;
    end += plan.windowMs
  ) {
    ends.push(new Date(end))
  }
  return ends
}

/** When the controller must look again; undefined once the attempt has ended. Verification of a rollback is looked at every window. */
export function nextWake(plan: RolloutPlan, rollout: Rollout, now: Date): Date | undefined {
  switch (rollout.state.kind) {
    case 'scheduled':
      return rollout.startAt > now ? rollout.startAt : new Date(now.getTime() + plan.windowMs)
    case 'observing':
    case 'running':
    case 'held':
    case 'paused':
      return nextWindow(plan, rollout, now)
    case 'rolling_back':
      return new Date(now.getTime() + plan.windowMs)
    case 'completed':
      return isWatched(plan, rollout) ? nextWindow(plan, rollout, now) : undefined
    case 'rolled_back':
    case 'rollback_failed':
    case 'aborted':
      return undefined
  }
}

function nextWindow(plan: RolloutPlan, { watermark }: Rollout, now: Date): Date {
  const closes = (watermark ?? now).getTime() + plan.windowMs + lagMs(plan)
  return new Date(Math.max(closes, now.getTime()))
}
