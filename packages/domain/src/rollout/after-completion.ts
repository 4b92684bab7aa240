/**
 * Watching goes on after 100 %: for the plan's time, harm still rolls back.
 *
 * There is no control any more, so what speaks is the ceiling, the hard floor and what people report.
 */
import type { Completed, Position, Rollout, RolloutPlan } from './model.ts'
import { stageOf } from './position.ts'

/** Whether a completed rollout is still watched. */
export function isWatched(plan: RolloutPlan, rollout: Rollout): boolean {
  const { state } = rollout
  if (state.kind !== 'completed' || state.progress === undefined) return false
  return state.progress.windows * plan.windowMs < (plan.watchMs ?? 0)
}

/** The state at 100 %. */
export function completedState(plan: RolloutPlan): Completed {
  return (plan.watchMs ?? 0) > 0
    ? { kind: 'completed', progress: { windows: 0, healthy: 0 } }
    : { kind: 'completed' }
}

/** The last increment of the plan: where a completed rollout stands. */
export function lastPosition(plan: RolloutPlan): Position & { readonly kind: 'running' } {
  const stage = plan.stages.length - 1
  const increment = stageOf(plan, stage).increments.length - 1
  return { kind: 'running', stage, increment, progress: { windows: 0, healthy: 0 }, stageWindows: 0 }
}
