/**
 * Monitoring of a run, set up in real programs and for the real shop: its rules checked, tested,
 * loaded and healthy, its routes tested, its panels evaluated, its alarm raised on purpose and followed
 * to every receiver; then the shop's own regression, all the way from a shopper's 500 to the rollback.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { startGrafana } from '../../packages/server/test/support/grafana.ts'
import type { Grafana } from '../../packages/server/test/support/grafana.ts'
import {
  addFeature,
  openRun,
  OUTPUTS,
  goThrough,
  setStage,
} from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { startReceiver } from '../../packages/server/test/support/receiver.ts'
import type { Receiver } from '../../packages/server/test/support/receiver.ts'
import { createApprovals, QUICK, start, until } from '../../packages/server/test/support/rollouts.ts'
import { FAST_SEARCH, startExportingShop } from '../support/exporting-shop.ts'
import type { ExportingShop } from '../support/exporting-shop.ts'
import { installed, startAlertmanager, startPrometheus } from '../support/prometheus.ts'
import type { Running } from '../support/prometheus.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const project = 'shop'
const PROGRAMS = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const
const WAITING = { timeout: 120_000, interval: 50 }

let folder: string
let server: TestServer
let receiver: Receiver
let grafana: Grafana
let alertmanager: Running
let prometheus: Running
let stage: Stage
let shop: ExportingShop
let run: string

/** Judged by what the shop itself exports; long enough that nothing but harm decides. */
const PLAN: RolloutPlanInput = {
  ...QUICK,
  windowMs: 500,
  stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 600_000, maxMs: 6_000_000 }],
  criteria: [
    {
      id: 'errors',
      role: 'guardrail',
      ceiling: 0.02,
      source: {
        kind: 'prometheus',
        connection: 'main',
        total: `flagmarshal_requests_total{flag="${FAST_SEARCH}"}`,
        bad: `flagmarshal_requests_bad_total{flag="${FAST_SEARCH}"}`,
      },
    },
  ],
  lagMs: 2_000,
}

/** The approval of the plan that the shop is rolled out by: the run's own. */
const approvals = createApprovals()
/** What ends with the tests, however they end. */
const open = new AsyncDisposableStack()

describe.skipIf(!installed(...PROGRAMS))(`with real programs (programs: ${PROGRAMS.join(', ')})`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-rules-'))
    open.defer(() => rm(folder, { recursive: true, force: true }))
    receiver = open.use(await startReceiver())
    grafana = open.use(await startGrafana())
    server = await startServer({
      rolloutPorts: approvals,
      settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', FLAGMARSHAL_RULES_DIR: folder },
    })
    open.use(server)
    stage = { ...(await setStage(server, project)), feature: FAST_SEARCH }
    await addFeature(stage)
    shop = open.use(await startExportingShop(server, await server.sdkKey(project, 'production')))
    await connect()
    run = await openRun(stage)
    await goThrough(stage, run, 1)
    await goThrough(stage, run, 2, { ...OUTPUTS[1], flag: FAST_SEARCH })
    await goThrough(stage, run, 3, { ...OUTPUTS[2], plan: PLAN })
    await writeMonitoring()
  })
  afterAll(async () => {
    await open.disposeAsync()
  })

  test('P-S4-3 P-S4-4 P-S4-7 P-S4-9 P-S4-10 sets monitoring up: rules tested, loaded and healthy, routes tested, panels evaluated, the dashboard pushed', async () => {
    const setup = await setUp()
    const { found } = setup
    expect(found?.rules).toMatchObject({
      checked: { state: 'right' },
      tested: { state: 'right' },
      testedWith: { errors: 'application' },
      installed: { state: 'right' },
    })
    expect(found?.rules.loaded.map((it) => it.rule)).toEqual(
      expect.arrayContaining([
        'errors',
        'errors-outage',
        'errors-burn-1h',
        'tick-overdue',
        'flagmarshal-absent',
      ]),
    )
    expect(found?.rules.loaded.every((it) => it.health === 'ok')).toBe(true)
    const [file = '', ...more] = await readdir(folder)
    expect([file, ...more]).toEqual(['flagmarshal-shop-production-fast-search.yml'])
    expect(await readFile(path.join(folder, file), 'utf8')).toContain('flagmarshal_requests_bad_total{flag=')
    expect(found?.rules.conflicts).toMatchObject([{ rule: 'OtherErrors', kind: 'same-metrics' }])
    expect(found?.routes.looked).toEqual({ state: 'right' })
    expect(found?.routes.routes.find((it) => it.rule === 'errors')?.receivers).toEqual(['flagmarshal'])
    expect(found?.dashboard.pushed).toMatchObject({ version: 1 })
    expect(found?.panels.some((it) => it.state === 'failed')).toBe(false)
    expect(setup.findings).toEqual([])
  })

  test('P-S4-6 the alarm goes through Prometheus and Alertmanager to our receiver and every channel, each hop timed', async () => {
    const params = { project, run }
    const { id } = expectOk(
      await stage.developer.client.call('startDrill', {
        params,
        body: { kind: 'alert', through: 'prometheus' },
      }),
    )
    const drill = await vi.waitFor(async () => {
      const at = { ...params, drill: id }
      const it = expectOk(await stage.developer.client.call('showDrill', { params: at }))
      if (it.state === 'running') throw new Error(it.progress.map((one) => one.what).join('; '))
      return it
    }, WAITING)
    expect(drill).toMatchObject({ verdict: 'passed', findings: [], current: true })
    expect(drill.alert).toMatchObject({ through: 'prometheus', receivers: ['flagmarshal'] })
    const times = drill.alert?.hops.map((it) => it.afterMs ?? Infinity) ?? []
    console.info(drill.alert?.hops.map((it) => `${it.hop} after ${it.afterMs} ms`).join(', '))
    expect(times).toHaveLength(5)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(drill.alert?.channels).toMatchObject([{ channel: 'ops', state: 'delivered' }])
    const told = receiver.received.map((it) => it.body).filter((it) => it.includes(drill.alert?.nonce ?? '–'))
    expect(told).toHaveLength(2)

    const { items: reports } = expectOk(
      await server.admin.call('listReports', { params: { project, feature: stage.feature } }),
    )
    expect(reports).toEqual([])
  })

  test('P-V3 sees that what was set up still stands, and that somebody has edited the dashboard', async () => {
    const params = { project, run }
    const { client } = stage.developer
    expect(expectOk(await client.call('lookAtMonitoring', { params }))).toMatchObject({
      faults: [],
      unknown: [],
    })
    const { items } = expectOk(await client.call('listMonitoringSetups', { params }))
    grafana.edit(items[0]?.found?.dashboard.uid ?? '')
    const { faults } = expectOk(await client.call('lookAtMonitoring', { params }))
    expect(faults).toEqual(['the dashboard is version 2; 1 was pushed'])
  })

  test('P-S4-13 shows by the series of the drill what nobody is exposed to yet, and says so beside the panel', async () => {
    const { found } = await setUp()
    const exposed = found?.panels.find((it) => it.panel === 'metric-errors' && it.legend === 'exposed')
    expect(exposed).toMatchObject({ environment: 'production', state: 'data', source: 'drill' })
    const impact = found?.panels.find((it) => it.panel === 'impact-errors')
    expect(impact).toMatchObject({ state: 'data', source: 'drill' })
    // There is no control before a rollout: everybody is not exposed.
    for (const panel of ['metric-errors', 'usage']) {
      const others = found?.panels.find((it) => it.panel === panel && it.legend === 'not exposed')
      expect(others).toMatchObject({ environment: 'production', state: 'data' })
      expect(others).not.toHaveProperty('source')
    }
    expect(found?.panels.find((it) => it.panel === 'exposure')).toMatchObject({ population: 'rollout' })
  })

  test('P-X4 the regression of the shop is seen through Prometheus and rolled back, its alert arrives through Alertmanager, and the dashboard shows each step', async () => {
    const at = { server, project, flag: FAST_SEARCH, key: '' }
    const id = await start(at, approvals.approve(FAST_SEARCH, PLAN))
    await until(at, id, (it) => it.state === 'running')
    shop.searchForEverything()
    const began = performance.now()
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
    await until(at, id, (it) => it.state === 'rolled_back')
    const times = [`rolled back and verified after ${seconds()}`]
    await expect
      .poll(
        async () => {
          const params = { project, feature: FAST_SEARCH }
          const { items } = expectOk(await server.admin.call('listReports', { params }))
          return items.map((it) => [it.kind, it.severity, it.text])
        },
        { timeout: 60_000 },
      )
      .toContainEqual(['incident', 'critical', expect.stringContaining('More than 2 % bad requests')])
    times.push(`the alert was here after ${seconds()}`)
    await expect.poll(() => JSON.stringify(grafana.annotations)).toContain('rolled_back')
    console.info(`from the first search that fails: ${times.join(', ')}`)
  })
})

/** Alertmanager sends to the server, and the server knows all three systems. */
async function connect(): Promise<void> {
  const params = { project }
  const source = expectOk(
    await server.admin.call('createInboundSource', { params, body: { key: 'alertmanager' } }),
  )
  const channel = {
    key: 'ops',
    kind: 'webhook' as const,
    settings: { url: `${receiver.url}/alerts` },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    subscribes: ['dev.flagmarshal.alert.*'],
  }
  expectOk(await server.admin.call('createChannel', { params, body: channel }))
  alertmanager = await startAlertmanager(
    JSON.stringify({
      route: {
        receiver: 'nobody',
        routes: [
          {
            receiver: 'flagmarshal',
            matchers: ['flag=~".+"'],
            group_by: ['alertname', 'rule', 'drill'],
            group_wait: '1s',
            group_interval: '1s',
          },
        ],
      },
      receivers: [
        { name: 'nobody' },
        {
          name: 'flagmarshal',
          webhook_configs: [
            {
              url: `${server.address}/api/v1/projects/${project}/inbound/alertmanager/alertmanager`,
              http_config: { authorization: { credentials: source.secret } },
            },
          ],
        },
      ],
    }),
  )
  open.use(alertmanager)
  const others = {
    groups: [
      {
        name: 'others',
        rules: [
          {
            alert: 'OtherErrors',
            expr: 'sum(rate(flagmarshal_requests_bad_total{arm="exposed"}[1m])) > 1000',
          },
        ],
      },
    ],
  }
  prometheus = await startPrometheus({
    targets: [new URL(server.address).host, shop.target],
    rules: [`${folder}/*.yml`, 'others.yml'],
    files: { 'others.yml': JSON.stringify(others) },
    alertmanager: new URL(alertmanager.url).host,
  })
  open.use(prometheus)
  const body = {
    key: 'main',
    kind: 'prometheus' as const,
    settings: {
      prometheus: { url: prometheus.url, scrapeMs: 1_000 },
      alertmanager: { url: alertmanager.url },
      grafana: { url: grafana.url },
      rules: { file: 'flagmarshal.yml', reloadUrl: `${prometheus.url}/-/reload` },
    },
    secrets: { grafana: grafana.token },
  }
  expectOk(await server.admin.call('createConnection', { params, body }))
}

async function writeMonitoring(): Promise<void> {
  const metrics = [{ criterion: 'errors', kind: 'errors', source: 'prometheus' }]
  const output = { ...OUTPUTS[3], metrics }
  expectOk(
    await stage.developer.client.call('writeStep', { params: { project, run, step: 4 }, body: { output } }),
  )
}

async function setUp() {
  const params = { project, run }
  const { id } = expectOk(await stage.developer.client.call('startMonitoringSetup', { params }))
  return await vi.waitFor(async () => {
    const at = { ...params, setup: id }
    const it = expectOk(await stage.developer.client.call('showMonitoringSetup', { params: at }))
    if (it.state === 'running') throw new Error(it.progress.map((one) => one.what).join('; '))
    return it
  }, WAITING)
}
