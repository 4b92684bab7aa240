/**
 * What rules and dashboards of a run are made from: its plan, its monitoring, and the connection that
 * its environment is watched through.
 */
import { queriesOf } from '@flagmarshal/domain/alert/queries'
import { alertRulesOf } from '@flagmarshal/domain/alert/rule'
import type { AlertClass } from '@flagmarshal/domain/alert/rule'
import type { RuleSubject } from '@flagmarshal/domain/alert/rule-file'
import { dashboardOf, DEFAULT_REFRESH_SECONDS } from '@flagmarshal/domain/dashboard/panel'
import type { Dashboard } from '@flagmarshal/domain/dashboard/panel'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import type { OpenConnection } from '../connection/read.ts'
import { sha256 } from '../id.ts'

/** A run as far as its monitoring is concerned. */
export interface MonitoredRun {
  readonly project: string
  readonly run: string
  readonly feature: string
  readonly flag: string
  readonly plan: ServedPlan
  readonly outputs: FlagRolloutFacts['outputs']
  readonly address: string
}

/** Four scrapes are the least that a rate can be taken over. */
const LEAST_SCRAPES = 4
const HASH_LENGTH = 16

/** The connection through which an environment is watched: its own one before one for all. */
export function connectionFor(
  connections: readonly OpenConnection[],
  environment: string,
): OpenConnection | undefined {
  return (
    connections.find((it) => it.environment === environment) ??
    connections.find((it) => it.environment === undefined)
  )
}

/** Why there are no rules: nobody has written a plan, or nothing is connected. */
export function noPlan(): Refusal {
  return refuse('plan-missing', 'There is no rollout plan to make rules of.', 'Write step 3 first.')
}

export function noConnection(environment: string): Refusal {
  return refuse(
    'not-connected',
    `No monitoring system is connected for ${environment}.`,
    'Connect one (`connection create` on the command line). Without one the built-in evaluator judges the same rules.',
  )
}

/** What the rule file is made from. */
export function ruleSubject(of: MonitoredRun, { settings }: OpenConnection): RuleSubject {
  const { project, run, feature, flag, plan, outputs, address } = of
  const place = { project, environment: plan.environment, flag }
  const criteria = plan.criteria.flatMap((it) => (it.role === 'report' ? [] : [it]))
  const alerts = outputs.monitoring.alerts ?? []
  const people = Object.fromEntries(alerts.map((it) => [it.criterion, it.person]))
  return {
    ...place,
    feature,
    rules: alertRulesOf(plan, {
      leastWindowMs: LEAST_SCRAPES * settings.prometheus.scrapeMs,
      classes: classesOf(outputs),
    }),
    queries: Object.fromEntries(
      criteria.flatMap(({ id, source }) =>
        source.kind === 'resources' ? [] : [[id, queriesOf({ source }, place)]],
      ),
    ),
    blindBudgets: Object.fromEntries(criteria.map((it) => [it.id, it.blindBudgetMs])),
    people,
    person: alerts[0]?.person ?? '',
    address,
    runbook: (criterion) => `${address}/p/${project}/docs/${feature}/alert-${fileName(criterion)}?run=${run}`,
    windowMs: plan.windowMs,
  }
}

/** The dashboard of a run, as it is for one environment: the plan's own, unless another one is asked for. */
export function dashboardFor(
  { project, feature, flag, plan, outputs }: MonitoredRun,
  { settings }: OpenConnection,
  environment = plan.environment,
): Dashboard {
  const place = { project, environment, flag }
  const refresh = (outputs.monitoring.dashboards ?? []).map((it) => it.refreshSeconds)
  const dashboard = dashboardOf({
    ...place,
    feature,
    criteria: plan.criteria.flatMap((it) => {
      if (it.role === 'report' || it.source.kind === 'resources') return []
      const ceiling = it.ceiling === undefined ? {} : { ceiling: it.ceiling }
      return [{ id: it.id, queries: queriesOf({ source: it.source }, place), ...ceiling }]
    }),
    windowMs: Math.max(plan.windowMs, LEAST_SCRAPES * settings.prometheus.scrapeMs),
    refreshSeconds: refresh.length === 0 ? DEFAULT_REFRESH_SECONDS : Math.min(...refresh),
    uid: uidOf(place),
    resources: [
      {
        title: 'CPU seconds a second, by service',
        expression: 'sum by (job) (rate(process_cpu_seconds_total[5m]))',
      },
      { title: 'Memory, by service', expression: 'sum by (job) (process_resident_memory_bytes)' },
    ],
  })
  return { ...dashboard, tags: [...dashboard.tags, hashTag(dashboard)] }
}

/** Names the version that we made, so that anybody's edit shows. */
export function hashTag(dashboard: Dashboard): string {
  return `made:${sha256(JSON.stringify(dashboard)).slice(0, HASH_LENGTH)}`
}

/** As the document of the alert is named. */
function fileName(criterion: string): string {
  return criterion.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
}

/** At most 40 characters, and the same for the same flag. */
function uidOf({
  project,
  environment,
  flag,
}: {
  project: string
  environment: string
  flag: string
}): string {
  return `fm-${sha256(`${project}/${environment}/${flag}`).slice(0, 24)}`
}

function classesOf({ monitoring }: FlagRolloutFacts['outputs']): Record<string, AlertClass> {
  const bound = monitoring.metrics ?? []
  return Object.fromEntries(
    bound.flatMap((it): [string, AlertClass][] =>
      it.kind === 'response-time' && 'criterion' in it ? [[it.criterion, 'performance']] : [],
    ),
  )
}
