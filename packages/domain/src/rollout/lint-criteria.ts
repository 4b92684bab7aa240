/**
 * The part of the plan's checks that reads criteria.
 */
import type { Guardrail, Report, Watch } from '../analysis/model.ts'
import { queryFaults } from '../analysis/query.ts'
import { RESOURCE_NAME } from '../analysis/resource.ts'
import { error, type Finding } from './finding.ts'
import { countedOf } from './history.ts'
import type { LintFacts } from './lint.ts'
import type { RolloutPlan } from './model.ts'
import { guardrailsOf, hasControl, nextStep, type Step } from './position.ts'

/** Every finding on the criteria of a plan. */
export function lintCriteria(plan: RolloutPlan, facts: LintFacts): Finding[] {
  const findings: Finding[] = []
  if (guardrailsOf(plan).length === 0) {
    findings.push(
      error(
        'no-guardrail',
        '/criteria',
        'a plan needs at least one guardrail: without one nothing could ever be Go',
      ),
    )
  }
  const seen = new Set<string>()
  plan.criteria.forEach((criterion, index) => {
    const path = `/criteria/${index}`
    if (seen.has(criterion.id))
      findings.push(error('criterion-twice', `${path}/id`, `two criteria are called ${criterion.id}`))
    seen.add(criterion.id)
    if (criterion.role === 'report') findings.push(...lintReport(plan, criterion, path))
    else findings.push(...lintRatio(plan, criterion, path, facts))
  })
  return findings
}

function lintReport(plan: RolloutPlan, { id, max, feedback, stages }: Report, path: string): Finding[] {
  const findings: Finding[] = []
  if (!(Number.isInteger(max) && max >= 0))
    findings.push(error('report-max', `${path}/max`, `${id}: max is a number of reports, 0 or more`))
  if (feedback !== undefined) {
    const { least, positive } = feedback
    if (!(Number.isInteger(least) && least >= 1))
      findings.push(
        error('feedback-least', `${path}/feedback/least`, `${id}: no feedback at all is not positive`),
      )
    if (!(positive > 0 && positive <= 1))
      findings.push(error('feedback-share', `${path}/feedback/positive`, `${id}: the share lies above 0`))
  }
  const strange = stages?.find((name) => plan.stages.every((stage) => stage.name !== name))
  if (strange !== undefined)
    findings.push(error('report-stage', `${path}/stages`, `${id}: there is no stage ${strange}`))
  return findings
}

function lintRatio(
  plan: RolloutPlan,
  criterion: Guardrail | Watch,
  path: string,
  facts: LintFacts,
): Finding[] {
  const { id, harmRatio, safeRatio, hardFloor } = criterion
  const findings: Finding[] = []
  if (!(harmRatio >= 1 && harmRatio < 30))
    findings.push(error('harm-ratio', `${path}/harmRatio`, 'harmRatio is at least 1 and below 30'))
  if (!(safeRatio > harmRatio))
    findings.push(error('safe-ratio', `${path}/safeRatio`, 'safeRatio lies above harmRatio'))
  if (!(hardFloor > 0 && hardFloor <= 1))
    findings.push(error('hard-floor', `${path}/hardFloor`, 'hardFloor lies above 0 and at most at 1'))
  if (!(criterion.blindBudgetMs >= 0))
    findings.push(error('blind-budget', `${path}/blindBudgetMs`, 'blindBudgetMs is not negative'))
  const tolerance = facts.riskTolerance
  const accepted = countedOf(criterion) === 'slow' ? tolerance?.maxSlowRatio : tolerance?.maxErrorRatio
  if (accepted !== undefined && safeRatio > accepted) {
    const message = `${id} plans to see a regression of ${safeRatio} times; the agreed risk is ${accepted} times`
    findings.push(error('risk-ratio', `${path}/safeRatio`, message))
  }
  findings.push(...lintLevel(criterion, path))
  if (criterion.source.kind === 'prometheus') {
    findings.push(
      ...queryFaults(criterion.source).map((it) => error('query', `${path}/source`, `${id}: ${it}`)),
    )
  }
  return [...findings, ...lintMean(criterion, path), ...lintCeiling(plan, criterion, path)]
}

/** A resource is of a service: it holds, and nothing that compares arms can be said of it. */
function lintLevel({ id, role, source, mean, ceiling }: Guardrail | Watch, path: string): Finding[] {
  if (source.kind !== 'resources') return []
  const compared = role !== 'watch' || mean !== undefined || ceiling !== undefined
  return [
    ...(compared
      ? [
          error(
            'resource-watch',
            `${path}/role`,
            `${id}: a resource is a watch with a limit; both arms share it`,
          ),
        ]
      : []),
    ...(RESOURCE_NAME.test(source.resource)
      ? []
      : [
          error(
            'resource-name',
            `${path}/source/resource`,
            `${id}: ${source.resource} is no resource; a pool or queue has a name`,
          ),
        ]),
    ...(source.limit >= 0
      ? []
      : [error('resource-limit', `${path}/source/limit`, `${id}: a limit is not negative`)]),
  ]
}

/** Telemetry counts requests: it has no values of which there could be a mean. */
function lintMean({ id, mean, source }: Guardrail | Watch, path: string): Finding[] {
  if (mean === undefined || source.kind !== 'telemetry') return []
  return [error('mean-source', `${path}/mean`, `${id}: built-in telemetry counts requests and has no means`)]
}

/** Where there is no control nothing can be compared: only a ceiling can be shown. A watch needs none. */
function lintCeiling(
  plan: RolloutPlan,
  { id, role, ceiling, mean }: Guardrail | Watch,
  path: string,
): Finding[] {
  if (ceiling !== undefined) {
    return ceiling > 0 && (ceiling < 1 || mean !== undefined)
      ? []
      : [error('ceiling', `${path}/ceiling`, 'a ceiling lies between 0 and 1')]
  }
  const alone = stepWith(plan, false)
  if (alone === undefined || role === 'watch') return []
  const name = plan.stages[alone.stage]?.name ?? ''
  const message = `${id} needs a ceiling: stage ${name} has an increment without a control`
  return [error('ceiling-missing', `${path}/ceiling`, message)]
}

function stepWith(plan: RolloutPlan, control: boolean): Step | undefined {
  const first = plan.stages[0]
  let step: Step | undefined = first === undefined ? undefined : { stage: 0, increment: 0 }
  while (step !== undefined) {
    if ((plan.stages[step.stage]?.increments.length ?? 0) === 0) return undefined
    if (hasControl(plan, step) === control) return step
    step = nextStep(plan, step)
  }
  return undefined
}
