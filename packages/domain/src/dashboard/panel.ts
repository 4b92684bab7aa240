/**
 * The panels of a rollout's dashboard, as data: each key metric exposed against control, usage,
 * impact, resources. What draws them knows nothing of rollouts, and what checks them needs no screen.
 */
import type { ArmQueries, DrillPlace } from '../alert/promql.ts'
import { DRILL_SERIES, notExposed, onlyArm, promDuration, quoted, shareOf, within } from '../alert/promql.ts'

/** Who must be there before an expression can answer (P-S4-13). */
export type Population =
  /** Somebody is exposed. */
  | 'exposed'
  /** Users who are not exposed. */
  | 'unexposed'
  /** A service runs. */
  | 'service'
  /** A rollout is under way: before it begins there is nothing to look for. */
  | 'rollout'

export interface PanelQuery {
  readonly legend: string
  readonly expression: string
  readonly population: Population
  /** The series of a fire drill that stands in while nobody is exposed; absent where no drill raises one. */
  readonly drilled?: string
}

export interface Panel {
  /** Unique in the dashboard. */
  readonly id: string
  readonly title: string
  readonly group: 'metrics' | 'usage' | 'impact' | 'resources' | 'rollout'
  readonly unit: 'share' | 'per-second' | 'seconds' | 'bytes' | 'number'
  readonly queries: readonly PanelQuery[]
  /** A share that is marked as a line. */
  readonly threshold?: number
}

export interface Dashboard {
  /** At most 40 characters, the same for every version. */
  readonly uid: string
  readonly title: string
  readonly refreshSeconds: number
  readonly tags: readonly string[]
  readonly panels: readonly Panel[]
}

/** A criterion that is shown. */
export interface ShownCriterion {
  readonly id: string
  readonly queries: ArmQueries
  readonly ceiling?: number
}

/** What a dashboard is made for. */
export interface DashboardSubject extends DrillPlace {
  readonly feature: string
  readonly criteria: readonly ShownCriterion[]
  /** Time that a rate is taken over. */
  readonly windowMs: number
  readonly refreshSeconds: number
  /** uid that is its own in the whole installation. */
  readonly uid: string
  /** Further expressions of the service itself, by title; none where it exports none. */
  readonly resources: readonly { readonly title: string; readonly expression: string }[]
}

/** Faster than this nobody looks, and slower than this a regression is seen late. */
export const DEFAULT_REFRESH_SECONDS = 30

/** The legend of whoever is not exposed. */
export const NOT_EXPOSED = 'not exposed'

/** The dashboard of a rollout. */
export function dashboardOf(subject: DashboardSubject): Dashboard {
  const { flag, environment, project, feature } = subject
  return {
    uid: subject.uid,
    title: `${feature}: rollout of ${flag} in ${environment}`,
    refreshSeconds: subject.refreshSeconds,
    tags: ['flagmarshal', `project:${project}`, `flag:${flag}`, `environment:${environment}`],
    panels: [
      ...subject.criteria.map((it) => criterionPanel(subject, it)),
      ...usagePanels(subject),
      ...subject.criteria.map((it) => impactPanel(subject, it)),
      ...rolloutPanels(subject),
      ...resourcePanels(subject),
    ],
  }
}

function criterionPanel(subject: DashboardSubject, it: ShownCriterion): Panel {
  const share = shareOf(it.queries, subject.windowMs)
  const drilled = drilledSeries(subject, it)
  return {
    id: `metric-${it.id}`,
    title: `${it.id}: exposed against control`,
    group: 'metrics',
    unit: 'share',
    ...(it.ceiling === undefined ? {} : { threshold: it.ceiling }),
    queries: [
      { legend: 'exposed', expression: onlyArm(share, 'exposed'), population: 'exposed', drilled },
      { legend: NOT_EXPOSED, expression: notExposed(share), population: 'unexposed' },
    ],
  }
}

/** What the drill of a criterion's rule has raised in the last day. */
function drilledSeries({ project, environment, flag }: DrillPlace, { id }: ShownCriterion): string {
  const labels = Object.entries({ project, environment, flag, rule: id })
  const selector = labels.map(([name, value]) => `${name}=${quoted(value)}`).join(',')
  return `max_over_time(${DRILL_SERIES}{${selector}}[1d])`
}

/** Requests of each arm: of the first criterion, since all count the same requests. */
function usagePanels({ criteria: [first], windowMs }: DashboardSubject): readonly Panel[] {
  if (first === undefined) return []
  const perSecond = `(${within(first.queries.total, windowMs)}) / ${windowMs / 1000}`
  return [
    {
      id: 'usage',
      title: 'Requests that asked the flag',
      group: 'usage',
      unit: 'per-second',
      queries: [
        { legend: 'exposed', expression: onlyArm(perSecond, 'exposed'), population: 'exposed' },
        { legend: NOT_EXPOSED, expression: notExposed(perSecond), population: 'unexposed' },
      ],
    },
  ]
}

/** What the feature changes: the exposed arm's share minus the control's. */
function impactPanel(subject: DashboardSubject, it: ShownCriterion): Panel {
  const { windowMs } = subject
  const share = shareOf(it.queries, windowMs)
  const against = `- on () (${onlyArm(share, 'control')})`
  const expression = `(${onlyArm(share, 'exposed')})\n${against}`
  const drilled = `max(${drilledSeries(subject, it)})\n- on () (${notExposed(share)})`
  return {
    id: `impact-${it.id}`,
    title: `${it.id}: exposed minus control, over ${promDuration(windowMs)}`,
    group: 'impact',
    unit: 'share',
    queries: [{ legend: 'difference', expression, population: 'exposed', drilled }],
  }
}

/** What this server tells of the rollout; there once it exports, whether or not somebody is exposed. */
function rolloutPanels({ project, environment, flag }: DashboardSubject): readonly Panel[] {
  const place = `project=${quoted(project)},environment=${quoted(environment)},flag=${quoted(flag)}`
  const own = (
    { id, title, unit }: Pick<Panel, 'id' | 'title' | 'unit'>,
    legend: string,
    series: string,
  ): Panel => ({
    id,
    title,
    group: 'rollout',
    unit,
    queries: [{ legend, expression: `max by (${legend}) (${series}{${place}})`, population: 'rollout' }],
  })
  return [
    own(
      { id: 'exposure', title: 'Share of everybody that is exposed', unit: 'share' },
      'flag',
      'flagmarshal_exposure_ratio',
    ),
    own(
      { id: 'evidence', title: 'Evidence of harm', unit: 'number' },
      'criterion',
      'flagmarshal_guardrail_log_e',
    ),
    own(
      { id: 'blind', title: 'Time without data', unit: 'seconds' },
      'criterion',
      'flagmarshal_blind_seconds',
    ),
  ]
}

function resourcePanels({ resources }: DashboardSubject): readonly Panel[] {
  return resources.map(({ title, expression }, index) => ({
    id: `resource-${index + 1}`,
    title,
    group: 'resources',
    unit: 'number',
    queries: [{ legend: title, expression, population: 'service' }],
  }))
}
