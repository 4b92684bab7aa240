/**
 * Folding windows into a rollout: evidence, healthy time and the watermark, together.
 *
 * A window is folded when it directly follows the watermark, and so exactly once, in order, whatever
 * is handed in again after a restart. A window counts for the position that was entered before it
 * began; the evidence of a late one still belongs to the exposure that it was measured under.
 */
import { showsNoHarm } from '../analysis/criteria.ts'
import { foldCriterion, NO_EVIDENCE } from '../analysis/evidence.ts'
import type { CriterionEvidence, Guardrail, Watch, Window } from '../analysis/model.ts'
import { audienceEvidence, type Scope } from '../analysis/scope.ts'
import { foldSplit, NO_SPLIT, type Split } from '../analysis/split.ts'
import { isWatched, lastPosition } from './after-completion.ts'
import { armShares } from './exposure.ts'
import type { Position, Rollout, RolloutPlan, RolloutState } from './model.ts'
import { isOverridden } from './override.ts'
import {
  audiencesOf,
  exposedPercents,
  guardrailsOf,
  hasControl,
  measuredOf,
  planDispersion,
  positionOf,
  previousStep,
  stageOf,
  type Step,
} from './position.ts'
import { lagMs } from './schedule.ts'

/** How much more the block bounds may be wrong than the likelihood processes: .01 at an alpha of .001. */
const BLOCK_ALPHA_FACTOR = 10

/** Folds windows, oldest first. Those at or below the watermark, and those beyond a gap, are left out. */
export function fold(plan: RolloutPlan, rollout: Rollout, windows: readonly Window[]): Rollout {
  let folded = rollout
  for (const window of windows) folded = foldWindow(plan, folded, window)
  return folded
}

/** The same, and what there is to see after each of the windows that was folded. */
export function foldEach<T>(
  plan: RolloutPlan,
  rollout: Rollout,
  windows: readonly Window[],
  see: (after: Rollout) => T,
): { readonly rollout: Rollout; readonly seen: ReadonlyMap<number, T> } {
  let folded = rollout
  const seen = new Map<number, T>()
  for (const window of windows) {
    const after = foldWindow(plan, folded, window)
    if (after !== folded) seen.set(window.end.getTime(), see(after))
    folded = after
  }
  return { rollout: folded, seen }
}

function foldWindow(plan: RolloutPlan, rollout: Rollout, window: Window): Rollout {
  const position = positionOf(rollout) ?? (isWatched(plan, rollout) ? lastPosition(plan) : undefined)
  const { watermark, enteredAt } = rollout
  if (position === undefined || watermark === undefined || enteredAt === undefined) return rollout
  if (window.end.getTime() !== watermark.getTime() + plan.windowMs) return rollout

  const criteria = measuredOf(plan)
  const scope = scopeOf(plan, rollout, position, window)
  const evidence: Record<string, CriterionEvidence> = {}
  for (const criterion of criteria) {
    const { id } = criterion
    const measurement = window.measurements.find((each) => each.criterion === id)
    evidence[id] = foldCriterion(criterion, rollout.evidence[id] ?? NO_EVIDENCE, measurement, scope)
  }
  const split = splitAfter(plan, rollout, position, window)
  const folded = { ...rollout, watermark: window.end, evidence, ...(split && { split }) }
  if (startOf(plan, window) < enteredAt.getTime()) return folded
  const healthy = criteria.every(
    (each) =>
      isOverridden(rollout, each.id, window.end) ||
      isHealthy(plan, position, each, evidence[each.id] ?? NO_EVIDENCE),
  )
  return { ...folded, state: progressed(rollout.state, healthy) }
}

/** What the window was measured under: the present position, or the one before where it began earlier. */
function scopeOf(plan: RolloutPlan, rollout: Rollout, position: Position, window: Window): Scope {
  const guardrails = guardrailsOf(plan)
  const step = stepDuring(plan, rollout, position, window)
  const audience = step === undefined ? undefined : stageOf(plan, step.stage).audience.id
  // At 100 % the holdback has gone in, too: from then on there is no control.
  const whole = rollout.state.kind === 'completed' && startOf(plan, window) >= enteredMs(rollout)
  const withoutControl = step !== undefined && (whole || !hasControl(plan, step))
  return {
    windowEnd: window.end,
    audiences: audiencesOf(plan),
    exposed: step === undefined ? [] : [...exposedPercents(plan, step).keys()],
    ...(withoutControl && audience !== undefined ? { alone: audience } : {}),
    observing: rollout.exposedAt === undefined || window.end <= rollout.exposedAt,
    ...(step !== undefined && { stage: step.stage }),
    threshold: Math.log(guardrails.length / plan.alpha),
    blockAlpha: (BLOCK_ALPHA_FACTOR * plan.alpha) / guardrails.length,
    dispersion: (evidence) => planDispersion(plan, evidence),
  }
}

function stepDuring(
  plan: RolloutPlan,
  rollout: Rollout,
  position: Position,
  window: Window,
): Step | undefined {
  if (position.kind === 'observing') return undefined
  if (rollout.state.kind === 'completed') return position
  return startOf(plan, window) >= enteredMs(rollout) ? position : previousStep(plan, position)
}

/**
 * Keys appear in the window in which they are reported, so those of the windows around a change of the
 * share, which may have been split by either, are left out: all that appeared then, whatever their arm.
 */
function splitAfter(
  plan: RolloutPlan,
  rollout: Rollout,
  position: Position,
  window: Window,
): Split | undefined {
  if (window.keys === undefined || rollout.state.kind === 'completed') return rollout.split
  const settled = (rollout.enteredAt?.getTime() ?? 0) + lagMs(plan)
  // The observe stage has the share of the first increment.
  const first = position.kind === 'observing' || (position.stage === 0 && position.increment === 0)
  if (startOf(plan, window) < settled && !first) return rollout.split
  return foldSplit(rollout.split ?? NO_SPLIT, window.keys, armShares(plan, position))
}

// oxlint-disable-next-line max-params -- where, and the criterion with what is known of it
function isHealthy(
  plan: RolloutPlan,
  position: Position,
  criterion: Guardrail | Watch,
  evidence: CriterionEvidence,
): boolean {
  if (evidence.blindWindows > 0 || evidence.watched !== undefined) return false
  if (criterion.role === 'watch' || position.kind === 'observing' || !hasControl(plan, position)) return true
  const { id } = stageOf(plan, position.stage).audience
  return showsNoHarm(criterion, audienceEvidence(evidence, id))
}

/** Time counts only while the rollout moves: held and paused windows are neither baked nor charged to the stage's maximum. */
function progressed(state: RolloutState, healthy: boolean): RolloutState {
  if (state.kind !== 'observing' && state.kind !== 'running' && state.kind !== 'completed') return state
  if (state.progress === undefined) return state
  const { windows } = state.progress
  const progress = { windows: windows + 1, healthy: state.progress.healthy + (healthy ? 1 : 0) }
  return state.kind === 'running'
    ? { ...state, progress, stageWindows: state.stageWindows + 1 }
    : { ...state, progress }
}

function enteredMs({ enteredAt }: Rollout): number {
  return enteredAt?.getTime() ?? 0
}

function startOf(plan: RolloutPlan, window: Window): number {
  return window.end.getTime() - plan.windowMs
}
