/** Where a rollout stands, as people count: observing is stage 0, the plan's stages follow from 1. */
import type { Rollout as RolloutView } from '@flagmarshal/api/rollout'
import type { Position, Rollout, RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { hasControl, percentOf, phaseOf, positionOf, stageOf } from '@flagmarshal/domain/rollout/position'

/** A position as it is shown. */
export type Where = NonNullable<RolloutView['position']>

/** The position of a rollout: where it is or was when it ended. Undefined before the start, and once completed. */
export function whereOf(plan: RolloutPlan, rollout: Rollout): Where | undefined {
  const position = positionOf(rollout) ?? endedAtPosition(rollout)
  return position && positionView(plan, rollout, position)
}

/** One position. */
export function positionView(plan: RolloutPlan, rollout: Rollout, position: Position): Where {
  if (position.kind === 'observing') {
    return {
      stage: 0,
      name: 'observe',
      audience: stageOf(plan, 0).audience.id,
      increment: 0,
      increments: 0,
      percent: 0,
      control: true,
      phase: 'observing',
    }
  }
  const stage = stageOf(plan, position.stage)
  return {
    stage: position.stage + 1,
    name: stage.name,
    audience: stage.audience.id,
    increment: position.increment + 1,
    increments: stage.increments.length,
    percent: percentOf(plan, position),
    control: hasControl(plan, position),
    phase: phaseOf(plan, rollout, position),
  }
}

/** `stage 1/4 gradual, 25 % of everybody`. */
export function placeText(where: Where, plan: RolloutPlan): string {
  if (where.stage === 0) return 'observing'
  return `stage ${where.stage}/${plan.stages.length} ${where.name}, ${where.percent} % of ${where.audience}`
}

function endedAtPosition({ state }: Rollout): Position | undefined {
  return 'from' in state ? state.from : undefined
}
