/**
 * Metrics of a real Prometheus, through the API and the command line: all six kinds read, criteria
 * tried, inputs, plans and bound metrics of a run checked against what is really there.
 */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'

import type { Call, Operations } from '@flagmarshal/api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { EXIT } from '../../packages/cli/src/exit-code.ts'
import { callerOf } from '../../packages/cli/test/support/caller.ts'
import {
  goThrough,
  INPUTS,
  openRun,
  OUTPUTS,
  setStage,
  start,
} from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { installed, startPrometheus } from '../support/prometheus.ts'
import { expectOk, expectProblem, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const SCRAPE_MS = 250
const WAITING = { timeout: 60_000, interval: 50 }
let server: TestServer
let stage: Stage

/** What ends with the tests, however they end. */
const open = new AsyncDisposableStack()

/** What an application would export: it grows at every scrape. */
function exposition(scrapes: number): string {
  const arms = ['exposed', 'control'].flatMap((arm) => {
    const labels = `arm="${arm}",variant="${arm === 'exposed' ? 'on' : 'off'}"`
    const n = scrapes * 10
    return [
      `shop_requests_total{${labels}} ${n}`,
      `shop_bad_total{${labels}} ${arm === 'exposed' ? scrapes : 0}`,
      `shop_seconds_bucket{${labels},le="0.1"} ${n / 2}`,
      `shop_seconds_bucket{${labels},le="1"} ${n}`,
      `shop_seconds_bucket{${labels},le="+Inf"} ${n}`,
      `shop_order_count_total{${labels}} ${n}`,
      `shop_order_sum_total{${labels}} ${n * 5}`,
      `shop_order_squares_total{${labels}} ${n * 25}`,
    ]
  })
  return [...arms, 'shop_memory_bytes{pod="a"} 100', 'shop_memory_bytes{pod="b"} 300', ''].join('\n')
}

type Metric = Call<Operations['readMetric']>['body']['metric']
const of = () => ({ params: { project: stage.project, connection: 'main' } })

describe.skipIf(!installed('prometheus'))('metrics of a real Prometheus (program: prometheus)', () => {
  beforeAll(async () => {
    let scrapes = 0
    const target = createServer((_, response) => void response.end(exposition(scrapes++))).listen(
      0,
      '127.0.0.1',
    )
    await once(target, 'listening')
    // A server that listens on TCP has an address and a port.
    const { port } = target.address() as AddressInfo
    open.defer(() => void target.close())
    open.defer(() => target.closeAllConnections())
    const prometheus = open.use(
      await startPrometheus({ targets: [`127.0.0.1:${port}`], scrape: `${SCRAPE_MS}ms` }),
    )
    server = open.use(await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } }))
    stage = await setStage(server, 'shop')
    const settings = { prometheus: { url: prometheus.url, scrapeMs: SCRAPE_MS } }
    const body = { key: 'main', kind: 'prometheus' as const, settings }
    expectOk(await server.admin.call('createConnection', { params: { project: 'shop' }, body }))
    // Until there is a whole window of it.
    const tried = { total: 'shop_requests_total', bad: 'shop_bad_total', windowMs: 1_000 }
    await vi.waitFor(async () => {
      const { state, audiences } = expectOk(await server.admin.call('tryCriterion', { ...of(), body: tried }))
      const { exposed, control } = audiences[0] ?? {}
      if (exposed?.n !== control?.n || (exposed?.n ?? 0) < 20) throw new Error(state)
    }, WAITING)
  })
  afterAll(async () => await open.disposeAsync())

  const read = async (metric: Metric) =>
    expectOk(await server.admin.call('readMetric', { ...of(), body: { metric, windowMs: 1_000 } }))

  test('P-S4-1 P-S4-11 reads usage, errors, response times, engagement, business and resources', async () => {
    const total = 'shop_requests_total'
    const arm = (name: string) => expect.objectContaining({ arm: name })
    expect(await read({ form: 'count', total })).toMatchObject({
      state: 'ok',
      rows: [{ labels: { arm: 'control', variant: 'off' } }, { labels: { arm: 'exposed', variant: 'on' } }],
    })
    expect(await read({ form: 'share', total, bad: 'shop_bad_total' })).toMatchObject({
      rows: [
        { labels: arm('control'), share: 0 },
        { labels: arm('exposed'), share: 0.1 },
      ],
    })
    const buckets = 'shop_seconds_bucket'
    const [row] = (await read({ form: 'duration', buckets })).rows
    expect(row?.p50).toBeCloseTo(0.1, 9)
    expect(row?.p99).toBeCloseTo(0.982, 9)
    const mean: Metric = {
      form: 'mean',
      count: 'shop_order_count_total',
      sum: 'shop_order_sum_total',
      squares: 'shop_order_squares_total',
    }
    expect((await read(mean)).rows).toMatchObject([{ mean: 5, standardError: 0 }, { mean: 5 }])
    expect(await read({ form: 'level', query: 'shop_memory_bytes', limit: 200 })).toMatchObject({
      state: 'ok',
      rows: [
        { labels: { pod: 'a' }, value: 100, within: true },
        { labels: { pod: 'b' }, value: 300, within: false },
      ],
    })
    expect(await read({ form: 'level', query: 'sum(', limit: 1 })).toMatchObject({
      state: 'bad_query',
      rows: [],
    })
    expect(await read({ form: 'count', total: 'shop_nothing_total' })).toMatchObject({ state: 'empty' })
  })

  test('metric read and metric try say the same on the command line, and exit 9 where nothing is known', async () => {
    const cli = callerOf(server, 'shop')
    const window = ['--window-ms', '1000'] as const
    const counters = ['--total', 'shop_requests_total', '--bad', 'shop_bad_total'] as const
    const share = await cli.said('metric', 'read', 'main', ...counters, ...window)
    expect(share).toMatch(/^ok, .*\narm=control.* share 0\n.*arm=exposed.* share 0\.1$/m)
    const mean = ['--count', 'shop_order_count_total', '--sum', 'shop_order_sum_total'] as const
    const squares = ['--squares', 'shop_order_squares_total'] as const
    expect(await cli.said('metric', 'read', 'main', ...mean, ...squares, ...window)).toContain('mean 5')
    expect(await cli.said('metric', 'read', 'main', '--buckets', 'shop_seconds_bucket', ...window)).toContain(
      'p99',
    )
    const level = ['metric', 'read', 'main', ...window, '--query', 'shop_memory_bytes', '--limit'] as const
    expect(await cli.said(...level, '300')).toContain('value 300')
    expect(await cli.ends(EXIT.notVerified, ...level, '200')).toContain('within false')
    expect(await cli.ends(EXIT.usage, 'metric', 'read', 'main')).toContain('No metric is named.')

    const tried = await cli.json<{ state: string }>('metric', 'try', 'main', ...counters, ...window)
    expect(tried).toMatchObject({ state: 'ok', audiences: [{ audience: 'everybody', control: { x: 0 } }] })
    const wrong = ['--total', 'sum($window)', '--bad', 'sum(($window)'] as const
    expect(await cli.ends(EXIT.notVerified, 'metric', 'try', 'main', ...wrong)).toMatch(
      /bad query: .*parse error/,
    )
  })

  test('P-I4 looks for the named metrics where they are read; P-I11 asks every part of the connection', async () => {
    const run = await start(stage)
    const given = async (input: string, value: Record<string, unknown>) => {
      const { client } = input === 'P-I11' ? stage.operationsLead : stage.developer
      const params = { project: stage.project, run, input }
      const { inputs } = expectOk(await client.call('provideInput', { params, body: { value } }))
      return inputs.find((it) => it.id === input)
    }
    const named = (...names: readonly string[]) =>
      given('P-I4', { ...INPUTS['P-I4']?.value, source: { connection: 'main' }, named: names })
    expect(await named('shop_requests_total', 'shop_bad_total')).toMatchObject({ state: 'provided' })
    expect(await named('shop_typo_total')).toMatchObject({
      state: 'failing',
      findings: [expect.stringContaining('shop_typo_total')],
    })

    const statement = 'It is watched.'
    expect(await given('P-I11', { connection: 'main', statement })).toMatchObject({ state: 'provided' })
    expect(await given('P-I11', { connection: 'nowhere', statement })).toMatchObject({
      state: 'failing',
      findings: [expect.stringContaining('nowhere')],
    })
    await abort(run)
  })

  test('P-S3-5 P-S4-1 queries that are wrong are refused at the check of the step, with what Prometheus says of them', async () => {
    const run = await openRun(stage)
    await goThrough(stage, run, 1)
    await goThrough(stage, run, 2)
    const planOf = (bad: string, total: string, connection = 'main') => {
      const source = { kind: 'prometheus', connection, total, bad }
      const criterion = { id: 'errors', role: 'guardrail', source, ceiling: 0.02 }
      return { ...Object(OUTPUTS[2]?.['plan']), criteria: [criterion], lagMs: 1_000 }
    }
    const check = async (...of: Parameters<typeof planOf>) =>
      JSON.stringify(await outcome(run, 3, 'P-S3-5', { ...OUTPUTS[2], plan: planOf(...of) }))
    const requests = 'shop_requests_total'
    const right = await check('shop_bad_total', requests)
    expect(right).toContain('"findings":[]')
    expect(await check('sum(($window)', 'sum($window)')).toMatch(/errors: bad query.*parse error/)
    expect(await check('shop_memory_bytes', 'shop_memory_bytes')).toContain('errors: ambiguous')
    expect(await check('shop_bad_total', requests, 'nowhere')).toContain('there is no connection nowhere')
    expect(await check('shop_typo_total', requests)).toContain('errors: empty')

    const output = { ...OUTPUTS[2], plan: planOf('shop_bad_total', requests) }
    await goThrough(stage, run, 3, output)
    const bind = (counted: Metric, kind = 'business') =>
      outcome(run, 4, 'P-S4-1', {
        ...OUTPUTS[3],
        metrics: [
          { criterion: 'errors', kind: 'errors', source: 'prometheus' },
          { name: 'looked at', kind, source: 'prometheus', connection: 'main', counted },
        ],
        without: WITHOUT,
      })
    expect(await bind({ form: 'count', total: requests }, 'engagement')).toMatchObject({ state: 'pass' })
    expect(await bind({ form: 'level', query: 'shop_memory_bytes', limit: 1 }, 'resources')).toMatchObject({
      state: 'pass',
    })
    expect(await bind({ form: 'level', query: 'sum(', limit: 1 }, 'resources')).toMatchObject({
      state: 'fail',
      findings: [expect.stringMatching(/^looked at: bad query, .*parse error/)],
    })
    expect(await bind({ form: 'level', query: 'shop_memory_bytes', limit: 1 })).toMatchObject({
      state: 'fail',
      findings: [expect.stringContaining('business is no level')],
    })
    await abort(run)
  })

  test('an OpenSLO objective becomes a criterion that Prometheus answers', async () => {
    const text = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: answers }
spec:
  service: shop
  indicator:
    metadata: { name: answers }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { metricSourceRef: prom, spec: { query: sum(shop_bad_total) } } }
        total: { metricSource: { metricSourceRef: prom, spec: { query: sum(shop_requests_total) } } }
  objectives: [{ target: 0.99 }]
---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: prom }
spec: { type: Prometheus }
`
    const params = { project: 'shop' }
    const { criteria } = expectOk(
      await server.admin.call('importSlo', { params, body: { text, connections: { prom: 'main' } } }),
    )
    expect(criteria).toMatchObject([{ id: 'answers', role: 'guardrail', ceiling: 0.01 }])
    const source = Object(criteria[0]).source as { total: string; bad: string }
    const tried = { total: source.total, bad: source.bad, windowMs: 1_000 }
    const { state, audiences } = expectOk(await server.admin.call('tryCriterion', { ...of(), body: tried }))
    expect(state).toBe('ok')
    const exposed = audiences[0]?.exposed
    expect(exposed?.n).toBe((exposed?.x ?? 0) * 10)
    const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-slo-'))
    const [file, plan] = [path.join(folder, 'slo.yaml'), path.join(folder, 'plan.json')]
    await writeFile(file, text)
    await writeFile(plan, '{ "criteria": [] }')
    const given = ['--data-source', 'prom=main', '--into', plan] as const
    expect(await callerOf(server, 'shop').said('plan', 'import-slo', file, ...given)).toContain(
      'answers added to',
    )
    expect(JSON.parse(await readFile(plan, 'utf8'))).toEqual({ criteria })
    await rm(folder, { recursive: true })
    const wrong = await server.admin.call('importSlo', { params, body: { text: '{', connection: 'main' } })
    expect(expectProblem(wrong).status).toBe(422)
  })
})

/** What a check of a step says of an output. */
async function outcome(run: string, step: number, check: string, output: object) {
  const params = { project: stage.project, run, step }
  const { client } = stage.developer
  expectOk(await client.call('writeStep', { params, body: { output: { ...output } } }))
  const { items } = expectOk(await client.call('runChecks', { params }))
  return items.find((it) => it.id === check)
}

/** Kinds that step 4 says it does without. */
const WITHOUT = OUTPUTS[3]?.['without']

/** A feature has one run at a time. */
async function abort(run: string): Promise<void> {
  const body = { cause: 'feature_cancelled' as const, lessons: 'A test.' }
  expectOk(
    await stage.technicalLead.client.call('abortRun', { params: { project: stage.project, run }, body }),
  )
}
