import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

test('the same key and the same request get the same answer, and one thing', async () => {
  const call = { body: { key: 'once', name: 'Once' }, idempotencyKey: 'k-once' }
  const first = await server.admin.call('createProject', call)
  const second = await server.admin.call('createProject', call)
  expect(expectOk(second)).toEqual(expectOk(first))
  expect(first.ok && second.ok && [second.status, second.etag]).toEqual([201, first.ok && first.etag])
  const query = { subject: 'once' }
  expect(expectOk(await server.admin.call('listInstallationAudit', { query })).items).toHaveLength(1)
})

test('the same key with another body is refused', async () => {
  const idempotencyKey = 'k-other'
  expectOk(await server.admin.call('createProject', { body: { key: 'one', name: 'One' }, idempotencyKey }))
  const other = await server.admin.call('createProject', {
    body: { key: 'two', name: 'Two' },
    idempotencyKey,
  })
  expect(expectProblem(other)).toMatchObject({ status: 409, code: 'idempotency-key-reused' })
  expect(expectProblem(await server.admin.call('getProject', { params: { project: 'two' } })).status).toBe(
    404,
  )
})

test('the same key of somebody else is another key', async () => {
  const idempotencyKey = 'k-shared'
  expectOk(await server.admin.call('createProject', { body: { key: 'mine', name: 'Mine' }, idempotencyKey }))
  const { client } = await server.person('administrator')
  const theirs = await client.call('createProject', {
    body: { key: 'theirs', name: 'Theirs' },
    idempotencyKey,
  })
  expect(expectOk(theirs).key).toBe('theirs')
})

test('ten repeats at the same time make one thing and get one answer', async () => {
  const call = { body: { key: 'storm', name: 'Storm' }, idempotencyKey: 'k-storm' }
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => server.admin.call('createProject', call)),
  )
  expect(new Set(answers.map((it) => JSON.stringify(expectOk(it)))).size).toBe(1)
})

test('a refused creation leaves the key free', async () => {
  expectOk(await server.admin.call('createPerson', { body: { id: 'bob', name: 'Bob', roles: ['viewer'] } }))
  const call = { body: { id: 'bob', name: 'Bob', roles: ['viewer' as const] }, idempotencyKey: 'k-free' }
  expect(expectProblem(await server.admin.call('createPerson', call)).code).toBe('key-taken')
  const other = { ...call, body: { ...call.body, id: 'bobby' } }
  expectOk(await server.admin.call('createPerson', other))
})

test('a refusal inside takes everything back, and without a key nothing is remembered', async () => {
  const twin = { key: 'dev', name: 'Dev', protected: false }
  const call = {
    body: { key: 'void', name: 'Void', environments: [twin, twin] },
    idempotencyKey: 'k-void',
  }
  expectProblem(await server.admin.call('createProject', call))
  expectOk(await server.admin.call('createProject', { body: { key: 'plain', name: 'Plain' } }))
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  const { rows } = await client.query("select key from idempotency_keys where key in ('k-void', 'k-free')")
  await client.end()
  expect(rows).toEqual([{ key: 'k-free' }])
})

test('a secret is shown once and kept nowhere: a repeat is told what the first request made', async () => {
  expectOk(await server.admin.call('createPerson', { body: { id: 'eve', name: 'Eve', roles: ['viewer'] } }))
  const call = { params: { person: 'eve' }, body: { name: 'laptop' }, idempotencyKey: 'k-token' }
  const { id, token } = expectOk(await server.admin.call('createToken', call))
  expect(expectProblem(await server.admin.call('createToken', call))).toMatchObject({
    status: 409,
    code: 'shown-once',
    current: { id },
  })
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  const { rows } = await client.query("select body from idempotency_keys where key = 'k-token'")
  await client.end()
  expect(JSON.stringify(rows)).not.toContain(token)
  expectOk(await server.client(token).call('whoAmI'))
})
