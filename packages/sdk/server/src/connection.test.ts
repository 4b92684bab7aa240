import type { Flag } from '@flagmarshal/evaluation'
import { afterEach, describe, expect, it } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { Connection, createFlagmarshal } from './connection.ts'
import type { Change } from './connection.ts'
import { settingsOf, TIMINGS } from './settings.ts'
import type { FlagmarshalOptions, Timings } from './settings.ts'
import type { ConnectionState } from './state.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const soon = { timeout: 5_000, interval: 10 }
const stack: AsyncDisposable[] = []

afterEach(async () => {
  for (const opened of stack.splice(0).toReversed()) await opened[Symbol.asyncDispose]()
})

const flag = booleanFlag('new-checkout')
const off = booleanFlag('new-checkout', { enabled: false })

async function serve(...parameters: Parameters<typeof startFlagServer>): Promise<FlagServer> {
  const server = await startFlagServer(...parameters)
  stack.push(server)
  return server
}

function connect(
  server: Pick<FlagServer, 'url'>,
  options: Partial<FlagmarshalOptions> = {},
  timings: Partial<Timings> = {},
): Connection {
  const settings = settingsOf({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: silent,
    ...options,
  })
  const quick = { backoff: { baseMs: 20, capMs: 100 }, ...timings }
  const connection = new Connection({ ...settings, timings: { ...TIMINGS, ...quick } })
  stack.push(connection)
  return connection
}

function value(connection: Connection, key = 'new-checkout'): unknown {
  const answer = connection.evaluate(key, 'boolean', { targetingKey: 'ada' })
  return 'errorCode' in answer ? answer.errorCode : answer.value
}

describe('a connection that streams', () => {
  it('is ready with the first snapshot, and has asked for nothing but the stream', async () => {
    const server = await serve([flag])
    const connection = connect(server, { instanceId: 'shop-1' })
    expect(value(connection)).toBe('PROVIDER_NOT_READY')
    expect(await connection.ready()).toBe('ready')
    expect(connection.state).toBe('ready')
    expect(connection.revision).toBe(1)
    expect(value(connection)).toBe(true)
    await expect.poll(() => server.acks.length, soon).toBeGreaterThan(0)
    expect(server.requests.map((request) => request.path)).not.toContain('/snapshot')
    for (const { headers } of server.requests) expect(headers['flagmarshal-instance']).toBe('shop-1')
  })

  it('uses a patch as it arrives and acknowledges it at once, with what it is', async () => {
    const server = await serve([flag])
    const connection = connect(server, { applicationVersion: '1.2.3', layers: ['backend', 'middleware'] })
    await connection.ready()
    server.change({ flags: [off] })
    await expect.poll(() => value(connection), soon).toBe(false)
    await expect.poll(() => server.acks.at(-1)?.revision, soon).toBe(2)
    expect(server.acks.at(-1)).toEqual({
      instanceId: connection.instanceId,
      revision: 2,
      instance: {
        application: 'shop',
        applicationVersion: '1.2.3',
        layers: ['backend', 'middleware'],
        sdk: '@flagmarshal/sdk-server',
        sdkVersion: '0.1.0',
        mode: 'stream',
      },
    })
  })

  it('acknowledges only the newest of the revisions that came while an acknowledgement was under way', async () => {
    const server = await serve([flag])
    server.fault('/acks', 'hold')
    const connection = connect(server)
    await connection.ready()
    // It has arrived: on a busy machine it could otherwise come after the fault is over.
    await expect.poll(() => server.requests.some(({ path }) => path === '/acks'), soon).toBe(true)
    for (let i = 0; i < 20; i++) server.change({ flags: [i % 2 === 0 ? off : flag] })
    await expect.poll(() => connection.revision, soon).toBe(21)
    server.fault('/acks', undefined)
    await expect.poll(() => server.acks.at(-1)?.revision, soon).toBe(21)
    expect(server.acks.map((it) => it.revision)).toEqual([1, 21])
  })

  it('acknowledges again until the server has taken it', async () => {
    const server = await serve([flag])
    server.fault('/acks', 503)
    const connection = connect(server)
    await connection.ready()
    const attempts = () => server.requests.filter(({ path }) => path === '/acks').length
    await expect.poll(attempts, soon).toBeGreaterThan(2)
    server.fault('/acks', undefined)
    await expect.poll(() => server.acks.at(-1)?.revision, soon).toBe(1)
  })

  it('fetches the snapshot when a patch does not fit', async () => {
    const server = await serve([flag])
    const connection = connect(server)
    await connection.ready()
    server.changeUnheard({ flags: [flag, booleanFlag('second')] })
    server.change({ flags: [off, booleanFlag('second')] })
    await expect.poll(() => connection.revision, soon).toBe(3)
    expect(value(connection, 'second')).toBe(true)
    expect(server.requests.filter(({ path }) => path === '/snapshot')).toHaveLength(1)
  })

  it('tells listeners the revision and the flags that changed, and survives one that throws', async () => {
    const server = await serve([flag, booleanFlag('other')])
    const connection = connect(server)
    const changes: Change[] = []
    connection.onChange(() => {
      throw new Error('a listener of the application')
    })
    const remove = connection.onChange((change) => changes.push(change))
    await connection.ready()
    server.change({ flags: [off, booleanFlag('other')] })
    await expect
      .poll(() => changes, soon)
      .toEqual([
        { revision: 1, flagsChanged: ['new-checkout', 'other'] },
        { revision: 2, flagsChanged: ['new-checkout'] },
      ])
    remove()
    server.change({ flags: [] })
    await expect.poll(() => connection.revision, soon).toBe(3)
    expect(changes).toHaveLength(2)
  })

  it('opens a lost stream again from its revision, and acknowledges to a server that may have forgotten', async () => {
    const server = await serve([flag])
    const connection = connect(server)
    await connection.ready()
    await expect.poll(() => server.acks.length, soon).toBeGreaterThan(0)
    const streams = () => server.requests.filter(({ path }) => path === '/stream')
    await expect.poll(() => streams().length, soon).toBe(1)
    const before = server.acks.length
    server.dropStreams()
    await expect.poll(() => streams().length, soon).toBe(2)
    await expect.poll(() => server.acks.length, soon).toBeGreaterThan(before)
    expect(streams().at(-1)?.headers['last-event-id']).toBe('1')
    server.change({ flags: [off] })
    await expect.poll(() => value(connection), soon).toBe(false)
    expect(connection.state).toBe('ready')
  })

  it('gives up a stream that has gone silent, and not one with heartbeats', async () => {
    const server = await serve([flag])
    const connection = connect(server, {}, { silenceMs: 400 })
    await connection.ready()
    const streams = () => server.requests.filter(({ path }) => path === '/stream').length
    const startedAt = performance.now()
    const beating = setInterval(() => server.heartbeat(), 50)
    try {
      await expect.poll(() => performance.now() - startedAt > 900, soon).toBe(true)
    } finally {
      clearInterval(beating)
    }
    expect(streams()).toBe(1)
    await expect.poll(streams, soon).toBeGreaterThan(1)
    expect(connection.state).toBe('ready')
  })

  it('polls while the stream is down, and stops when it flows again', async () => {
    const server = await serve([flag])
    const connection = connect(server)
    await connection.ready()
    server.fault('/stream', 503)
    server.dropStreams()
    server.change({ flags: [off] })
    await expect.poll(() => value(connection), soon).toBe(false)
    expect(connection.state).toBe('ready')
    await expect
      .poll(() => server.acks.at(-1), soon)
      .toMatchObject({
        revision: 2,
        instance: { mode: 'poll', pollIntervalMs: 200 },
      })
    server.fault('/stream', undefined)
    await expect.poll(() => server.streams, soon).toBe(1)
    await expect.poll(() => server.acks.at(-1)?.instance.mode, soon).toBe('stream')
    const polls = server.requests.filter(({ path }) => path === '/snapshot').length
    server.change({ flags: [flag] })
    await expect.poll(() => value(connection), soon).toBe(true)
    expect(server.requests.filter(({ path }) => path === '/snapshot')).toHaveLength(polls)
  })

  it('is ready by polling where a proxy holds the stream back', async () => {
    const server = await serve([flag])
    server.fault('/stream', 'hang')
    const connection = connect(server)
    expect(await connection.ready()).toBe('ready')
    expect(value(connection)).toBe(true)
  })

  it('R2 serves the last known values while the server is gone, is stale meanwhile, and recovers', async () => {
    const server = await serve([flag])
    const connection = connect(server)
    const states: ConnectionState[] = []
    connection.onState((state) => states.push(state))
    await connection.ready()
    await server.stop()
    await expect.poll(() => connection.state, soon).toBe('stale')
    expect(await connection.ready()).toBe('stale')
    expect(value(connection)).toBe(true)
    server.change({ flags: [off] })
    await server.start()
    await expect.poll(() => value(connection), soon).toBe(false)
    await expect.poll(() => states, soon).toEqual(['ready', 'stale', 'ready'])
  })

  it('accepts an older revision from a server that was restored', async () => {
    const server = await serve([flag])
    let address = server.url
    const rerouted: typeof fetch = (input, init) => {
      const asked = input instanceof Request ? input.url : input.toString()
      return fetch(asked.replace(server.url, address), init)
    }
    const connection = connect(server, { fetch: rerouted })
    await connection.ready()
    server.change({ flags: [flag] })
    server.change({ flags: [flag] })
    await expect.poll(() => connection.revision, soon).toBe(3)
    const restored = await serve([off])
    address = restored.url
    server.dropStreams()
    await expect.poll(() => connection.revision, soon).toBe(1)
    expect(value(connection)).toBe(false)
  })

  it.each([
    ['another schema', { schema: 99 }],
    ['no revision', { revision: '5' }],
    ['a flag without a key', { flags: [{}] }],
    ['an interval that is none', { telemetry: { flushIntervalMs: null, pollIntervalMs: 200 } }],
  ])('refuses a snapshot with %s', async (_what, wrong) => {
    const server = await serve([flag])
    const foreign: typeof fetch = async () => Response.json({ ...server.snapshot, ...wrong })
    const connection = connect(server, { fetch: foreign, streaming: false, initTimeoutMs: 100 })
    expect(await connection.ready()).toBe('not-ready')
    expect(value(connection)).toBe('PROVIDER_NOT_READY')
  })

  it('serves all other flags when one is malformed, and goes on with the next revision', async () => {
    const malformed: Flag = JSON.parse('{"key":"broken","enabled":true}')
    const segments = [{ key: 'beta', include: ['ada'] }]
    const server = await serve([flag, malformed], { segments })
    const warnings: unknown[] = []
    const connection = connect(server, {
      logger: { ...silent, warn: (text: unknown) => warnings.push(text) },
    })
    await connection.ready()
    expect(value(connection)).toBe(true)
    expect(value(connection, 'broken')).toBe('PARSE_ERROR')
    server.change({ flags: [off, malformed], segments: [] })
    await expect.poll(() => value(connection), soon).toBe(false)
    expect(value(connection, 'broken')).toBe('PARSE_ERROR')
    expect(warnings).toEqual([expect.stringContaining('flag broken is malformed')])
  })
})

describe('a connection that polls', () => {
  it('asks at the announced interval, names its revision, and acknowledges what it found', async () => {
    const server = await serve([flag], { telemetry: { flushIntervalMs: 15_000, pollIntervalMs: 100 } })
    const connection = connect(server, { streaming: false })
    expect(await connection.ready()).toBe('ready')
    const polls = () => server.requests.filter(({ path }) => path === '/snapshot')
    await expect.poll(() => polls().length, soon).toBeGreaterThan(2)
    expect(polls().at(-1)?.headers['if-none-match']).toBe('"1"')
    server.change({ flags: [off] })
    await expect.poll(() => value(connection), soon).toBe(false)
    await expect.poll(() => server.acks.at(-1)?.revision, soon).toBe(2)
    expect(server.requests.some(({ path }) => path === '/stream')).toBe(false)
  })

  it('keeps to the interval that the application set', async () => {
    const server = await serve([flag])
    const connection = connect(server, { streaming: false, pollIntervalMs: 60_000 })
    await connection.ready()
    await expect
      .poll(() => server.acks.at(-1)?.instance, soon)
      .toMatchObject({ mode: 'poll', pollIntervalMs: 60_000 })
  })
})

describe('a connection that cannot be', () => {
  it.each([401, 403])('ends for good when the server answers %i', async (status) => {
    const server = await serve([flag])
    server.fault('/stream', status)
    const connection = connect(server, { initTimeoutMs: 60_000 })
    expect(await connection.ready()).toBe('not-ready')
    expect(connection.state).toBe('refused')
    expect(server.requests).toHaveLength(1)
  })

  it('serves the last known values when its key is refused later', async () => {
    const server = await serve([flag])
    const connection = connect(server)
    await connection.ready()
    server.fault('/stream', 401)
    server.dropStreams()
    await expect.poll(() => connection.state, soon).toBe('refused')
    expect(value(connection)).toBe(true)
    expect(await connection.ready()).toBe('stale')
  })

  it('R2 settles after the time allowed when the server never answers, and becomes ready later', async () => {
    const server = await serve([flag])
    server.fault('/stream', 'hang')
    server.fault('/snapshot', 'hang')
    const connection = connect(server, { initTimeoutMs: 100 }, { silenceMs: 300, requestMs: 300 })
    expect(await connection.ready()).toBe('not-ready')
    expect(value(connection)).toBe('PROVIDER_NOT_READY')
    server.fault('/stream', undefined)
    await expect.poll(() => connection.state, soon).toBe('ready')
    expect(await connection.ready()).toBe('ready')
  })

  it('R2 settles when nothing listens at the address', async () => {
    const server = await serve([flag])
    await server.stop()
    const connection = connect(server, { initTimeoutMs: 100 })
    expect(await connection.ready()).toBe('not-ready')
  })

  it.each([
    ['url', { url: 'not an address' }],
    ['url', { url: 'ftp://example.com' }],
    ['key', { key: '' }],
    ['environment', { environment: '' }],
    ['application', { application: '' }],
    ['applicationVersion', { applicationVersion: 'v'.repeat(129) }],
    ['layers', { layers: [] }],
    ['instanceId', { instanceId: 'ünique' }],
    ['pollIntervalMs', { pollIntervalMs: 1 }],
    ['initTimeoutMs', { initTimeoutMs: NaN }],
  ])('names the option %s when it is wrong: %o', (name, wrong) => {
    const right: FlagmarshalOptions = {
      url: 'http://127.0.0.1:1',
      key: 'fm_server_test',
      environment: 'production',
      application: 'shop',
      layers: ['backend'],
    }
    expect(() => createFlagmarshal({ ...right, ...wrong })).toThrow(new RegExp(`createFlagmarshal: ${name} `))
  })
})

describe('closing', () => {
  it('ends the stream, sends the last counts, answers from memory and asks for nothing more', async () => {
    const server = await serve([rolloutFlag('new-checkout', 100)])
    const connection = connect(server)
    await connection.ready()
    expect(server.streams).toBe(1)
    value(connection, 'missing')
    await Promise.all([connection.close(), connection.close()])
    expect(connection.state).toBe('closed')
    expect(server.telemetry.map((report) => report.errors)).toEqual([
      [{ flag: 'missing', code: 'FLAG_NOT_FOUND', n: 1 }],
    ])
    await expect.poll(() => server.streams, soon).toBe(0)
    expect(value(connection)).toBe(true)
  })

  it('waits no longer than the farewell for a server that does not answer', async () => {
    const server = await serve([flag])
    const connection = connect(server, {}, { farewellMs: 100 })
    await connection.ready()
    server.fault('/telemetry', 'hang')
    const startedAt = performance.now()
    await connection.close()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('settles `ready()` of a connection that is closed before it was ready', async () => {
    const server = await serve([flag])
    server.fault('/stream', 'hang')
    const connection = connect(server, { initTimeoutMs: 60_000 })
    await connection.close()
    expect(await connection.ready()).toBe('not-ready')
  })
})

describe('what the process uses', () => {
  const quick = { telemetry: { flushIntervalMs: 20, pollIntervalMs: 15_000 } }

  it('P-S4-11 is reported with what is sent anyhow, with the pools that can be read', async () => {
    const server = await startFlagServer([flag], quick)
    stack.push(server)
    const pools = {
      database: () => ({ size: 10, inUse: 4, waiting: 2 }),
      closed: () => {
        throw new Error('it is closed')
      },
    }
    const connection = connect(server, { pools }, { processMs: 0 })
    await connection.ready()
    const reported = () => server.telemetry.flatMap((it) => it.process ?? [])
    await expect.poll(reported, { timeout: 5_000 }).toContainEqual({
      cpu: expect.any(Number),
      memoryBytes: expect.any(Number),
      heapBytes: expect.any(Number),
      loopDelaySeconds: expect.any(Number),
      loopBusy: expect.any(Number),
      pools: [{ name: 'database', size: 10, inUse: 4, waiting: 2 }],
    })
    expect(reported()[0]?.memoryBytes).toBeGreaterThan(1e6)
  })

  it('is not reported where the application does not want it, nor more often than every ten seconds', async () => {
    const server = await startFlagServer([flag], quick)
    stack.push(server)
    await connect(server, { reportProcess: false }, { processMs: 0 }).ready()
    await connect(server).ready()
    await expect.poll(() => server.telemetry.length, { timeout: 5_000 }).toBeGreaterThan(4)
    expect(server.telemetry.filter((it) => it.process !== undefined)).toEqual([])
  })
})
