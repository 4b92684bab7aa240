/**
 * Is a plan complete and sane? Each finding has a stable id, so that the procedure's checks, the
 * command line and an editor say the same. Errors refuse the plan; warnings are for its reviewers.
 */
import { whole } from '../pieces.ts'
import { error, warning, type Finding } from './finding.ts'
import { lintCriteria } from './lint-criteria.ts'
import { lintPower } from './lint-power.ts'
import { lintStages } from './lint-stages.ts'
import type { RolloutPlan } from './model.ts'
import { preFlight, type ExpectedTraffic } from './pre-flight.ts'

/** What the caller knows of the world that the plan is for. Whatever is absent is not checked. */
export interface LintFacts {
  /** Keys of the segments that exist. */
  readonly segments?: readonly string[]
  /** Share of everybody, 0..1, by audience id, for those with a segment; they must not overlap. */
  readonly audienceShares?: Readonly<Record<string, number>>
  readonly riskTolerance?: RiskTolerance
  /** By audience id. */
  readonly traffic?: Readonly<Record<string, ExpectedTraffic>>
}

/** What the business accepts, from the procedure's inputs. */
export interface RiskTolerance {
  /** The highest acceptable ratio of bad requests to those without the feature: `safeRatio` must not exceed it. */
  readonly maxErrorRatio?: number
  /** The same of slow requests. */
  readonly maxSlowRatio?: number
  /** The highest share of everybody, 0..1, that may be exposed before a person looks. */
  readonly maxExposedBeforeReview?: number
}

/** Everything that is wrong with a plan; an empty list is fine. Errors first. */
export function lintPlan(plan: RolloutPlan, facts: LintFacts): Finding[] {
  const findings = [...lintWhole(plan), ...lintStages(plan, facts), ...lintCriteria(plan, facts)]
  if (findings.every(({ severity }) => severity !== 'error')) {
    const { traffic = {}, audienceShares = {} } = facts
    findings.push(...lintPower(plan, whole(preFlight(plan, { traffic, audienceShares }))))
  }
  return [
    ...findings.filter((each) => each.severity === 'error'),
    ...findings.filter((each) => each.severity === 'warning'),
  ]
}

function lintWhole(plan: RolloutPlan): Finding[] {
  const findings: Finding[] = []
  if (!(plan.windowMs >= 100))
    findings.push(error('window-length', '/windowMs', 'a window is at least 100 ms long'))
  if (!(plan.alpha > 0 && plan.alpha <= 0.05))
    findings.push(error('alpha', '/alpha', 'alpha lies above 0 and at most at 0.05'))
  if (!(plan.beta > 0 && plan.beta <= 0.05))
    findings.push(error('beta', '/beta', 'beta lies above 0 and at most at 0.05'))
  if (!(plan.holdback >= 0 && plan.holdback <= 50))
    findings.push(error('holdback', '/holdback', 'the holdback is 0 to 50 percent'))
  return [...findings, ...lintObserve(plan), ...lintPhi(plan), ...lintAfterwards(plan), ...lintReviews(plan)]
}

/** Harm may come late: a plan that does not watch after 100 % is told so. */
function lintAfterwards({ watchMs, demo, windowMs }: RolloutPlan): Finding[] {
  if (watchMs !== undefined && !(watchMs >= 0))
    return [error('watch-time', '/watchMs', 'the time that is watched after 100 % is not negative')]
  if (watchMs === undefined || demo === true || watchMs >= windowMs) return []
  return [warning('not-watched', '/watchMs', 'nothing is watched after 100 %: later harm rolls nothing back')]
}

function lintReviews({ reviews }: RolloutPlan): Finding[] {
  if (reviews === undefined) return []
  const { everyMs, graceMs, checkpoints } = reviews
  const findings: Finding[] = []
  if (everyMs === undefined && checkpoints.length === 0)
    findings.push(error('no-review', '/reviews', 'reviews have a frequency, checkpoints, or both'))
  if (everyMs !== undefined && !(everyMs > 0))
    findings.push(error('review-time', '/reviews/everyMs', 'a review frequency is a time above 0'))
  if (graceMs !== undefined && !(graceMs >= 0))
    findings.push(error('review-time', '/reviews/graceMs', 'the grace of a review is not negative'))
  checkpoints.forEach((it, index) => {
    if (Number.isNaN(Date.parse(it)))
      findings.push(error('checkpoint', `/reviews/checkpoints/${index}`, `${it} is no time`))
  })
  return findings
}

function lintObserve(plan: RolloutPlan): Finding[] {
  if (!Number.isInteger(plan.observeWindows) || plan.observeWindows < 0) {
    return [error('observe-length', '/observeWindows', 'the observe stage is a whole number of windows')]
  }
  if (plan.observeWindows > 0) return []
  if (plan.observeReason === undefined || plan.observeReason.trim() === '') {
    return [error('observe-reason', '/observeReason', 'a plan without an observe stage says why')]
  }
  return [
    warning(
      'not-observed',
      '/observeWindows',
      'nothing is observed: the dispersion is taken to be 2, and no rate is known',
    ),
  ]
}

function lintPhi(plan: RolloutPlan): Finding[] {
  if (plan.phi === undefined) return []
  const findings: Finding[] = []
  if (!(plan.phi >= 1)) findings.push(error('phi', '/phi', 'a dispersion is at least 1'))
  if (plan.phiReason === undefined || plan.phiReason.trim() === '') {
    findings.push(error('phi-reason', '/phiReason', 'a declared dispersion says why'))
  }
  return findings
}
