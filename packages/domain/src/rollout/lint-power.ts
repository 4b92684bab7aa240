/**
 * The part of the plan's checks that asks what the expected traffic can show: P-S3-6.
 *
 * A stage that cannot see the regression that its criteria name, or cannot gather the evidence of a
 * Go before its maximum, is not wrong, but its reviewers must know before it begins and not when it hangs.
 */
import { warning, type Finding } from './finding.ts'
import type { RolloutPlan } from './model.ts'
import { guardrailsOf } from './position.ts'
import { durationText, neededStageMs, type CriterionPower, type StepPower } from './pre-flight.ts'

/** A warning for each increment and guardrail that the traffic is too low for, from the plan's pre-flight. */
export function lintPower(plan: RolloutPlan, steps: readonly StepPower[]): Finding[] {
  const stages = plan.stages.flatMap((stage, index) => {
    const needed = neededStageMs(stage, index, steps)
    if (needed <= stage.maxMs) return []
    const message = `the increments of stage ${stage.name} need ${durationText(needed)} at this traffic; its maximum is ${durationText(stage.maxMs)}`
    return [warning('stage-too-short', `/stages/${index}/maxMs`, message)]
  })
  return [
    ...steps.flatMap((step) => step.criteria.flatMap((power) => lintStep(plan, step, power))),
    ...stages,
  ]
}

function lintStep(plan: RolloutPlan, step: StepPower, power: CriterionPower): Finding[] {
  const path = `/stages/${step.stage}/increments/${step.increment}`
  const place = `${step.percent} % of stage ${step.name}`
  const findings: Finding[] = []
  const guardrail = guardrailsOf(plan).find(({ id }) => id === power.criterion)
  if (guardrail === undefined) return []
  if (step.control && !power.enough) {
    const after = power.sees.find(({ ratio }) => ratio === guardrail.safeRatio)?.afterMs ?? null
    const seen = after === null ? 'not at all' : `in about ${durationText(after)}`
    const remedy = power.neededMs === null ? '' : `; ${durationText(power.neededMs)} would be enough`
    const message = `${power.criterion}: at this traffic a regression of ${guardrail.safeRatio} times is seen ${seen}; ${place} bakes ${durationText(step.waitsMs)}${remedy}`
    findings.push(warning('underpowered', path, message))
  }
  if (guardrail.ceiling !== undefined && (power.goAfterMs ?? Infinity) > step.maxMs) {
    const takes =
      power.goAfterMs === null ? 'is not possible' : `takes about ${durationText(power.goAfterMs)}`
    const message = `${power.criterion}: to show ${place} to be below the ceiling ${takes} at this traffic; the stage has ${durationText(step.maxMs)}`
    findings.push(warning('go-out-of-reach', path, message))
  }
  return findings
}
