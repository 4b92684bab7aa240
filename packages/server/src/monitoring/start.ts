/** Starting to set monitoring up, showing what came of it, and the same as files. */
import type { MonitoringFiles, MonitoringSetup } from '@flagmarshal/api/monitoring'
import { receiverSnippet } from '@flagmarshal/domain/alert/route'
import { ruleFile } from '@flagmarshal/domain/alert/rule-file'
import { ruleTests } from '@flagmarshal/domain/alert/rule-tests'
import { panelFindings, routeFindings, ruleFindings } from '@flagmarshal/domain/monitoring/found'
import type { MonitoringFound } from '@flagmarshal/domain/monitoring/found'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { stringify } from 'yaml'

import { openConnections } from '../connection/read.ts'
import type { OpenConnection } from '../connection/read.ts'
import type { Context } from '../context.ts'
import { subjectHash } from '../procedure/exercise-facts.ts'
import { loadFacts } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import type { ExerciseRow } from '../storage/exercises.ts'
import { accept } from '../verification/accept.ts'
import type { Exercises } from '../verification/exercises.ts'
import { exerciseView } from '../verification/view.ts'
import type { MonitoringParts } from './parts.ts'
import { setUp } from './set-up.ts'
import { connectionFor, dashboardFor, noConnection, noPlan, ruleSubject } from './subject.ts'
import type { MonitoredRun } from './subject.ts'

/** Where nothing is connected, rules are made for a Prometheus with its usual settings. */
const UNCONNECTED: OpenConnection = {
  key: '',
  environment: undefined,
  settings: { prometheus: { url: 'http://127.0.0.1:9090', scrapeMs: 15_000 } },
  secrets: {},
}
const TOKEN_FILE = '/etc/alertmanager/flagmarshal.token'

/** Accepts and begins. Refuses without a plan, and where nothing is connected. */
export async function startSetup(
  context: Context,
  { database, safe, monitoring, exercises }: MonitoringParts & { readonly exercises: Exercises },
  key: RunKey,
): Promise<MonitoringSetup | Refusal> {
  const of = await monitoredRun(context, { database, safe, monitoring }, key)
  if (isRefusal(of)) return of
  const connections = await openConnections(database.kysely, safe, key.project)
  const connection = connectionFor(connections, of.plan.environment)
  if (connection === undefined) return noConnection(of.plan.environment)
  const accepted = await accept(context, database, { ...key, kind: 'monitoring' }, {})
  if (isRefusal(accepted)) return accepted
  const environments = accepted.facts.environments.map((it) => it.key)
  exercises.start(accepted.row, (exercise) =>
    setUp(exercise, monitoring, { of, connection, connections, environments }),
  )
  return setupView(accepted.row, subjectHash('monitoring', accepted.facts))
}

/** A set-up as the API shows it. */
export function setupView(row: ExerciseRow, subject: string): MonitoringSetup {
  const shared = exerciseView(row, subject)
  if (row.result === null) return { ...shared, findings: [], unknown: [] }
  // Written by the exercise of this kind alone.
  const found = structuredClone(row.result) as MonitoringFound
  const all = [ruleFindings(found), routeFindings(found), panelFindings(found)]
  return {
    ...shared,
    findings: all.flatMap((it) => it.wrong),
    unknown: all.flatMap((it) => it.unknown),
    found: found as NonNullable<MonitoringSetup['found']>,
  }
}

/** What would be installed, as files. */
export async function monitoringFiles(
  context: Context,
  parts: MonitoringParts,
  key: RunKey,
): Promise<MonitoringFiles | Refusal> {
  const of = await monitoredRun(context, parts, key)
  if (isRefusal(of)) return of
  const { monitoring, database, safe } = parts
  const connections = await openConnections(database.kysely, safe, key.project)
  const connection = connectionFor(connections, of.plan.environment) ?? UNCONNECTED
  const subject = ruleSubject(of, connection)
  const inbound = `${monitoring.address}/api/v1/projects/${key.project}/inbound/alertmanager/alertmanager`
  return {
    rules: monitoring.folder.text(ruleFile(subject)),
    tests: ruleTests(subject).flatMap(({ name, rules, tests }) => [
      { name: `${name}-rules.yml`, text: stringify(rules) },
      {
        name: `${name}.yml`,
        text: stringify({
          rule_files: [`${name}-rules.yml`],
          evaluation_interval: rules.groups[0]?.interval ?? '1m',
          tests,
        }),
      },
    ]),
    dashboard: monitoring.dashboards.json(dashboardFor(of, connection)),
    alertmanager: stringify(receiverSnippet(inbound, TOKEN_FILE)),
  }
}

/** A run with its plan; refused while there is none. */
export async function monitoredRun(
  { now }: Context,
  { database, monitoring }: MonitoringParts,
  key: RunKey,
): Promise<MonitoredRun | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const { outputs } = await loadFacts(database.kysely, loaded.feature, loaded.run, { now, members: false })
  const { plan } = outputs.plan
  if (plan === undefined) return noPlan()
  const { feature } = loaded
  return {
    project: key.project,
    run: key.run,
    feature: feature.key,
    flag: feature.flag,
    plan,
    outputs,
    address: monitoring.address,
  }
}
