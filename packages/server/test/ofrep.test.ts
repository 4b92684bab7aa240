import { afterAll, beforeAll, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer
const keys = { server: '', web: '' }

beforeAll(async () => {
  server = await startServer()
  const params = { project: 'shop' }
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  for (const flag of ['off', 'everybody', 'pro', 'half'])
    expectOk(await server.admin.call('createFlag', { params, body: newFlag(flag) }))
  const when = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
  const rules = [{ name: 'Pro', when, serve: { variant: 'on' } }]
  const allocation = { salt: 'abcdefghijklmno', ranges: [{ from: 0, to: 50_000, variant: 'on' }] }
  await configure(server, 'everybody', EVERYBODY_ON)
  await configure(server, 'pro', { ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } })
  await configure(server, 'half', { ...EVERYBODY_ON, fallthrough: { allocation } })
  keys.server = await server.sdkKey('shop', 'development')
  keys.web = await server.sdkKey('shop', 'development', 'web')
})
afterAll(() => server.close())

interface Answered {
  readonly status: number
  readonly type: string
  readonly body: unknown
}

async function post(path: string, body?: string, key = keys.server): Promise<Answered> {
  const answer = await fetch(`${server.address}/ofrep/v1/evaluate/flags/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
    ...(body === undefined ? {} : { body }),
  })
  const type = answer.headers.get('content-type') ?? ''
  return { status: answer.status, type, body: await answer.json() }
}

async function evaluate(flag: string, context?: unknown, key?: string): Promise<Answered> {
  return await post(encodeURIComponent(flag), JSON.stringify({ context }), key)
}

test('a flag is evaluated for a context, with server and web keys alike', async () => {
  for (const key of [keys.server, keys.web]) {
    const answer = await evaluate('pro', { targetingKey: 'u', plan: 'pro' }, key)
    expect(answer).toMatchObject({
      status: 200,
      type: expect.stringContaining('application/json'),
      body: { key: 'pro', value: true, variant: 'on', reason: 'TARGETING_MATCH' },
    })
    expect((await evaluate('pro', { targetingKey: 'u', plan: 'free' }, key)).body).toMatchObject({
      value: false,
      reason: 'DEFAULT',
    })
  }
})

test.each([undefined, '', '{}', '{"context":{}}', '{"context":null}', 'null'])(
  'a request with body %j has an empty context',
  async (body) => {
    expect(await post('everybody', body)).toMatchObject({
      status: 200,
      body: { value: true, reason: 'STATIC' },
    })
    expect(await post('off', body)).toMatchObject({ status: 200, body: { value: false, reason: 'DISABLED' } })
  },
)

test('a missing key is an error only where it is needed', async () => {
  expect(await evaluate('half', {})).toMatchObject({
    status: 400,
    body: { key: 'half', errorCode: 'TARGETING_KEY_MISSING', errorDetails: expect.any(String) },
  })
  expect((await evaluate('half', { targetingKey: 'u' })).status).toBe(200)
})

test.each(['nobody', 'a/b', 'a%2Fb', 'my%20flag%2F1', '__proto__', 'constructor', 'ü', '..%2Fx', 'a//b'])(
  'there is no flag %s, and the answer names it',
  async (path) => {
    expect(await post(path, '{}')).toMatchObject({
      status: 404,
      body: { key: decodeURIComponent(path), errorCode: 'FLAG_NOT_FOUND' },
    })
  },
)

test.each(['[]', '"x"', '{"context":[]}', '{"context":"u"}', '{', '{"__proto__":{}}'])(
  'the body %s is refused with key and code',
  async (body) => {
    expect(await post('everybody', body)).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/json'),
      body: { key: 'everybody', errorCode: 'INVALID_CONTEXT', errorDetails: expect.any(String) },
    })
  },
)

test('hostile contexts are answered, and touch nothing', async () => {
  const contexts: readonly object[] = [
    { targetingKey: 5, plan: { toString: 'x' } },
    { targetingKey: 'x'.repeat(10_000), plan: ['pro'] },
    { plan: true, hasOwnProperty: 1, targetingKey: '\u{1f600}' },
  ]
  for (const context of contexts) expect((await evaluate('pro', context)).status).toBe(200)
  expect(({} as Record<string, unknown>)['plan']).toBeUndefined()
})

test('who may not evaluate is told so, and a person’s token has no environment', async () => {
  expect((await evaluate('everybody', {}, 'fm_server_wrong')).status).toBe(401)
  const viewer = await server.person('viewer')
  expect((await evaluate('everybody', {}, viewer.token)).status).toBe(403)
  const developer = await server.person('developer')
  const answer = await evaluate('everybody', {}, developer.token)
  expect(answer).toMatchObject({ status: 400, body: { code: 'no-environment' } })
})

async function beacon(key: string, body: unknown, type = 'text/plain;charset=UTF-8'): Promise<number> {
  const init = { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) }
  return (await fetch(`${server.address}/api/v1/exposures?key=${encodeURIComponent(key)}`, init)).status
}

test('what a page has used is counted by variant, and what is not there is left aside', async () => {
  const counts = [
    { flag: 'everybody', variant: 'on', n: 2 },
    { flag: 'everybody', variant: null, n: 1 },
    { flag: 'everybody', variant: 'purple', n: 5 },
    { flag: 'Not a flag', variant: 'on', n: 5 },
  ]
  expect(await beacon(keys.web, { counts })).toBe(204)
  expect(await beacon(keys.web, { counts }, 'application/json')).toBe(204)
  const used = async () =>
    expectOk(await server.admin.call('showMonitoring', { params: configParams('everybody') })).usage.browsers
  await expect.poll(used).toEqual([
    { variant: 'on', n: 4 },
    { variant: null, n: 2 },
  ])
})

test('only a browser key may stand in the address, and only what is used may come as text', async () => {
  const counts = [{ flag: 'everybody', variant: 'on', n: 1 }]
  for (const key of [keys.server, ADMIN_TOKEN, 'fm_web_nobody', ''])
    expect(await beacon(key, { counts }), key).toBe(401)
  expect(await beacon(keys.web, { counts: [{ flag: 'everybody', variant: 'on', n: 1e9 }] })).toBe(422)
  const answer = await fetch(`${server.address}/api/v1/projects`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/plain' },
    body: JSON.stringify({ key: 'text', name: 'Text' }),
  })
  expect(answer.status).toBe(415)
})
