import { trafficSlice } from '@flagmarshal/evaluation'
import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../../tests/support/flag-server.ts'
import { createExporter } from './exporter.ts'
import type { Exporter, ExporterOptions } from './exporter.ts'

let flagServer: FlagServer
let connection: Connection
let exporter: Exporter | undefined
const warnings: string[] = []

beforeAll(async () => {
  flagServer = await startFlagServer([rolloutFlag('all', 100), rolloutFlag('none', 0), booleanFlag('plain')])
  const warn = (message: unknown): void => void warnings.push(String(message))
  connection = createFlagmarshal({
    url: flagServer.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: { error: warn, warn, info() {}, debug() {} },
  })
  await connection.ready()
})
afterEach(() => exporter?.close())
afterAll(async () => {
  await connection.close()
  await flagServer.stop()
})

function open(options: ExporterOptions = {}): Exporter {
  exporter = createExporter(connection, options)
  return exporter
}

/** Evaluates a flag in a request of its own. */
async function request(flag: string, work: () => void = () => undefined): Promise<void> {
  await runRequest(connection, () => {
    connection.evaluate(flag, 'boolean', { targetingKey: 'ada' })
    work()
  }).catch(() => undefined)
}

const fails = () => {
  throw new Error('the till is broken')
}
const arm = (flag: string, variant: string, name: string) =>
  `flag="${flag}",variant="${variant}",arm="${name}",audience="everybody"`

describe('the exporter', () => {
  it('P-S4-1 has both arms of every running rollout with 0 before anything happens', () => {
    const lines = open({ events: ['purchase'], values: ['eur'] })
      .text()
      .split('\n')
    for (const [variant, name] of [
      ['on', 'exposed'],
      ['off', 'exposed'],
      ['off', 'control'],
    ] as const) {
      expect(lines).toContain(`flagmarshal_requests_total{${arm('all', variant, name)}} 0`)
      expect(lines).toContain(`flagmarshal_requests_bad_total{${arm('all', variant, name)}} 0`)
      expect(lines).toContain(`flagmarshal_request_duration_seconds_count{${arm('none', variant, name)}} 0`)
      expect(lines).toContain(`flagmarshal_events_total{${arm('all', variant, name)},event="purchase"} 0`)
      expect(lines).toContain(`flagmarshal_value_sum_total{${arm('all', variant, name)},value="eur"} 0`)
    }
  })

  it('counts requests, failures and durations in the arm of the evaluation, and usage outside of rollouts', async () => {
    const { text } = open({ buckets: [60] })
    await request('all')
    await request('all', fails)
    await request('none')
    await request('plain')
    const lines = text().split('\n')
    expect(lines).toContain(`flagmarshal_requests_total{${arm('all', 'on', 'exposed')}} 2`)
    expect(lines).toContain(`flagmarshal_requests_bad_total{${arm('all', 'on', 'exposed')}} 1`)
    expect(lines).toContain(`flagmarshal_requests_total{${arm('none', 'off', 'control')}} 1`)
    expect(lines).toContain(
      `flagmarshal_request_duration_seconds_bucket{${arm('all', 'on', 'exposed')},le="60"} 2`,
    )
    expect(lines).toContain(`flagmarshal_request_duration_seconds_count{${arm('all', 'on', 'exposed')}} 2`)
    expect(lines).toContain('flagmarshal_requests_total{flag="plain",variant="on",arm="outside"} 1')
  })

  it('P-S3-5 tells users apart by slices while no rollout of a named flag runs', async () => {
    const { text } = open({ sliced: ['plain', 'all'] })
    await request('plain')
    await request('plain', fails)
    await request('all')
    const slice = trafficSlice('plain', 'ada')
    const lines = text().split('\n')
    expect(lines).toContain(
      `flagmarshal_requests_bad_total{flag="plain",variant="on",arm="outside",slice="${slice}"} 1`,
    )
    expect(lines).toContain(`flagmarshal_requests_total{${arm('all', 'on', 'exposed')}} 1`)
  })

  it('counts events and values for what the request has evaluated, and nothing outside of one', async () => {
    const { text, count, record } = open()
    count('purchase')
    await request('all', () => {
      count('purchase')
      record('eur', 3)
      record('eur', 4)
      record('eur', -1)
    })
    const lines = text().split('\n')
    const of = arm('all', 'on', 'exposed')
    expect(lines.filter((it) => it.startsWith('flagmarshal_events_total'))).toEqual([
      `flagmarshal_events_total{${of},event="purchase"} 1`,
    ])
    expect(lines).toContain(`flagmarshal_value_count_total{${of},value="eur"} 2`)
    expect(lines).toContain(`flagmarshal_value_sum_total{${of},value="eur"} 7`)
    expect(lines).toContain(`flagmarshal_value_squares_total{${of},value="eur"} 25`)
    expect(warnings.at(-1)).toContain('only what is not negative')
  })

  it('P-S4-11 tells what the process and its pools use, without an arm', () => {
    const text = open({ pools: { database: () => ({ size: 10, inUse: 3, waiting: 1 }) } }).text()
    for (const name of ['cpu_seconds_total', 'resident_memory_bytes', 'heap_used_bytes']) {
      expect(text).toMatch(new RegExp(`^flagmarshal_process_${name} \\d`, 'm'))
    }
    expect(text).toMatch(/^flagmarshal_event_loop_delay_seconds\{quantile="0.99"\} /m)
    expect(text).toContain('flagmarshal_pool_in_use{pool="database"} 3')
  })

  it('begins the arms of a rollout that starts later', async () => {
    const { text } = open()
    flagServer.change({ flags: [...flagServer.snapshot.flags, rolloutFlag('later', 10)] })
    await expect
      .poll(text, { timeout: 5_000 })
      .toContain(`flagmarshal_requests_bad_total{${arm('later', 'on', 'exposed')}} 0`)
  })

  it('escapes what would end a label', async () => {
    const { text, count } = open()
    await request('all', () => count('a "quoted"\\\n name'))
    expect(text()).toContain('event="a \\"quoted\\"\\\\\\n name"} 1')
  })
})
