import { createClient } from '@flagmarshal/api'
import { FlagdCore } from '@openfeature/flagd-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer
let token: string
const params = { project: 'shop' }

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const number = { ...newFlag('limit'), valueType: 'number' as const, variants: { on: 0.5, off: 3 } }
  const whole = {
    ...number,
    key: 'count',
    name: 'Flag count',
    variants: { on: 2, off: 3 },
    description: 'How many.',
  }
  for (const body of [newFlag('pro'), newFlag('slow'), number, whole])
    expectOk(await server.admin.call('createFlag', { params, body }))
  const pro = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
  await configure(server, 'pro', {
    ...EVERYBODY_ON,
    rules: [{ name: 'Pro', when: pro, serve: { variant: 'on' } }],
    fallthrough: { variant: 'off' },
  })
  const pattern = { attribute: 'mail', op: 'matches' as const, values: ['@example'] }
  await configure(server, 'slow', {
    ...EVERYBODY_ON,
    rules: [{ name: 'Mail', when: pattern, serve: { variant: 'on' } }],
  })
  token = await server.sdkKey('shop', 'development')
})
afterAll(() => server.close())

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${server.address}${path}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
}

describe('flagd.json', () => {
  test('is read by the real flagd-core, which serves what the engine serves', async () => {
    const core = new FlagdCore()
    const answer = await get('/api/v1/environments/development/flagd.json')
    expect(answer.status).toBe(200)
    core.setConfigurations(await answer.text())
    expect(core.getFlag('pro')).toMatchObject({ state: 'ENABLED' })
    expect(core.resolveBooleanEvaluation('pro', false, { plan: 'pro' })).toMatchObject({ value: true })
    expect(core.resolveBooleanEvaluation('pro', true, { plan: 'free' })).toMatchObject({ value: false })
    // Off: the off variant, not the code's default.
    expect(core.resolveNumberEvaluation('limit', 9, {})).toMatchObject({ value: 3, variant: 'off' })
  })

  test('is not sent again while nothing has changed', async () => {
    const first = await get('/api/v1/environments/development/flagd.json')
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"\d+"$/)
    const again = await get('/api/v1/environments/development/flagd.json', { 'if-none-match': etag })
    expect(again.status).toBe(304)
  })

  test('is for server keys: a web key may evaluate and no more', async () => {
    const web = createClient({
      server: server.address,
      token: await server.sdkKey('shop', 'development', 'web'),
    })
    const refused = await web.call('getFlagdDefinition', { params: { environment: 'development' } })
    expect(expectProblem(refused).status).toBe(403)
  })

  test('comes with its report to people', async () => {
    const query = { format: 'flagd' as const, environment: 'development' }
    const { document, report } = expectOk(await server.admin.call('exportFlags', { params, query }))
    expect(Object.keys(document.flags)).toEqual(['count', 'limit', 'pro'])
    expect(report).toEqual([
      {
        severity: 'HIGH',
        entity: 'flag slow',
        message: 'It is left out: it matches a regular expression, and JSONLogic cannot.',
      },
    ])
  })
})

describe('the OpenFeature manifest', () => {
  test('has every flag with its type and what it is worth while it is off', async () => {
    const answer = await get('/openfeature/v0/manifest')
    expect(answer.headers.get('x-manifest-capabilities')).toBe('read,write,delete')
    expect(await answer.json()).toEqual({
      flags: [
        { key: 'count', name: 'Flag count', type: 'integer', description: 'How many.', defaultValue: 3 },
        { key: 'limit', name: 'Flag limit', type: 'float', defaultValue: 3 },
        { key: 'pro', name: 'Flag pro', type: 'boolean', defaultValue: false },
        { key: 'slow', name: 'Flag slow', type: 'boolean', defaultValue: false },
      ],
    })
  })

  test('is a file for the command line of OpenFeature, where type is called flagType', async () => {
    const query = { format: 'manifest' as const, environment: 'development' }
    const { document } = expectOk(await server.admin.call('exportFlags', { params, query }))
    expect(document).toMatchObject({
      $schema: expect.stringContaining('flag-manifest.json'),
      flags: { count: { flagType: 'integer', defaultValue: 3, description: 'How many.' } },
    })
  })

  describe('as it is pushed', () => {
    let pusher: string
    beforeAll(async () => {
      const body = { name: 'catalog' }
      pusher = expectOk(await server.admin.call('createServiceToken', { params, body })).token
    })
    const push = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, token_ = pusher) => {
      const answer = await fetch(`${server.address}/openfeature/v0/manifest/flags${path}`, {
        method,
        headers: { authorization: `Bearer ${token_}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const read: unknown = await answer.json()
      return { status: answer.status, body: read }
    }

    test('makes flags of every type, off everywhere, and the same token reads them', async () => {
      const made = [
        { key: 'pushed', type: 'boolean', defaultValue: false, description: 'By the command line.' },
        { key: 'pushed-text', type: 'string', defaultValue: 'hi', name: 'A text' },
        { key: 'pushed-count', type: 'integer', defaultValue: 3 },
        { key: 'pushed-share', type: 'float', defaultValue: 0.5 },
        { key: 'pushed-look', type: 'object', defaultValue: { color: 'red' } },
      ]
      for (const body of made) {
        const { status, body: stored } = await push('POST', '', body)
        expect(stored).toMatchObject({ flag: body, updatedAt: expect.any(String) })
        expect(status).toBe(201)
      }
      const flag = expectOk(await server.admin.call('getFlag', { params: { ...params, flag: 'pushed' } }))
      expect(flag.environments.map((it) => it.enabled)).toEqual([false, false, false])
      expect(flag.owner).toBe('catalog')
      const answer = await get('/openfeature/v0/manifest', { authorization: `Bearer ${pusher}` })
      expect(await answer.json()).toMatchObject({
        flags: expect.arrayContaining([expect.objectContaining(made[4])]),
      })
    })

    test('changes what a manifest says, and turns nothing on', async () => {
      expect(await push('PUT', '/pushed-text', { name: 'Greeting', defaultValue: 'hello' })).toMatchObject({
        status: 200,
        body: { flag: { name: 'Greeting', type: 'string', defaultValue: 'hello' } },
      })
      expect(await push('PUT', '/pushed', { type: 'boolean', defaultValue: true })).toMatchObject({
        status: 200,
        body: { flag: { defaultValue: true } },
      })
      const text = { ...params, flag: 'pushed-text' }
      const inAll = expectOk(await server.admin.call('getFlag', { params: text }))
      expect(inAll.variants).toEqual({ default: 'hi', 'default-2': 'hello' })
      expect(inAll.environments.map((it) => it.offVariant)).toEqual(['default-2', 'default', 'default'])
      const { variants, environments } = expectOk(
        await server.admin.call('getFlag', { params: { ...params, flag: 'pushed' } }),
      )
      expect(variants).toEqual({ on: true, off: false })
      expect(environments.map((it) => [it.enabled, it.offVariant])).toEqual([
        [false, 'on'],
        [false, 'off'],
        [false, 'off'],
      ])
    })

    test('refuses in the shape of that interface', async () => {
      const taken = await push('POST', '', { key: 'pushed', type: 'boolean', defaultValue: false })
      expect(taken).toMatchObject({
        status: 409,
        body: { error: { status: 409, message: expect.any(String) } },
      })
      expect((await push('PUT', '/pushed-text', { type: 'boolean' })).status).toBe(409)
      expect((await push('PUT', '/nowhere', { name: 'x' })).status).toBe(404)
      expect(await push('POST', '', { key: 'No key', type: 'boolean', defaultValue: false })).toMatchObject({
        status: 422,
        body: { error: { details: [{ field: 'key', code: 'invalid', message: expect.any(String) }] } },
      })
      // An SDK key reads; a token of no project has no flags.
      expect((await push('POST', '', { key: 'x', type: 'boolean', defaultValue: false }, token)).status).toBe(
        403,
      )
      expect((await push('PUT', '/pushed', { name: 'x' }, ADMIN_TOKEN)).status).toBe(400)
    })

    test('archives what is off everywhere, and refuses what is on', async () => {
      const flag = { ...params, flag: 'pushed-count' }
      const place = { ...flag, environment: 'development' }
      const { revision, rules, offVariant } = expectOk(
        await server.admin.call('getFlagConfig', { params: place }),
      )
      const on = { enabled: true, rules: [...rules], offVariant, fallthrough: { variant: offVariant } }
      const enabled = expectOk(
        await server.admin.call('configureFlag', { params: place, body: on, ifMatch: revision }),
      )
      expect(await push('DELETE', '/pushed-count')).toMatchObject({
        status: 409,
        body: { error: { message: expect.stringContaining('is on in development') } },
      })
      const off = { ...on, enabled: false }
      expectOk(
        await server.admin.call('configureFlag', { params: place, body: off, ifMatch: enabled.revision }),
      )
      expect(await push('DELETE', '/pushed-count')).toMatchObject({
        status: 200,
        body: { message: expect.stringContaining('pushed-count'), archivedAt: expect.any(String) },
      })
      const answer = await get('/openfeature/v0/manifest', { authorization: `Bearer ${pusher}` })
      expect(JSON.stringify(await answer.json())).not.toContain('pushed-count')
      const again = { key: 'pushed-count', type: 'integer', defaultValue: 3 }
      expect((await push('POST', '', again)).status).toBe(409)
      for (const change of [{ name: 'x' }, {}])
        expect((await push('PUT', '/pushed-count', change)).status).toBe(409)
    })
  })
})
