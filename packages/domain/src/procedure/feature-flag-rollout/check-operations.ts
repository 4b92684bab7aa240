/**
 * The checks of step 4 that need no connection: monitoring fulfils the plan.
 */
import { FORMS_OF } from '../../analysis/metric.ts'
import type { MetricKind } from '../../analysis/metric.ts'
import type { Criterion } from '../../analysis/model.ts'
import type { CheckOutcome } from '../run.ts'
import { trialFindings } from './check-metrics.ts'
import { setUpGaps } from './check-monitoring.ts'
import { BUILT_IN_METRICS } from './facts.ts'
import type { FlagRolloutFacts, WrittenFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { BoundMetric } from './outputs.ts'

/**
 * P-S4-1: each criterion is bound to what it counts, each kind of metric is there or said to be
 * missing, and what is asked for can be asked for. P-S4-11: resources have a limit and no arms.
 */
export function checkMonitoring({ outputs, trials }: WrittenFacts): CheckOutcome {
  const { plan } = outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  const bound = outputs.monitoring.metrics ?? []
  const strangers = bound.flatMap((it) =>
    'criterion' in it && !plan.criteria.some((one) => one.id === it.criterion) ? [it.criterion] : [],
  )
  const tried = trialFindings(bound, trials)
  const wrong = [
    ...measured(plan).flatMap((criterion) => bindingFindings(criterion, bound)),
    ...strangers.map((it) => `the plan has no criterion ${it}`),
    ...formFindings(bound),
    ...kindFindings(bound, outputs.monitoring.without ?? []),
    ...tried.wrong,
  ]
  const facts = { metrics: [...BUILT_IN_METRICS, ...bound.map(nameOf)], notes: [...tried.notes] }
  if (wrong.length > 0 || tried.unknown.length === 0) return outcome(wrong, facts)
  return { state: 'unknown', findings: [...tried.unknown], facts }
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
      !bound.some((one) => nameOf(one) === it || one.kind === it || ('metric' in one && one.metric === it)),
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

/** What people report, and a resource that holds by itself, needs no metric and no alert of its own. */
function measured({ criteria }: { readonly criteria: readonly Criterion[] }): readonly Criterion[] {
  return criteria.filter((it) => it.role !== 'report' && it.source.kind !== 'resources')
}

function bindingFindings(criterion: Criterion, bound: readonly BoundMetric[]): readonly string[] {
  const metric = bound.find((it) => 'criterion' in it && it.criterion === criterion.id)
  if (metric === undefined) return [`criterion ${criterion.id} has no metric`]
  if (criterion.role === 'report') return []
  const { source } = criterion
  const counted = source.kind === 'telemetry' ? source.counts : 'its queries in Prometheus'
  const asked = 'metric' in metric ? metric.metric : 'its queries in Prometheus'
  return counted === asked ? [] : [`criterion ${criterion.id} counts ${counted}; it is bound to ${asked}`]
}

function formFindings(bound: readonly BoundMetric[]): readonly string[] {
  return bound.flatMap((it) => {
    if (!('counted' in it) || FORMS_OF[it.kind].includes(it.counted.form)) return []
    return [`${it.name}: ${it.kind} is no ${it.counted.form}; it can be ${FORMS_OF[it.kind].join(', ')}`]
  })
}

/** Usage needs no word: the SDKs count it. Resources are asked for only where somebody names them. */
const NAMED_KINDS = ['errors', 'response-time', 'engagement', 'business'] as const

function kindFindings(
  bound: readonly BoundMetric[],
  without: NonNullable<FlagRolloutFacts['outputs']['monitoring']['without']>,
): readonly string[] {
  const has = (kind: MetricKind) => [...bound, ...without].some((it) => it.kind === kind)
  return NAMED_KINDS.filter((it) => !has(it)).map(
    (it) => `no metric is of the kind ${it}, and nothing says why the rollout does without`,
  )
}

function nameOf(it: BoundMetric): string {
  return 'name' in it ? it.name : it.criterion
}
