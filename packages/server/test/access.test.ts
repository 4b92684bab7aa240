import { randomBytes } from 'node:crypto'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { authorityFor } from '@flagmarshal/domain/access/authority'
import type { Grant, Holder } from '@flagmarshal/domain/access/authority'
import { ROLES } from '@flagmarshal/domain/access/permission'
import type { Permission, Role } from '@flagmarshal/domain/access/permission'
import type { KyselyPlugin } from 'kysely'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { sendRaw } from '../../../tests/support/raw-request.ts'
import { ADMIN_TOKEN, expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createAuthenticator } from '../src/access/authenticate.ts'
import { sha256 } from '../src/id.ts'
import { createSafe } from '../src/secret/seal.ts'
import { openPostgres } from '../src/storage/postgres.ts'

let server: TestServer
let people = 0

beforeAll(async () => {
  server = await startServer()
  for (const key of ['shop', 'bank']) {
    expectOk(await server.admin.call('createProject', { body: { key, name: key } }))
  }
})
afterAll(() => server.close())

const TABLE: readonly (readonly [string, Operation])[] = Object.entries(operations)

/** What this server asks for: it listens on loopback, where metrics are open. */
function neededFor(id: string, operation: Operation): Permission {
  return id === 'getMetrics' ? 'public' : operation.can
}

/** What the operation should answer to who brings this in a header; those whose token is in the address look at none. */
function expectedOf([id, operation]: (typeof TABLE)[number], holder: Holder | undefined, params: Place) {
  const can = neededFor(id, operation)
  if (can === 'public') return 'in'
  if (operation.tokenInQuery === true || operation.beacon === true || holder === undefined) return 401
  const named = (name: string) => operation.path.includes(`{${name}}`)
  const foreign = named('project') && holder.project !== undefined && params.project !== holder.project
  const ofSdk = ['server', 'web', 'edge'].includes(holder.kind)
  if (foreign || (ofSdk && named('environment') && params.environment !== holder.environment)) return 404
  const { exposes } = operation
  const { allowed } = authorityFor(holder, {
    can,
    ...(named('project') ? { project: params.project } : {}),
    ...(operation.ofOwnProject === true && holder.project !== undefined ? { project: holder.project } : {}),
    ...(named('environment') ? { environment: params.environment } : {}),
    ...(exposes === undefined ? {} : { exposes }),
  })
  return allowed ? 'in' : 403
}

interface Place {
  readonly project: string
  readonly environment: string
}

const STAGING: Place = { project: 'shop', environment: 'staging' }
const PRODUCTION: Place = { project: 'shop', environment: 'production' }

/** Which operations answer another thing than what was declared to this token; every one is asked. */
async function differences(token: string | undefined, holder: Holder | undefined, params = PRODUCTION) {
  const found: string[] = []
  for (const entry of TABLE) {
    const [id, operation] = entry
    const expected = expectedOf(entry, holder, params)
    const { status, json } = await sendRaw(server.address, operation, { token, params: { ...params } })
    const code = typeof json === 'object' && json !== null && 'code' in json ? json.code : undefined
    // The manifest's own shape of an error has no code.
    const refused = status === 401 || (status === 403 && (code === 'forbidden' || code === undefined))
    // Whoever is let in may still look for what there is not.
    const got = refused || (status === 404 && expected === 404) ? status : 'in'
    if (got !== expected) found.push(`${id}: expected ${expected}, got ${got} (${status})`)
  }
  return found
}

async function personWith(grants: readonly Grant[], roles: readonly Role[] = []) {
  const id = `granted-${++people}`
  expectOk(await server.admin.call('createPerson', { body: { id, name: id, roles: [...roles] } }))
  for (const body of grants) expectOk(await server.admin.call('grantRole', { params: { person: id }, body }))
  const token = await tokenOf(id)
  return { id, token, client: server.client(token) }
}

async function tokenOf(person: string, reach: object = {}): Promise<string> {
  const body = { name: 'test', ...reach }
  return expectOk(await server.admin.call('createToken', { params: { person }, body })).token
}

async function automation(body: object): Promise<string> {
  const params = { project: 'shop' }
  const made = await server.admin.call('createServiceToken', { params, body: { name: 'bot', ...body } })
  return expectOk(made).token
}

describe('R14 every operation lets in exactly those that it declares', () => {
  test('the table has operations', () => expect(TABLE.length).toBeGreaterThan(200))

  test('nobody, without a token', async () => {
    expect(await differences(undefined, undefined)).toEqual([])
  })

  test('nobody, with a token that was never issued', async () => {
    expect(await differences(`fm_user_${'x'.repeat(43)}`, undefined)).toEqual([])
  })

  test('nobody, with a token that has expired, was revoked, or is of somebody who is disabled', async () => {
    const expired = await server.person('administrator')
    await inDatabase(`update tokens set expires_at = now() where person = '${expired.id}'`)
    const revoked = await server.person('administrator')
    const {
      rows: [row],
    } = { rows: await inDatabase(`select id from tokens where person = '${revoked.id}'`) }
    expectOk(await server.admin.call('revokeToken', { params: { token: (row as { id: string }).id } }))
    const disabled = await server.person('administrator')
    await server.person('administrator')
    expectOk(await server.admin.call('disablePerson', { params: { person: disabled.id } }))
    for (const { token } of [expired, revoked, disabled])
      expect(await differences(token, undefined)).toEqual([])
  })

  test('the bootstrap token', async () => {
    expect(await differences(ADMIN_TOKEN, { kind: 'admin', roles: [] })).toEqual([])
  })

  test.each(ROLES)('a person who is %s', async (role) => {
    const { token } = await server.person(role)
    expect(await differences(token, { kind: 'user', roles: [role] })).toEqual([])
  })

  test('a person who is a developer in one environment, there and in another one', async () => {
    const grants = [{ role: 'developer' as const, ...STAGING }]
    const { token } = await personWith(grants)
    const holder = { kind: 'user' as const, roles: [], grants }
    expect(await differences(token, holder, STAGING)).toEqual([])
    expect(await differences(token, holder, PRODUCTION)).toEqual([])
    expect(await differences(token, holder, { project: 'bank', environment: 'staging' })).toEqual([])
  })

  test('a person with a leading role in one project, there and in another one', async () => {
    const grants = [{ role: 'technical-lead' as const, project: 'shop' }]
    const { token } = await personWith(grants, ['viewer'])
    const holder = { kind: 'user' as const, roles: ['viewer' as const], grants }
    expect(await differences(token, holder)).toEqual([])
    expect(await differences(token, holder, { project: 'bank', environment: 'production' })).toEqual([])
  })

  test('a personal token for one environment and some permissions', async () => {
    const { id } = await server.person('technical-lead')
    const reach = { ...STAGING, permissions: ['flag:read' as const, 'flag:write' as const] }
    const token = await tokenOf(id, reach)
    const holder = { kind: 'user' as const, roles: ['technical-lead' as const], ...reach }
    for (const place of [STAGING, PRODUCTION, { project: 'bank', environment: 'staging' }]) {
      expect(await differences(token, holder, place)).toEqual([])
    }
  })

  test.each(['service', 'agent'] as const)('an account of an automation, of the kind %s', async (kind) => {
    const params = { project: 'shop' }
    const key = `bot-${kind}`
    expectOk(await server.admin.call('createServiceAccount', { params, body: { key, name: key, kind } }))
    const token = await automation({ account: key })
    expect(token).toMatch(new RegExp(`^fm_${kind}_`))
    const holder = { kind, roles: [], project: 'shop' }
    expect(await differences(token, holder)).toEqual([])
    expect(await differences(token, holder, { project: 'bank', environment: 'production' })).toEqual([])
    const narrow = await automation({ kind, environment: 'staging' })
    const narrower = { ...holder, environment: 'staging' }
    for (const place of [STAGING, PRODUCTION]) expect(await differences(narrow, narrower, place)).toEqual([])
  })

  test.each(['server', 'web', 'edge'] as const)('a key for %s, in its place and elsewhere', async (kind) => {
    const token = await server.sdkKey('shop', 'production', kind)
    const holder = { kind, roles: [], ...PRODUCTION }
    for (const place of [PRODUCTION, STAGING, { project: 'bank', environment: 'production' }]) {
      expect(await differences(token, holder, place)).toEqual([])
    }
  })
})

test('where others can reach the server, metrics need a token', async () => {
  await using open = await startServer({ settings: { FLAGMARSHAL_HOST: '0.0.0.0' } })
  const port = new URL(open.address).port
  const url = `http://127.0.0.1:${port}/metrics`
  expect((await fetch(url)).status).toBe(401)
  expect((await fetch(url, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).status).toBe(200)
})

describe('tokens', () => {
  test('a token says whose it is and what it allows', async () => {
    const { client, id } = await server.person('developer', 'viewer')
    const me = expectOk(await client.call('whoAmI'))
    expect(me).toMatchObject({ kind: 'user', id, roles: ['developer', 'viewer'] })
    expect(me.permissions).toContain('flag:write')
    expect(me.permissions).not.toContain('access:write')

    const key = await server.sdkKey('shop', 'staging')
    expect(expectProblem(await server.client(key).call('whoAmI'))).toMatchObject({ code: 'forbidden' })
  })

  test('a token may have fewer roles than its person, and never more', async () => {
    const { id } = await server.person('technical-lead', 'viewer')
    const params = { person: id }
    const less = expectOk(
      await server.admin.call('createToken', { params, body: { name: 'less', roles: ['viewer'] } }),
    )
    expect(expectOk(await server.client(less.token).call('whoAmI')).roles).toEqual(['viewer'])

    const more = await server.admin.call('createToken', {
      params,
      body: { name: 'more', roles: ['viewer', 'administrator'] },
    })
    expect(expectProblem(more)).toMatchObject({ status: 422, code: 'role-not-held' })
  })

  test('a revoked token stops working at once', async () => {
    const { id } = await server.person('viewer')
    const made = expectOk(
      await server.admin.call('createToken', { params: { person: id }, body: { name: 'short' } }),
    )
    expectOk(await server.client(made.token).call('listProjects'))
    expectOk(await server.admin.call('revokeToken', { params: { token: made.id } }))
    await expect
      .poll(async () => (await server.client(made.token).call('listProjects')).ok, { timeout: 5_000 })
      .toBe(false)
    const again = await server.admin.call('revokeToken', { params: { token: made.id } })
    expect(expectProblem(again).status).toBe(404)
  })

  test('what was read before a revocation is read again after it', async () => {
    const { token, id } = await server.person('viewer')
    const database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
    const read = Promise.withResolvers<undefined>()
    const goOn = Promise.withResolvers<undefined>()
    // The first answer of the database is on its way while the token is revoked.
    const late: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        read.resolve(undefined)
        await goOn.promise
        return result
      },
    }
    const slow = { ...database, kysely: database.kysely.withPlugin(late) }
    const authenticator = createAuthenticator(slow, ADMIN_TOKEN, createSafe([randomBytes(32)]))
    try {
      const before = authenticator.authenticate(token, new Date())
      await read.promise
      await inDatabase(`update tokens set revoked_at = now() where person = '${id}'`)
      authenticator.forget(sha256(token))
      goOn.resolve(undefined)
      expect(await before).toBeUndefined()
      expect(await authenticator.authenticate(token, new Date())).toBeUndefined()
    } finally {
      await database.close()
    }
  })

  test('R1 a token in doubt is asked about again, and stays good while the database is away', async () => {
    const [kept, revoked] = [await server.person('viewer'), await server.person('viewer')]
    const plugged: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (!away) return result
        throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
      },
    }
    let away = false
    const database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
    const failing = { ...database, kysely: database.kysely.withPlugin(plugged) }
    const authenticator = createAuthenticator(failing, ADMIN_TOKEN, createSafe([randomBytes(32)]))
    for (const { token, id } of [kept, revoked])
      expect(await authenticator.authenticate(token, new Date())).toMatchObject({ id })
    await inDatabase(`update tokens set revoked_at = now() where person = '${revoked.id}'`)
    authenticator.doubt()
    expect(authenticator.remembered(kept.token, new Date())).toBeUndefined()
    expect(await authenticator.authenticate(revoked.token, new Date())).toBeUndefined()
    away = true
    expect(await authenticator.authenticate(kept.token, new Date())).toMatchObject({ id: kept.id })
    await database.close()
  })

  test('an expired token is no token', async () => {
    const { id } = await server.person('viewer')
    const { token } = expectOk(
      await server.admin.call('createToken', { params: { person: id }, body: { name: 'old' } }),
    )
    await inDatabase(`update tokens set expires_at = now() - interval '1 second' where person = '${id}'`)
    expect(expectProblem(await server.client(token).call('listProjects')).status).toBe(401)
  })

  test('the database holds no token in clear', async () => {
    const { token } = await server.person('viewer')
    const key = await server.sdkKey('shop', 'production')
    const rows = await inDatabase(
      'select t::text as row from tokens t union all select e::text from audit_entries e union all select i::text from idempotency_keys i',
    )
    const all = JSON.stringify(rows)
    for (const secret of [token, key, ADMIN_TOKEN]) expect(all).not.toContain(secret)
  })

  test('a revoked SDK key is not listed any more, and others are', async () => {
    const params = { project: 'bank' }
    const body = { kind: 'server', environment: 'development', name: 'one' } as const
    const first = expectOk(await server.admin.call('createKey', { params, body }))
    const second = expectOk(await server.admin.call('createKey', { params, body: { ...body, name: 'two' } }))
    expectOk(await server.admin.call('revokeKey', { params: { ...params, sdkKey: first.id } }))
    const { items } = expectOk(await server.admin.call('listKeys', { params }))
    expect(items.map((it) => it.id)).toContain(second.id)
    expect(items.map((it) => it.id)).not.toContain(first.id)
    const foreign = await server.admin.call('revokeKey', {
      params: { project: 'shop', sdkKey: second.id },
    })
    expect(expectProblem(foreign).status).toBe(404)
  })

  test('a key is replaced with overlap: both work, then the old one is refused and its stream is closed', async () => {
    const params = { project: 'bank' }
    const body = { kind: 'server', environment: 'production', name: 'backend' } as const
    const old = expectOk(await server.admin.call('createKey', { params, body }))
    const next = expectOk(
      await server.admin.call('rotateKey', {
        params: { ...params, sdkKey: old.id },
        body: { overlapHours: 24 },
      }),
    )
    const open = async (key: string, path = 'snapshot') =>
      await fetch(`${server.address}/api/v1/environments/production/${path}`, {
        headers: { authorization: `Bearer ${key}` },
      })
    for (const key of [old.key, next.key]) expect((await open(key)).status).toBe(200)
    const [stream, other] = [await open(old.key, 'stream'), await open(next.key, 'stream')]
    const { items } = expectOk(await server.admin.call('listKeys', { params }))
    const shown = (id: string) => items.find((it) => it.id === id)
    expect(shown(old.id)).toMatchObject({
      name: 'backend',
      endsAt: next.previousEndsAt,
      createdBy: 'bootstrap',
    })
    expect(shown(next.id)).toMatchObject({ name: 'backend', kind: 'server', endsAt: null })
    const twice = await server.admin.call('rotateKey', {
      params: { ...params, sdkKey: old.id },
      body: { overlapHours: 48 },
    })
    expect(expectProblem(twice).code).toBe('key-ends')

    // Its time is over, and nobody announces that.
    await inDatabase(`update tokens set expires_at = now() where id = '${old.id}'`)
    await expect.poll(async () => (await open(old.key)).status, { timeout: 20_000 }).toBe(401)
    for await (const _ of stream.body ?? []) void _
    expect((await open(next.key)).status).toBe(200)
    await other.body?.cancel()
  }, 30_000)

  test('a token says who made it and when it was used last', async () => {
    const admin = await server.person('administrator')
    const made = expectOk(
      await admin.client.call('createServiceToken', { params: { project: 'shop' }, body: { name: 'seen' } }),
    )
    const shown = async () =>
      expectOk(await server.admin.call('listServiceTokens', { params: { project: 'shop' } })).items.find(
        (it) => it.id === made.id,
      )
    expect(await shown()).toMatchObject({ createdBy: admin.id, lastUsedAt: null })
    await using short = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
    expectOk(await short.client(made.token).call('whoAmI'))
    await short.close()
    expect((await shown())?.lastUsedAt).not.toBeNull()
  })

  test('a key needs an environment that the project has', async () => {
    const body = { kind: 'server', environment: 'moon', name: 'x' } as const
    const refused = await server.admin.call('createKey', { params: { project: 'shop' }, body })
    expect(expectProblem(refused)).toMatchObject({ status: 422, errors: [{ pointer: '/environment' }] })
  })
})

async function inDatabase(statement: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}
