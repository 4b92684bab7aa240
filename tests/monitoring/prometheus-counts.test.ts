/**
 * Criteria counted in a real Prometheus whose past is known to the sample: exact counts, and every
 * way in which a window says nothing told apart.
 */
import type { Measurement, PrometheusSource } from '@flagmarshal/domain/analysis/model'
import { createOutgoing } from '@flagmarshal/server/integrations/http/outgoing'
import { prometheusMetrics } from '@flagmarshal/server/integrations/prometheus/measure'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startReceiver } from '../../packages/server/test/support/receiver.ts'
import { installed, startPrometheus } from '../support/prometheus.ts'
import type { Running } from '../support/prometheus.ts'

const SCRAPE_S = 15
const WINDOW_MS = 60_000
/** A whole minute, a day ago: the beginning of what is known. */
const BEGIN_S = Math.floor(Date.now() / 60_000 - 1_440) * 60
const outgoing = createOutgoing(['127.0.0.1'])
let prometheus: Running

/** What a counter was at each scrape, 15 s apart, the first at the beginning; undefined: not scraped. */
type Samples = readonly (number | undefined)[]

/** One counter for each set of labels. */
function openMetrics(counters: Readonly<Record<string, Readonly<Record<string, Samples>>>>): string {
  const families = Object.entries(counters).map(([name, series]) => {
    const lines = Object.entries(series).flatMap(([labels, samples]) =>
      samples.flatMap((value, index) =>
        value === undefined ? [] : [`${name}_total{${labels}} ${value} ${BEGIN_S + index * SCRAPE_S}`],
      ),
    )
    return [`# TYPE ${name} counter`, ...lines].join('\n')
  })
  return `${families.join('\n')}\n# EOF\n`
}

/** Grows by as much at each scrape. */
const steady = (from: number, by: number, scrapes = 41): Samples =>
  Array.from({ length: scrapes }, (_, index) => from + by * index)

const labels = (arm: string, more = '') => `job="shop",instance="a",arm="${arm}"${more}`

const PAST = openMetrics({
  app_requests: { [labels('exposed')]: steady(1_000, 25), [labels('control')]: steady(9_000, 225) },
  app_bad: { [labels('exposed')]: steady(10, 3), [labels('control')]: steady(90, 2) },
  // The process begins anew after the sixth scrape, in the second window.
  reset_requests: { [labels('exposed')]: [...steady(500, 10, 6), ...steady(4, 10, 30)] },
  reset_bad: { [labels('exposed')]: [...steady(50, 1, 6), ...steady(0, 1, 30)] },
  // Errors are counted from the first one on; another process appears in the third window.
  born_requests: {
    [labels('exposed')]: steady(0, 10),
    'job="shop",instance="b",arm="exposed"': [
      ...Array<undefined>(10).fill(undefined),
      ...steady(700, 10, 31),
    ],
  },
  born_bad: { [labels('exposed')]: [...Array<undefined>(6).fill(undefined), ...steady(2, 1, 35)] },
  silent_requests: { [labels('exposed')]: steady(0, 10, 9), [labels('control')]: steady(0, 10, 9) },
  silent_bad: { [labels('exposed')]: steady(0, 1, 9) },
  idle_requests: { [labels('exposed')]: steady(7, 0), [labels('control')]: steady(7, 0) },
  idle_bad: { [labels('exposed')]: steady(0, 0), [labels('control')]: steady(0, 0) },
  nameless: { 'job="shop",instance="a"': steady(0, 1) },
  outside: { [labels('outside')]: steady(0, 1) },
  staff: {
    [labels('exposed', ',audience="staff"')]: steady(0, 2),
    [labels('exposed', ',audience="everybody"')]: steady(0, 5),
    [labels('control', ',audience="everybody"')]: steady(0, 7),
  },
})

async function measure(
  queries: Omit<PrometheusSource, 'kind' | 'connection'>,
  { windows = [1], audiences = ['everybody'], url = prometheus.url } = {},
): Promise<readonly Measurement[]> {
  const metrics = prometheusMetrics(outgoing, { url, secret: undefined, scrapeMs: SCRAPE_S * 1000 })
  return await metrics.measure({
    criterion: 'errors',
    source: { kind: 'prometheus', connection: 'main', ...queries },
    audiences,
    windowMs: WINDOW_MS,
    ends: windows.map((it) => new Date(BEGIN_S * 1000 + it * WINDOW_MS)),
  })
}

const APP = { total: 'app_requests_total', bad: 'app_bad_total' }
const increase = (metric: string) => `sum by (arm) (increase(${metric}[$window]))`
const counts = (exposed: readonly [number, number], control: readonly [number, number] = [0, 0]) => ({
  audience: 'everybody',
  exposed: { x: exposed[0], n: exposed[1] },
  control: { x: control[0], n: control[1] },
})

describe.skipIf(!installed('prometheus', 'promtool'))('with a real Prometheus (program: prometheus)', () => {
  beforeAll(async () => {
    prometheus = await startPrometheus({ openMetrics: PAST })
  })
  afterAll(async () => await prometheus[Symbol.asyncDispose]())

  test('a selector is counted to the event, in every window, and the same after a restart', async () => {
    const windows = [1, 2, 3, 9]
    const measured = await measure(APP, { windows })
    expect(measured).toEqual(
      windows.map(() => ({ criterion: 'errors', kind: 'ok', audiences: [counts([12, 100], [8, 900])] })),
    )
    await prometheus.stop()
    await prometheus.start()
    expect(await measure(APP, { windows })).toEqual(measured)
    expect(await measure(APP, { windows: [9] }), 'alone as with others').toEqual([measured[3]])
  })

  test('what is good counts as well as what is bad', async () => {
    const good = 'app_bad_total{arm="exposed"}'
    expect(await measure({ total: 'app_requests_total', good })).toMatchObject([
      { kind: 'ok', audiences: [counts([88, 100], [900, 900])] },
    ])
  })

  test('R11 a counter that begins anew is no negative count, and nothing is counted twice', async () => {
    const measured = await measure(
      { total: 'reset_requests_total', bad: 'reset_bad_total' },
      { windows: [1, 2, 3] },
    )
    // Scrapes 5 to 8 of the second window: +10, anew at 4, +10, +10.
    expect(measured).toMatchObject([
      { audiences: [counts([4, 40])] },
      { audiences: [counts([3, 34])] },
      { audiences: [counts([4, 40])] },
    ])
  })

  test('an error counter that is born with its first error counts it; a new process only what is seen of it', async () => {
    const born = { total: 'born_requests_total', bad: 'born_bad_total' }
    expect(await measure(born, { windows: [1, 2, 3, 4] })).toMatchObject([
      { kind: 'empty', detail: expect.stringContaining('bad finds nothing') },
      // Scrapes 6 to 8: 2, 3, 4; nothing was there before.
      { audiences: [counts([4, 40])] },
      // The second process is first seen at scrape 10 with 700.
      { audiences: [counts([4, 60])] },
      { audiences: [counts([4, 80])] },
    ])
  })

  test('each audience has its own counts, and a series that names none is ambiguous where there are several (Flagger takes the last)', async () => {
    const staff = { total: 'staff_total', bad: 'staff_total{arm="exposed"}' }
    expect(await measure(staff, { audiences: ['staff', 'everybody'] })).toMatchObject([
      {
        audiences: [
          { audience: 'staff', exposed: { x: 8, n: 8 }, control: { x: 0, n: 0 } },
          { audience: 'everybody', exposed: { x: 20, n: 20 }, control: { x: 0, n: 28 } },
        ],
      },
    ])
    expect(await measure(APP, { audiences: ['staff', 'everybody'] })).toMatchObject([{ kind: 'ambiguous' }])
  })

  test('an expression is evaluated as it is, and agrees where scrapes fall on the ends of windows', async () => {
    const expression = { total: increase('app_requests_total'), bad: increase('app_bad_total') }
    expect(await measure(expression, { windows: [1, 2] })).toMatchObject([
      { kind: 'ok', audiences: [counts([12, 100], [8, 900])] },
      { kind: 'ok', audiences: [counts([12, 100], [8, 900])] },
    ])
    const reset = { total: increase('reset_requests_total'), bad: increase('reset_bad_total') }
    expect(await measure(reset, { windows: [2] })).toMatchObject([{ audiences: [counts([3, 34])] }])
  })

  test.each([
    ['a name that does not exist', { total: 'no_such_total', bad: 'app_bad_total' }, 'empty'],
    ['bad events that nobody counts', { total: 'app_requests_total', bad: 'no_such_total' }, 'empty'],
    ['series of neither arm', { total: 'outside_total', bad: 'outside_total' }, 'empty'],
    ['series without an arm', { total: 'nameless_total', bad: 'nameless_total' }, 'ambiguous'],
    [
      'several series of one arm',
      {
        total: 'increase(app_requests_total[$window])',
        bad: 'sum by (arm, job) (increase(staff_total[$window])) or increase(born_requests_total[$window])',
      },
      'ambiguous',
    ],
    [
      'a division by nothing',
      { total: `${increase('app_requests_total')} / 0`, bad: increase('app_bad_total') },
      'nan',
    ],
    [
      'text that is no PromQL',
      { total: 'sum((increase(a[$window])', bad: 'increase(b[$window])' },
      'bad_query',
    ],
    ['more bad than all', { total: 'app_bad_total', bad: 'app_requests_total' }, 'bad_query'],
    ['neither selector nor window', { total: 'rate(a[5m])', bad: 'rate(b[5m])' }, 'bad_query'],
  ] as const)('%s is unknown in its own way', async (_, queries, kind) => {
    expect(await measure(queries)).toMatchObject([{ kind, detail: expect.stringMatching(/./) }])
  })

  test('R11 a source that fell silent is stale, and long after it is empty; without traffic it says zero', async () => {
    const silent = { total: 'silent_requests_total', bad: 'silent_bad_total' }
    expect(await measure(silent, { windows: [2, 3, 6, 9] })).toMatchObject([
      { kind: 'ok', audiences: [counts([4, 40], [0, 40])] },
      { kind: 'stale', detail: 'the newest sample is 60 s older than the end of the window' },
      { kind: 'stale' },
      { kind: 'empty' },
    ])
    expect(await measure({ total: 'idle_requests_total', bad: 'idle_bad_total' })).toMatchObject([
      { kind: 'ok', audiences: [counts([0, 0])] },
    ])
  })

  test('R11 a source that cannot be reached, or wants other credentials, is an error of the provider', async () => {
    await using receiver = await startReceiver((_, response) => void response.writeHead(401).end())
    expect(await measure(APP, { url: receiver.url })).toMatchObject([
      { kind: 'provider_error', detail: 'Prometheus wants other credentials' },
    ])
    await prometheus.stop()
    expect(await measure(APP, { windows: [1, 2] })).toMatchObject([
      { kind: 'provider_error', detail: expect.stringContaining('ECONNREFUSED') },
      { kind: 'provider_error' },
    ])
    await prometheus.start()
    expect(await measure(APP)).toMatchObject([{ kind: 'ok' }])
  })

  test('R11 an answer with a warning is partial: half of it is missing somewhere', async () => {
    const body = {
      status: 'success',
      warnings: ['store b is away'],
      data: { resultType: 'matrix', result: [] },
    }
    await using receiver = await startReceiver((_, response) => void response.end(JSON.stringify(body)))
    expect(await measure(APP, { url: receiver.url })).toMatchObject([
      { kind: 'partial', detail: 'store b is away' },
    ])
  })
})

describe.skipIf(!installed('prometheus', 'promtool'))(
  'what Prometheus says of nothing (program: prometheus)',
  () => {
    beforeAll(async () => {
      prometheus = await startPrometheus({ openMetrics: PAST })
    })
    afterAll(async () => await prometheus[Symbol.asyncDispose]())

    const ask = async (query: string): Promise<unknown> => {
      const time = String(BEGIN_S + 120)
      const answer = await fetch(
        `${prometheus.url}/api/v1/query?${new URLSearchParams({ query, time }).toString()}`,
      )
      return { ...((await answer.json()) as object), code: answer.status }
    }

    test.each([
      ['no_such_total'],
      ['no_such_total / neither_total'],
      ['histogram_quantile(0.99, sum by (le) (rate(no_such_bucket[1m])))'],
      ['sum(rate(no_such_errors_total[1m])) / sum(rate(app_requests_total[1m]))'],
    ])('%s succeeds with nothing: it is neither 0 nor an error', async (query) => {
      expect(await ask(query)).toMatchObject({
        code: 200,
        status: 'success',
        data: { resultType: 'vector', result: [] },
      })
    })

    test('0 / 0 is the text NaN', async () => {
      expect(await ask('vector(0) / vector(0)')).toMatchObject({
        data: { result: [{ value: [expect.any(Number), 'NaN'] }] },
      })
    })

    test('what is no PromQL is refused with 400 and bad_data, unlike an outage', async () => {
      expect(await ask('sum(')).toMatchObject({ code: 400, status: 'error', errorType: 'bad_data' })
    })

    test('increase answers what was not counted', async () => {
      const answer = await ask('increase(born_requests_total{instance="a"}[20s])')
      expect(answer).not.toMatchObject({
        data: { result: [{ value: [expect.any(Number), expect.stringMatching(/^\d+$/)] }] },
      })
    })
  },
)
