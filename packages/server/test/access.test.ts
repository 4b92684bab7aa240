import { randomBytes } from 'node:crypto'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { KEY_PERMISSIONS, permissionsOf, ROLES } from '@flagmarshal/domain/access/permission'
import type { Permission } from '@flagmarshal/domain/access/permission'
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
function expectedOf(operation: Operation, needed: Permission, allowed: ReadonlySet<Permission> | undefined) {
  if (needed === 'public') return 'in'
  if (operation.tokenInQuery === true || allowed === undefined) return 401
  return allowed.has(needed) ? 'in' : 403
}

/** Which operations answer 401 or 403 to this token: what was declared against what happens. */
async function differences(token: string | undefined, allowed: ReadonlySet<Permission> | undefined) {
  const found: string[] = []
  for (const [id, operation] of TABLE) {
    const expected = expectedOf(operation, neededFor(id, operation), allowed)
    const { status, json } = await sendRaw(server.address, operation, { token })
    const code = typeof json === 'object' && json !== null && 'code' in json ? json.code : undefined
    const got = status === 401 || (status === 403 && code === 'forbidden') ? status : 'in'
    if (got !== expected) found.push(`${id}: expected ${expected}, got ${got} (${status})`)
  }
  return found
}

describe('every operation lets in exactly those that it declares', () => {
  test('the table has operations', () => expect(TABLE.length).toBeGreaterThan(15))

  test('nobody, without a token', async () => {
    expect(await differences(undefined, undefined)).toEqual([])
  })

  test('nobody, with a token that was never issued', async () => {
    expect(await differences(`fm_user_${'x'.repeat(43)}`, undefined)).toEqual([])
  })

  test('the bootstrap token', async () => {
    expect(await differences(ADMIN_TOKEN, new Set(KEY_PERMISSIONS.admin))).toEqual([])
  })

  test.each(ROLES)('a person who is %s', async (role) => {
    const { token } = await server.person(role)
    expect(await differences(token, permissionsOf([role]))).toEqual([])
  })

  test.each(['server', 'web'] as const)('an SDK key for %s', async (kind) => {
    const token = await server.sdkKey('shop', 'production', kind)
    const params = { project: 'shop', environment: 'production' }
    const allowed = new Set(KEY_PERMISSIONS[kind])
    for (const [id, operation] of TABLE) {
      const { status } = await sendRaw(server.address, operation, { token, params })
      const expected = expectedOf(operation, neededFor(id, operation), allowed)
      expect([id, status === 403]).toEqual([id, expected === 403])
      expect([id, status === 401]).toEqual([id, expected === 401])
    }
  })

  test('an SDK key of another project, or of another environment, finds nothing', async () => {
    const token = await server.sdkKey('bank', 'production')
    // Public operations look at no token.
    const closed = TABLE.filter(([, it]) => it.can !== 'public')
    for (const [id, operation] of closed.filter(([, it]) => /\{(project|environment)\}/.test(it.path))) {
      for (const params of [
        { project: 'shop', environment: 'production' },
        { project: 'bank', environment: 'staging' },
      ]) {
        if (params.project === 'bank' && !operation.path.includes('{environment}')) continue
        if (params.project === 'shop' && !operation.path.includes('{project}')) continue
        const { status } = await sendRaw(server.address, operation, { token, params })
        expect([id, [403, 404].includes(status)]).toEqual([id, true])
      }
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

  test('what was read before a revocation is not remembered after it', async () => {
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
      expect(await before).toMatchObject({ id })
      expect(await authenticator.authenticate(token, new Date())).toBeUndefined()
    } finally {
      await database.close()
    }
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
