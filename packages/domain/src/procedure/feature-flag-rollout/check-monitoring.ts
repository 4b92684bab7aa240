/**
 * The checks of step 4 that rest on what was set up in monitoring systems. Where nothing is connected
 * the built-in evaluator and the live view stand in their place, and are judged instead.
 */
import { evaluateAlert, LEAST_REQUESTS } from '../../alert/evaluate.ts'
import { alertRulesOf } from '../../alert/rule.ts'
import type { AlertRule } from '../../alert/rule.ts'
import { builtInPanels } from '../../dashboard/built-in-panel.ts'
import type { Findings, MonitoringFound, PanelFound } from '../../monitoring/found.ts'
import { panelFindings, routeFindings, ruleFindings } from '../../monitoring/found.ts'
import type { Kept } from '../../verification/model.ts'
import type { CheckOutcome, JsonObject } from '../run.ts'
import { productionOf } from './check-flags.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { LogQuery } from './outputs.ts'

const SET_UP = 'set it up with the verb set-up of `flagmarshal monitoring`'

/** P-S4-2: dashboards, refreshed often enough; where Grafana is connected, ours is in it. */
export function checkDashboards(facts: FlagRolloutFacts): CheckOutcome {
  const { dashboards } = facts.outputs.monitoring
  if (dashboards === undefined || dashboards.length === 0) return unknown('no dashboard is named yet')
  const slow = refreshFindings(facts)
  if (facts.connected?.grafana !== true)
    return outcome(slow, { shown: 'by the live view of the rollout; the dashboard can be exported' })
  return onSetUp(facts, ({ dashboard }) => ({
    wrong: [
      ...slow,
      ...(dashboard.pushed === undefined ? [`Grafana: ${dashboard.why ?? 'not pushed'}`] : []),
    ],
    unknown: [],
  }))
}

/** P-S4-3: rules checked and unit-tested; loaded and healthy where they are evaluated. */
export function checkAlertRules(facts: FlagRolloutFacts): CheckOutcome {
  const { plan } = facts.outputs.plan
  if (plan === undefined) return unknown('there is no rollout plan yet')
  if (facts.connected?.prometheus === true) return onSetUp(facts, ruleFindings)
  const foreign = plan.criteria.filter((it) => it.role !== 'report' && it.source.kind === 'prometheus')
  if (foreign.length > 0)
    return unknown(`${foreign.map((it) => it.id).join(', ')}: counted in Prometheus, which is not connected`)
  const rules = alertRulesOf(plan)
  return outcome(rules.flatMap(selfTest), {
    evaluator: 'built-in',
    rules: rules.map((it) => it.id),
  })
}

/** P-S4-4: each rule has a route with a person at its end, and the drill has reached the channels. */
export function checkRoutes(facts: FlagRolloutFacts): CheckOutcome {
  const alerts = facts.outputs.monitoring.alerts ?? []
  if (alerts.length === 0) return unknown('no alert names a person yet')
  const known = facts.rollback?.people
  const strangers = alerts.filter((it) => known !== undefined && !known.includes(it.person))
  if (strangers.length > 0)
    return outcome(
      strangers.map(
        (it) => `${it.person}, whom ${it.criterion} reaches, is neither a person nor a role here`,
      ),
    )
  const kept = facts.exercises?.alert
  if (kept === undefined || !kept.current)
    return unknown(
      'no drill has shown that anybody is reached: run the fire drill (`drill run` on the command line)',
    )
  const lost = kept.found.channels.filter((it) => it.afterMs === null).map((it) => it.channel)
  const drilled: JsonObject = { drill: kept.id, nonce: kept.found.nonce, evidence: kept.evidence }
  const reached = kept.found.channels.filter((it) => it.afterMs !== null).map((it) => it.channel)
  const findings: Findings = {
    wrong: lost.map((it) => `the channel ${it} did not deliver the alarm of ${kept.id}`),
    unknown:
      kept.found.channels.length === 0
        ? ['no channel takes alerts: who is called is not known to this system']
        : alerts
            .filter((it) => it.channel === undefined || !reached.includes(it.channel))
            .map((it) => `nothing shows that ${it.person} is reached by ${it.channel ?? 'a channel'}`),
  }
  if (facts.connected?.alertmanager !== true) return judged(findings, drilled)
  return onSetUp(facts, (found) => both(findings, routeFindings(found)), drilled)
}

/** P-S4-7: every expression of every panel returns data. */
export function checkPanels(facts: FlagRolloutFacts): CheckOutcome {
  if (facts.connected?.prometheus === true) return onSetUp(facts, panelFindings)
  const panels = panelsOfLiveView(facts)
  if (panels === undefined) return unknown('there is no rollout plan yet')
  return judged(panelFindings({ panels }), { panels: panelFacts(panels) })
}

/** What the live view shows with built-in telemetry, panel by panel. */
function panelsOfLiveView({
  outputs,
  exercises,
  trials,
}: FlagRolloutFacts): readonly PanelFound[] | undefined {
  const { plan } = outputs.plan
  if (plan === undefined) return undefined
  const { verification, alert, monitoring } = exercises ?? {}
  const rule = alert?.current === true ? alert.found.rule : undefined
  const drilled = alertRulesOf(plan).find((it) => it.id === rule)?.criterion
  const verified = (branch: 'servedOn' | 'servedOff') =>
    (verification?.found.environments ?? [])
      .filter(({ layers }) => layers.some((it) => it[branch]))
      .map((it) => it.environment)
  return builtInPanels(plan, {
    served: monitoring?.served ?? [],
    verifiedIn: verified('servedOn'),
    verifiedWithoutIn: verified('servedOff'),
    ...(drilled === undefined ? {} : { drilled }),
    resources: (outputs.monitoring.metrics ?? []).flatMap((it) => {
      if (!('name' in it) || it.source !== 'built-in-telemetry') return []
      const trial = trials?.find((one) => one.of === it.name)
      return [{ name: it.name, ...(trial === undefined ? {} : { trial }) }]
    }),
  })
}

/** Beside each panel: whose data it is, and where it comes from. */
function panelFacts(panels: readonly PanelFound[]): JsonObject[] {
  return panels.map(({ panel, legend, environment, source = 'prometheus', state }) => ({
    panel,
    legend,
    environment,
    source,
    state,
  }))
}

/** P-S4-9: what exists was reviewed, the log query too; rules of others on the same metrics are named. */
export function checkObservability(facts: FlagRolloutFacts): CheckOutcome {
  const { review } = facts.outputs.monitoring
  if (review === undefined) return unknown('logging, metrics and alerting are not reviewed yet')
  const logs = logFindings(review.logQuery, facts.logs)
  if (facts.connected?.prometheus !== true)
    return judged(logs, { ...logs.facts, conflicts: 'nothing is connected whose rules could be listed' })
  const conflictsOf = ({ rules: { conflicts } }: MonitoringFound): Findings => ({
    wrong: conflicts
      .filter((it) => !review.alerting.includes(it.rule))
      .map(
        (it) =>
          `the rule ${it.rule} (${it.group}) ${
            it.kind === 'same-name' ? 'has the name of one of ours' : `reads ${it.metrics.join(', ')}, too`
          }; the review of alerting does not say what becomes of it`,
      ),
    unknown: [],
  })
  return onSetUp(facts, (found) => both(logs, conflictsOf(found)), logs.facts)
}

/** The log query of the runbook has returned lines, or it is said that there is none. */
function logFindings(
  logQuery: LogQuery | undefined,
  logs: FlagRolloutFacts['logs'] = {},
): Findings & { readonly facts: JsonObject } {
  if (logQuery === undefined)
    return {
      wrong: [],
      unknown: ['the review does not say what the log query of the runbook returns'],
      facts: {},
    }
  if ('absent' in logQuery)
    return { wrong: [], unknown: [], facts: { logQuery: `absent: ${logQuery.absent}` } }
  const { query, returned } = logQuery
  const lines = logs[returned]
  if (lines === undefined)
    return {
      wrong: [`${returned.slice(0, 12)}, named as what the log query returned, is no upload`],
      unknown: [],
      facts: {},
    }
  const empty = lines === 0 ? [`the log query "${query}" has returned no line`] : []
  return { wrong: empty, unknown: [], facts: { logQuery: query, lines, upload: returned } }
}

/** Exposure, evidence and time without data: nothing can be looked for before the rollout. */
const FROM_ITS_START = 'its own panels are shown from its start on'

/** P-S4-13: what can be shown before anybody is exposed, and where it comes from. */
export function checkPopulations(facts: FlagRolloutFacts): CheckOutcome {
  if (refreshOf(facts).length === 0) return unknown('no dashboard is named yet')
  const slow = refreshFindings(facts)
  if (facts.connected?.prometheus !== true) {
    const panels = panelsOfLiveView(facts) ?? []
    const open = panels.filter((it) => it.state !== 'data' && it.population !== 'service')
    return judged(
      {
        wrong: slow,
        unknown: open.map((it) => `${it.title} (${it.legend}) has no data in ${it.environment}`),
      },
      { refreshSeconds: refreshOf(facts), rollout: FROM_ITS_START, panels: panelFacts(panels) },
    )
  }
  const production = productionOf(facts.environments)
  return onSetUp(facts, ({ panels }) => ({
    wrong: [
      ...slow,
      ...panels
        .filter((it) => it.population === 'unexposed' && it.state === 'data')
        .filter((it) => !production.includes(it.environment))
        .map((it) => `${it.title} (${it.legend}) was seen in ${it.environment}, which is not production`),
    ],
    unknown: panels
      .filter((it) => it.state !== 'data' && it.population !== 'service' && it.population !== 'rollout')
      .map((it) => `${it.title} (${it.legend}) has no data in ${it.environment}`),
  }))
}

/** What P-S4-10 asks of what was set up: each criterion has a panel, a rule, and a route to a person. A mean has no rule. */
export function setUpGaps(facts: FlagRolloutFacts): Findings {
  const kept = facts.exercises?.monitoring?.setup
  const { plan } = facts.outputs.plan
  if (facts.connected?.prometheus !== true || plan === undefined) return { wrong: [], unknown: [] }
  if (kept === undefined || !kept.current)
    return { wrong: [], unknown: [`nothing current was set up: ${SET_UP}`] }
  const { dashboard, routes } = kept.found
  const judged = plan.criteria.flatMap((it) =>
    it.role === 'report' || it.source.kind === 'resources' ? [] : [it],
  )
  return {
    wrong: [
      ...judged
        .filter(({ id }) => !dashboard.criteria.includes(id))
        .map(({ id }) => `the criterion ${id} has no panel`),
      ...judged
        .filter(({ mean }) => mean === undefined)
        .filter(({ id }) => !routes.routes.some((one) => one.rule === id && one.person !== ''))
        .map(({ id }) => `the criterion ${id} has no rule with a person at its end`),
    ],
    unknown: [],
  }
}

/** The outcome of what was set up last; unknown where that is missing or of something else. */
function onSetUp(
  { exercises }: FlagRolloutFacts,
  findingsOf: (found: MonitoringFound) => Findings,
  more: JsonObject = {},
): CheckOutcome {
  const kept: Kept<MonitoringFound> | undefined = exercises?.monitoring.setup
  if (kept === undefined) return unknown(`monitoring was not set up yet: ${SET_UP}`)
  if (!kept.current) return unknown(`plan or monitoring have changed since ${kept.id}: ${SET_UP}`)
  return judged(findingsOf(kept.found), { ...more, setup: kept.id, evidence: kept.evidence })
}

function judged({ wrong, unknown: open }: Findings, facts: JsonObject): CheckOutcome {
  if (wrong.length > 0) return outcome([...wrong], facts)
  return open.length === 0 ? outcome([], facts) : { state: 'unknown', findings: [...open], facts }
}

function both(one: Findings, other: Findings): Findings {
  return { wrong: [...one.wrong, ...other.wrong], unknown: [...one.unknown, ...other.unknown] }
}

function refreshOf({ outputs }: FlagRolloutFacts): number[] {
  return (outputs.monitoring.dashboards ?? []).map((it) => it.refreshSeconds)
}

function refreshFindings({ outputs }: FlagRolloutFacts): readonly string[] {
  const minutes = outputs.plan.monitoring?.reviewEveryMinutes
  return (outputs.monitoring.dashboards ?? [])
    .filter((it) => minutes !== undefined && it.refreshSeconds > minutes * 60)
    .map((it) => `${it.name} is refreshed every ${it.refreshSeconds} s; it is reviewed every ${minutes} min`)
}

/** The built-in evaluator on counts whose answer is known. */
function selfTest(rule: AlertRule): readonly string[] {
  const n = 100 * LEAST_REQUESTS
  const over = Math.min(n, Math.floor(rule.threshold * n) + 1)
  const said = (windows: readonly { n: number; x: number }[][]) => evaluateAlert(rule, windows).state
  const all = (x: number) => rule.windowsMs.map(() => [{ n, x }])
  return [
    ...(rule.threshold < 1 && said(all(over)) !== 'firing'
      ? [`${rule.id} does not fire above its threshold`]
      : []),
    ...(said(all(Math.floor(rule.threshold * n * 0.9))) === 'firing'
      ? [`${rule.id} fires below its threshold`]
      : []),
    ...(said(rule.windowsMs.map(() => [])) === 'no_data' ? [] : [`${rule.id} says something without data`]),
  ]
}
