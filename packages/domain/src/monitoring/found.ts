/**
 * What setting monitoring up has found (P-S4-2, 3, 4, 7, 9, 10, 13), and what was seen of it later
 * (P-V3). What a program could not look at is said to be so, and never taken for right.
 */
import type { Conflict } from '../alert/conflict.ts'
import type { Population } from '../dashboard/panel.ts'

/** What a program of the server's machine said of something. */
export interface Looked {
  readonly state: 'right' | 'wrong' | 'not looked at'
  readonly why?: string
}

export interface RulesFound {
  /** `promtool check rules`. */
  readonly checked: Looked
  /** `promtool test rules`, on the generated tests. */
  readonly tested: Looked
  /** The series that the rules of each criterion were tested with. */
  readonly testedWith: Readonly<Record<string, 'application' | 'drill'>>
  readonly count: number
  readonly hash: string
  /** Whether the file is in the folder of Prometheus, and read. */
  readonly installed: Looked
  /** As `/api/v1/rules` has them. */
  readonly loaded: readonly RuleLoaded[]
  readonly conflicts: readonly Conflict[]
}

export interface RuleLoaded {
  readonly rule: string
  readonly health: string
  readonly error?: string
}

/** Where the alert of a rule goes. */
export interface RouteFound {
  readonly rule: string
  /** Who is called in the end. */
  readonly person: string
  readonly receivers: readonly string[]
}

export interface RoutesFound {
  /** `amtool check-config` and `amtool config routes test`. */
  readonly looked: Looked
  readonly routes: readonly RouteFound[]
}

export interface PanelFound {
  readonly panel: string
  readonly title: string
  readonly legend: string
  readonly population: Population
  /** The environment whose data it was. */
  readonly environment: string
  /** Where it came from: Prometheus unless it says otherwise. `drill`: what a fire drill raised, because nobody is exposed. */
  readonly source?: 'drill' | 'built-in'
  readonly state: 'data' | 'empty' | 'failed'
  readonly why?: string
}

export interface DashboardFound {
  readonly uid: string
  readonly refreshSeconds: number
  readonly criteria: readonly string[]
  /** Absent: it was not pushed; it can be exported. */
  readonly pushed?: { readonly url: string; readonly version: number }
  readonly why?: string
}

/** Everything, once it is done. */
export interface MonitoringFound {
  readonly environment: string
  readonly connection: string
  readonly rules: RulesFound
  readonly routes: RoutesFound
  readonly dashboard: DashboardFound
  readonly panels: readonly PanelFound[]
}

/** What stands there now, for P-V3. */
export interface MonitoringSighting {
  /** RFC 3339. */
  readonly at: string
  readonly faults: readonly string[]
  readonly unknown: readonly string[]
}

/** What is wrong with the rules (P-S4-3). */
export function ruleFindings({ rules }: MonitoringFound): Findings {
  const { checked, tested, installed, loaded, count } = rules
  const sick = loaded
    .filter((it) => it.health === 'err')
    .map((it) => `the rule ${it.rule} fails in Prometheus: ${it.error ?? it.health}`)
  const lost = installed.state === 'right' && loaded.length < count
  return {
    wrong: [
      ...wrongOf('promtool check rules', checked),
      ...wrongOf('promtool test rules', tested),
      ...wrongOf('installing the rules', installed),
      ...sick,
      ...(lost ? [`Prometheus has ${loaded.length} of ${count} rules loaded`] : []),
    ],
    unknown: [
      ...unknownOf('the rules were not checked', checked),
      ...unknownOf('the rules were not tested', tested),
      ...unknownOf('the rules are not installed', installed),
      ...loaded
        .filter((it) => it.health !== 'err' && it.health !== 'ok')
        .map((it) => `Prometheus has not evaluated the rule ${it.rule} yet`),
    ],
  }
}

/** Rules without a receiver or without a person at the end (P-S4-4, P-S4-10). */
export function routeFindings({ routes: { looked, routes } }: MonitoringFound): Findings {
  return {
    wrong: [
      ...wrongOf('amtool', looked),
      ...routes.filter((it) => it.person === '').map((it) => `nobody is at the end of the rule ${it.rule}`),
      ...(looked.state === 'right'
        ? routes.filter((it) => it.receivers.length === 0).map((it) => `no receiver gets the rule ${it.rule}`)
        : []),
    ],
    unknown: unknownOf('the routes were not tested', looked),
  }
}

/** Panels that cannot be drawn (P-S4-7). */
export function panelFindings({ panels }: Pick<MonitoringFound, 'panels'>): Findings {
  const named = (it: PanelFound) => `${it.title} (${it.legend})`
  return {
    wrong: panels
      .filter((it) => it.state === 'failed')
      .map((it) => `${named(it)} cannot be evaluated: ${it.why ?? ''}`),
    unknown: panels
      .filter((it) => it.state === 'empty' && it.population !== 'rollout')
      .map((it) => `${named(it)} returns nothing in ${it.environment}`),
  }
}

/** What is wrong, and what is not known. */
export interface Findings {
  readonly wrong: readonly string[]
  readonly unknown: readonly string[]
}

function wrongOf(what: string, { state, why }: Looked): readonly string[] {
  return state === 'wrong' ? [`${what}: ${why ?? 'wrong'}`] : []
}

function unknownOf(what: string, { state, why }: Looked): readonly string[] {
  return state === 'not looked at' ? [`${what}${why === undefined ? '' : `: ${why}`}`] : []
}
