/**
 * What is asked for again and again is answered ahead of the routes: alike, byte for byte, and with
 * the same headers where they matter. A query that no operation minds leads to the route.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { record } from '../../../tests/support/soak.ts'
import { configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

const PAGE = 'https://shop.example'
const BULK = '/ofrep/v1/evaluate/flags'
const SNAPSHOT = '/api/v1/environments/development/snapshot'
const TO_THE_ROUTE = '?flagConfigLastModified=0'

let server: TestServer
let key: string

// The limit of a key would be met before that of the server.
const settings = { FLAGMARSHAL_ALLOWED_ORIGINS: PAGE, FLAGMARSHAL_EVALUATIONS_PER_SECOND: '0' }

beforeAll(async () => {
  server = await startServer({ settings })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  for (const flag of ['off', 'half'])
    expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  const allocation = { salt: 'abcdefghijklmno', ranges: [{ from: 0, to: 50_000, variant: 'on' }] }
  await configure(server, 'half', { ...EVERYBODY_ON, fallthrough: { allocation } })
  key = await server.sdkKey('shop', 'development')
})
afterAll(() => server.close())

async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Response> {
  return await fetch(`${server.address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
}

/** What a client can tell two answers apart by; headers about pages are of no use to it. */
async function seen(answer: Response) {
  const told = [
    'content-type',
    'etag',
    'vary',
    'cache-control',
    'content-encoding',
    'content-security-policy',
    'strict-transport-security',
    'x-content-type-options',
    'cross-origin-resource-policy',
    'access-control-allow-origin',
    'access-control-expose-headers',
  ]
  return {
    status: answer.status,
    headers: Object.fromEntries(told.map((name) => [name, answer.headers.get(name)])),
    text: await answer.text(),
  }
}

/** How many requests Fastify answered: its own answers tell a browser about frames, too. */
function isOfTheRoute(answer: Response): boolean {
  return answer.headers.get('x-frame-options') !== null
}

test.each([
  ['all flags', BULK, '{"context":{"targetingKey":"u"}}'],
  ['one flag', `${BULK}/half`, '{"context":{"targetingKey":"u"}}'],
  [
    'one flag, spelt otherwise',
    `${BULK}/half`,
    '{ "context": {"targetingKey": "\\u00fc", "n": [1, null, {}]}}',
  ],
])('%s: quick and by its route the answer is the same, for each origin', async (_, path, body) => {
  for (const origin of [undefined, PAGE, 'https://other.example']) {
    const headers: Record<string, string> = origin === undefined ? {} : { origin }
    const byRoute = await ask('POST', path + TO_THE_ROUTE, headers, body)
    const quick = await ask('POST', path, headers, body)
    expect([isOfTheRoute(byRoute), isOfTheRoute(quick)]).toEqual([true, false])
    expect(quick.headers.get('x-request-id')).toMatch(/^request_[a-z2-7]{24}$/)
    expect(await seen(quick)).toEqual(await seen(byRoute))
  }
})

test('the snapshot, compressed or not, and that it has not changed', async () => {
  const etag = (await ask('GET', SNAPSHOT)).headers.get('etag') ?? ''
  for (const headers of [
    { 'accept-encoding': 'identity' },
    { 'accept-encoding': 'gzip' },
    { 'if-none-match': etag },
  ]) {
    // The first of each kind goes to the route, which is how its headers are learnt.
    const byRoute = await ask('GET', SNAPSHOT, { ...headers, origin: `https://${Math.random()}.example` })
    await (await ask('GET', SNAPSHOT, headers)).arrayBuffer()
    const quick = await ask('GET', SNAPSHOT, headers)
    expect([isOfTheRoute(byRoute), isOfTheRoute(quick)]).toEqual([true, false])
    expect(await seen(quick)).toEqual(await seen(byRoute))
  }
})

test('all flags again with their tag is 304, quick as well', async () => {
  const body = '{"context":{"targetingKey":"v"}}'
  const etag = (await ask('POST', BULK, {}, body)).headers.get('etag') ?? ''
  const again = () => ask('POST', BULK, { 'if-none-match': etag }, body)
  const [first, second] = [await again(), await again()]
  expect([first.status, second.status, isOfTheRoute(second)]).toEqual([304, 304, false])
  expect(await seen(second)).toEqual(await seen(first))
})

test.each([
  ['a flag that is none', 404, `${BULK}/nobody`, '{}'],
  ['a context that is none', 400, `${BULK}/half`, '{"context":[]}'],
  ['a key that is needed', 400, `${BULK}/half`, '{"context":{}}'],
  ['a body that is no JSON', 400, BULK, '{'],
  ['a name that stands twice', 400, BULK, '{"context":{"a":1,"a":2}}'],
  ['a name that may reach a prototype', 400, BULK, '{"context":{"__proto__":{}}}'],
])('%s: the route refuses, body and all', async (_, status, path, body) => {
  const [quick, byRoute] = [
    await ask('POST', path, {}, body),
    await ask('POST', path + TO_THE_ROUTE, {}, body),
  ]
  expect(quick.status).toBe(status)
  expect(await quick.json()).toEqual(await byRoute.json())
})

test('a foreign token, a revoked key and another method find the route', async () => {
  expect((await ask('POST', BULK, { authorization: 'Bearer fm_server_wrong' }, '{}')).status).toBe(401)
  expect((await ask('GET', BULK)).status).toBe(405)
  expect((await ask('GET', SNAPSHOT.replace('development', 'staging'))).status).toBe(404)
  const params = { project: 'shop' }
  const issued = expectOk(
    await server.admin.call('createKey', {
      params,
      body: { kind: 'server', environment: 'development', name: 'doomed' },
    }),
  )
  const headers = { authorization: `Bearer ${issued.key}` }
  for (let i = 0; i < 3; i++) expect((await ask('POST', BULK, headers, '{}')).status).toBe(200)
  expectOk(await server.admin.call('revokeKey', { params: { ...params, sdkKey: issued.id } }))
  await expect.poll(async () => (await ask('POST', BULK, headers, '{}')).status).toBe(401)
})

test('an answer that a client has already counts among what was asked for', async () => {
  const body = '{"context":{"targetingKey":"w"}}'
  const etag = (await ask('POST', BULK, {}, body)).headers.get('etag') ?? ''
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  const asked = async (): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(
      "select coalesce(sum(n), 0)::int as n from remote_asks where flag = ''",
    )
    return rows[0]?.n ?? 0
  }
  try {
    const before = await asked()
    for (let i = 0; i < 40; i++) await (await ask('POST', BULK, { 'if-none-match': etag }, body)).text()
    // What was asked before, and is not written yet, is less than that.
    await expect.poll(asked).toBeGreaterThanOrEqual(before + 40)
  } finally {
    await client.end()
  }
})

test('R23 who asks for more than a turn of the server holds is told when to come again; a kill is accepted meanwhile', async (context) => {
  const params = { project: 'crowd' }
  const token = await manyFlags(150)
  const body = '{"context":{"targetingKey":"u"}}'
  const request = `POST ${BULK} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const sockets = Array.from({ length: 12 }, () => connect(Number(new URL(server.address).port), '127.0.0.1'))
  // The first goes to the route, which is how its headers are learnt; all of a piece meet in one turn.
  for (const socket of sockets) {
    const learnt = answersOf(socket, 1)
    socket.write(request)
    await learnt
  }
  const each = Math.floor(60_000 / request.length)
  const sent = sockets.length * each
  const answers = Promise.all(sockets.map((socket) => answersOf(socket, each)))
  for (const socket of sockets) socket.write(request.repeat(each))
  const killing = {
    params: { ...params, flag: 'flag-1', environment: 'development' },
    body: { reason: 'Full' },
  }
  expect(await server.admin.call('killFlag', killing)).toMatchObject({ status: 202 })
  const heads = (await answers).flat()
  for (const socket of sockets) socket.destroy()
  const refused = heads.filter((it) => it.startsWith('429'))
  const answered = heads.filter((it) => it.startsWith('200')).length
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every((it) => /\r\nretry-after: [1-4]\r\n/i.test(it))).toBe(true)
  expect(answered + refused.length).toBe(sent)
  record(context, {
    done: 'bulk evaluations at once, with a kill among them',
    times: sent,
    result: `${answered} answered, ${refused.length} told with 429 and Retry-After when to come again, the kill accepted`,
  })
})

/** A project of its own with so many flags; answers its SDK key. */
async function manyFlags(count: number): Promise<string> {
  const params = { project: 'crowd' }
  expectOk(await server.admin.call('createProject', { body: { key: 'crowd', name: 'Crowd' } }))
  const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }
  const flags = Object.fromEntries(Array.from({ length: count }, (_, index) => [`flag-${index}`, flag]))
  const query = { format: 'flagd' as const, environments: '*:development', owner: 'team-a' }
  expectOk(await server.admin.call('importFlags', { params, query, body: { flags } }))
  const token = await server.sdkKey('crowd', 'development')
  await expect
    .poll(async () => (await ask('POST', BULK, { authorization: `Bearer ${token}` }, '{}')).status)
    .toBe(200)
  return token
}

/** Status and headers of so many answers on one connection. */
function answersOf(socket: Socket, count: number): Promise<readonly string[]> {
  const answers = Promise.withResolvers<readonly string[]>()
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    const heads = text.split('HTTP/1.1 ').slice(1)
    // Each answer is a JSON object, the last one too.
    if (heads.length < count || !text.endsWith('}')) return
    socket.removeAllListeners('data')
    answers.resolve(heads)
  })
  socket.on('error', answers.reject)
  return answers.promise
}
