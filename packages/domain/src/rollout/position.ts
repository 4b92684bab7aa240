/**
 * Where a rollout stands, read off the plan: percentages, controls, what comes next, how long it bakes.
 */
import type { AudienceEvidence, Guardrail, Watch } from '../analysis/model.ts'
import { dispersionOf, type Dispersion } from '../analysis/statistics/dispersion.ts'
import { windowsToSee } from '../analysis/statistics/power.ts'
import type { Observing, Position, Rollout, RolloutPlan, Running, Stage, Target } from './model.ts'

/** Windows below which no increment of a real rollout is judged. */
export const LEAST_WINDOWS = 30

/** How much longer than the power estimate an increment bakes: at the estimate itself every other regression is still unseen. */
export const POWER_MARGIN = 1.6

/** A stage and one of its increments, by index. */
export interface Step {
  readonly stage: number
  readonly increment: number
}

/** A stage of the plan; throws a RangeError where there is none. */
export function stageOf(plan: RolloutPlan, index: number): Stage {
  const stage = plan.stages[index]
  if (stage === undefined) throw new RangeError(`the plan has no stage ${index}`)
  return stage
}

/** The percent of its own audience that an increment exposes; the last one keeps the holdback out. */
export function percentOf(plan: RolloutPlan, step: Step): number {
  const stage = stageOf(plan, step.stage)
  const percent = stage.increments[step.increment]
  if (percent === undefined) throw new RangeError(`stage ${stage.name} has no increment ${step.increment}`)
  return nextStep(plan, step) === undefined ? Math.min(percent, 100 - plan.holdback) : percent
}

/** Whether part of the increment's audience stays unexposed to be compared with. */
export function hasControl(plan: RolloutPlan, step: Step): boolean {
  return percentOf(plan, step) < 100
}

/** The step after this one; undefined after the last. */
export function nextStep(plan: RolloutPlan, step: Step): Step | undefined {
  if (step.increment + 1 < stageOf(plan, step.stage).increments.length) {
    return { stage: step.stage, increment: step.increment + 1 }
  }
  return step.stage + 1 < plan.stages.length ? { stage: step.stage + 1, increment: 0 } : undefined
}

/** The step before this one; undefined before the first. */
export function previousStep(plan: RolloutPlan, step: Step): Step | undefined {
  if (step.increment > 0) return { stage: step.stage, increment: step.increment - 1 }
  if (step.stage === 0) return undefined
  return { stage: step.stage - 1, increment: stageOf(plan, step.stage - 1).increments.length - 1 }
}

/** Where a rollout goes from a position; undefined after the last increment. */
export function targetAfter(plan: RolloutPlan, position: Position): Target | undefined {
  if (position.kind === 'observing') return { kind: 'running', stage: 0, increment: 0 }
  const step = nextStep(plan, position)
  return step === undefined ? undefined : { kind: 'running', ...step }
}

/** The plan's audiences, each once, in stage order. */
export function audiencesOf(plan: RolloutPlan): string[] {
  return [...new Set(plan.stages.map((stage) => stage.audience.id))]
}

/** The percent of each audience that is exposed at a step, in stage order; audiences of later stages are absent. */
export function exposedPercents(plan: RolloutPlan, step: Step): Map<string, number> {
  const percents = new Map<string, number>()
  for (let index = 0; index < step.stage; index++) {
    const stage = stageOf(plan, index)
    percents.set(stage.audience.id, stage.increments.at(-1) ?? 0)
  }
  percents.set(stageOf(plan, step.stage).audience.id, percentOf(plan, step))
  return percents
}

/** The position of a rollout that is under way, held and paused ones included. */
export function positionOf(rollout: Rollout): Position | undefined {
  const { state } = rollout
  if (state.kind === 'observing' || state.kind === 'running') return state
  return state.kind === 'held' || state.kind === 'paused' ? state.from : undefined
}

/** The plan's guardrails: what may roll back, and must be Go. */
export function guardrailsOf(plan: RolloutPlan): Guardrail[] {
  return plan.criteria.filter((criterion) => criterion.role === 'guardrail')
}

/** Every criterion that is measured in windows: guardrails and watches. */
export function measuredOf(plan: RolloutPlan): (Guardrail | Watch)[] {
  return plan.criteria.filter((criterion) => criterion.role !== 'report')
}

/** The declared dispersion, or the one that the observe stage measured in this audience. */
export function planDispersion(plan: RolloutPlan, evidence: AudienceEvidence): Dispersion {
  if (plan.phi !== undefined) return { relative: plan.phi, absolute: plan.phi }
  return dispersionOf(evidence.history)
}

/** Whether an increment still gathers its minimum of healthy windows, or is judged. */
export function phaseOf(plan: RolloutPlan, rollout: Rollout, running: Running): 'baking' | 'judging' {
  return running.progress.healthy < neededWindows(plan, rollout, running) ? 'baking' : 'judging'
}

/**
 * Healthy windows that a position needs before it is judged. Observing: its windows, of which at
 * most 30 must be healthy. An increment: its part of the stage's bake time, never below 30 windows, and where it
 * is compared with a control 1.6 times what the observed traffic needs to show `safeRatio`.
 * A demonstration's increments, and one whose plan declares `absoluteOnly`, do not wait for the latter.
 */
export function neededWindows(plan: RolloutPlan, rollout: Rollout, position: Position): number {
  if (position.kind === 'observing') return Math.min(plan.observeWindows, LEAST_WINDOWS)
  const stage = stageOf(plan, position.stage)
  const bake = Math.ceil(stage.bakeMs / stage.increments.length / plan.windowMs)
  if (plan.demo === true) return bake
  const least = Math.max(bake, LEAST_WINDOWS)
  if (plan.absoluteOnly !== undefined || !hasControl(plan, position)) return least
  return guardrailsOf(plan).reduce(
    (needed, guardrail) => Math.max(needed, windowsForPower(plan, rollout, position, guardrail)),
    least,
  )
}

/** Whether the observe stage has seen what it is there for. */
export function observedEnough(plan: RolloutPlan, rollout: Rollout, position: Observing): boolean {
  const { windows, healthy } = position.progress
  return windows >= plan.observeWindows && healthy >= neededWindows(plan, rollout, position)
}

/** 0 where nothing is known of the traffic: then no estimate is possible, and the evidence alone decides. */
function windowsForPower(plan: RolloutPlan, rollout: Rollout, step: Step, guardrail: Guardrail): number {
  const audience = stageOf(plan, step.stage).audience.id
  const evidence = rollout.evidence[guardrail.id]?.audiences[audience]
  if (evidence === undefined || evidence.history.x === 0 || guardrail.mean !== undefined) return 0
  const { history } = evidence
  const windows = windowsToSee(guardrail.safeRatio, {
    tolerated: guardrail.harmRatio,
    share: percentOf(plan, step) / 100,
    rate: history.x / history.n,
    requestsPerWindow: history.n / Math.max(history.short.exposed.t, 1),
    phi: planDispersion(plan, evidence).relative,
    alpha: plan.alpha / guardrailsOf(plan).length,
  })
  return Math.ceil(POWER_MARGIN * windows)
}
