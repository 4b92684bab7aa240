/** Edges: a server, an edge and real SDKs, each a process or a client of its own, and the way between them cut. */
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

import { OFREPProvider } from '../../../tests/clients/ofrep-provider/provider.ts'
import { runToEnd } from '../../../tests/support/process.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { connect, startEdge, startUpstream } from './support/edges.ts'
import type { TestEdge, Upstream } from './support/edges.ts'
import { openEvents } from './support/events.ts'
import { configParams, configure, EVERYBODY_ON } from './support/flags.ts'
import { follow } from './support/instances.ts'

const WAIT = { timeout: 30_000, interval: 50 }
const PAGE = 'https://shop.example'
const environment = 'development'
const place = { project: 'shop', environment }
let upstream: Upstream
let edge: TestEdge
let key: string
let web: string
const connections: Connection[] = []

beforeAll(async () => {
  upstream = await startUpstream()
  await configure(upstream, 'checkout', EVERYBODY_ON)
  key = await upstream.sdkKey('shop', environment)
  web = await upstream.sdkKey('shop', environment, 'web')
  edge = await startEdge(upstream, [await upstream.edgeKey()], { FLAGMARSHAL_ALLOWED_ORIGINS: PAGE })
  await until((it) => it.ready)
})
afterEach(async () => {
  await Promise.all(connections.splice(0).map((it) => it.close()))
  const { environmentRevision } = await configure(upstream, 'checkout', EVERYBODY_ON)
  await served(environmentRevision)
})
afterAll(async () => {
  await edge?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

async function connected(at = edge.address(), with_ = key): Promise<Connection> {
  const connection = await connect(at, with_)
  connections.push(connection)
  return connection
}

interface Ready {
  readonly ready: boolean
  readonly edge: {
    readonly upstream: string
    readonly ageMs: number
    readonly environments: readonly { readonly revision: number; readonly reportsWaiting: number }[]
  }
}

async function readiness(): Promise<Ready> {
  return (await (await fetch(`${edge.address()}/readyz`)).json()) as Ready
}

/** Resolves once the edge says something like this. */
async function until(wanted: (it: Ready) => boolean): Promise<void> {
  await vi.waitFor(async () => {
    const it = await readiness()
    if (!wanted(it)) throw new Error(`the edge says ${JSON.stringify(it)}`)
  }, WAIT)
}

/** Resolves once the edge serves a revision. */
async function served(revision: number): Promise<void> {
  await until(({ edge: it }) => (it.environments[0]?.revision ?? -1) >= revision)
}

function valueOf(connection: Connection, flag = 'checkout'): unknown {
  const answer = connection.evaluate(flag, 'boolean', { targetingKey: 'u' })
  return 'value' in answer ? answer.value : answer.errorCode
}

async function ask(
  path: string,
  init: { key?: string; headers?: Record<string, string>; body?: unknown } = {},
) {
  return await fetch(`${edge.address()}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${init.key ?? web}`,
      'content-type': 'application/json',
      ...init.headers,
    },
    body: JSON.stringify(init.body ?? { context: { targetingKey: 'u' } }),
  })
}

async function kill(flag = 'checkout') {
  return expectOk(
    await upstream.admin.call('killFlag', { params: configParams(flag), body: { reason: 'a test' } }),
  )
}

async function killNow(id: string, flag = 'checkout') {
  return expectOk(await upstream.admin.call('getKill', { params: { ...configParams(flag), kill: id } }))
}

async function instances() {
  return expectOk(await upstream.admin.call('listInstances', { params: place })).items
}

async function edges() {
  return expectOk(await upstream.admin.call('listEdges', { params: place })).items
}

/** What the server has counted of pages. */
async function exposures() {
  return await query('select flag, variant, n::int as n from browser_exposures order by flag, variant')
}

async function query(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: upstream.database.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Moves what the database remembers into the past, as if that much time had gone by. */
async function letPass(seconds: number): Promise<void> {
  const client = new Client({ connectionString: upstream.database.url })
  await client.connect()
  const back = `- interval '${seconds} s'`
  await client.query(`update edges set seen_at = seen_at ${back}`)
  await client.query(
    `update instances set last_seen_at = last_seen_at ${back}, stream_seen_at = stream_seen_at ${back}`,
  )
  await client.end()
}

describe('near its clients', () => {
  test('an SDK is served as by the server, and a change is on its way for milliseconds', async () => {
    const connection = await connected()
    expect(valueOf(connection)).toBe(true)
    const took = await timed(async (done) => {
      connection.onChange(() => valueOf(connection) === false && done())
      await configure(upstream, 'checkout', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
    })
    expect(took).toBeLessThan(2_000)
  })

  test('a kill is confirmed by each instance behind it, under its own name, with milliseconds', async () => {
    // Those of earlier tests have been silent for so long that they do not count.
    await letPass(120)
    const behind = await Promise.all([connected(), connected(), connected()])
    const direct = await connected(upstream.address)
    await vi.waitFor(async () => {
      const alive = (await instances()).filter((it) => it.state === 'connected' && it.acknowledgedRevision)
      for (const it of [...behind, direct])
        expect(alive.map((one) => one.instanceId)).toContain(it.instanceId)
    }, WAIT)
    const { id } = await kill()
    await vi.waitFor(async () => expect((await killNow(id)).state).toBe('verified'), WAIT)
    const { instances: confirmed } = await killNow(id)
    for (const it of behind) {
      expect(confirmed.find((one) => one.instanceId === it.instanceId)).toMatchObject({
        state: 'confirmed',
        edge: 'eu-1',
        confirmedAfterMs: expect.any(Number),
      })
      expect(valueOf(it)).toBe(false)
    }
    expect(confirmed.find((one) => one.instanceId === direct.instanceId)).not.toHaveProperty('edge')
    expect(await edges()).toMatchObject([{ name: 'eu-1', state: 'connected', turnedAway: 0 }])
  })

  test('OFREP is answered from memory: one flag, all flags, ETag, event stream, and pages of other origins', async () => {
    const one = await ask('/ofrep/v1/evaluate/flags/checkout')
    expect([one.status, await one.json()]).toMatchObject([200, { value: true, variant: 'on' }])
    const all = await ask('/ofrep/v1/evaluate/flags', { headers: { origin: PAGE } })
    expect(all.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(all.headers.get('flagmarshal-edge')).toMatch(/^"eu-1";upstream=connected;age=\d+$/)
    const etag = all.headers.get('etag') ?? ''
    const bulk = (await all.json()) as {
      flags: unknown[]
      eventStreams: { endpoint: { requestUri: string } }[]
    }
    expect(bulk.flags).toHaveLength(2)
    const same = await ask('/ofrep/v1/evaluate/flags', { headers: { 'if-none-match': etag } })
    expect(same.status).toBe(304)
    const events = await openEvents(`${edge.address()}${bulk.eventStreams[0]?.endpoint.requestUri}`)
    const { environmentRevision } = await configure(upstream, 'other', EVERYBODY_ON)
    const told = await events.until((it) => it.id === String(environmentRevision))
    expect(told.data).toMatchObject({ type: 'refetchEvaluation' })
    await events.close()
    const other = await ask('/ofrep/v1/evaluate/flags', { headers: { 'if-none-match': etag } })
    expect(other.status).toBe(200)
  })

  test('the published OFREP provider for servers is answered as by the server', async () => {
    await OpenFeature.setProviderAndWait(
      'behind an edge',
      new OFREPProvider({ baseUrl: edge.address(), headers: [['Authorization', `Bearer ${key}`]] }),
    )
    const client = OpenFeature.getClient('behind an edge')
    try {
      const context = { targetingKey: 'ada' }
      const told = await client.getBooleanDetails('checkout', false, context)
      expect(told).toMatchObject({ value: true, variant: 'on', reason: 'STATIC' })
      expect(await client.getBooleanDetails('nobody', true, context)).toMatchObject({
        value: true,
        errorCode: 'FLAG_NOT_FOUND',
      })
      expect(await client.getStringDetails('checkout', 'x', context)).toMatchObject({
        errorCode: 'TYPE_MISMATCH',
      })
      await configure(upstream, 'checkout', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
      await expect.poll(() => client.getBooleanValue('checkout', true, context), WAIT).toBe(false)
    } finally {
      await OpenFeature.close()
    }
  })

  test('what pages used is passed on and counted at the server, of flags and variants that are there', async () => {
    const beacon = await fetch(`${edge.address()}/api/v1/exposures?key=${web}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', origin: PAGE },
      body: JSON.stringify({
        counts: [
          { flag: 'checkout', variant: 'on', n: 3 },
          { flag: 'checkout', variant: null, n: 2 },
          { flag: 'checkout', variant: 'made-up', n: 9 },
          { flag: 'nobody', variant: 'on', n: 9 },
        ],
      }),
    })
    expect(beacon.status).toBe(204)
    await expect
      .poll(async () => await exposures(), WAIT)
      .toEqual([
        { flag: 'checkout', variant: '', n: 2 },
        { flag: 'checkout', variant: 'on', n: 3 },
      ])
    const refused = await fetch(`${edge.address()}/api/v1/exposures?key=${key}`, {
      method: 'POST',
      body: '{}',
    })
    expect(refused.status).toBe(401)
  })

  test('a key that has come to its end is refused, and its stream is closed', async () => {
    const made = expectOk(
      await upstream.admin.call('createKey', {
        params: { project: 'shop' },
        body: { kind: 'server', environment, name: 'ends' },
      }),
    )
    const open = async () =>
      await fetch(`${edge.address()}/api/v1/environments/${environment}/stream`, {
        headers: { authorization: `Bearer ${made.key}` },
      })
    await vi.waitFor(async () => {
      const answer = await open()
      await answer.body?.cancel()
      expect(answer.status).toBe(200)
    }, WAIT)
    const stream = await open()
    await query(`update tokens set expires_at = now() + interval '4 s' where id = '${made.id}'`)
    // Nobody announces it: the stream ends because its time is over.
    for await (const _ of stream.body ?? []) void _
    expect((await open()).status).toBe(401)
  })

  test('values asked over OFREP are counted at the server, and the kill page says so', async () => {
    await vi.waitFor(async () => {
      const { id } = await kill()
      expect((await killNow(id)).remote?.asked ?? 0).toBeGreaterThan(0)
    }, WAIT)
  })

  test('a client that knows a newer revision is not answered with an older one', async () => {
    const change = configure(upstream, 'checkout', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
    const { environmentRevision } = await change
    const tag = encodeURIComponent(`"${environmentRevision}"`)
    const answer = await ask(`/ofrep/v1/evaluate/flags?flagConfigEtag=${tag}`)
    expect(await answer.json()).toMatchObject({ metadata: { revision: environmentRevision } })
  })

  test('a new key works within moments, and a revoked one ends its streams and opens nothing more', async () => {
    const made = expectOk(
      await upstream.admin.call('createKey', {
        params: { project: 'shop' },
        body: { kind: 'web', environment, name: 'short-lived' },
      }),
    )
    await vi.waitFor(async () => {
      expect((await ask('/ofrep/v1/evaluate/flags', { key: made.key })).status).toBe(200)
    }, WAIT)
    const bulk = (await (await ask('/ofrep/v1/evaluate/flags', { key: made.key })).json()) as {
      eventStreams: { endpoint: { requestUri: string } }[]
    }
    const events = await openEvents(`${edge.address()}${bulk.eventStreams[0]?.endpoint.requestUri}`)
    expectOk(await upstream.admin.call('revokeKey', { params: { project: 'shop', sdkKey: made.id } }))
    await events.ended
    expect((await ask('/ofrep/v1/evaluate/flags', { key: made.key })).status).toBe(401)
  })

  test('it keeps hashes and no key: neither its files nor its log hold one', async () => {
    const at = path.join(edge.folder, 'edge')
    const kept = (await readdir(at)).map((it) => path.join(at, it))
    const texts = await Promise.all(kept.map((it) => readFile(it, 'utf8')))
    expect(kept.filter((it) => it.endsWith('.json')).length).toBeGreaterThan(0)
    for (const it of kept.filter((it) => it.endsWith('.json')))
      expect((await stat(it)).mode & 0o777).toBe(0o600)
    for (const text of [...texts, edge.process().printed()]) expect(text).not.toMatch(/fm_(server|web|edge)_/)
  })

  test('what only the server answers is not there, and an edge of an edge is refused', async () => {
    expect((await fetch(`${edge.address()}/api/v1/projects`)).status).toBe(404)
    const relay = { edge: { id: 'e', name: 'e', version: '1' }, signs: [], acknowledgements: [], reports: [] }
    const answer = await ask('/api/v1/edge/relay', { body: relay })
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'edges-do-not-chain' }])
    const ended = await runToEnd({
      settings: { FLAGMARSHAL_UPSTREAM: edge.address(), FLAGMARSHAL_UPSTREAM_KEYS: await upstream.edgeKey() },
      cwd: edge.folder,
    })
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('is an edge itself')])
  })
})

describe('cut off from its server', () => {
  afterEach(async () => {
    edge.cable.mend()
    await until(({ edge: it }) => it.upstream === 'connected')
  })

  test('it serves on and says how old that is; a kill is not confirmed until it is back', async () => {
    const connection = await connected()
    await vi.waitFor(async () => {
      const mine = (await instances()).find((it) => it.instanceId === connection.instanceId)
      expect(mine).toMatchObject({ state: 'connected', edge: { name: 'eu-1' } })
    }, WAIT)
    edge.cable.cut()
    await vi.waitFor(async () => expect((await readiness()).edge.upstream).toBe('lost'), WAIT)
    expect((await readiness()).ready).toBe(true)
    const answer = await ask('/ofrep/v1/evaluate/flags/checkout')
    expect([answer.status, await answer.json()]).toMatchObject([200, { value: true }])
    expect(answer.headers.get('flagmarshal-edge')).toMatch(/^"eu-1";upstream=lost;age=\d+$/)

    await letPass(3_600)
    const silent = (await instances()).find((it) => it.instanceId === connection.instanceId)
    expect(silent).toMatchObject({
      state: 'unreachable',
      edge: { name: 'eu-1', lostSince: expect.any(String) },
    })
    const { id } = await kill()
    const held = await killNow(id)
    expect(held.state).toBe('verified_except')
    expect(held.instances.find((it) => it.instanceId === connection.instanceId)).toMatchObject({
      state: 'lost',
      edge: 'eu-1',
      unreachableSince: expect.any(String),
    })
    expect(valueOf(connection)).toBe(true)

    edge.cable.mend()
    await vi.waitFor(() => expect(valueOf(connection)).toBe(false), WAIT)
    await vi.waitFor(async () => {
      const mine = (await killNow(id)).instances.find((it) => it.instanceId === connection.instanceId)
      expect(mine).toMatchObject({ state: 'confirmed' })
    }, WAIT)
  })

  test('counts of an outage arrive once it is over, each once', async () => {
    edge.cable.cut()
    await vi.waitFor(async () => expect((await readiness()).edge.upstream).toBe('lost'), WAIT)
    const body = (seq: number) => ({
      instanceId: 'counting',
      seq,
      fromMs: 0,
      toMs: 1,
      counts: [{ flag: 'other', variant: 'on', arm: 'outside', n: 7, bad: 1, slow: 0, keys: [] }],
      errors: [],
      codeDefaults: [],
    })
    for (const seq of [1, 2, 2])
      expect(
        (await ask(`/api/v1/environments/${environment}/telemetry`, { key, body: body(seq) })).status,
      ).toBe(202)
    expect((await readiness()).edge.environments[0]?.reportsWaiting).toBe(3)
    edge.cable.mend()
    await vi.waitFor(async () => expect(await usageOf('other')).toEqual({ n: 14, bad: 2 }), WAIT)
  })

  test('restarted meanwhile it serves from its file; an unknown key is asked to come again', async () => {
    edge.cable.cut()
    await edge.process().kill('SIGKILL')
    await edge.restart()
    const connection = await connected()
    expect([valueOf(connection), connection.state]).toEqual([true, 'ready'])
    const answer = await ask('/ofrep/v1/evaluate/flags', { key: `fm_web_${'x'.repeat(43)}` })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await readiness()).edge).toMatchObject({ ok: true, ageMs: expect.any(Number) })
  })
})

test('its server is killed and comes back: nothing is served anew, and a kill reaches everybody', async () => {
  const connection = await connected()
  await upstream.server.die()
  await vi.waitFor(async () => expect((await readiness()).edge.upstream).toBe('lost'), WAIT)
  expect(valueOf(connection)).toBe(true)
  const late = await connected()
  expect(valueOf(late)).toBe(true)
  await upstream.server.rise()
  await vi.waitFor(async () => expect((await readiness()).edge.upstream).toBe('connected'), WAIT)
  await vi.waitFor(async () => {
    const known = (await instances()).map((it) => it.instanceId)
    expect(known).toContain(late.instanceId)
  }, WAIT)
  const { id } = await kill()
  await vi.waitFor(async () => {
    const { instances: confirmed } = await killNow(id)
    for (const it of [connection, late])
      expect(confirmed.find((one) => one.instanceId === it.instanceId)?.state).toBe('confirmed')
  }, WAIT)
})

test('an edge that ends says so: nobody waits for the instances that were behind it', async () => {
  await using leaving = await startEdge(upstream, [await upstream.edgeKey()], {
    FLAGMARSHAL_EDGE_NAME: 'us-1',
  })
  const connection = await connect(leaving.address(), key)
  await vi.waitFor(async () => {
    const mine = (await instances()).find((it) => it.instanceId === connection.instanceId)
    expect(mine?.edge?.name).toBe('us-1')
  }, WAIT)
  await connection.close()
  await leaving.process().kill('SIGTERM')
  expect((await edges()).find((it) => it.name === 'us-1')?.state).toBe('left')
})

test('an edge that will not come back is forgotten, and that is recorded', async () => {
  const lost = await startEdge(upstream, [await upstream.edgeKey()], { FLAGMARSHAL_EDGE_NAME: 'ap-1' })
  const connection = await connect(lost.address(), key)
  await vi.waitFor(async () => {
    const mine = (await instances()).find((it) => it.instanceId === connection.instanceId)
    expect(mine?.edge?.name).toBe('ap-1')
  }, WAIT)
  await lost.process().kill('SIGKILL')
  await connection.close()
  await letPass(600)
  const gone = (await edges()).find((it) => it.name === 'ap-1')
  expect(gone).toMatchObject({ state: 'lost', instances: 1 })
  expect((await instances()).find((it) => it.instanceId === connection.instanceId)?.state).toBe('unreachable')
  const params = { ...place, edge: gone?.edgeId ?? '' }
  expectOk(await upstream.admin.call('forgetEdge', { params }))
  expect((await edges()).some((it) => it.name === 'ap-1')).toBe(false)
  expect((await instances()).find((it) => it.instanceId === connection.instanceId)?.state).not.toBe(
    'unreachable',
  )
  const { items } = expectOk(
    await upstream.admin.call('listAudit', { params: { project: 'shop' }, query: {} }),
  )
  expect(items.some((it) => it.action === 'edge.forget')).toBe(true)
  await lost[Symbol.asyncDispose]()
})

test('200 instances behind two edges each confirm a kill', async () => {
  await using second = await startEdge(upstream, [await upstream.edgeKey()], {
    FLAGMARSHAL_EDGE_NAME: 'eu-2',
  })
  await vi.waitFor(async () => {
    for (const it of [edge, second]) expect((await fetch(`${it.address()}/readyz`)).status).toBe(200)
  }, WAIT)
  await letPass(120)
  const fleet = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      follow((n % 2 === 0 ? edge : second).address(), key, { acknowledges: true, instance: `fleet-${n}` }),
    ),
  )
  await vi.waitFor(async () => {
    const alive = (await instances()).filter(
      (it) => it.instanceId.startsWith('fleet-') && it.acknowledgedRevision !== undefined,
    )
    expect(alive).toHaveLength(200)
  }, WAIT)
  const { id } = await kill()
  await vi.waitFor(async () => {
    const { instances: all } = await killNow(id)
    const confirmed = all.filter((it) => it.instanceId.startsWith('fleet-') && it.state === 'confirmed')
    expect(confirmed).toHaveLength(200)
    expect(new Set(confirmed.map((it) => it.edge))).toEqual(new Set(['eu-1', 'eu-2']))
  }, WAIT)
  await Promise.all(fleet.map((it) => it.close()))
})

async function usageOf(flag: string): Promise<{ readonly n: number; readonly bad: number }> {
  const client = new Client({ connectionString: upstream.database.url })
  await client.connect()
  const { rows } = await client.query<{ n: string; bad: string }>(
    'select coalesce(sum(n), 0) as n, coalesce(sum(bad), 0) as bad from usage_minutes where flag = $1',
    [flag],
  )
  await client.end()
  return { n: Number(rows[0]?.n), bad: Number(rows[0]?.bad) }
}

/** Milliseconds until `done` is called. */
async function timed(work: (done: () => void) => Promise<void>): Promise<number> {
  const from = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  await work(resolve)
  await promise
  return performance.now() - from
}
