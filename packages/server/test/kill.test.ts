import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'

import type { Kill } from '@flagmarshal/api/kill'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { howMuch } from '../../../tests/support/soak.ts'
import { configParams, newFlag } from './support/flags.ts'
import { acknowledge, follow } from './support/instances.ts'
import type { Follower, FollowOptions } from './support/instances.ts'
import { connectTo, lockFlag } from './support/locks.ts'

let server: TestServer
let key: string
const open: Follower[] = []

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  key = await server.sdkKey('shop', 'development')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()))
  await execute(server.databaseUrl, 'delete from instances')
})
afterAll(() => server.close())

/** A flag that is on in development, with what names its configuration there. */
async function flagThatIsOn() {
  const flag = `flag-${randomInt(1e9)}`
  expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  const params = configParams(flag)
  const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  const { environmentRevision } = expectOk(
    await server.admin.call('configureFlag', { params, body, ifMatch: 1 }),
  )
  return { params, revision: environmentRevision }
}

/** Instances that follow the environment and run this revision at least. */
async function running(count: number, revision: number, options: FollowOptions = {}): Promise<Follower[]> {
  const followers = await Promise.all(
    Array.from({ length: count }, () => follow(server.address, key, { acknowledges: true, ...options })),
  )
  open.push(...followers)
  await Promise.all(followers.map((it) => it.until(({ id }) => Number(id) >= revision)))
  await expect.poll(async () => (await connected()).length).toBeGreaterThanOrEqual(open.length)
  return followers
}

async function connected() {
  const params = { project: 'shop', environment: 'development' }
  const { items } = expectOk(await server.admin.call('listInstances', { params }))
  return items.filter((it) => it.streamOpen)
}

async function kill(params: ReturnType<typeof configParams>): Promise<Kill> {
  return expectOk(
    await server.admin.call('killFlag', { params, body: { reason: 'Checkout fails for everybody' } }),
  )
}

async function read(params: ReturnType<typeof configParams>, id: string): Promise<Kill> {
  return expectOk(await server.admin.call('getKill', { params: { ...params, kill: id } }))
}

test('R4 a kill turns the flag off and is verified once every instance has acknowledged it', async () => {
  const { params, revision } = await flagThatIsOn()
  const followers = await running(15, revision)
  const accepted = await kill(params)
  expect(accepted).toMatchObject({ total: 15, reason: 'Checkout fails for everybody', by: 'bootstrap' })

  await expect.poll(async () => (await read(params, accepted.id)).state).toBe('verified')
  const verified = await read(params, accepted.id)
  expect(verified).toMatchObject({ confirmed: 15, pending: 0, lost: 0 })
  expect(verified.instances.map((it) => it.instanceId).toSorted()).toEqual(
    followers.map((it) => it.instance).toSorted(),
  )
  const slowest = Math.max(...verified.instances.map((it) => it.confirmedAfterMs ?? Infinity))
  console.log(`15 of 15 instances confirmed a kill after ${slowest} ms`)
  expect(slowest).toBeLessThan(2_000)
  for (const follower of followers)
    expect(follower.snapshot()?.flags).toContainEqual(
      expect.objectContaining({ key: params.flag, enabled: false }),
    )
})

test('R4 an instance that does not answer is waited for, then named as lost, and never counted', async () => {
  const { params, revision } = await flagThatIsOn()
  await running(3, revision)
  const [silent] = await running(1, 0, { instance: 'silent-one', acknowledges: false })
  const { id } = await kill(params)
  await expect.poll(async () => (await read(params, id)).confirmed).toBe(3)
  expect(await read(params, id)).toMatchObject({ state: 'confirming', total: 4, pending: 1 })

  await execute(
    server.databaseUrl,
    `update instances set last_seen_at = now() - interval '61 s' where instance = 'silent-one'`,
  )
  const lost = await read(params, id)
  expect(lost).toMatchObject({ state: 'verified_except', confirmed: 3, pending: 0, lost: 1 })
  expect(lost.instances.find((it) => it.state === 'lost')?.instanceId).toBe(silent?.instance)

  const announced = async () => {
    const { items } = expectOk(await server.admin.call('listSignals', { params: { project: 'shop' } }))
    return items.filter((it) => it.type === 'dev.flagmarshal.flag.kill.verified').map((it) => it.data)
  }
  await expect
    .poll(announced, { timeout: 10_000 })
    .toContainEqual(expect.objectContaining({ kill: id, state: 'verified_except', missing: ['silent-one'] }))
  expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'shop' } })).ok).toBe(true)
})

test('R4 who comes after the kill is not waited for, and who was away long before neither', async () => {
  const { params, revision } = await flagThatIsOn()
  await running(2, revision)
  await execute(
    server.databaseUrl,
    `insert into instances (project, environment, instance, application, mode, poll_interval_ms, first_seen_at, last_seen_at)
     values ('shop', 'development', 'gone', 'shop', 'stream', 30000, now() - interval '1 h', now() - interval '5 min'),
            ('shop', 'development', 'slow-poller', 'shop', 'poll', 300000, now() - interval '1 h', now() - interval '5 min')`,
  )
  const { id } = await kill(params)
  await running(2, revision)
  await expect.poll(async () => (await read(params, id)).confirmed).toBe(2)
  const now = await read(params, id)
  expect(now.instances.filter((it) => it.state !== 'confirmed').map((it) => it.instanceId)).toEqual([
    'slow-poller',
  ])
})

test('a polling instance that keeps to its interval is expected, and confirms in its own time', async () => {
  const { params, revision } = await flagThatIsOn()
  const base = `${server.address}/api/v1/environments/development`
  const headers = { authorization: `Bearer ${key}`, 'flagmarshal-instance': 'poller' }
  await (await fetch(`${base}/snapshot`, { headers })).arrayBuffer()
  expect(await acknowledge(base, headers, revision, 'poll')).toBe(204)
  const { id, revision: off } = await kill(params)
  expect(await read(params, id)).toMatchObject({ state: 'accepted', total: 1, pending: 1 })
  expect(await acknowledge(base, headers, off, 'poll')).toBe(204)
  expect(await read(params, id)).toMatchObject({ state: 'verified', confirmed: 1 })
})

test('R4 an acknowledgement of an older revision confirms nothing', async () => {
  const { params, revision } = await flagThatIsOn()
  await running(1, 0, { instance: 'behind', acknowledges: false })
  const { id, revision: off } = await kill(params)
  const base = `${server.address}/api/v1/environments/development`
  const headers = { authorization: `Bearer ${key}`, 'flagmarshal-instance': 'behind' }
  expect(await acknowledge(base, headers, revision)).toBe(204)
  expect((await read(params, id)).state).toBe('accepted')
  expect(await acknowledge(base, headers, off + 5)).toBe(204)
  expect((await read(params, id)).state).toBe('verified')
})

test('killing a flag that is off is a new kill of the same state, confirmed by who runs it already', async () => {
  const { params, revision } = await flagThatIsOn()
  await running(2, revision)
  const first = await kill(params)
  await expect.poll(async () => (await read(params, first.id)).state).toBe('verified')
  const second = await kill(params)
  expect(second.id).not.toBe(first.id)
  expect(second).toMatchObject({ state: 'verified', confirmed: 2, revision: first.revision })
})

test('with nobody connected a kill is verified at once', async () => {
  const { params } = await flagThatIsOn()
  expect(await kill(params)).toMatchObject({ state: 'verified', total: 0 })
})

test('production is killed without a gate, by everybody who may work, and not by who may only look', async () => {
  const { params } = await flagThatIsOn()
  const production = { ...params, environment: 'production' }
  const developer = await server.person('developer')
  const viewer = await server.person('viewer')
  const body = { reason: 'Stop' }
  const refused = await viewer.client.call('killFlag', { params: production, body })
  expect(expectProblem(refused).status).toBe(403)
  const made = expectOk(await developer.client.call('killFlag', { params: production, body }))
  expect(made.by).toBe(developer.id)
  const elsewhere = await developer.client.call('getKill', { params: { ...params, kill: made.id } })
  expect(expectProblem(elsewhere).status, 'it is a kill of another environment').toBe(404)
})

test('40 kills at once, from two servers, all end in the same state with an unbroken chain', async () => {
  await using second = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
  const { params, revision } = await flagThatIsOn()
  await running(4, revision)
  const kills = await Promise.all(
    Array.from({ length: 40 }, async (_, index) =>
      expectOk(
        await (index % 2 === 0 ? server : second).admin.call('killFlag', {
          params,
          body: { reason: `${index}` },
        }),
      ),
    ),
  )
  expect(new Set(kills.map((it) => it.revision)).size).toBe(1)
  await expect
    .poll(async () => {
      const states = await Promise.all(kills.map(async ({ id }) => (await read(params, id)).state))
      return states.filter((state) => state !== 'verified')
    })
    .toEqual([])
  expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'shop' } })).ok).toBe(true)
})

test('R4 a kill with an Idempotency-Key waits for a lock as long as it takes', async () => {
  const { params } = await flagThatIsOn()
  await using other = await connectTo(server.databaseUrl)
  const lock = await lockFlag(other, params.flag)
  const killing = server.admin.call('killFlag', {
    params,
    body: { reason: 'x' },
    idempotencyKey: params.flag,
  })
  await lock.inTheWay()
  // Three times the limit of other writers, which are refused then.
  await setTimeout(howMuch(0, 6_500))
  await lock.release()
  expect(expectOk(await killing).environment).toBe(params.environment)
})
