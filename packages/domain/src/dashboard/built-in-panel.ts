/**
 * The panels of the live view where no monitoring system is connected (P-S4-7, P-S4-13): what each of
 * them rests on, and whether that has been counted before anybody is exposed.
 */
import type { MetricTrial } from '../analysis/metric.ts'
import type { PanelFound } from '../monitoring/found.ts'
import type { ServedPlan } from '../rollout/served-plan.ts'
import { NOT_EXPOSED } from './panel.ts'

/** A variant that instances have served in an environment in the last hour. */
export interface Served {
  readonly environment: string
  readonly variant: string
}

/** What has been counted. */
export interface BuiltInSeen {
  readonly served: readonly Served[]
  /** Environments in which a verification run has seen the branch of the feature served. */
  readonly verifiedIn: readonly string[]
  /** Environments in which it has seen what is served without the feature. */
  readonly verifiedWithoutIn: readonly string[]
  /** The criterion whose alarm a fire drill has raised; absent where none is current. */
  readonly drilled?: string
  /** Resources that step 4 names, with what came of asking for them. */
  readonly resources: readonly { readonly name: string; readonly trial?: MetricTrial }[]
}

/** Each panel with the environment and the source of its data. */
export function builtInPanels(plan: ServedPlan, seen: BuiltInSeen): readonly PanelFound[] {
  const { environment, treatment, control } = plan
  const servedIn = (variant: string) =>
    seen.served.filter((it) => it.variant === variant).map((it) => it.environment)
  const exposedIn = [...servedIn(treatment), ...seen.verifiedIn][0]
  // The plan's environment before any other: its instances may not have reported yet.
  const without = [...servedIn(control), ...seen.verifiedWithoutIn]
  const unexposedIn = without.includes(environment) ? environment : without[0]
  const unexposed = {
    legend: NOT_EXPOSED,
    population: 'unexposed' as const,
    environment: unexposedIn ?? environment,
    source: 'built-in' as const,
    state: unexposedIn === undefined ? ('empty' as const) : ('data' as const),
  }
  const criteria = plan.criteria.flatMap((it) =>
    it.role !== 'report' && it.source.kind === 'telemetry' ? [it.id] : [],
  )
  const exposed = (panel: string, title: string, criterion?: string): PanelFound => {
    const at = { panel, title, legend: 'exposed', population: 'exposed' as const }
    if (exposedIn !== undefined) return { ...at, environment: exposedIn, source: 'built-in', state: 'data' }
    const drilled = criterion !== undefined && criterion === seen.drilled
    return drilled
      ? { ...at, environment, source: 'drill', state: 'data' }
      : { ...at, environment, source: 'built-in', state: 'empty' }
  }
  return [
    ...criteria.flatMap((id) => {
      const [panel, title] = [`metric-${id}`, `${id}: exposed against control`]
      return [exposed(panel, title, id), { panel, title, ...unexposed }]
    }),
    exposed('usage', USAGE),
    { panel: 'usage', title: USAGE, ...unexposed },
    ...criteria.map((id) => ({
      ...exposed(`impact-${id}`, `${id}: exposed minus control`, id),
      legend: 'difference',
    })),
    ...seen.resources.map(({ name, trial }): PanelFound => ({
      panel: `resource-${name}`,
      title: name,
      legend: name,
      population: 'service',
      environment,
      source: 'built-in',
      state: trial?.kind === 'ok' ? 'data' : 'empty',
      ...(trial === undefined || trial.kind === 'ok' ? {} : { why: trial.detail }),
    })),
  ]
}

const USAGE = 'Requests that asked the flag'
