/**
 * The checks of step 4 that need no connection: monitoring fulfils the plan.
 */
import type { Criterion, RatioCriterion } from '../../analysis/model.ts'
import type { CheckOutcome } from '../run.ts'
import { setUpGaps } from './check-monitoring.ts'
import { BUILT_IN_METRICS } from './facts.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** P-S4-1: each criterion is bound to the metric that it counts, and the metric exists. */
export function checkMonitoring({ outputs }: FlagRolloutFacts): CheckOutcome {
  const { plan } = outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  const bound = outputs.monitoring.metrics ?? []
  const strangers = bound.filter((it) => !plan.criteria.some((one) => one.id === it.criterion))
  return outcome(
    [
      ...measured(plan).flatMap((criterion) => bindingFindings(criterion, bound)),
      ...strangers.map((it) => `the plan has no criterion ${it.criterion}`),
    ],
    { metrics: [...BUILT_IN_METRICS] },
  )
}

/** P-S4-10: each key metric is measured, each criterion has a panel, a rule and a person at its end. */
export function checkMonitoringFulfilsPlan(facts: FlagRolloutFacts): CheckOutcome {
  const { outputs } = facts
  const { plan, monitoring } = outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  const alerts = outputs.monitoring.alerts ?? []
  const gaps = measured(plan)
    .filter((it) => !alerts.some((one) => one.criterion === it.id))
    .map((it) => it.id)
  const strangers = alerts.filter((it) => !plan.criteria.some((one) => one.id === it.criterion))
  const bound = outputs.monitoring.metrics ?? []
  const unbound = (monitoring?.keyMetrics ?? []).filter(
    (it) =>
      !plan.criteria.some((one) => one.id === it) &&
      !bound.some((one) => one.criterion === it || one.metric === it || one.kind === it),
  )
  const setUp = setUpGaps(facts)
  const wrong = [
    ...gaps.map((it) => `criterion ${it} has no alert`),
    ...strangers.map((it) => `an alert names the criterion ${it.criterion}, which the plan does not have`),
    ...unbound.map((it) => `the key metric ${it} has no query`),
    ...setUp.wrong,
  ]
  const seen = { keyMetrics: monitoring?.keyMetrics ?? [] }
  if (wrong.length > 0 || setUp.unknown.length === 0) return outcome(wrong, seen)
  return { state: 'unknown', findings: [...setUp.unknown], facts: seen }
}

/** What people report needs no metric and no alert of its own: a report is a signal by itself. */
function measured({ criteria }: { readonly criteria: readonly Criterion[] }): readonly Criterion[] {
  return criteria.filter((it) => it.role !== 'report')
}

function bindingFindings(
  criterion: Criterion,
  bound: NonNullable<FlagRolloutFacts['outputs']['monitoring']['metrics']>,
): readonly string[] {
  const metric = bound.find((it) => it.criterion === criterion.id)
  if (metric === undefined) return [`criterion ${criterion.id} has no metric`]
  if (criterion.role === 'report') return []
  const counted = countedBy(criterion)
  if (metric.metric === counted) return []
  return [`criterion ${criterion.id} counts ${counted}; it is bound to ${metric.metric}`]
}

/** What a criterion counts, in the words of its binding. */
function countedBy({ source }: RatioCriterion): string {
  return source.kind === 'telemetry'
    ? source.counts
    : (source.bad ?? `${source.total} without ${source.good}`)
}
