/**
 * The part of the plan's checks that reads stages: audiences, percentages, limits, times.
 */
import { expectedShare } from './exposure.ts'
import { error, warning, type Finding } from './finding.ts'
import type { LintFacts } from './lint.ts'
import type { RolloutPlan, Stage } from './model.ts'
import { LEAST_WINDOWS, nextStep, percentOf, previousStep, type Step } from './position.ts'

/** Every finding on the stages of a plan. */
export function lintStages(plan: RolloutPlan, facts: LintFacts): Finding[] {
  if (plan.stages.length === 0) return [error('no-stage', '/stages', 'a plan has at least one stage')]
  const single = plan.stages.flatMap((stage, index) => lintStage(plan, stage, `/stages/${index}`, facts))
  if (single.some((finding) => finding.severity === 'error')) return single
  return [...single, ...lintLast(plan), ...lintOrder(plan), ...lintShares(plan, facts)]
}

function lintStage(plan: RolloutPlan, stage: Stage, path: string, facts: LintFacts): Finding[] {
  const findings: Finding[] = []
  const { audience, increments, bakeMs, maxMs } = stage
  if (increments.length === 0)
    findings.push(error('no-increment', `${path}/increments`, `stage ${stage.name} exposes nobody`))
  if (!increments.every((percent) => percent > 0 && percent <= 100)) {
    findings.push(
      error(
        'percent',
        `${path}/increments`,
        `the percentages of stage ${stage.name} lie above 0 and at most at 100`,
      ),
    )
  }
  if (!(bakeMs >= 0) || !(maxMs > bakeMs)) {
    findings.push(
      error('stage-time', `${path}/maxMs`, `stage ${stage.name} needs a maximum above its bake time`),
    )
  }
  const windows = bakeMs / Math.max(increments.length, 1) / plan.windowMs
  if (windows < LEAST_WINDOWS && plan.demo !== true) {
    const message = `each increment of stage ${stage.name} bakes ${windows} windows; only a demonstration or a test may have fewer than ${LEAST_WINDOWS}`
    findings.push(error('bake-too-short', `${path}/bakeMs`, message))
  }
  if ('segment' in audience && audience.id === 'everybody') {
    findings.push(error('audience-id', `${path}/audience/id`, 'the audience "everybody" has no segment'))
  }
  if ('segment' in audience && facts.segments?.includes(audience.segment) === false) {
    findings.push(
      error('segment-missing', `${path}/audience/segment`, `there is no segment ${audience.segment}`),
    )
  }
  return findings
}

function lintLast(plan: RolloutPlan): Finding[] {
  const stage = plan.stages.length - 1
  const last = plan.stages[stage]
  if (last?.audience.id !== 'everybody' || last.increments.at(-1) !== 100) {
    return [error('last-stage', `/stages/${stage}`, 'the last stage exposes everybody, at 100 %')]
  }
  const step = { stage, increment: last.increments.length - 1 }
  const before = previousStep(plan, step)
  if (before === undefined || plan.stages[before.stage]?.audience.id !== 'everybody') return []
  if (percentOf(plan, before) <= percentOf(plan, step)) return []
  return [
    error(
      'holdback',
      '/holdback',
      'the holdback would take out people who are exposed before the last increment',
    ),
  ]
}

/** Within an audience percentages never fall, and an audience is always the same people. */
function lintOrder(plan: RolloutPlan): Finding[] {
  const findings: Finding[] = []
  const reached = new Map<string, number>()
  const segments = new Map<string, string>()
  plan.stages.forEach(({ name, audience, increments }, index) => {
    const segment = 'segment' in audience ? audience.segment : ''
    if ((segments.get(audience.id) ?? segment) !== segment) {
      const message = `audience ${audience.id} of stage ${name} is another segment than before`
      findings.push(error('audience-changed', `/stages/${index}/audience`, message))
    }
    segments.set(audience.id, segment)
    let highest = reached.get(audience.id) ?? 0
    increments.forEach((percent, increment) => {
      if (percent < highest) {
        const message = `${percent} % follows ${highest} % in the audience ${audience.id}: whoever was exposed stays exposed`
        findings.push(error('percent-falls', `/stages/${index}/increments/${increment}`, message))
      }
      highest = Math.max(highest, percent)
    })
    reached.set(audience.id, highest)
  })
  const everybody = plan.stages.findIndex(({ audience }) => audience.id === 'everybody')
  plan.stages.forEach(({ name, audience }, index) => {
    if (index > everybody && everybody >= 0 && audience.id !== 'everybody') {
      const message = `stage ${name} comes after everybody: nobody is left for its audience`
      findings.push(error('audience-order', `/stages/${index}/audience`, message))
    }
  })
  return findings
}

/** The expected share of everybody: never falls, keeps the stage's limit and the agreed risk. */
function lintShares(plan: RolloutPlan, facts: LintFacts): Finding[] {
  const { audienceShares, riskTolerance } = facts
  if (audienceShares === undefined) return []
  const findings: Finding[] = []
  let before = 0
  let reviewed = false
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined;
    step = nextStep(plan, step)
  ) {
    const stage = plan.stages[step.stage]
    if (stage === undefined) break
    const path = `/stages/${step.stage}/increments/${step.increment}`
    const share = expectedShare(plan, step, audienceShares)
    const shown = `${percentText(percentOf(plan, step))} of stage ${stage.name} is expected to be ${percentText(100 * share)} of everybody`
    if (share < before - 1e-12) findings.push(error('share-falls', path, `${shown}, less than before`))
    if (stage.limit !== undefined && 100 * share > stage.limit + 1e-9) {
      findings.push(error('limit', path, `${shown}, above its limit of ${stage.limit} %`))
    }
    const accepted = riskTolerance?.maxExposedBeforeReview
    if (!reviewed && accepted !== undefined && share > accepted) {
      findings.push(
        error(
          'risk-exposure',
          path,
          `${shown}, above the ${percentText(100 * accepted)} agreed before a person looks`,
        ),
      )
    }
    if (share === before) findings.push(warning('nobody-new', path, `${shown}: nobody new is exposed`))
    reviewed ||= stage.advance === 'manual'
    before = share
  }
  return findings
}

function percentText(percent: number): string {
  return `${Number(percent.toPrecision(3))} %`
}
