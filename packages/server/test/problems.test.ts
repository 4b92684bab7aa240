import { request } from 'node:http'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { Problem } from '@flagmarshal/api/problem'
import { KEY_PERMISSIONS } from '@flagmarshal/domain/access/permission'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { sendRaw } from '../../../tests/support/raw-request.ts'
import type { RawAnswer, RawRequest } from '../../../tests/support/raw-request.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer
let lead: string
let sdkKey: string
let webKey: string
let edgeKey: string

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  lead = (await server.person('technical-lead')).token
  sdkKey = await server.sdkKey('shop', 'production')
  webKey = await server.sdkKey('shop', 'production', 'web')
  edgeKey = await server.sdkKey('shop', 'production', 'edge')
})
afterAll(() => server.close())

const TABLE: readonly (readonly [string, Operation])[] = Object.entries(operations)
const PARAMS = { project: 'shop', environment: 'production' }

/** A token that the operation lets in, so that what is tested is the request. */
function tokenFor(operation: Operation): string {
  if (KEY_PERMISSIONS.edge.includes(operation.can)) return edgeKey
  // Addresses without a project take it from the key.
  const ofKey = KEY_PERMISSIONS.server.includes(operation.can) && !operation.path.includes('{project}')
  if (ofKey) return sdkKey
  if (KEY_PERMISSIONS.admin.includes(operation.can)) return ADMIN_TOKEN
  return KEY_PERMISSIONS.server.includes(operation.can) ? sdkKey : lead
}

async function send(operation: Operation, request: RawRequest): Promise<RawAnswer> {
  const token = tokenFor(operation)
  return await sendRaw(server.address, operation, {
    token,
    ...request,
    params: { ...PARAMS, ...request.params },
    ...(operation.beacon === true && request.query === undefined ? { query: `key=${webKey}` } : {}),
  })
}

/** OFREP has an error shape of its own, with 400 and 404 only; the rest are problem documents. */
function isWellFormedError(operation: Operation, answer: RawAnswer): boolean {
  if (answer.status >= 500) return false
  if (answer.status < 400) return true
  if (operation.path.startsWith('/ofrep/') && !answer.contentType.startsWith('application/problem'))
    return true
  return answer.contentType.startsWith('application/problem+json') && Problem.safeParse(answer.json).success
}

/** Runs a bad request against many operations; lists those that took it badly. */
async function misbehaving(
  table: typeof TABLE,
  request: (operation: Operation) => RawRequest,
  expected: (status: number) => boolean,
): Promise<string[]> {
  const found: string[] = []
  for (const [id, operation] of table) {
    const answer = await send(operation, request(operation))
    // All flags are evaluated for whatever can be read: what it does not know, OFREP leaves aside.
    const answered = id === 'evaluateFlags' && answer.status === 200
    const ofrep = operation.path.startsWith('/ofrep/') && (answered || clientError(answer.status))
    // SDKs of Unleash send what their server knows: the rest is left aside.
    const unleash = operation.bareToken === true && answer.status < 300
    if ((ofrep || unleash || expected(answer.status)) && isWellFormedError(operation, answer)) continue
    found.push(`${id} answered ${answer.status} ${JSON.stringify(answer.json)}`)
  }
  return found
}

const WITH_BODY = TABLE.filter(([, it]) => it.method !== 'GET' && it.method !== 'DELETE')
const clientError = (status: number) => status >= 400 && status < 500

describe('a body that no operation may accept is answered with a problem', () => {
  test.each([
    ['JSON that ends too early', '{"key": ', 400],
    ['what is no JSON', 'key=shop', 400],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
    ['NUL in a text', '{"key":"a\\u0000b","name":"a\\u0000b"}', 422],
    ['NUL in a name', '{"a\\u0000b":1}', 422],
    ['half a surrogate pair', '{"name":"\\ud800"}', 422],
    ['half a surrogate pair in a name', '{"\\udc00":1}', 422],
    ['__proto__ as a name', '{"__proto__":{"isAdmin":true}}', 422],
    ['__proto__ deep inside', '{"a":[{"__proto__":null}]}', 422],
    ['a length that is no number and cannot become one', '{"name":{"length":{"toString":1}}}', 422],
    ['a number beyond a double', '{"n":1e999}', 422],
    ['too much nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 422],
    ['a name that is too long', `{"${'x'.repeat(300)}":1}`, 422],
    ['too many values', `[${'0,'.repeat(120_000)}0]`, 413],
    ['an array', '[]', 422],
    ['a text', '"shop"', 422],
    ['a number', '7', 422],
    ['null', 'null', 422],
  ])('%s', async (_, body, status) => {
    expect(
      await misbehaving(
        WITH_BODY,
        () => ({ body }),
        (it) => it === status,
      ),
    ).toEqual([])
  })

  test('more bytes than the operation takes, 1 MiB unless it says so', async () => {
    const body = ({ bodyBytes = 1_048_576 }: Operation) => `"${'x'.repeat(bodyBytes)}"`
    expect(
      await misbehaving(
        WITH_BODY,
        (operation) => ({ body: body(operation) }),
        (it) => it === 413,
      ),
    ).toEqual([])
  })

  test('another content type', async () => {
    const headers = { 'content-type': 'text/plain' }
    expect(
      await misbehaving(
        // Browsers can send nothing else when a page goes away.
        WITH_BODY.filter(([, it]) => it.beacon !== true),
        () => ({ body: '{}', headers }),
        (it) => it === 415,
      ),
    ).toEqual([])
  })

  test.each([
    '{"constructor":{"prototype":{"x":1}}}',
    '{"toString":"x","hasOwnProperty":1}',
    '{"unknown":1}',
  ])('fields that are not known: %s', async (body) => {
    expect(await misbehaving(WITH_BODY, () => ({ body }), clientError)).toEqual([])
  })
})

describe('each field of a body, with each wrong type', () => {
  const WRONG = [
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    '',
    ' ',
    'x'.repeat(20_000),
    [],
    [null],
    {},
    { a: 1 },
    '\u202e',
  ]

  test('never is a fault of the server', async () => {
    const found: string[] = []
    for (const [id, operation] of WITH_BODY) {
      for (const body of variants(operation, WRONG)) {
        const answer = await send(operation, { body: JSON.stringify(body) })
        if (!isWellFormedError(operation, answer))
          found.push(`${id} ${JSON.stringify(body).slice(0, 200)}: ${answer.status}`)
      }
    }
    expect(found).toEqual([])
  })
})

/** Bodies with one field wrong each; the other fields are absent. */
function* variants(operation: Operation, wrong: readonly unknown[]): Iterable<object> {
  const shape = operation.body !== undefined && 'shape' in operation.body ? operation.body.shape : {}
  for (const name of Object.keys(shape as object)) for (const value of wrong) yield { [name]: value }
}

describe('addresses and headers', () => {
  test.each([
    '%00',
    '%ff',
    '%E0%A4',
    '__proto__',
    'constructor',
    '%F0%9F%92%A9',
    'A%20B',
    'x'.repeat(400),
    '%2e%2e%2f',
    "'--",
  ])('the path parameter %s is never a fault of the server, nor found', async (value) => {
    const withParams = TABLE.filter(([, it]) => it.path.includes('{') && it.method === 'GET')
    const every = (operation: Operation) => ({
      params: Object.fromEntries(
        [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, value]),
      ),
    })
    expect(await misbehaving(withParams, every, clientError)).toEqual([])
  })

  test.each([
    'unknown=1',
    'after=1&after=2',
    'a=%00',
    '__proto__=1',
    '%ED%A0%80=1',
    'limit=-1',
    'limit=1e9',
    'after=',
  ])('the query %s is refused by operations that do not know it', async (query) => {
    const plain = TABLE.filter(([, it]) => it.method === 'GET' && it.query === undefined)
    expect(
      await misbehaving(
        plain,
        () => ({ query }),
        (it) => it === 422,
      ),
    ).toEqual([])
    const others = TABLE.filter(([, it]) => it.query !== undefined)
    expect(await misbehaving(others, () => ({ query }), clientError)).toEqual([])
  })

  test('writes that replace a version need If-Match, and understand it', async () => {
    const replacing = TABLE.filter(([, it]) => it.ifMatch === true)
    const headers = { 'if-match': 'three' }
    expect(await misbehaving(replacing, () => ({ body: '{}', headers }), clientError)).toEqual([])
    expect(await misbehaving(replacing, () => ({ body: '{}' }), clientError)).toEqual([])
  })

  test('an Idempotency-Key must be readable', async () => {
    const creating = TABLE.filter(([, it]) => it.idempotent === true)
    expect(creating.length).toBeGreaterThan(0)
    const headers = { 'idempotency-key': 'x'.repeat(200) }
    expect(await misbehaving(creating, () => ({ body: '{}', headers }), clientError)).toEqual([])
  })

  test('an address that is none, and a method that is none there', async () => {
    const nowhere = await fetch(`${server.address}/api/v1/nowhere`)
    expect([nowhere.status, Problem.parse(await nowhere.json()).code]).toEqual([404, 'not-found'])
    const wrong = await fetch(`${server.address}/api/v1/projects/shop`, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET'])
    const options = await fetch(`${server.address}/api/v1/projects`, { method: 'OPTIONS' })
    expect(options.status).toBe(405)
  })

  test.each(['Basic abc', 'Bearer', 'Bearer ', 'Bearer a b', `Bearer ${'x'.repeat(5_000)}`, 'Bearer \u00e9'])(
    'the authorization %s is nobody',
    async (authorization) => {
      const answer = await fetch(`${server.address}/api/v1/projects`, { headers: { authorization } })
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    },
  )

  test('a target that is not percent-encoded correctly is a problem too', async () => {
    const answer = await rawGet(`${server.address}/api/v1/projects/%zz`)
    expect(answer.status).toBe(400)
    expect(Problem.parse(JSON.parse(answer.body)).code).toBe('bad-address')
  })
})

test('every fault of a body is named at once, with its place', async () => {
  const body = JSON.stringify({
    key: 'Not A Key',
    environments: [{ key: 'ok', name: 'Ok', protected: 'yes' }],
    extra: 1,
  })
  const { json, status } = await send(operations.createProject, { body })
  expect(status).toBe(422)
  const { errors, detail } = Problem.parse(json)
  expect(errors?.map((it) => it.pointer).toSorted()).toEqual([
    '/environments/0/protected',
    '/extra',
    '/key',
    '/name',
  ])
  expect(errors?.find((it) => it.pointer === '/name')?.message).toBe('This field is required.')
  expect(detail).not.toBe('')
})

test('answers carry the request id, are not cached, and are locked down', async () => {
  const answer = await fetch(`${server.address}/api/v1/projects`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'x-request-id': 'my-request-1' },
  })
  expect(answer.headers.get('x-request-id')).toBe('my-request-1')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('x-powered-by')).toBeNull()
})

test('the process says that it lives, is ready, is measured and described', async () => {
  expect(await (await fetch(`${server.address}/healthz`)).json()).toEqual({ ok: true })
  expect(await (await fetch(`${server.address}/readyz`)).json()).toMatchObject({
    ready: true,
    database: { ok: true },
  })
  const metrics = await (await fetch(`${server.address}/metrics`)).text()
  expect(metrics).toContain('flagmarshal_http_request_duration_seconds_bucket')
  expect(metrics).toContain('operation="createProject"')
  expect(await (await fetch(`${server.address}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
})

/** fetch repairs addresses; this sends them as they are. */
async function rawGet(url: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url)
  const path = url.slice(url.indexOf('/', 'http://'.length))
  return await new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => (body += text))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    sent.on('error', reject).end()
  })
}
