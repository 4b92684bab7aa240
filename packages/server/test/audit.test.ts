import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
  await withEntries('shop')
})
afterAll(() => server.close())

/** A project whose chain has six entries. */
async function withEntries(key: string): Promise<void> {
  expectOk(await server.admin.call('createProject', { body: { key, name: key } }))
  for (let n = 0; n < 6; n++) await server.sdkKey(key, 'staging')
}

async function verify(project: string, anchor?: { count: number; hash: string }) {
  const body = anchor === undefined ? undefined : { anchor }
  return expectOk(
    await server.admin.call('verifyAudit', { params: { project }, ...(body === undefined ? {} : { body }) }),
  )
}

/** What somebody with the password of the database can do: the trigger is in the way of everybody else. */
async function tamper(...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    await client.query('alter table audit_entries disable trigger all')
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.query('alter table audit_entries enable trigger all')
    await client.end()
  }
}

test('the chain of a project is read in order, with who did what to which thing', async () => {
  const { items } = expectOk(await server.admin.call('listAudit', { params: { project: 'shop' } }))
  expect(items.map((it) => it.seq)).toEqual([1, 2, 3, 4, 5, 6])
  expect(items[0]).toMatchObject({
    action: 'key.create',
    actor: { kind: 'admin', id: 'bootstrap' },
    subject: { kind: 'key' },
    before: null,
    after: { kind: 'server', environment: 'staging', name: 'test' },
    requestId: expect.stringMatching(/^request_/),
  })
  const query = { after: '3', limit: '2' }
  const page = expectOk(await server.admin.call('listAudit', { params: { project: 'shop' }, query }))
  expect(page.items.map((it) => it.seq)).toEqual([4, 5])
  const subject = items[1]?.subject.id ?? ''
  const one = await server.admin.call('listAudit', { params: { project: 'shop' }, query: { subject } })
  expect(expectOk(one).items.map((it) => it.seq)).toEqual([2])
})

test('the tail of a chain is read from its end, also of one kind of subject', async () => {
  await withEntries('tail')
  const params = { project: 'tail' }
  const tail = async (query: { limit: string; kind?: string; after?: string }) => {
    const answer = await server.admin.call('listAudit', { params, query: { ...query, order: 'newest' } })
    return expectOk(answer).items.map((it) => it.seq)
  }
  expect(await tail({ limit: '2' })).toEqual([6, 5])
  expect(await tail({ limit: '100', after: '4' })).toEqual([6, 5])
  expect(await tail({ limit: '1', kind: 'key' })).toEqual([6])
  expect(await tail({ limit: '1', kind: 'flag' })).toEqual([])
})

test('the export has every entry on a line of its own', async () => {
  const text = expectOk(await server.admin.call('exportAudit', { params: { project: 'shop' } }))
  const lines = text.trim().split('\n')
  const { items } = expectOk(await server.admin.call('listAudit', { params: { project: 'shop' } }))
  expect(lines.map((line) => JSON.parse(line))).toEqual(items)
})

test('a chain that nobody touched holds, and that of the installation too', async () => {
  expect(await verify('shop')).toMatchObject({ ok: true, entries: 6, head: { count: 6 } })
  expect(expectOk(await server.admin.call('verifyInstallationAudit'))).toMatchObject({ ok: true })
})

test('a project without acts has an empty chain, and one that does not exist has none', async () => {
  expectOk(await server.admin.call('createProject', { body: { key: 'calm', name: 'Calm' } }))
  expect(await verify('calm')).toEqual({ ok: true, entries: 0, head: { count: 0, hash: '0'.repeat(64) } })
  const none = await server.admin.call('verifyAudit', { params: { project: 'none' } })
  expect(expectProblem(none).status).toBe(404)
})

test('acts at the same time all get their place', async () => {
  await withEntries('busy')
  const many = Array.from({ length: 24 }, () => server.sdkKey('busy', 'staging'))
  await Promise.all(many)
  expect(await verify('busy')).toMatchObject({ ok: true, entries: 30 })
})

test('R20 entries cannot be changed, deleted or truncated by a statement', async () => {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    for (const statement of [
      "update audit_entries set reason = 'x'",
      'delete from audit_entries',
      'truncate audit_entries',
    ]) {
      await expect(client.query(statement)).rejects.toThrow('append-only')
    }
  } finally {
    await client.end()
  }
})

describe('R20 what somebody does to the tables is found, with its place', () => {
  const cases: readonly (readonly [string, number, (chain: string) => string])[] = [
    ['an edit', 3, (chain) => `update audit_entries set after = '{"x":1}' where ${chain} and seq = 3`],
    ['another author', 2, (chain) => `update audit_entries set actor_id = 'eve' where ${chain} and seq = 2`],
    ['a dropped entry', 4, (chain) => `delete from audit_entries where ${chain} and seq = 4`],
    ['a cut tail', 6, (chain) => `delete from audit_entries where ${chain} and seq = 6`],
    [
      'a new order',
      2,
      (chain) => `update audit_entries set seq = 102 where ${chain} and seq = 2;
        update audit_entries set seq = 2 where ${chain} and seq = 3;
        update audit_entries set seq = 3 where ${chain} and seq = 102`,
    ],
  ]
  test.each(cases)('%s', async (name, seq, statement) => {
    const key = name.replaceAll(' ', '-')
    await withEntries(key)
    await tamper(statement(`chain = 'project:${key}'`))
    const verdict = await verify(key)
    expect(verdict.ok).toBe(false)
    expect(verdict.firstBroken?.seq).toBe(seq)
  })

  test('a tail that was cut together with the head, against an anchored head', async () => {
    await withEntries('anchored')
    const { head } = await verify('anchored')
    await tamper(
      `delete from audit_entries where chain = 'project:anchored' and seq > 4`,
      `update audit_chains set count = 4, hash = (select hash from audit_entries where chain = 'project:anchored' and seq = 4)
        where chain = 'project:anchored'`,
    )
    expect(await verify('anchored')).toMatchObject({ ok: true, entries: 4 })
    expect(await verify('anchored', head)).toMatchObject({ ok: false, firstBroken: { seq: 5 } })
    const rewritten = { count: 4, hash: 'f'.repeat(64) }
    expect(await verify('anchored', rewritten)).toMatchObject({ ok: false, firstBroken: { seq: 4 } })
  })
})

test('signals of a project that has none are an empty list', async () => {
  expect(expectOk(await server.admin.call('listSignals', { params: { project: 'shop' } })).items).toEqual([])
})

test('who may not read the audit chain does not get it', async () => {
  const key = await server.sdkKey('shop', 'production')
  const refused = await server.client(key).call('listAudit', { params: { project: 'shop' } })
  expect(expectProblem(refused).status).toBe(403)
})
