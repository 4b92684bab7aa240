import { initialize } from 'unleash-client'
import type { Unleash } from 'unleash-client'
import { UnleashClient } from 'unleash-proxy-client'
/** The published SDKs of Unleash, unmodified: only address and key are ours. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

let server: TestServer
const keys = { server: '', web: '' }
const params = { project: 'shop' }
const place = { ...params, environment: 'development' }

const rollout = { rollout: '50', stickiness: 'userId', groupId: 'NewCheckout' }
const file = {
  version: 2,
  features: [
    {
      name: 'NewCheckout',
      type: 'release',
      enabled: true,
      strategies: [
        {
          name: 'flexibleRollout',
          parameters: rollout,
          constraints: [{ contextName: 'age', operator: 'NUM_GTE', value: '18' }],
        },
      ],
    },
    {
      name: 'Banner',
      type: 'experiment',
      enabled: true,
      strategies: [{ name: 'default', parameters: {} }],
      variants: [
        { name: 'red', weight: 500, stickiness: 'userId', payload: { type: 'string', value: '#f00' } },
        { name: 'blue', weight: 500, stickiness: 'userId', payload: { type: 'json', value: '{"rgb":1}' } },
      ],
    },
  ],
  segments: [],
}

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_EVALUATIONS_PER_SECOND: '0' } })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const query = { format: 'unleash' as const, environments: '*:development', owner: 'team-a' }
  expectOk(await server.admin.call('importFlags', { params, query, body: file }))
  expectOk(await server.admin.call('createFlag', { params, body: newFlag('half') }))
  const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
  await configure(server, 'half', { ...EVERYBODY_ON, fallthrough: { allocation: { ranges } } })
  keys.server = await server.sdkKey('shop', 'development')
  keys.web = await server.sdkKey('shop', 'development', 'web')
})
afterAll(() => server.close())

function startSdk(): Unleash {
  return initialize({
    url: `${server.address}/api/`,
    appName: 'shop',
    refreshInterval: 50,
    metricsInterval: 50,
    customHeaders: { Authorization: keys.server },
  })
}

/** Users by number, and whether murmur3 puts them into the first half, as Unleash itself says. */
const users = Array.from({ length: 40 }, (_, n) => ({ userId: String(n), properties: { age: '30' } }))

test('unleash-client evaluates what it is sent as the server does, and a kill reaches it with its next question', async () => {
  const sdk = startSdk()
  const errors: unknown[] = []
  sdk.on('error', (it) => errors.push(it)).on('warn', (it) => errors.push(it))
  try {
    await new Promise((resolve) => void sdk.on('synchronized', resolve))
    expect(sdk.isEnabled('Banner')).toBe(true)
    const enabled = await Promise.all(
      users.map(async ({ userId, properties }) => {
        const context = { targetingKey: userId, age: Number(properties.age) }
        const explained = await server.admin.call('explainFlag', {
          params: { ...place, flag: 'NewCheckout' },
          body: { context },
        })
        expect(sdk.isEnabled('NewCheckout', { userId, properties }), userId).toBe(expectOk(explained).value)
        const banner = await server.admin.call('explainFlag', {
          params: { ...place, flag: 'Banner' },
          body: { context },
        })
        expect(sdk.getVariant('Banner', { userId }), userId).toMatchObject({
          name: expectOk(banner).variant,
          enabled: true,
          feature_enabled: true,
        })
        return expectOk(explained).value
      }),
    )
    expect(new Set(enabled).size).toBe(2)
    expect(sdk.isEnabled('NewCheckout', { userId: '1', properties: { age: '17' } })).toBe(false)

    // What it cannot evaluate is not sent, and named.
    expect(sdk.getFeatureToggleDefinition('half')).toBeUndefined()
    expect(expectOk(await server.admin.call('checkUnleash', { params: place })).items).toEqual([
      { flag: 'half', why: expect.stringContaining('murmur3') },
    ])

    const kill = expectOk(
      await server.admin.call('killFlag', { params: { ...place, flag: 'Banner' }, body: { reason: 'red' } }),
    )
    await expect.poll(() => sdk.isEnabled('Banner')).toBe(false)
    // It has confirmed nothing and is not counted: the kill page says how many such clients asked.
    expect(kill.total).toBe(0)
    const asked = async () => {
      const params = { ...place, flag: 'Banner', kill: kill.id }
      return expectOk(await server.admin.call('getKill', { params })).remote?.asked ?? 0
    }
    await expect.poll(asked).toBeGreaterThan(0)
    expect(errors).toEqual([])
  } finally {
    sdk.destroy()
  }
})

test('its counts are kept as what applications used, by our variants, and make nothing of a rollout', async () => {
  const sdk = startSdk()
  const registered = new Promise((resolve) => void sdk.on('registered', resolve))
  try {
    await expect.poll(() => sdk.getFeatureToggleDefinition('NewCheckout')).toBeDefined()
    for (const user of users) sdk.isEnabled('NewCheckout', user)
    await new Promise((resolve) => void sdk.on('sent', resolve))
    await registered
    await expect
      .poll(
        async () => {
          const read = await server.admin.call('showMonitoring', {
            params: { ...place, flag: 'NewCheckout' },
          })
          return expectOk(read)
            .usage.browsers.map((it) => it.variant)
            .toSorted((a, b) => String(a).localeCompare(String(b)))
        },
        { timeout: 20_000 },
      )
      .toEqual(['off', 'on'])
  } finally {
    sdk.destroy()
  }
})

test('304 for a client that has the revision; another one after a change', async () => {
  const ask = (etag = '') =>
    fetch(`${server.address}/api/client/features`, {
      headers: { authorization: keys.server, 'if-none-match': etag },
    })
  const first = await ask()
  const etag = first.headers.get('etag') ?? ''
  expect(first.status).toBe(200)
  expect((await ask(etag)).status).toBe(304)
  expectOk(await server.admin.call('createFlag', { params, body: newFlag('another') }))
  await expect.poll(async () => (await ask(etag)).status).toBe(200)
})

test('keys decide: none, a wrong one, and one for browsers where features are asked', async () => {
  const status = async (path: string, authorization?: string) =>
    (
      await fetch(
        `${server.address}${path}`,
        authorization === undefined ? {} : { headers: { authorization } },
      )
    ).status
  expect(await status('/api/client/features')).toBe(401)
  expect(await status('/api/client/features', 'default:development.secret')).toBe(401)
  expect(await status('/api/client/features', keys.web)).toBe(403)
  expect(await status('/api/frontend', keys.web)).toBe(200)
  expect(await status('/api/frontend', `Bearer ${keys.web}`)).toBe(200)
})

test.each(['GET', 'POST'])('unleash-proxy-client is served by %s, and tells what it used', async (method) => {
  const client = new UnleashClient({
    url: `${server.address}/api/frontend`,
    clientKey: keys.web,
    appName: 'page',
    disableRefresh: true,
    metricsInterval: 1,
    metricsIntervalInitial: 0,
    usePOSTrequests: method === 'POST',
    context: { userId: '1', properties: { age: '30' } },
  })
  const failed: unknown[] = []
  client.on('error', (it: unknown) => failed.push(it))
  try {
    await client.start()
    for (const { userId, properties } of users.slice(0, 12)) {
      await client.updateContext({ userId, properties })
      const context = { targetingKey: userId, age: 30 }
      const explained = await server.admin.call('explainFlag', {
        params: { ...place, flag: 'NewCheckout' },
        body: { context },
      })
      expect(client.isEnabled('NewCheckout'), userId).toBe(expectOk(explained).value)
      // Shares that an SDK could not reckon are reckoned here.
      const half = await server.admin.call('explainFlag', {
        params: { ...place, flag: 'half' },
        body: { context },
      })
      expect(client.isEnabled('half'), userId).toBe(expectOk(half).value)
    }
    await new Promise((resolve) => void client.on('sent', resolve))
    expect(failed).toEqual([])
  } finally {
    client.stop()
  }
})
