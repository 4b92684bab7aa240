/** P-O2, R6, R17: signals reach their channels, each at least once, in order, and nobody waits for it. */
import { randomBytes } from 'node:crypto'

import type { Delivery } from '@flagmarshal/api/channel'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { ok, startReceiver, status } from './support/receiver.ts'
import type { Received } from './support/receiver.ts'
import { addChannel, deliveriesOnce, kill, PROJECT, SECRET, startSignalServer } from './support/signals.ts'

const clock = createTestClock()
const DAY_MS = 86_400_000
const params = { project: PROJECT }
let server: TestServer

beforeAll(async () => {
  server = await startSignalServer({ clock })
})
afterAll(() => server.close())

const webhook = (key: string, url: string, subscribes = ['dev.flagmarshal.flag.killed']) => ({
  key,
  kind: 'webhook' as const,
  settings: { url },
  secret: SECRET,
  subscribes,
})

/** Removes a channel, so that the signals of the next test do not go there. */
async function drop(channel: string): Promise<void> {
  expectOk(await server.admin.call('deleteChannel', { params: { ...params, channel } }))
}

function reasonsOf(received: readonly Received[]): unknown[] {
  return received.map(({ body }) => JSON.parse(body).data.reason)
}

describe('P-O2 signed webhooks', () => {
  test('P-O2 a signal arrives as a CloudEvent that the standardwebhooks library believes', async () => {
    await using receiver = await startReceiver()
    await addChannel(server.admin, webhook('signed', receiver.url))
    await kill(server.admin, 'one', 'tést')
    const [got] = await receiver.until(1)
    expect(got?.headers['content-type']).toContain('application/cloudevents+json')
    expect(new Webhook(SECRET).verify(got?.body ?? '', got?.headers ?? {})).toMatchObject({
      specversion: '1.0',
      id: got?.headers['webhook-id'],
      type: 'dev.flagmarshal.flag.killed',
      source: expect.stringMatching(/\/api\/v1\/projects\/shop$/),
      subject: 'flags/one',
      datacontenttype: 'application/json',
      flagmarshalaudit: expect.stringMatching(/^\d+:[\da-f]{64}$/),
      flagmarshalkillpage: expect.stringMatching(/\/k\/shop\/\w+\/one$/),
      data: { flag: 'one', reason: 'tést' },
    })
    const [delivery] = await deliveriesOnce(server.admin, 'signed', (it) => it[0]?.state === 'delivered')
    expect(delivery).toMatchObject({
      attempts: 1,
      signal: { id: got?.headers['webhook-id'], type: 'dev.flagmarshal.flag.killed' },
      log: [{ outcome: 'delivered' }],
    })
    const metrics = await (await fetch(`${server.address}/metrics`)).text()
    expect(metrics).toMatch(/flagmarshal_delivery_attempts_total\{kind="webhook",outcome="delivered"\} \d/)
    const { items } = expectOk(await server.admin.call('listSignals', { params, query: {} }))
    expect(items.find((it) => it.id === got?.headers['webhook-id'])?.state).toBe('delivered')
    await drop('signed')
  })

  test('a channel takes what it subscribes to: types, beginnings of types, or everything', async () => {
    await using receiver = await startReceiver()
    await addChannel(server.admin, webhook('all', `${receiver.url}/all`, ['*']))
    await addChannel(server.admin, webhook('flags', `${receiver.url}/flags`, ['dev.flagmarshal.flag.*']))
    await addChannel(
      server.admin,
      webhook('other', `${receiver.url}/other`, ['dev.flagmarshal.rollout.*', 'dev.flagmarshal.fla']),
    )
    await kill(server.admin)
    await receiver.until(2)
    expect(new Set(receiver.received.map((it) => it.path))).toEqual(new Set(['/all', '/flags']))
    for (const it of ['all', 'flags', 'other']) await drop(it)
  })
})

describe('R6 at least once, in order', () => {
  test('R6 a receiver that fails for a while gets everything in order once it is back, with the same ids', async () => {
    await using receiver = await startReceiver(status(503))
    await addChannel(server.admin, webhook('failing', receiver.url))
    for (const reason of ['first', 'second', 'third']) await kill(server.admin, 'one', reason)
    await receiver.until(1)
    for (const [tries, waitMs] of [5_000, 300_000].entries()) {
      await deliveriesOnce(server.admin, 'failing', (it) => it.at(-1)?.attempts === tries + 1)
      clock.advance(waitMs)
      await receiver.until(tries + 2)
    }
    await deliveriesOnce(server.admin, 'failing', (it) => it.at(-1)?.attempts === 3)
    receiver.answer(ok)
    clock.advance(1_800_000)
    const delivered = await deliveriesOnce(server.admin, 'failing', (it) =>
      it.every((one) => one.state === 'delivered'),
    )
    expect(delivered.map((it) => it.attempts)).toEqual([4, 1, 1])
    // Three failures and a success of the first, and only then the others.
    expect(reasonsOf(receiver.received)).toEqual(['first', 'first', 'first', 'first', 'second', 'third'])
    expect(new Set(receiver.received.slice(0, 4).map((it) => it.headers['webhook-id'])).size).toBe(1)
    await drop('failing')
  })

  test('R6 a receiver that hangs holds up neither its other lanes, nor other channels, nor a kill', async () => {
    await using hanging = await startReceiver(() => undefined)
    await using quick = await startReceiver()
    await addChannel(server.admin, webhook('hanging', hanging.url))
    await addChannel(server.admin, webhook('quick', quick.url))
    const began = performance.now()
    for (const reason of ['first', 'second', 'third', 'fourth']) await kill(server.admin, 'one', reason)
    expect(performance.now() - began).toBeLessThan(5_000)
    await kill(server.admin, 'two', 'other lane')
    await quick.until(5)
    await hanging.until(2)
    expect(new Set(reasonsOf(hanging.received))).toEqual(new Set(['first', 'other lane']))
    expect(hanging.received).toHaveLength(2)
    await drop('hanging')
    await drop('quick')
  })

  test('429 with Retry-After is waited for, longer than the usual wait', async () => {
    await using receiver = await startReceiver(status(429, { 'retry-after': '120' }))
    await addChannel(server.admin, webhook('patient', receiver.url))
    await kill(server.admin)
    const [it] = await deliveriesOnce(server.admin, 'patient', (items) => items[0]?.attempts === 1)
    expect(Date.parse(it?.nextAt ?? '') - clock.now().getTime()).toBeGreaterThan(100_000)
    clock.advance(60_000)
    receiver.answer(ok)
    clock.advance(61_000)
    await deliveriesOnce(server.admin, 'patient', (items) => items[0]?.state === 'delivered')
    expect(receiver.received).toHaveLength(2)
    await drop('patient')
  })

  test('R6 410 disables the channel; made active again it gets what waited', async () => {
    await using receiver = await startReceiver(status(410))
    await addChannel(server.admin, webhook('gone', receiver.url))
    await kill(server.admin, 'one', 'first')
    await deliveriesOnce(server.admin, 'gone', (items) => items[0]?.attempts === 1)
    const key = { ...params, channel: 'gone' }
    const channel = expectOk(await server.admin.call('getChannel', { params: key }))
    expect(channel).toMatchObject({ state: 'disabled', disabledBecause: 'it answered 410' })
    await kill(server.admin, 'one', 'second')
    clock.advance(DAY_MS)
    receiver.answer(ok)
    const body = {
      kind: 'webhook' as const,
      settings: { url: receiver.url },
      subscribes: channel.subscribes,
      state: 'active' as const,
    }
    expectOk(await server.admin.call('updateChannel', { params: key, body, ifMatch: channel.revision }))
    await deliveriesOnce(server.admin, 'gone', (items) => items.every((it) => it.state === 'delivered'))
    expect(reasonsOf(receiver.received)).toEqual(['first', 'first', 'second'])
    await drop('gone')
  })

  test('after the last try it is dead, the next one goes on, and a replay sends it with the same id', async () => {
    await using receiver = await startReceiver((it, response) => {
      response.writeHead(JSON.parse(it.body).data.reason === 'never' ? 500 : 200).end()
    })
    await addChannel(server.admin, webhook('dying', receiver.url))
    await kill(server.admin, 'one', 'never')
    await kill(server.admin, 'one', 'next')
    for (let attempts = 1; attempts <= 10; attempts++) {
      await deliveriesOnce(server.admin, 'dying', (items) => (items.at(-1)?.attempts ?? 0) >= attempts)
      clock.advance(DAY_MS)
    }
    const [dead] = await deliveriesOnce(server.admin, 'dying', (items) => items[0]?.state === 'delivered')
    expect(dead).toMatchObject({ state: 'dead', attempts: 10 })
    expect(dead?.log).toHaveLength(10)
    const metrics = await (await fetch(`${server.address}/metrics`)).text()
    expect(metrics).toContain('flagmarshal_deliveries{project="shop",channel="dying",state="dead"} 1')
    receiver.answer(ok)
    const replay = { ...params, delivery: dead?.id ?? '' }
    expectOk(await server.admin.call('replayDelivery', { params: replay }))
    await deliveriesOnce(server.admin, 'dying', (items) => items.at(-1)?.state === 'delivered')
    const ids = receiver.received
      .filter((it) => it.body.includes('never'))
      .map((it) => it.headers['webhook-id'])
    expect(ids).toHaveLength(11)
    expect(new Set(ids).size).toBe(1)
    await drop('dying')
  })

  test('R16 an address of the own network that is not allowed is never called, and the log says why', async () => {
    await addChannel(server.admin, webhook('inside', 'http://10.0.0.1/secret-path'))
    await kill(server.admin)
    const [it] = await deliveriesOnce(server.admin, 'inside', (items) => items[0]?.state === 'dead')
    expect(it?.log[0]).toMatchObject({ outcome: 'rejected', why: expect.stringContaining('10.0.0.1') })
    expect(JSON.stringify(it)).not.toContain('secret-path')
    await drop('inside')
  })
})

describe('R17 secrets of channels', () => {
  test('R17 a secret is in no answer, no audit entry, and not readable in the database', async () => {
    const secret = 'https://hooks.slack.example/services/T000/B000/XXXX'
    await addChannel(server.admin, { key: 'slack', kind: 'slack', settings: {}, secret, subscribes: [] })
    const key = { ...params, channel: 'slack' }
    const made = expectOk(await server.admin.call('getChannel', { params: key }))
    expect(made).toMatchObject({ hasSecret: true, revision: 1 })
    const body = { kind: 'slack' as const, settings: {}, subscribes: ['*'], state: 'disabled' as const }
    const changed = expectOk(await server.admin.call('updateChannel', { params: key, body, ifMatch: 1 }))
    expect(changed).toMatchObject({ hasSecret: true, state: 'disabled' })
    const audit = expectOk(await server.admin.call('listAudit', { params, query: { kind: 'channel' } }))
    expect(audit.items.map((it) => it.action)).toContain('channel.update')
    expect(JSON.stringify([made, changed, audit])).not.toContain('T000')
    await drop('slack')
  })

  test('a stale change, a change of kind, a taken key and a secret that cannot be are refused', async () => {
    await addChannel(server.admin, webhook('stale', 'https://shop.example/'))
    const key = { ...params, channel: 'stale' }
    const same = {
      kind: 'webhook' as const,
      settings: { url: 'https://shop.example/' },
      subscribes: [],
      state: 'active' as const,
    }
    const stale = await server.admin.call('updateChannel', { params: key, body: same, ifMatch: 7 })
    expect(expectProblem(stale).status).toBe(412)
    const other = { kind: 'slack' as const, settings: {}, subscribes: [], state: 'active' as const }
    const moved = await server.admin.call('updateChannel', { params: key, body: other, ifMatch: 1 })
    expect(expectProblem(moved)).toMatchObject({ status: 422, errors: [{ pointer: '/kind' }] })
    const again = await server.admin.call('createChannel', {
      params,
      body: webhook('stale', 'https://a.example/'),
    })
    expect(expectProblem(again).code).toBe('key-taken')
    const short = { ...webhook('short', 'https://a.example/'), secret: 'whsec_short' }
    expect(expectProblem(await server.admin.call('createChannel', { params, body: short })).status).toBe(422)
    await drop('stale')
    expect(expectProblem(await server.admin.call('getChannel', { params: key })).status).toBe(404)
  })
})

test('R6 two servers on one database deliver each signal once, in order', async () => {
  // Servers that share a database share the key, too.
  const FLAGMARSHAL_SECRET_KEY = randomBytes(32).toString('base64')
  await using first = await startSignalServer({ settings: { FLAGMARSHAL_SECRET_KEY } })
  await using second = await startServer({
    settings: {
      FLAGMARSHAL_SECRET_KEY,
      FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
      FLAGMARSHAL_DATABASE_URL: first.databaseUrl,
    },
  })
  await using receiver = await startReceiver()
  await addChannel(first.admin, webhook('hook', receiver.url))
  for (let i = 0; i < 10; i++) await kill(i % 2 === 0 ? first.admin : second.admin, 'one', String(i))
  const done = (items: readonly Delivery[]) =>
    items.length === 10 && items.every((it) => it.state === 'delivered')
  await deliveriesOnce(first.admin, 'hook', done)
  expect(reasonsOf(receiver.received)).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
})

test('a stop waits for no receiver that hangs', async () => {
  await using hanging = await startReceiver(() => undefined)
  const stopped = await startSignalServer()
  await addChannel(stopped.admin, webhook('hook', hanging.url))
  await kill(stopped.admin)
  await hanging.until(1)
  const began = performance.now()
  await stopped.close()
  expect(performance.now() - began).toBeLessThan(6_000)
})

test('R17 after a rotation the older key may go; what no key opens is named and sent once it is given anew', async () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'))
  if (older === undefined || newer === undefined) throw new Error('there are two keys')
  await using receiver = await startReceiver()
  await using first = await startSignalServer({ settings: { FLAGMARSHAL_SECRET_KEY: older } })
  await addChannel(first.admin, webhook('hook', receiver.url, []))
  const again = (key: string) =>
    startServer({
      settings: {
        FLAGMARSHAL_SECRET_KEY: key,
        FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
        FLAGMARSHAL_DATABASE_URL: first.databaseUrl,
      },
    })
  {
    await using stranger = await again(newer)
    const result = expectOk(await stranger.admin.call('rotateSecrets', {}))
    expect(result).toMatchObject({ sealed: 0, unchanged: 0, lost: ['channel/shop/hook'] })
  }
  {
    await using both = await again(`${newer},${older}`)
    const rotate = () => both.admin.call('rotateSecrets', {})
    expect(expectOk(await rotate())).toMatchObject({ sealed: 1, unchanged: 0, lost: [] })
    expect(expectOk(await rotate())).toMatchObject({ sealed: 0, unchanged: 1, lost: [] })
  }
  await using last = await again(newer)
  expect(expectOk(await last.admin.call('rotateSecrets', {}))).toMatchObject({ unchanged: 1, lost: [] })
})

test('R6 many channels that hang leave room for one that does not', async () => {
  await using hanging = await startReceiver(() => undefined)
  await using quick = await startReceiver()
  await using crowded = await startSignalServer()
  for (let i = 0; i < 6; i++) await addChannel(crowded.admin, webhook(`hanging-${i}`, hanging.url))
  for (const flag of ['one', 'two']) await kill(crowded.admin, flag)
  await hanging.until(12)
  await addChannel(crowded.admin, webhook('quick', quick.url))
  await kill(crowded.admin)
  expect(await quick.until(1)).toHaveLength(1)
})
