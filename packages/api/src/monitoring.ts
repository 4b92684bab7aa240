/**
 * Setting monitoring up on the wire (P-S4-2, 3, 4, 7, 9, 10, 13): alert rules and a dashboard made
 * from the plan, installed where a system is connected and downloaded where none is; and whether they
 * still stand there (P-V3).
 */
import { z } from 'zod'

import { exerciseFields } from './exercise.ts'
import { operation } from './operation.ts'
import { Id, Instant, Key, list } from './shapes.ts'

const Looked = z
  .strictObject({
    state: z.enum(['right', 'wrong', 'not looked at']),
    why: z.string().optional(),
  })
  .describe('`not looked at`: the program or the system is not there; never taken for right.')

const Rules = z.strictObject({
  checked: Looked.describe('`promtool check rules`.'),
  tested: Looked.describe('`promtool test rules`, on the generated tests.'),
  testedWith: z
    .record(z.string(), z.enum(['application', 'drill']))
    .describe('By criterion: whether series of the application or only those of a drill were simulated.'),
  count: z.int(),
  hash: z.string(),
  installed: Looked,
  loaded: z.array(z.strictObject({ rule: z.string(), health: z.string(), error: z.string().optional() })),
  conflicts: z
    .array(
      z.strictObject({
        rule: z.string(),
        group: z.string(),
        file: z.string(),
        metrics: z.array(z.string()),
        kind: z.enum(['same-name', 'same-metrics']),
      }),
    )
    .describe('Rules of others on the same metrics.'),
})

const Population = z.enum(['exposed', 'unexposed', 'service', 'rollout'])

export const MonitoringSetup = z
  .strictObject({
    ...exerciseFields,
    findings: z.array(z.string()).describe('What is wrong.'),
    unknown: z.array(z.string()).describe('What could not be looked at.'),
    found: z
      .strictObject({
        environment: Key,
        connection: Key,
        rules: Rules,
        routes: z.strictObject({
          looked: Looked,
          routes: z.array(
            z.strictObject({ rule: z.string(), person: z.string(), receivers: z.array(z.string()) }),
          ),
        }),
        dashboard: z.strictObject({
          uid: z.string(),
          refreshSeconds: z.number(),
          criteria: z.array(z.string()),
          pushed: z.strictObject({ url: z.string(), version: z.int() }).optional(),
          why: z.string().optional(),
        }),
        panels: z.array(
          z.strictObject({
            panel: z.string(),
            title: z.string(),
            legend: z.string(),
            population: Population,
            environment: Key.describe('Whose data it was.'),
            source: z
              .enum(['drill', 'built-in'])
              .optional()
              .describe(
                'Prometheus unless it says otherwise; `drill`: the series of a fire drill, because nobody is exposed.',
              ),
            state: z.enum(['data', 'empty', 'failed']),
            why: z.string().optional(),
          }),
        ),
      })
      .optional()
      .describe('Present once it is done.'),
  })
  .meta({ id: 'MonitoringSetup' })
export type MonitoringSetup = z.infer<typeof MonitoringSetup>

export const MonitoringFiles = z
  .strictObject({
    rules: z.string().describe('The rule file of Prometheus, YAML.'),
    tests: z
      .array(z.strictObject({ name: z.string(), text: z.string() }))
      .describe('Files for `promtool test rules`, and the rule files that they name.'),
    dashboard: z.unknown().describe('The dashboard as Grafana stores it, for provisioning.'),
    alertmanager: z.string().describe('Receiver and route for this server, to be merged by hand; YAML.'),
  })
  .meta({ id: 'MonitoringFiles' })
export type MonitoringFiles = z.infer<typeof MonitoringFiles>

export const MonitoringSighting = z
  .strictObject({
    at: Instant,
    faults: z.array(z.string()),
    unknown: z.array(z.string()),
  })
  .meta({ id: 'MonitoringSighting' })
export type MonitoringSighting = z.infer<typeof MonitoringSighting>

const ofRun = z.strictObject({ project: Key, run: Id })
const run = '/api/v1/projects/{project}/runs/{run}'
const setups = `${run}/monitoring-setups`

export const monitoringOperations = {
  startMonitoringSetup: operation({
    method: 'POST',
    path: setups,
    summary: 'Install rules and dashboard of a run, and check them. Read its progress until it is done.',
    can: 'procedure:write',
    params: ofRun,
    success: { status: 202, body: MonitoringSetup },
  }),
  listMonitoringSetups: operation({
    method: 'GET',
    path: setups,
    summary: 'List what was set up for a run, newest first.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: list(MonitoringSetup) },
  }),
  showMonitoringSetup: operation({
    method: 'GET',
    path: `${setups}/{setup}`,
    summary: 'Show the progress of a set-up, or what it found.',
    can: 'procedure:read',
    params: ofRun.extend({ setup: Id }),
    success: { status: 200, body: MonitoringSetup },
  }),
  showMonitoringFiles: operation({
    method: 'GET',
    path: `${run}/monitoring-files`,
    summary: 'Rules, their tests, the dashboard and the receiver of a run, to be installed by somebody else.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: MonitoringFiles },
  }),
  lookAtMonitoring: operation({
    method: 'POST',
    path: `${run}/monitoring-sightings`,
    summary: 'Look whether the installed rules are healthy and the dashboard is still ours.',
    can: 'procedure:write',
    params: ofRun,
    success: { status: 200, body: MonitoringSighting },
  }),
}
