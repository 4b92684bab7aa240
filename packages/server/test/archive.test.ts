/** Flags and environments that are given up and come back, and how long what is recorded is kept. */
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { deleteWhatIsOld } from '../src/retention/delete-old.ts'
import { openDatabase } from '../src/storage/open.ts'
import { EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer
let developer: TestPerson
const shop = { project: 'shop' }

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  developer = await server.person('developer')
})
afterAll(() => server.close())

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const make = async (key: string) =>
  expectOk(await developer.client.call('createFlag', { params: shop, body: newFlag(key) }))

const turnOn = async (flag: string, environment: string, ifMatch: number) =>
  await developer.client.call('configureFlag', {
    params: { ...shop, flag, environment },
    body: EVERYBODY_ON,
    ifMatch,
  })

const archive = async (flag: string) =>
  await developer.client.call('archiveFlag', { params: { ...shop, flag }, body: { reason: 'it is done' } })

describe('a flag', () => {
  test('is archived once it is off everywhere, cannot be changed or turned on then, and comes back off', async () => {
    await make('old')
    expectOk(await turnOn('old', 'staging', 1))
    expect(expectProblem(await archive('old'))).toMatchObject({ status: 409, code: 'flag-on' })
    const key = { ...shop, flag: 'old', environment: 'staging' }
    expectOk(await developer.client.call('killFlag', { params: key, body: { reason: 'over' } }))
    const archived = expectOk(await archive('old'))
    expect(archived.archivedAt).toBeDefined()
    expect(expectProblem(await archive('old')).code).toBe('flag-archived')

    const { revision } = expectOk(await developer.client.call('getFlagConfig', { params: key }))
    expect(expectProblem(await turnOn('old', 'staging', revision)).code).toBe('flag-archived')
    const renamed = await developer.client.call('changeFlag', {
      params: { ...shop, flag: 'old' },
      body: { name: 'Older' },
      ifMatch: archived.revision,
    })
    expect(expectProblem(renamed).code).toBe('flag-archived')
    expect(
      expectProblem(await developer.client.call('createFlag', { params: shop, body: newFlag('old') })).code,
    ).toBe('key-taken')
    // Whoever writes: the database keeps it off.
    await query("update flag_configs set enabled = true where flag = 'old'")
    expect(await query("select 1 from flag_configs where flag = 'old' and enabled")).toEqual([])
    const { value } = expectOk(
      await developer.client.call('explainFlag', { params: key, body: { context: { targetingKey: 'ann' } } }),
    )
    expect(value, 'an application that still asks gets the off variant').toBe(false)

    const restored = expectOk(
      await developer.client.call('restoreFlag', {
        params: { ...shop, flag: 'old' },
        body: { reason: 'again' },
      }),
    )
    expect(restored.archivedAt).toBeUndefined()
    expect(restored.environments.map((it) => it.enabled)).toEqual([false, false, false])
    const after = expectOk(await developer.client.call('getFlagConfig', { params: key })).revision
    expectOk(await turnOn('old', 'staging', after))
    const { items } = expectOk(
      await server.admin.call('listAudit', { params: shop, query: { subject: 'old' } }),
    )
    expect(items.map((it) => it.action)).toEqual(expect.arrayContaining(['flag.archive', 'flag.restore']))
  })
})

describe('an environment', () => {
  test('is added to a project that has flags: every one is off in it, and it can be served', async () => {
    await make('early')
    const body = { key: 'preview', name: 'Preview', protected: false }
    const { environments } = expectOk(await server.admin.call('addEnvironment', { params: shop, body }))
    expect(environments.map((it) => it.key)).toEqual(['development', 'staging', 'production', 'preview'])
    expect(expectProblem(await server.admin.call('addEnvironment', { params: shop, body })).code).toBe(
      'key-taken',
    )
    const key = await server.sdkKey('shop', 'preview')
    const answer = await fetch(`${server.address}/api/v1/environments/preview/snapshot`, {
      headers: { authorization: `Bearer ${key}` },
    })
    const { flags } = (await answer.json()) as { flags: { key: string; enabled: boolean }[] }
    expect(flags.find((it) => it.key === 'early')?.enabled).toBe(false)
    expectOk(await turnOn('early', 'preview', 1))
  })

  test('is archived: its flags are off, its keys refused; taken back every flag is off, also newer ones', async () => {
    const body = { key: 'canary', name: 'Canary', protected: false }
    await make('wheel')
    expectOk(await server.admin.call('addEnvironment', { params: shop, body }))
    const key = await server.sdkKey('shop', 'canary')
    expectOk(await turnOn('wheel', 'canary', 1))
    const params = { ...shop, environment: 'canary' }
    expect(expectProblem(await developer.client.call('archiveEnvironment', { params })).status).toBe(403)
    const left = expectOk(await server.admin.call('archiveEnvironment', { params })).environments
    expect(left.map((it) => it.key)).not.toContain('canary')
    const open = async () =>
      (
        await fetch(`${server.address}/api/v1/environments/canary/snapshot`, {
          headers: { authorization: `Bearer ${key}` },
        })
      ).status
    await expect.poll(open, { timeout: 5_000 }).toBe(401)
    expect((await turnOn('wheel', 'canary', 3)).ok).toBe(false)
    await make('newer')

    expectOk(await server.admin.call('restoreEnvironment', { params }))
    for (const flag of ['wheel', 'newer']) {
      const config = await developer.client.call('getFlagConfig', { params: { ...params, flag } })
      expect(expectOk(config).enabled, flag).toBe(false)
    }
    expect(await open(), 'its keys are made anew').toBe(401)
    const all = expectOk(await server.admin.call('listEnvironments', { params: shop })).items
    expect(all.find((it) => it.key === 'canary')?.archivedAt).toBeNull()
  })

  test('the last one of a project stays', async () => {
    const environments = [{ key: 'only', name: 'Only', protected: false }]
    expectOk(await server.admin.call('createProject', { body: { key: 'tiny', name: 'Tiny', environments } }))
    const params = { project: 'tiny', environment: 'only' }
    expect(expectProblem(await server.admin.call('archiveEnvironment', { params })).code).toBe(
      'last-environment',
    )
  })
})

describe('retention', () => {
  test('has sensible defaults, is settled by administrators by revision, and recorded', async () => {
    const first = expectOk(await developer.client.call('showRetention'))
    expect(first).toMatchObject({
      days: { telemetry: 30, instances: 7, deliveries: 90, inbound: 90, sessions: 30, personas: null },
      revision: 1,
    })
    const body = { ...first.days, telemetry: 14, personas: 60 }
    expect(expectProblem(await developer.client.call('writeRetention', { body, ifMatch: 1 })).status).toBe(
      403,
    )
    const written = expectOk(await server.admin.call('writeRetention', { body, ifMatch: 1 }))
    expect(written).toMatchObject({ revision: 2, days: { telemetry: 14, personas: 60 } })
    expect(expectProblem(await server.admin.call('writeRetention', { body, ifMatch: 1 })).status).toBe(412)
    const { items } = expectOk(
      await server.admin.call('listInstallationAudit', { query: { subject: 'retention' } }),
    )
    expect(items.map((it) => it.action)).toEqual(['retention.write'])
  })

  test('what is older is deleted in pieces, what is younger and what waits is kept, and it is said', async () => {
    const save = async (persona: string) =>
      expectOk(
        await developer.client.call('savePersona', {
          params: { ...shop, persona },
          body: { name: persona, context: { targetingKey: persona } },
        }),
      )
    for (const persona of ['ada', 'bob']) await save(persona)
    await query("update personas set saved_at = now() - interval '61 days' where key = 'ada'")
    await query(`insert into tokens (id, hash, kind, name, person, created_at, expires_at, address)
      select 'session_' || n, 'hash ' || n, 'session', 'console', '${developer.id}', now() - interval '40 days',
        now() - interval '33 days', '192.0.2.1' from generate_series(1, 2500) n`)
    const config = { databaseUrl: server.databaseUrl } as never
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never
    const opened = await openDatabase(config, log, () => undefined)
    try {
      const deleted = await deleteWhatIsOld(opened.database, new Date(), new AbortController().signal)
      expect(deleted).toMatchObject({ personas: 1, sessions: 2500 })
      const again = await deleteWhatIsOld(opened.database, new Date(), new AbortController().signal)
      expect(again).toMatchObject({ personas: 0, sessions: 0 })
    } finally {
      await opened.close()
    }
    const { items } = expectOk(await developer.client.call('listPersonas', { params: shop }))
    expect(items.map((it) => it.key)).toEqual(['bob'])
    expect(expectOk(await developer.client.call('showRetention')).lastRun?.deleted).toMatchObject({
      sessions: 0,
    })
    expectOk(await developer.client.call('whoAmI'))
  })

  test('a persona is erased at once where somebody asks', async () => {
    const params = { ...shop, persona: 'bob' }
    expectOk(await developer.client.call('deletePersona', { params }))
    expect(await query("select 1 from personas where key = 'bob'")).toEqual([])
    const recorded = await query(
      "select before::text, after::text from audit_entries where action like 'persona.%'",
    )
    expect(recorded.length).toBeGreaterThan(2)
    expect(JSON.stringify(recorded), 'nor in the chain, which nobody could erase').not.toContain(
      'targetingKey',
    )
  })
})
