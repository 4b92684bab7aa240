import { createClient } from '@flagmarshal/api'
import { FlagdCore } from '@openfeature/flagd-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
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
    await vi.waitFor(async () => {
      const answer = await get('/api/v1/environments/development/flagd.json')
      expect(answer.status).toBe(200)
      core.setConfigurations(await answer.text())
      expect(core.getFlag('pro')).toMatchObject({ state: 'ENABLED' })
      expect(core.resolveBooleanEvaluation('pro', false, { plan: 'pro' })).toMatchObject({ value: true })
    })
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
    expect(answer.headers.get('x-manifest-capabilities')).toBe('read')
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
})
