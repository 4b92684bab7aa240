/**
 * The part of the plan's checks that asks what the expected traffic can show: P-S3-6.
 *
 * A stage that cannot see the regression that its criteria name, or cannot gather the evidence of a
 * Go before its maximum, is not wrong, but its reviewers must know before it begins and not when it hangs.
 */
import type { Guardrail } from '../analysis/model.ts'
import { UNKNOWN_DISPERSION } from '../analysis/statistics/dispersion.ts'
import { requestsToProve, windowsToSee } from '../analysis/statistics/power.ts'
import { warning, type Finding } from './finding.ts'
import type { ExpectedTraffic, LintFacts } from './lint.ts'
import type { RolloutPlan } from './model.ts'
import { guardrailsOf, hasControl, nextStep, percentOf, stageOf, type Step } from './position.ts'

const MINUTE_MS = 60_000

/** A warning for each increment and guardrail that the traffic is too low for; the plan must be free of errors. */
export function lintPower(plan: RolloutPlan, facts: LintFacts): Finding[] {
  const findings: Finding[] = []
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined;
    step = nextStep(plan, step)
  ) {
    const traffic = facts.traffic?.[stageOf(plan, step.stage).audience.id]
    if (traffic === undefined) continue
    for (const guardrail of guardrailsOf(plan)) {
      findings.push(...lintHarm(plan, step, guardrail, traffic), ...lintGo(plan, step, guardrail, traffic))
    }
  }
  return findings
}

/** Minutes after which a regression of `safeRatio` is expected to be seen, against the increment's bake time. */
function lintHarm(plan: RolloutPlan, step: Step, guardrail: Guardrail, traffic: ExpectedTraffic): Finding[] {
  if (!hasControl(plan, step)) return []
  const stage = stageOf(plan, step.stage)
  const windowMinutes = plan.windowMs / MINUTE_MS
  const windows = windowsToSee(guardrail.safeRatio, {
    tolerated: guardrail.harmRatio,
    share: percentOf(plan, step) / 100,
    rate: traffic.badShare,
    requestsPerWindow: traffic.perMinute * windowMinutes,
    phi: plan.phi ?? UNKNOWN_DISPERSION,
    alpha: plan.alpha / guardrailsOf(plan).length,
  })
  const bakes = stage.bakeMs / stage.increments.length / MINUTE_MS
  if (windows * windowMinutes <= bakes) return []
  const seen = Number.isFinite(windows) ? `in about ${minutes(windows * windowMinutes)}` : 'not at all'
  const message = `${guardrail.id}: at this traffic a regression of ${guardrail.safeRatio} times is seen ${seen}; ${percentOf(plan, step)} % of stage ${stage.name} bakes ${minutes(bakes)}`
  return [warning('underpowered', pathOf(step), message)]
}

/** Minutes after which the ceiling is expected to be shown, against the stage's maximum. */
function lintGo(plan: RolloutPlan, step: Step, guardrail: Guardrail, traffic: ExpectedTraffic): Finding[] {
  if (guardrail.ceiling === undefined) return []
  const stage = stageOf(plan, step.stage)
  const requests = requestsToProve(
    guardrail.ceiling,
    traffic.badShare,
    plan.phi ?? UNKNOWN_DISPERSION,
    plan.beta,
  )
  const needed = requests / (traffic.perMinute * (percentOf(plan, step) / 100))
  const most = stage.maxMs / MINUTE_MS
  if (needed <= most) return []
  const shown = Number.isFinite(needed) ? `takes about ${minutes(needed)}` : 'is not possible'
  const message = `${guardrail.id}: to show ${percentOf(plan, step)} % of stage ${stage.name} to be below the ceiling ${shown} at this traffic; the stage has ${minutes(most)}`
  return [warning('go-out-of-reach', pathOf(step), message)]
}

function pathOf(step: Step): string {
  return `/stages/${step.stage}/increments/${step.increment}`
}

function minutes(value: number): string {
  return value >= 600 ? `${Math.round(value / 60)} h` : `${Number(value.toPrecision(2))} min`
}
