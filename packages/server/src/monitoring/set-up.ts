/**
 * Setting monitoring up, to its end: rules generated, checked, tested, installed and read back;
 * routes tested; the dashboard pushed; every panel's expression evaluated. Nothing stops at the first
 * fault: everything that can be known is found and kept as evidence.
 */
import { conflictsWith } from '@flagmarshal/domain/alert/conflict'
import { routedRules } from '@flagmarshal/domain/alert/route'
import { groupPrefix, ruleFile } from '@flagmarshal/domain/alert/rule-file'
import type { RuleFile, RuleSubject } from '@flagmarshal/domain/alert/rule-file'
import { ruleTests, testedWith } from '@flagmarshal/domain/alert/rule-tests'
import type { Dashboard } from '@flagmarshal/domain/dashboard/panel'
import type {
  DashboardFound,
  Looked,
  MonitoringFound,
  PanelFound,
  RoutesFound,
  RulesFound,
} from '@flagmarshal/domain/monitoring/found'

import type { OpenConnection } from '../connection/read.ts'
import { sha256 } from '../id.ts'
import type { MonitoringAddress, ToolVerdict } from '../integrations/interfaces.ts'
import { toJson } from '../storage/column.ts'
import { upsertSetup } from '../storage/monitoring-setups.ts'
import { endWithEvidence } from '../verification/end.ts'
import type { Exercise } from '../verification/exercises.ts'
import type { MonitoringSystems } from './parts.ts'
import { connectionFor, dashboardFor, ruleSubject } from './subject.ts'
import type { MonitoredRun } from './subject.ts'

/** What is set up. */
export interface SetUp {
  readonly of: MonitoredRun
  readonly connection: OpenConnection
  /** All of the project's, for the environments where somebody is exposed already. */
  readonly connections: readonly OpenConnection[]
  readonly environments: readonly string[]
}

/** Groups are evaluated every half minute at most. */
const LOADING_MS = 45_000

/** Does all of it and keeps what it found. */
export async function setUp(exercise: Exercise, systems: MonitoringSystems, wanted: SetUp): Promise<void> {
  const { of, connection } = wanted
  const subject = ruleSubject(of, connection)
  const file = ruleFile(subject)
  const rules = await setUpRules(exercise, systems, { connection, subject, file })
  const routes = await testRoutes(exercise, systems, { connection, file })
  const dashboard = dashboardFor(of, connection)
  const pushed = await pushDashboard(exercise, systems, { connection, dashboard, of })
  const panels = await evaluatePanels(exercise, systems, wanted)
  const found: MonitoringFound = {
    environment: of.plan.environment,
    connection: connection.key,
    rules,
    routes,
    dashboard: pushed,
    panels,
  }
  await upsertSetup(exercise.database.kysely, {
    project: of.project,
    environment: of.plan.environment,
    flag: of.flag,
    connection: connection.key,
    run: of.run,
    rules:
      rules.installed.state === 'right'
        ? toJson({ prefix: groupPrefix(subject), hash: rules.hash, count: rules.count })
        : null,
    dashboard: pushed.pushed === undefined ? null : toJson({ uid: pushed.uid, ...pushed.pushed }),
  })
  await endWithEvidence(exercise, { step: 4, found })
}

/** The address of a part of a connection, with its secret; undefined where there is no such part. */
export function addressOf(
  { settings, secrets }: OpenConnection,
  part: 'prometheus' | 'alertmanager' | 'grafana',
): MonitoringAddress | undefined {
  const address = settings[part]
  return address === undefined ? undefined : { ...address, secret: secrets?.[part] }
}

interface Rules {
  readonly connection: OpenConnection
  readonly subject: RuleSubject
  readonly file: RuleFile
}

async function setUpRules(
  exercise: Exercise,
  systems: MonitoringSystems,
  { connection, subject, file }: Rules,
): Promise<RulesFound> {
  const { tools, folder, rules } = systems
  const checked = lookedOf(await tools.check(file))
  await exercise.note(`promtool check rules: ${sayLooked(checked)}`)
  const tested = checked.state === 'wrong' ? notLooked() : lookedOf(await tools.test(ruleTests(subject)))
  await exercise.note(`promtool test rules: ${sayLooked(tested)}`)
  const address = addressOf(connection, 'prometheus')
  const before = address === undefined ? undefined : await rules.loaded(address)
  const installed =
    checked.state === 'wrong' ? notLooked() : await install(systems, connection, { subject, file })
  await exercise.note(`rule file: ${sayLooked(installed)}`)
  const loaded =
    installed.state !== 'right' || address === undefined
      ? []
      : await readBack(exercise, systems, { address, subject, file })
  await exercise.note(`Prometheus has ${loaded.length} of our rules loaded`)
  return {
    checked,
    tested,
    testedWith: testedWith(subject),
    count: countOf(file),
    hash: sha256(folder.text(file)),
    installed,
    loaded,
    conflicts: before?.kind === 'answered' ? conflictsWith(file, before.value) : [],
  }
}

/** Writes the file and has it read; what was there before comes back where Prometheus refuses it. */
async function install(
  { folder, rules }: MonitoringSystems,
  { settings, secrets }: OpenConnection,
  { subject, file }: { readonly subject: RuleSubject; readonly file: RuleFile },
): Promise<Looked> {
  if (settings.rules === undefined)
    return notLooked('the connection names no rule file: download the rules, or set rules.file')
  const written = await folder.write(fileNameOf(settings.rules.file, subject), file)
  if (written.kind === 'refused') return { state: 'wrong', why: written.why }
  if (settings.rules.reloadUrl === undefined)
    return { state: 'right', why: 'written; nothing was told to read it' }
  const reload = { ...settings.prometheus, url: settings.rules.reloadUrl, secret: secrets?.prometheus }
  const reloaded = await rules.reload(reload)
  if (reloaded.kind === 'answered') return { state: 'right' }
  await written.undo()
  await rules.reload(reload)
  return { state: 'wrong', why: `${reloaded.why}; the rules from before are back` }
}

/** One file for each flag: two that are set up at once never write into the same one. */
function fileNameOf(file: string, { project, environment, flag }: RuleSubject): string {
  const [, stem = file, end = 'yml'] = /^(.*)\.(ya?ml)$/.exec(file) ?? []
  return `${stem}-${project}-${environment}-${encodeURIComponent(flag)}.${end}`
}

/** Waits until every rule was evaluated once, for a while. */
async function readBack(
  exercise: Exercise,
  { rules }: MonitoringSystems,
  { address, subject, file }: { address: MonitoringAddress; subject: RuleSubject; file: RuleFile },
): Promise<RulesFound['loaded']> {
  const look = async () => {
    const answer = await rules.loaded(address)
    if (answer.kind === 'failed') return []
    const groups = new Set(file.groups.map((it) => it.name))
    return answer.value
      .filter((it) => groups.has(it.group) && it.group.startsWith(groupPrefix(subject)))
      .map(({ labels, name, health, lastError }) => ({
        rule: labels['rule'] ?? name,
        health,
        ...(lastError === undefined ? {} : { error: lastError }),
      }))
  }
  const settled = await exercise.until(async () => {
    const found = await look()
    return found.length === countOf(file) && found.every((it) => it.health !== 'unknown') ? found : undefined
  }, LOADING_MS)
  return settled ?? (await look())
}

function countOf({ groups }: RuleFile): number {
  return groups.reduce((sum, it) => sum + it.rules.length, 0)
}

async function testRoutes(
  exercise: Exercise,
  { routes, tools }: MonitoringSystems,
  { connection, file }: { readonly connection: OpenConnection; readonly file: RuleFile },
): Promise<RoutesFound> {
  const wanted = routedRules(file)
  const unrouted = wanted.map(({ rule, person }) => ({ rule, person, receivers: [] }))
  const address = addressOf(connection, 'alertmanager')
  if (address === undefined)
    return { looked: notLooked('the connection names no Alertmanager'), routes: unrouted }
  const configuration = await routes.configuration(address)
  if (configuration.kind === 'failed')
    return { looked: { state: 'wrong', why: configuration.why }, routes: unrouted }
  const tested = await tools.routes(
    configuration.value,
    wanted.map((it) => it.labels),
  )
  await exercise.note(`amtool config routes test: ${sayLooked(lookedOf(tested))}`)
  return {
    looked: lookedOf(tested),
    routes: wanted.map(({ rule, person }, index) => ({
      rule,
      person,
      receivers: [...(tested.receivers?.[index] ?? [])],
    })),
  }
}

async function pushDashboard(
  exercise: Exercise,
  { dashboards }: MonitoringSystems,
  it: { readonly connection: OpenConnection; readonly dashboard: Dashboard; readonly of: MonitoredRun },
): Promise<DashboardFound> {
  const { uid, refreshSeconds, panels } = it.dashboard
  const criteria = it.of.plan.criteria
    .map(({ id }) => id)
    .filter((id) => panels.some((panel) => panel.id === `metric-${id}`))
  const found = { uid, refreshSeconds, criteria }
  const address = addressOf(it.connection, 'grafana')
  if (address === undefined) return { ...found, why: 'the connection names no Grafana: export the dashboard' }
  const pushed = await dashboards.push(address, it.dashboard, it.connection.settings.grafana?.folder)
  await exercise.note(
    pushed.kind === 'answered'
      ? `Grafana has the dashboard, version ${pushed.value.version}`
      : `Grafana has not taken the dashboard: ${pushed.why}`,
  )
  if (pushed.kind === 'failed') return { ...found, why: pushed.why }
  const { url, version } = pushed.value
  return { ...found, pushed: { url: new URL(url, address.url).href, version } }
}

/** Every expression, in the plan's environment first and then wherever somebody may be exposed. */
async function evaluatePanels(
  exercise: Exercise,
  { rules }: MonitoringSystems,
  { of, connections, environments }: SetUp,
): Promise<readonly PanelFound[]> {
  const own = of.plan.environment
  const places = [own, ...environments.filter((it) => it !== own)].flatMap((environment) => {
    const connection = connectionFor(connections, environment)
    const address = connection === undefined ? undefined : addressOf(connection, 'prometheus')
    if (connection === undefined || address === undefined) return []
    return [{ environment, address, panels: dashboardFor(of, connection, environment).panels }]
  })
  const found: PanelFound[] = []
  for (const [panelAt, panel] of (places[0]?.panels ?? []).entries()) {
    for (const [queryAt, query] of panel.queries.entries()) {
      const { legend, population, drilled } = query
      // Those who are not exposed are in production; those who are may be elsewhere (P-S4-13).
      const where = population === 'exposed' ? places : places.slice(0, 1)
      const tried: PanelFound[] = []
      for (const { environment, address, panels } of where) {
        const expression = panels[panelAt]?.queries[queryAt]?.expression
        if (expression === undefined) continue
        const answer = await rules.series(address, expression)
        const at = { panel: panel.id, title: panel.title, legend, population, environment }
        if (answer.kind === 'failed') tried.push({ ...at, state: 'failed', why: answer.why })
        else tried.push({ ...at, state: answer.value > 0 ? 'data' : 'empty' })
        if (tried.at(-1)?.state === 'data') break
      }
      const [home] = places
      if (drilled !== undefined && home !== undefined && tried.every((it) => it.state === 'empty')) {
        const answer = await rules.series(home.address, drilled)
        const at = { panel: panel.id, title: panel.title, legend, population, environment: own }
        if (answer.kind === 'answered' && answer.value > 0)
          tried.push({ ...at, source: 'drill', state: 'data' })
      }
      const best = tried.find((it) => it.state === 'data') ?? tried[0]
      if (best !== undefined) found.push(best)
    }
  }
  const full = found.filter((it) => it.state === 'data').length
  await exercise.note(`${full} of ${found.length} expressions of the panels return data`)
  return found
}

function lookedOf(verdict: ToolVerdict): Looked {
  if (verdict.kind === 'right') return { state: 'right' }
  return { state: verdict.kind === 'wrong' ? 'wrong' : 'not looked at', why: verdict.why }
}

function notLooked(why = 'the rules are wrong'): Looked {
  return { state: 'not looked at', why }
}

function sayLooked({ state, why }: Looked): string {
  return why === undefined ? state : `${state}: ${why}`
}
