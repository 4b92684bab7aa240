import { OfrepBulk } from '@flagmarshal/api/ofrep'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { openEvents } from './support/events.ts'
import type { Events } from './support/events.ts'
import { configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

const PAGE = 'https://shop.example'
const clock = createTestClock()
let server: TestServer
let key: string
const open: Events[] = []

beforeAll(async () => {
  server = await startServer({
    clock,
    settings: { FLAGMARSHAL_ALLOWED_ORIGINS: `${PAGE},http://localhost:5173` },
  })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  for (const flag of ['off', 'pro', 'half'])
    expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  const when = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
  const allocation = { salt: 'abcdefghijklmno', ranges: [{ from: 0, to: 50_000, variant: 'on' }] }
  const rules = [{ name: 'Pro', when, serve: { variant: 'on' } }]
  await configure(server, 'pro', { ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } })
  await configure(server, 'half', { ...EVERYBODY_ON, fallthrough: { allocation } })
  key = await server.sdkKey('shop', 'development', 'web')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()))
})
afterAll(() => server.close())

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
  readonly at?: TestServer
  readonly key?: string
}

async function ask(
  context: unknown,
  { headers = {}, query = '', at = server, key: with_ = key }: Asked = {},
) {
  return await fetch(`${at.address}/ofrep/v1/evaluate/flags${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${with_}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ context }),
  })
}

async function bulkOf(context: unknown, asked?: Asked): Promise<OfrepBulk> {
  const answer = await ask(context, asked)
  expect(answer.status).toBe(200)
  return OfrepBulk.parse(await answer.json())
}

/** The address of the stream that a bulk answer announces. */
function streamOf(bulk: OfrepBulk): string {
  return `${server.address}${bulk.eventStreams?.[0]?.endpoint.requestUri}`
}

async function opened(address: string, headers?: Readonly<Record<string, string>>): Promise<Events> {
  const events = await openEvents(address, headers)
  open.push(events)
  return events
}

/** Turns the flag `off` on or off; answers the revision that the environment has then. */
async function toggle(): Promise<number> {
  const params = { project: 'shop', flag: 'off', environment: 'development' }
  const { enabled } = expectOk(await server.admin.call('getFlagConfig', { params }))
  return (await configure(server, 'off', { ...EVERYBODY_ON, enabled: !enabled })).environmentRevision
}

describe('all flags at once', () => {
  test('are answered for the context, each with its reason or its error', async () => {
    const { flags, metadata } = await bulkOf({ targetingKey: 'u', plan: 'pro' })
    expect(flags).toEqual(
      expect.arrayContaining([
        { key: 'off', value: false, variant: 'off', reason: 'DISABLED' },
        { key: 'pro', value: true, variant: 'on', reason: 'TARGETING_MATCH' },
        { key: 'half', value: expect.any(Boolean), variant: expect.any(String), reason: 'SPLIT' },
      ]),
    )
    expect(metadata).toEqual({ revision: expect.any(Number) })
    const nobody = await bulkOf({})
    expect(nobody.flags).toContainEqual({
      key: 'half',
      errorCode: 'TARGETING_KEY_MISSING',
      errorDetails: expect.any(String),
    })
    expect(nobody.flags).toContainEqual({ key: 'pro', value: false, variant: 'off', reason: 'DEFAULT' })
  })

  test('agree with one flag at a time', async () => {
    for (const targetingKey of ['a', 'b', 'c', 'd']) {
      const { flags } = await bulkOf({ targetingKey })
      const single = await fetch(`${server.address}/ofrep/v1/evaluate/flags/half`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({ context: { targetingKey } }),
      })
      const { metadata: _, ...one } = (await single.json()) as Record<string, unknown>
      expect(flags).toContainEqual(one)
    }
  })

  test.each(['[]', '{"context":[]}', '{"context":"u"}', '{'])(
    'a body %s is refused with a code',
    async (body) => {
      const answer = await fetch(`${server.address}/ofrep/v1/evaluate/flags`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        errorCode: 'INVALID_CONTEXT',
        errorDetails: expect.any(String),
      })
    },
  )
})

describe('the ETag', () => {
  test('names the answer of one context: another user with it gets their own', async () => {
    const etag = (await ask({ targetingKey: 'u', plan: 'pro' })).headers.get('etag') ?? ''
    const again = await ask({ targetingKey: 'u', plan: 'pro' }, { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    const weak = await ask({ targetingKey: 'u', plan: 'pro' }, { headers: { 'if-none-match': `W/${etag}` } })
    expect(weak.status).toBe(304)
    const other = await ask({ targetingKey: 'u', plan: 'free' }, { headers: { 'if-none-match': etag } })
    expect(other.status).toBe(200)
  })

  test('belongs to its environment and its revision', async () => {
    const staging = await server.sdkKey('shop', 'staging', 'web')
    const etag = (await ask({ targetingKey: 'u' })).headers.get('etag') ?? ''
    const headers = { 'if-none-match': etag }
    expect((await ask({ targetingKey: 'u' }, { headers, key: staging })).status).toBe(200)
    const revision = await toggle()
    await expect.poll(async () => (await bulkOf({})).metadata).toEqual({ revision })
    expect((await ask({ targetingKey: 'u' }, { headers })).status).toBe(200)
  })
})

describe('the event stream', () => {
  test('needs no header, asks each newcomer to look once more, and says when flags have changed', async () => {
    const bulk = await bulkOf({ targetingKey: 'u' })
    expect(bulk.eventStreams).toEqual([
      {
        type: 'sse',
        endpoint: { requestUri: expect.stringMatching(/^\/ofrep\/v1\/events\?token=/) },
        inactivityDelaySec: 120,
      },
    ])
    const events = await opened(streamOf(bulk))
    await events.until(({ id }) => id === String(bulk.metadata?.['revision']))
    const revision = await toggle()
    expect(await events.until(({ id }) => id === String(revision))).toEqual({
      event: 'message',
      id: String(revision),
      data: { type: 'refetchEvaluation', etag: `"${revision}"`, lastModified: expect.any(String) },
    })
    const after = await bulkOf({ targetingKey: 'u' }, { query: `?flagConfigEtag=%22${revision}%22` })
    expect(after.metadata).toEqual({ revision })
  })

  test('says nothing to who comes back having missed nothing, and asks who has', async () => {
    const bulk = await bulkOf({})
    const has = String(bulk.metadata?.['revision'])
    const current = await opened(streamOf(bulk), { 'last-event-id': has })
    const revision = await toggle()
    await current.until(({ id }) => id === String(revision))
    expect(current.events).toHaveLength(1)
    const late = await opened(streamOf(bulk), { 'last-event-id': has })
    expect(await late.until(() => true)).toMatchObject({ id: String(revision) })
  })

  test('is not opened by a key, by a made-up token, nor by one that has ended', async () => {
    const address = streamOf(await bulkOf({}))
    for (const url of [
      `${server.address}/ofrep/v1/events?token=${key}`,
      `${server.address}/ofrep/v1/events`,
      address.replace(/.{4}$/, 'AAAA'),
    ]) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ errorCode: 'GENERAL' })
    }
    clock.advance(4 * 3_600_000)
    expect((await fetch(address)).status).toBe(401)
    // A client that asks with its old tag is given the address that opens it now.
    const etag = (await ask({})).headers.get('etag') ?? ''
    clock.advance(2 * 3_600_000)
    const bulk = await bulkOf({}, { headers: { 'if-none-match': etag } })
    await (await opened(streamOf(bulk))).until(() => true)
  })

  test('ends with its key', async () => {
    const made = { kind: 'web' as const, environment: 'development', name: 'to be revoked' }
    const params = { project: 'shop' }
    const issued = expectOk(await server.admin.call('createKey', { params, body: made }))
    const bulk = await bulkOf({}, { key: issued.key })
    const events = await opened(streamOf(bulk))
    await events.until(() => true)
    expectOk(await server.admin.call('revokeKey', { params: { ...params, sdkKey: issued.id } }))
    await events.ended
    expect((await fetch(streamOf(bulk))).status).toBe(401)
  })
})

describe('pages of other sites', () => {
  const preflight = (origin: string, path = '/ofrep/v1/evaluate/flags') =>
    fetch(`${server.address}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,if-none-match',
      },
    })

  test('may evaluate where the settings name them, and read ETag and Retry-After', async () => {
    const asked = await preflight(PAGE)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(PAGE)
    for (const header of ['authorization', 'content-type', 'if-none-match'])
      expect(asked.headers.get('access-control-allow-headers')).toContain(header)
    const answer = await ask({}, { headers: { origin: PAGE } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(answer.headers.get('access-control-expose-headers')).toBe('ETag, Retry-After')
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
    const events = await opened(streamOf(await bulkOf({})), { origin: PAGE })
    expect(events.headers.get('access-control-allow-origin')).toBe(PAGE)
    const refused = await ask({}, { headers: { origin: PAGE }, key: 'fm_web_wrong' })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, PAGE])
  })

  test('may not where they are not named, and may do nothing else anywhere', async () => {
    const foreign = await ask({}, { headers: { origin: 'https://other.example' } })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect((await preflight('https://other.example')).headers.get('access-control-allow-origin')).toBeNull()
    const elsewhere = await preflight(PAGE, '/api/v1/projects')
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
  })
})

test('R23 a key that asks too much is told when to come again, and no other key is', async () => {
  await using small = await startServer({ clock, settings: { FLAGMARSHAL_EVALUATIONS_PER_SECOND: '2' } })
  expectOk(await small.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const [greedy, other] = [
    await small.sdkKey('shop', 'development', 'web'),
    await small.sdkKey('shop', 'development', 'web'),
  ]
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask({}, { at: small, key: greedy })))
  const refused = answers.filter((it) => it.status === 429)
  expect(refused.length).toBeGreaterThan(10)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  expect(await refused[0]?.json()).toMatchObject({ errorCode: 'GENERAL', code: 'too-many-evaluations' })
  expect((await ask({}, { at: small, key: other })).status).toBe(200)
})
