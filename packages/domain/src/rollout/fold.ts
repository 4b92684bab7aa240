/**
 * Folding windows into a rollout: evidence, healthy time and the watermark, together.
 *
 * A window is folded when it directly follows the watermark, and so exactly once, in order, whatever
 * is handed in again after a restart. A window counts for the position that was entered before it
 * began; the evidence of a late one still belongs to the exposure that it was measured under.
 */
import { NO_SIGN_OF_HARM } from '../analysis/criteria.ts'
import { foldCriterion, NO_EVIDENCE, type Scope } from '../analysis/evidence.ts'
import type { CriterionEvidence, Window } from '../analysis/model.ts'
import { mixtureLogE } from '../analysis/statistics/restart.ts'
import type { Position, Rollout, RolloutPlan, RolloutState } from './model.ts'
import {
  audiencesOf,
  exposedPercents,
  guardrailsOf,
  hasControl,
  planDispersion,
  positionOf,
  previousStep,
  stageOf,
  type Step,
} from './position.ts'

/** Folds windows, oldest first. Those at or below the watermark, and those beyond a gap, are left out. */
export function fold(plan: RolloutPlan, rollout: Rollout, windows: readonly Window[]): Rollout {
  let folded = rollout
  for (const window of windows) folded = foldWindow(plan, folded, window)
  return folded
}

function foldWindow(plan: RolloutPlan, rollout: Rollout, window: Window): Rollout {
  const position = positionOf(rollout)
  const { watermark, enteredAt } = rollout
  if (position === undefined || watermark === undefined || enteredAt === undefined) return rollout
  if (window.end.getTime() !== watermark.getTime() + plan.windowMs) return rollout

  const guardrails = guardrailsOf(plan)
  const scope = scopeOf(plan, rollout, position, window)
  const evidence: Record<string, CriterionEvidence> = {}
  for (const guardrail of guardrails) {
    const measurement = window.measurements.find((each) => each.criterion === guardrail.id)
    evidence[guardrail.id] = foldCriterion(
      guardrail,
      rollout.evidence[guardrail.id] ?? NO_EVIDENCE,
      measurement,
      scope,
    )
  }
  const folded = { ...rollout, watermark: window.end, evidence }
  if (startOf(plan, window) < enteredAt.getTime()) return folded
  const healthy = Object.values(evidence).every((each) => isHealthy(plan, position, each))
  return { ...folded, state: progressed(rollout.state, healthy) }
}

/** What the window was measured under: the present position, or the one before where it began earlier. */
function scopeOf(plan: RolloutPlan, rollout: Rollout, position: Position, window: Window): Scope {
  const guardrails = guardrailsOf(plan)
  const step = stepDuring(plan, rollout, position, window)
  const audience = step === undefined ? undefined : stageOf(plan, step.stage).audience.id
  const withoutControl = step !== undefined && !hasControl(plan, step)
  return {
    windowEnd: window.end,
    audiences: audiencesOf(plan),
    exposed: step === undefined ? [] : [...exposedPercents(plan, step).keys()],
    ...(withoutControl && audience !== undefined ? { alone: audience } : {}),
    observing: rollout.exposedAt === undefined || window.end <= rollout.exposedAt,
    threshold: Math.log(guardrails.length / plan.alpha),
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
  const entered = rollout.enteredAt?.getTime() ?? 0
  return startOf(plan, window) >= entered ? position : previousStep(plan, position)
}

function isHealthy(plan: RolloutPlan, position: Position, evidence: CriterionEvidence): boolean {
  if (evidence.blindWindows > 0) return false
  if (position.kind === 'observing' || !hasControl(plan, position)) return true
  const own = evidence.audiences[stageOf(plan, position.stage).audience.id]
  return own === undefined || mixtureLogE(own.harm) <= NO_SIGN_OF_HARM
}

/** Time counts only while the rollout moves: held and paused windows are neither baked nor charged to the stage's maximum. */
function progressed(state: RolloutState, healthy: boolean): RolloutState {
  if (state.kind !== 'observing' && state.kind !== 'running') return state
  const { windows } = state.progress
  const progress = { windows: windows + 1, healthy: state.progress.healthy + (healthy ? 1 : 0) }
  return state.kind === 'running'
    ? { ...state, progress, stageWindows: state.stageWindows + 1 }
    : { ...state, progress }
}

function startOf(plan: RolloutPlan, window: Window): number {
  return window.end.getTime() - plan.windowMs
}
