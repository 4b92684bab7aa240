/** Where flags are in their life, over HTTP: debt, code, evaluations and age, joined; and clean-up. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { configure, EVERYBODY_ON, newFlag } from './support/flags.ts'
import { JIRA, startJira } from './support/jira.ts'

const params = { project: 'shop' }
let server: TestServer
let developer: TestPerson

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  developer = await server.person('developer')
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  for (const flag of ['young', 'used', 'kept', 'idle', 'haunted', 'asked']) {
    const body = { ...newFlag(flag), ...(flag === 'kept' ? { permanentReason: 'a kill switch' } : {}) }
    expectOk(await developer.client.call('createFlag', { params, body }))
  }
  await configure(server, 'used', EVERYBODY_ON)
  await execute(
    server.databaseUrl,
    `with old as (
       update flags set created_at = now() - interval '90 days'
       where key in ('kept', 'idle', 'haunted', 'asked') returning key)
     update flag_configs set updated_at = now() - interval '90 days' where flag in (select key from old)`,
  )
})
afterAll(() => server.close())

const stages = async () => {
  const { items } = expectOk(await developer.client.call('listFlagLifecycle', { params }))
  return Object.fromEntries(items.map((it) => [it.flag, it.stage]))
}

test('P-S1-12 every flag has a stage; without repositories nobody knows whether code asks it', async () => {
  expect(await stages()).toEqual({
    asked: 'stale',
    haunted: 'stale',
    idle: 'stale',
    kept: 'permanent',
    used: 'live',
    young: 'new',
  })
  const { items } = expectOk(await developer.client.call('listFlagLifecycle', { params }))
  expect(items.find((it) => it.flag === 'idle')).toMatchObject({ references: null, lastEvaluatedAt: null })
})

test('P-S1-12 code references and evaluations tell apart what goes, what stays and what is watched', async () => {
  const refs = [{ file: 'src/shop.ts', line: 12, layer: 'backend' as const }]
  const body = { repo: 'shop/web', sha: 'a'.repeat(40), refs }
  expectOk(await developer.client.call('writeReferences', { params: { ...params, flag: 'asked' }, body }))
  await execute(
    server.databaseUrl,
    `insert into usage_minutes (project, environment, flag, variant, minute_end, n, bad, slow) values
       ('shop', 'production', 'haunted', 'off', now() - interval '2 hours', 3, 0, 0),
       ('shop', 'production', 'idle', 'off', now() - interval '20 days', 3, 0, 0)`,
  )
  expect(await stages()).toMatchObject({ asked: 'stale', haunted: 'monitor', idle: 'remove' })
  const { items } = expectOk(await developer.client.call('listFlagLifecycle', { params }))
  expect(items.find((it) => it.flag === 'asked')).toMatchObject({ references: 1 })
  const ageMs = Date.now() - Date.parse(items.find((it) => it.flag === 'haunted')?.lastEvaluatedAt ?? '')
  expect(ageMs / 3_600_000).toBeCloseTo(2, 1)
})

test('an evaluation that a client asked for over OFREP counts as one', async () => {
  const key = await server.sdkKey('shop', 'development', 'web')
  await fetch(`${server.address}/ofrep/v1/evaluate/flags/idle`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'phone' } }),
  })
  await expect.poll(async () => (await stages())['idle']).toBe('monitor')
})

test('P-S1-12 a clean-up is asked for once a day, as a signal and as one issue with the places in code', async () => {
  await using jira = await startJira()
  const settings = { site: jira.url, email: JIRA.email, followUpProject: 'SHOP' }
  const body = { key: 'jira', kind: 'jira' as const, settings, secret: JIRA.token, subscribes: [] }
  expectOk(await server.admin.call('createChannel', { params, body }))
  const cleanUp = (flag: string) => developer.client.call('requestCleanUp', { params: { ...params, flag } })
  expect(expectOk(await cleanUp('asked')).text).toContain('- shop/web src/shop.ts:12')
  expectOk(await cleanUp('asked'))
  await expect.poll(() => jira.issues.length).toBe(1)
  const { summary, labels, description } = jira.issues[0]?.fields ?? {}
  expect(summary).toBe('Remove the flag asked from the code (team-a)')
  expect(labels).toEqual(['flagmarshal', 'flagmarshal-clean-up-asked'])
  expect(JSON.stringify(description)).toContain('src/shop.ts:12')
  const { items } = expectOk(await server.admin.call('listSignals', { params, query: {} }))
  expect(items.filter((it) => it.type.endsWith('cleanup.requested'))).toHaveLength(1)

  const refused = expectProblem(await cleanUp('used'))
  expect([refused.status, refused.code]).toEqual([409, 'flag-in-use'])
  expect(expectProblem(await cleanUp('nothing')).status).toBe(404)
})

test('two thousand flags are joined in well under a second', async () => {
  await using own = await startServer()
  expectOk(await own.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  await execute(
    own.databaseUrl,
    `insert into flags (project, key, name, kind, value_type, variants, off_variant, layers, owner,
       lifetime_days, links, created_at, created_by)
     select 'shop', 'flag-' || i, 'Flag', 'release', 'boolean', '{"on": true, "off": false}', 'off',
       '{backend}', 'team-a', 40, '[]', now(), 'test' from generate_series(1, 2000) i`,
  )
  await execute(
    own.databaseUrl,
    `insert into flag_configs (project, environment, flag, enabled, off_variant, rules, fallthrough,
       environment_revision, updated_at, updated_by)
     select 'shop', environments.key, flags.key, false, 'off', '[]', '{"variant": "off"}', 0, now(), 'test'
     from flags, environments`,
  )
  await execute(
    own.databaseUrl,
    `insert into usage_minutes (project, environment, flag, variant, minute_end, n, bad, slow)
     select 'shop', 'production', 'flag-' || i, 'off', now() - make_interval(mins => m), 1, 0, 0
     from generate_series(1, 2000) i, generate_series(1, 50) m`,
  )
  const began = performance.now()
  const { items } = expectOk(await own.admin.call('listFlagLifecycle', { params }))
  const ms = performance.now() - began
  console.log(`the life of ${items.length} flags with 100,000 minutes of usage: ${Math.round(ms)} ms`)
  expect(items).toHaveLength(2_000)
  expect(ms).toBeLessThan(5_000)
})
