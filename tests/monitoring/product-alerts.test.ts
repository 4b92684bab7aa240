/**
 * The alerts and the dashboard of the product itself: each alert fires on what it is about and is
 * silent otherwise (promtool), and each query finds what a real server exports to a real Prometheus.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'

import { configParams, configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { follow } from '../../packages/server/test/support/instances.ts'
import { installed, startPrometheus } from '../support/prometheus.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const DEPLOY = path.resolve(import.meta.dirname, '../../deploy')
const RULES = path.join(DEPLOY, 'prometheus/flagmarshal.rules.yml')
const RUNBOOK = path.resolve(import.meta.dirname, '../../docs/operations/runbook.md')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook_url: string }
}

const WAITING = { timeout: 60_000, interval: 200 }

interface Series {
  readonly [series: string]: string
}

/** A minute apart each. `fires` must fire at the end of half an hour, `silent` must not. */
interface Case {
  readonly fires: Series
  readonly silent: Series
}

const server = 'job="flagmarshal",instance="a:4860"'
const place = 'project="shop",environment="production"'
const http = (status: string, rate: number) => ({
  [`flagmarshal_http_request_duration_seconds_count{${server},operation="x",method="GET",status="${status}"}`]: `0+${rate}x30`,
})
const buckets = (name: string, labels: string, byBound: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(byBound).map(([le, rate]) => [`${name}_bucket{${labels},le="${le}"}`, `0+${rate}x30`]),
  )
const gauge = (name: string, fires: string, silent: string, labels = server): Case => ({
  fires: { [`${name}{${labels}}`]: fires },
  silent: { [`${name}{${labels}}`]: silent },
})

const CASES: Readonly<Record<string, Case>> = {
  FlagmarshalDown: gauge('up', '0x30', '1x20 0 1x9'),
  FlagmarshalAbsent: {
    fires: { 'up{job="other"}': '1x30' },
    silent: { [`up{${server}}`]: '0x30' },
  },
  FlagmarshalNotReady: gauge('flagmarshal_ready', '0x30', '1x28 0 0'),
  FlagmarshalRestarting: gauge('process_start_time_seconds', '0+60x30', '0x24 100x6'),
  FlagmarshalDatabaseUnreachable: gauge(
    'flagmarshal_part_ready',
    '0x30',
    '1x30',
    `${server},part="database"`,
  ),
  FlagmarshalDatabaseErrors: gauge(
    'flagmarshal_database_errors_total',
    '0+12x30',
    '0x20 5x10',
    `${server},kind="unavailable"`,
  ),
  FlagmarshalDatabaseSlow: gauge('flagmarshal_database_answer_seconds', '0.8x30', '0.01x30'),
  FlagmarshalRevisionStale: gauge('flagmarshal_revision_age_seconds', '0+60x30', '2x30'),
  FlagmarshalReplicasDisagree: {
    fires: {
      [`flagmarshal_environment_revision{${place},instance="a"}`]: '7x30',
      [`flagmarshal_environment_revision{${place},instance="b"}`]: '6x30',
    },
    silent: {
      [`flagmarshal_environment_revision{${place},instance="a"}`]: '7x30',
      [`flagmarshal_environment_revision{${place},instance="b"}`]: '6x28 7 7',
    },
  },
  FlagmarshalStreamsLost: gauge('flagmarshal_streams_open', '40x24 3x6', '40x24 30x6', `${server},${place}`),
  FlagmarshalAcknowledgementSlow: {
    fires: buckets('flagmarshal_acknowledgement_seconds', server, { '1': 0, '5': 10, '+Inf': 10 }),
    silent: buckets('flagmarshal_acknowledgement_seconds', server, { '1': 10, '5': 10, '+Inf': 10 }),
  },
  FlagmarshalInstancesBehind: gauge('flagmarshal_instances', '2x30', '2x10 0x20', `${place},state="behind"`),
  FlagmarshalControllerLate: gauge('flagmarshal_controller_overdue_seconds', '0+60x30', '3x30'),
  FlagmarshalTicksFail: gauge(
    'flagmarshal_rollout_ticks_total',
    '0+1x30',
    '0x20 2x10',
    `${server},result="failed"`,
  ),
  FlagmarshalOutboxOld: gauge(
    'flagmarshal_delivery_oldest_seconds',
    '0+120x30',
    '10x30',
    'project="shop",channel="ops"',
  ),
  FlagmarshalDeadLetters: gauge(
    'flagmarshal_deliveries',
    '1x30',
    '1x10 0x20',
    'project="shop",channel="ops",state="dead"',
  ),
  FlagmarshalServerErrors: {
    fires: { ...http('200', 600), ...http('500', 60) },
    silent: { ...http('200', 600), ...http('404', 600), ...http('500', 1) },
  },
  FlagmarshalSlow: {
    fires: buckets('flagmarshal_http_request_duration_seconds', `${server},operation="listFlags"`, {
      '1': 10,
      '5': 600,
      '+Inf': 600,
    }),
    silent: {
      ...buckets('flagmarshal_http_request_duration_seconds', `${server},operation="listFlags"`, {
        '1': 600,
        '5': 600,
        '+Inf': 600,
      }),
      ...buckets('flagmarshal_http_request_duration_seconds', `${server},operation="streamSnapshot"`, {
        '1': 0,
        '5': 0,
        '+Inf': 600,
      }),
    },
  },
  FlagmarshalShedding: {
    fires: { ...http('200', 600), ...http('429', 60) },
    silent: { ...http('200', 600), ...http('429', 6) },
  },
  FlagmarshalEventLoopStalls: gauge('nodejs_eventloop_lag_p99_seconds', '0.4x30', '0.02x30'),
  FlagmarshalMemoryHigh: gauge('process_resident_memory_bytes', '9e8x30', '2e8x30'),
  FlagmarshalFilesScarce: {
    fires: { [`process_open_fds{${server}}`]: '900x30', [`process_max_fds{${server}}`]: '1000x30' },
    silent: { [`process_open_fds{${server}}`]: '90x30', [`process_max_fds{${server}}`]: '1000x30' },
  },
  // The clock of promtool begins at 1970.
  FlagmarshalBackupOld: gauge('flagmarshal_last_backup_timestamp_seconds', '-100000x30', '0x30'),
  FlagmarshalSecretsLost: gauge('flagmarshal_secrets_lost', '2x30', '0x30'),
}

const rules: readonly Rule[] = parse(await readFile(RULES, 'utf8')).groups.flatMap(
  (it: { readonly rules: readonly Rule[] }) => it.rules,
)

test('every alert has a case that fires and one that does not', () => {
  expect(rules.map((it) => it.alert).toSorted()).toEqual(Object.keys(CASES).toSorted())
})

test('every alert is explained in the runbook: meaning, impact, diagnosis, mitigation', async () => {
  const runbook = await readFile(RUNBOOK, 'utf8')
  for (const { alert, labels, annotations } of rules) {
    expect(annotations.runbook_url).toBe(`docs/operations/runbook.md#${alert.toLowerCase()}`)
    expect(labels.severity).toBeOneOf(['critical', 'warning'])
    const [, chapter = ''] = runbook.split(`\n### ${alert}\n`)
    const own = chapter.split('\n### ')[0] ?? ''
    for (const part of ['Meaning', 'Impact', 'Diagnosis', 'Mitigation']) {
      expect(own, `${alert}: ${part}`).toMatch(new RegExp(`\\*\\*${part}\\.\\*\\* \\S.{20}`))
    }
  }
})

describe.skipIf(!installed('promtool', 'amtool'))(
  'the alerts of the product (programs: promtool, amtool)',
  () => {
    test('promtool: each fires on what it is about, and is silent otherwise', async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-rules-'))
      try {
        const tests = rules.flatMap(({ alert, labels }) => {
          const { fires, silent } = CASES[alert] ?? { fires: {}, silent: {} }
          return [
            ruleTest(alert, labels.severity, fires, true),
            ruleTest(alert, labels.severity, silent, false),
          ]
        })
        const file = path.join(folder, 'test.json')
        await writeFile(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
        const ended = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
        expect(`${ended.stdout}${ended.stderr}`).toContain('SUCCESS')
        expect(ended.status).toBe(0)
      } finally {
        await rm(folder, { recursive: true })
      }
    })

    test('promtool and amtool accept the configurations of compose.yaml', async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-prom-'))
      try {
        // The token that it names lies inside of the container.
        const text = (await readFile(path.join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8'))
          .replace('/run/secrets/metrics_token', path.join(folder, 'token'))
          .replace('flagmarshal.rules.yml', RULES)
        await writeFile(path.join(folder, 'token'), 'x')
        await writeFile(path.join(folder, 'prometheus.yml'), text)
        for (const [program, ...args] of [
          ['promtool', 'check', 'config', path.join(folder, 'prometheus.yml')],
          ['amtool', 'check-config', path.join(DEPLOY, 'alertmanager/alertmanager.yml')],
        ]) {
          const ended = spawnSync(program ?? '', args, { encoding: 'utf8' })
          expect(ended.status, `${ended.stdout}${ended.stderr}`).toBe(0)
        }
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  },
)

/** One file of promtool has them all; the labels of what fires are not looked at, only that it does. */
function ruleTest(alert: string, severity: string, series: Series, fires: boolean): object {
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count by (alertname, severity) (ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
        eval_time: '30m',
        exp_samples: fires ? [{ labels: `{alertname="${alert}",severity="${severity}"}`, value: 1 }] : [],
      },
    ],
  }
}

describe.skipIf(!installed('prometheus'))('what the product exports (program: prometheus)', () => {
  test('each query of the rules and of the dashboard finds what a real server exports', async () => {
    await using product = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
    await livelyProduct(product)
    const { host } = new URL(product.address)
    await using prometheus = await startPrometheus({ targets: [host], scrape: '1s', job: 'flagmarshal' })
    const found = async (expression: string) => {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`)
      const { status, data, error } = (await answer.json()) as Answer
      if (status !== 'success') throw new Error(`${expression}: ${error}`)
      return data.result.length
    }
    // Twice scraped: rates need two samples.
    await vi.waitFor(async () => {
      expect(await found('count_over_time(flagmarshal_ready[1m]) >= 3')).toBe(1)
    }, WAITING)
    const dashboard: Dashboard = JSON.parse(
      await readFile(path.join(DEPLOY, 'grafana/dashboards/flagmarshal.json'), 'utf8'),
    )
    const shown = dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map((it) => [title, it.expr.replaceAll('$__rate_interval', '1m')] as const),
    )
    expect(shown.length).toBeGreaterThan(15)
    const empty: string[] = []
    for (const [title, expression] of shown) if ((await found(expression)) === 0) empty.push(title)
    expect(empty).toEqual([])
    // What an alert looks at exists, though nothing is wrong: its expression without the comparison.
    const blind: string[] = []
    for (const { alert, expr } of rules) {
      expect(await found(expr), `${alert} fires`).toBe(0)
      const metrics = [...new Set(expr.match(/\b(flagmarshal|process|nodejs|up)\w*(\{[^}]*\})?/g))]
      for (const metric of metrics) {
        if (HEALTHY_WITHOUT.has(metric)) continue
        if ((await found(metric.replace(/status=~?"[^"]*"/, ''))) === 0) blind.push(`${alert}: ${metric}`)
      }
    }
    expect(blind).toEqual([])
  })
})

/** Series that are not there while nothing is wrong. */
const HEALTHY_WITHOUT = new Set(['flagmarshal_deliveries{state="dead"}'])

interface Answer {
  readonly status: string
  readonly data: { readonly result: readonly unknown[] }
  readonly error?: string
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

/** A flag that was changed, an instance that has confirmed it, an evaluation, a message that cannot be delivered. */
async function livelyProduct(product: TestServer): Promise<void> {
  const { admin } = product
  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const params = { project: 'shop' }
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const settings = { url: 'http://127.0.0.1:9/' }
  const body = { key: 'ops', kind: 'webhook' as const, settings, secret, subscribes: ['*'] }
  expectOk(await admin.call('createChannel', { params, body }))
  expectOk(await admin.call('createFlag', { params, body: newFlag('new-checkout') }))
  const key = await product.sdkKey('shop', 'development')
  const instance = await follow(product.address, key, { acknowledges: true })
  await vi.waitFor(() => expect(instance.snapshot()).toBeDefined(), { timeout: 10_000, interval: 20 })
  await configure(product, 'new-checkout', EVERYBODY_ON)
  const asked = await fetch(`${product.address}/ofrep/v1/evaluate/flags/new-checkout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'ada' } }),
  })
  expect(asked.status).toBe(200)
  const killed = configParams('new-checkout')
  expectOk(await admin.call('killFlag', { params: killed, body: { reason: 'to have a message' } }))
}
