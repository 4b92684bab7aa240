import { diffSnapshots } from '@flagmarshal/evaluation'
import type { Patch, Snapshot } from '@flagmarshal/evaluation'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, newFlag } from './support/flags.ts'
import { acknowledge, follow } from './support/instances.ts'
import type { Follower, FollowOptions } from './support/instances.ts'

let server: TestServer
let key: string
const open: Follower[] = []

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(
    await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag('new-checkout') }),
  )
  key = await server.sdkKey('shop', 'development')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()))
})
afterAll(() => server.close())

async function opened(options?: FollowOptions): Promise<Follower> {
  const follower = await follow(server.address, key, options)
  open.push(follower)
  return follower
}

/** Turns the flag on or off and answers the revision that the environment has then. */
async function toggle(): Promise<number> {
  const params = configParams('new-checkout')
  const { enabled, revision } = expectOk(await server.admin.call('getFlagConfig', { params }))
  const body = { enabled: !enabled, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  return expectOk(await server.admin.call('configureFlag', { params, body, ifMatch: revision }))
    .environmentRevision
}

async function snapshotOf(headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${server.address}/api/v1/environments/development/snapshot`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
  })
}

/** The snapshot, once the server serves this revision. */
async function snapshotAt(revision: number): Promise<Snapshot> {
  const current = async () => (await (await snapshotOf()).json()) as Snapshot
  await expect.poll(async () => (await current()).revision).toBe(revision)
  return await current()
}

test('a snapshot has its revision as ETag, answers 304 to it, and comes compressed to who wants it', async () => {
  const first = await snapshotOf({ 'accept-encoding': 'gzip' })
  expect(first.headers.get('content-encoding')).toBe('gzip')
  const snapshot = (await first.json()) as Snapshot
  expect(snapshot).toMatchObject({
    schema: 1,
    project: 'shop',
    environment: 'development',
    flags: [{ key: 'new-checkout', enabled: false, variants: { on: true, off: false } }],
    telemetry: { flushIntervalMs: 15_000, pollIntervalMs: 30_000 },
  })
  const etag = first.headers.get('etag')
  expect(etag).toBe(`"${snapshot.revision}"`)
  const plain = await snapshotOf({ 'accept-encoding': 'identity' })
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(await plain.json()).toEqual(snapshot)
  expect((await snapshotOf({ 'if-none-match': etag ?? '' })).status).toBe(304)
})

test('every one of 20 readers gets a toggle as a patch, and none has to ask', async () => {
  const readers = await Promise.all(Array.from({ length: 20 }, () => opened()))
  await Promise.all(readers.map((it) => it.until(({ event }) => event === 'snapshot')))
  const revision = await toggle()
  for (const reader of readers) {
    const patch = await reader.until(({ event }) => event === 'patch')
    expect(patch).toMatchObject({
      id: String(revision),
      data: { flags: [{ key: 'new-checkout' }], revision },
    })
    expect(reader.snapshot()?.revision).toBe(revision)
  }
})

test('a reader that comes back gets what it missed, and ends with the same as everybody', async () => {
  const reader = await opened()
  await reader.until(({ event }) => event === 'snapshot')
  const before = reader.snapshot()
  await reader.close()
  await toggle()
  await toggle()
  const latest = await toggle()
  const now = await snapshotAt(latest)
  if (before === undefined) throw new Error('there was no snapshot')

  const again = await opened({ lastEventId: String(before.revision) })
  const first = await again.until(() => true)
  expect(first.event).toBe('patch')
  const patch = first.data as Patch
  expect(patch).toMatchObject({ from: before.revision, revision: now.revision, removedFlags: [] })
  expect(patch.flags).toEqual(diffSnapshots(before, now).flags)
})

test('a reader that is up to date is told so at once; one with an unknown revision gets everything', async () => {
  const { revision } = (await (await snapshotOf()).json()) as Snapshot
  const current = await opened({ lastEventId: String(revision) })
  expect(await current.until(() => true)).toMatchObject({ event: 'current', id: String(revision) })
  for (const lastEventId of ['999999', 'x', '-1']) {
    const lost = await opened({ lastEventId })
    expect((await lost.until(() => true)).event).toBe('snapshot')
  }
})

test('a second server on the same database hears of changes that the first one made', async () => {
  await using second = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
  const there = await follow(second.address, key)
  open.push(there)
  await there.until(({ event }) => event === 'snapshot')
  const revision = await toggle()
  expect((await there.until(({ event }) => event === 'patch')).id).toBe(String(revision))
})

test('a change arrives although the connection that would announce it is cut', async () => {
  await using second = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
  const there = await follow(second.address, key)
  open.push(there)
  await there.until(({ event }) => event === 'snapshot')
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    for (let round = 0; round < 3; round++) {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query like 'listen%'`,
      )
      expect(rowCount, 'both servers listen').toBeGreaterThan(0)
      const revision = await toggle()
      await there.until(({ id }) => id === String(revision))
    }
  } finally {
    await client.end()
  }
})

test('a key reaches its own environment only', async () => {
  for (const path of ['/api/v1/environments/staging/snapshot', '/api/v1/environments/staging/stream']) {
    const answer = await fetch(`${server.address}${path}`, { headers: { authorization: `Bearer ${key}` } })
    expect(answer.status).toBe(404)
  }
  const web = await server.sdkKey('shop', 'development', 'web')
  const answer = await fetch(`${server.address}/api/v1/environments/development/snapshot`, {
    headers: { authorization: `Bearer ${web}` },
  })
  expect(answer.status, 'a web key never sees rules').toBe(403)
})

test('instances are listed with what they run and whether they are there', async () => {
  const reader = await opened({ instance: 'shop-1', acknowledges: true })
  await reader.until(({ event }) => event === 'snapshot')
  const { revision } = (await (await snapshotOf()).json()) as Snapshot
  await expect
    .poll(async () => await instance('shop-1'))
    .toMatchObject({
      description: { application: 'shop', mode: 'stream' },
      state: 'connected',
      streamOpen: true,
      acknowledgedRevision: revision,
    })
  await reader.close()
  await expect.poll(async () => await instance('shop-1')).toMatchObject({ streamOpen: false })
  await snapshotOf({ 'flagmarshal-instance': 'poller' })
  await expect
    .poll(async () => await instance('poller'))
    .toMatchObject({ streamOpen: false, state: 'connected' })
})

async function instance(name: string) {
  const params = { project: 'shop', environment: 'development' }
  const { items } = expectOk(await server.admin.call('listInstances', { params }))
  return items.find((it) => it.instanceId === name)
}

test('R1 serving goes on from memory while the database is away, writing says so, and both recover', async () => {
  await using own = await startServer()
  expectOk(await own.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await own.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag('steady') }))
  const ownKey = await own.sdkKey('shop', 'development')
  const reader = await follow(own.address, ownKey)
  open.push(reader)
  const { id } = await reader.until(({ event }) => event === 'snapshot')
  const evaluate = async () => {
    const answer = await fetch(`${own.address}/ofrep/v1/evaluate/flags/steady`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownKey}` },
    })
    return answer.status
  }
  expect(await evaluate()).toBe(200)

  const name = new URL(own.databaseUrl).pathname.slice(1)
  const elsewhere = own.databaseUrl.replace(name, 'postgres')
  const rename = async (from: string, to: string) => {
    const client = new Client({ connectionString: elsewhere })
    await client.connect()
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [from])
    // Fails while a connection that was made again meanwhile is open.
    const renamed = await client.query(`alter database ${from} rename to ${to}`).catch(() => undefined)
    await client.end()
    return renamed !== undefined
  }
  await expect.poll(() => rename(name, `${name}_away`), { timeout: 20_000, interval: 10 }).toBe(true)
  const params = configParams('steady')
  const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  try {
    const refused = await own.admin.call('configureFlag', { params, body, ifMatch: 1 })
    expect(refused).toMatchObject({ ok: false, problem: { status: 503, code: 'database-unavailable' } })
    for (let round = 0; round < 20; round++) expect(await evaluate()).toBe(200)
    const headers = { authorization: `Bearer ${ownKey}`, 'flagmarshal-instance': reader.instance }
    const base = `${own.address}/api/v1/environments/development`
    expect((await fetch(`${base}/snapshot`, { headers })).status).toBe(200)
    expect(await acknowledge(base, headers, Number(id)), 'nothing is confirmed that is not stored').toBe(503)
    open.push(await follow(own.address, ownKey, { instance: 'late' }))
    const ofLate = { ...headers, 'flagmarshal-instance': 'late' }
    expect(await acknowledge(base, ofLate, Number(id))).toBe(503)
  } finally {
    await expect.poll(() => rename(`${name}_away`, name)).toBe(true)
  }
  await expect
    .poll(async () => (await own.admin.call('configureFlag', { params, body, ifMatch: 1 })).ok, {
      timeout: 10_000,
    })
    .toBe(true)
  expect(await reader.until(({ event }) => event === 'patch')).toMatchObject({
    data: { flags: [{ key: 'steady', enabled: true }] },
  })
  // Who came while nothing could be stored, and says nothing more, is counted by the next kill.
  const listed = { params: { project: 'shop', environment: 'development' } }
  await expect
    .poll(async () => expectOk(await own.admin.call('listInstances', listed)).items, { timeout: 5_000 })
    .toContainEqual(expect.objectContaining({ instanceId: 'late', streamOpen: true }))
})

test('metrics tell of streams, revisions and acknowledgements', async () => {
  const reader = await opened({ acknowledges: true })
  await reader.until(({ event }) => event === 'snapshot')
  await toggle()
  await reader.until(({ event }) => event === 'patch')
  const metrics = async () => await (await fetch(`${server.address}/metrics`)).text()
  await expect
    .poll(metrics)
    .toMatch(/flagmarshal_streams_open\{project="shop",environment="development"\} [1-9]/)
  await expect.poll(metrics).toMatch(/flagmarshal_acknowledgement_seconds_count [1-9]/)
  expect(await metrics()).toMatch(
    /flagmarshal_environment_revision\{project="shop",environment="development"\} \d/,
  )
})

test('a revoked key loses its stream at once, and no other does', async () => {
  const params = { project: 'shop' }
  const body = { kind: 'server' as const, environment: 'development', name: 'short-lived' }
  const made = expectOk(await server.admin.call('createKey', { params, body }))
  const doomed = await follow(server.address, made.key)
  open.push(doomed)
  const other = await opened()
  await Promise.all([doomed, other].map((it) => it.until(() => true)))
  expectOk(await server.admin.call('revokeKey', { params: { ...params, sdkKey: made.id } }))
  await doomed.ended
  const revision = await toggle()
  expect((await other.until(({ event }) => event === 'patch')).id).toBe(String(revision))
})
