import { afterEach, describe, expect, it } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import type { Connection } from './connection.ts'
import { openRequest, runRequest } from './request-scope.ts'

const soon = { timeout: 5_000, interval: 10 }
const telemetry = { flushIntervalMs: 50, pollIntervalMs: 15_000 }
const warnings: string[] = []
let server: FlagServer
let connection: Connection

afterEach(async () => {
  await connection.close()
  await server.stop()
})

async function start(flushIntervalMs = 50): Promise<void> {
  warnings.length = 0
  const flags = [rolloutFlag('all', 100), rolloutFlag('none', 0), booleanFlag('plain')]
  server = await startFlagServer(flags, { telemetry: { ...telemetry, flushIntervalMs } })
  connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: { error() {}, warn: (message) => warnings.push(String(message)), info() {}, debug() {} },
  })
  await connection.ready()
}

const evaluate = (flag: string, targetingKey = 'ada') =>
  connection.evaluate(flag, 'boolean', { targetingKey })

const rows = () => server.telemetry.flatMap((report) => report.counts)
const total = (flag: string) =>
  rows()
    .filter((row) => row.flag === flag)
    .reduce((sum, row) => sum + row.n, 0)

describe('telemetry', () => {
  it('is sent at the announced interval, also when empty, under numbers that grow by one', async () => {
    await start()
    await expect.poll(() => server.telemetry.length, soon).toBeGreaterThan(2)
    expect(server.telemetry.slice(0, 3).map((report) => report.seq)).toEqual([1, 2, 3])
    const [first, second] = server.telemetry
    expect(first?.instanceId).toBe(connection.instanceId)
    expect(second?.fromMs).toBe(first?.toMs)
  })

  it('follows the interval when the server announces another one', async () => {
    await start(60_000)
    expect(server.telemetry).toEqual([])
    server.change({ telemetry })
    await expect.poll(() => server.telemetry.length, soon).toBeGreaterThan(1)
  })

  it('counts a request once for each flag it evaluated, whatever ran at the same time', async () => {
    await start()
    const request = async (i: number): Promise<void> => {
      for (let repeat = 0; repeat < 3; repeat++) {
        evaluate('all', `user-${i}`)
        await new Promise(setImmediate)
        evaluate('none', `user-${i}`)
      }
      if (i % 4 === 0) evaluate('plain', `user-${i}`)
    }
    await Promise.all(Array.from({ length: 200 }, (_, i) => runRequest(connection, () => request(i))))
    await expect.poll(() => total('all'), soon).toBe(200)
    await expect.poll(() => total('plain'), soon).toBe(50)
    expect(total('none')).toBe(200)
    const arms = new Set(
      rows().map((row) => `${row.flag} ${row.arm} ${row.variant} ${row.rollout?.id ?? '-'}`),
    )
    expect([...arms].toSorted()).toEqual([
      'all exposed on all-rollout',
      'none control off none-rollout',
      'plain outside on -',
    ])
    const keys = (flag: string) =>
      rows()
        .filter((row) => row.flag === flag)
        .flatMap((row) => row.keys)
    expect(new Set(keys('all')).size).toBe(200)
    expect(keys('all')).toHaveLength(200)
    expect(keys('none')).toHaveLength(200)
    expect(keys('plain')).toEqual([])
  })

  it('reports a key once, however often its owner comes back', async () => {
    await start()
    for (let i = 0; i < 5; i++) await runRequest(connection, () => evaluate('all', 'ada'))
    await expect.poll(() => total('all'), soon).toBe(5)
    await runRequest(connection, () => evaluate('all', 'ada'))
    await expect.poll(() => total('all'), soon).toBe(6)
    expect(rows().flatMap((row) => row.keys)).toHaveLength(1)
  })

  it('records failure and slowness for every flag of the request, and passes the error on', async () => {
    await start()
    const failing = runRequest(
      connection,
      async () => {
        evaluate('all')
        evaluate('plain')
        await new Promise(setImmediate)
        throw new Error('payment refused')
      },
      { slowMs: 0 },
    )
    await expect(failing).rejects.toThrow('payment refused')
    await expect.poll(() => rows().length, soon).toBe(2)
    for (const row of rows()) expect(row).toMatchObject({ n: 1, bad: 1, slow: 1 })
  })

  it('counts no evaluation outside a request, after its end, or of another connection', async () => {
    await start()
    const other = createFlagmarshal({
      url: server.url,
      key: 'fm_server_test',
      environment: 'production',
      application: 'other',
      layers: ['backend'],
    })
    await other.ready()
    evaluate('all')
    const request = openRequest(other)
    request.run(() => evaluate('all'))
    request.end({ bad: false, slow: false })
    request.run(() => other.evaluate('all', 'boolean', { targetingKey: 'ada' }))
    request.end({ bad: true, slow: false })
    await other.close()
    const seen = server.telemetry.length
    await expect.poll(() => server.telemetry.length, soon).toBeGreaterThan(seen + 1)
    expect(rows()).toEqual([])
  })

  it('counts the evaluations that served the default', async () => {
    await start()
    evaluate('missing')
    connection.evaluate('plain', 'string', {})
    await expect
      .poll(() => server.telemetry.flatMap((report) => report.errors), soon)
      .toEqual([
        { flag: 'missing', code: 'FLAG_NOT_FOUND', n: 1 },
        { flag: 'plain', code: 'TYPE_MISMATCH', n: 1 },
      ])
    expect(server.telemetry.flatMap((report) => report.codeDefaults)).toHaveLength(2)
  })

  it('sends a report whose answer was lost again under the same number, before newer ones', async () => {
    await start()
    server.fault('/telemetry', 'lose-answer')
    await runRequest(connection, () => evaluate('all'))
    const withCounts = () => server.telemetry.filter((report) => report.counts.length > 0)
    await expect.poll(() => withCounts().length, soon).toBeGreaterThan(1)
    server.fault('/telemetry', undefined)
    const before = server.telemetry.length
    await expect.poll(() => server.telemetry.length, soon).toBeGreaterThan(before + 2)
    expect(new Set(withCounts().map((report) => JSON.stringify(report))).size).toBe(1)
    const numbers = server.telemetry.map((report) => report.seq)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  it('keeps twenty reports of an outage, says what it dropped, and reports the keys of those again', async () => {
    await start(10)
    server.fault('/telemetry', 503)
    await runRequest(connection, () => evaluate('all'))
    await expect.poll(() => warnings.some((line) => line.includes('with 1 counts dropped')), soon).toBe(true)
    await runRequest(connection, () => evaluate('all'))
    server.fault('/telemetry', undefined)
    await expect.poll(() => total('all'), soon).toBe(1)
    expect(rows().flatMap((row) => row.keys)).toHaveLength(1)
  })

  it('does not send again what the server rejects', async () => {
    await start()
    server.fault('/telemetry', 400)
    await expect.poll(() => warnings.length, soon).toBeGreaterThan(1)
    expect(warnings[0]).toContain('report 1 with 0 counts dropped: the server rejected it with 400')
  })
})
