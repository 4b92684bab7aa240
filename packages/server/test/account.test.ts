/** Local accounts: the first administrator, sessions, passwords, invitations, and what protects them. */
import type { OperationId } from '@flagmarshal/api'
import type { Role } from '@flagmarshal/domain/access/permission'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { setUpSecret } from '../src/access/set-up.ts'
import { invite as inviteTo, join as joinAt, page, PASSWORD, sendTo } from './support/sessions.ts'
import type { Sent } from './support/sessions.ts'

let server: TestServer

const SETUP = setUpSecret(ADMIN_TOKEN)

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(() => server.close())

const send = (id: OperationId, sent: Sent = {}, at = server.address) => sendTo(at, id, sent)
const invite = (roles: readonly Role[], at = server) => inviteTo(at, roles)
const join = (id: string, roles: readonly Role[], at = server) => joinAt(at, id, roles)

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the first administrator', () => {
  test('is set up once, by whoever holds the link, and is signed in', async () => {
    await using fresh = await startServer()
    expect((await send('showSetUp', {}, fresh.address)).json).toEqual({
      needed: true,
      resetByMail: false,
      provider: null,
    })
    const body = { secret: SETUP, id: 'ada', name: 'Ada', password: PASSWORD }

    const wrong = await send('setUp', { body: { ...body, secret: 'x'.repeat(40) } }, fresh.address)
    expect(wrong).toMatchObject({ status: 403, json: { code: 'link-refused' } })
    const weak = await send('setUp', { body: { ...body, password: 'ada ada ada ada' } }, fresh.address)
    expect(weak).toMatchObject({ status: 422, json: { errors: [{ pointer: '/password' }] } })

    const made = await send('setUp', { body }, fresh.address)
    expect(made).toMatchObject({ status: 201, json: { person: { id: 'ada', roles: ['administrator'] } } })
    const me = await send('whoAmI', { cookie: made.cookie }, fresh.address)
    expect(me.json).toMatchObject({ kind: 'user', id: 'ada' })

    expect((await send('showSetUp', {}, fresh.address)).json).toEqual({
      needed: false,
      resetByMail: false,
      provider: null,
    })
    const again = await send('setUp', { body: { ...body, id: 'eve' } }, fresh.address)
    expect(again).toMatchObject({ status: 409, json: { code: 'set-up-done' } })
  })

  test('is one, when two are set up at once', async () => {
    await using fresh = await startServer()
    const body = { secret: SETUP, name: 'Ada', password: PASSWORD }
    const both = await Promise.all(
      ['ada', 'eve'].map((id) => send('setUp', { body: { ...body, id } }, fresh.address)),
    )
    expect(both.map((it) => it.status).toSorted((a, b) => a - b)).toEqual([201, 409])
  })
})

describe('a session', () => {
  test('R15 is a cookie that scripts cannot read, of which only a hash is stored, new at each sign-in', async () => {
    const first = await join('sid', ['developer'])
    const signed = await send('signIn', { body: { person: 'sid', password: PASSWORD } })
    expect(signed.status).toBe(201)
    expect(signed.set).toMatch(/; HttpOnly; SameSite=Lax$/)
    expect(signed.cookie).not.toBe(first)
    const rows = await query(server.databaseUrl, "select hash from tokens where kind = 'session'")
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(signed.cookie?.split('=')[1])
    const stored = await query(server.databaseUrl, 'select hash from passwords')
    for (const { hash } of stored) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  test('R15 is Secure where people come over https', async () => {
    await using far = await startServer({ settings: { FLAGMARSHAL_PUBLIC_URL: 'https://flags.example' } })
    const secret = await invite(['viewer'], far)
    const body = { secret, id: 'vic', password: PASSWORD }
    const joined = await send(
      'acceptInvitation',
      { body, headers: page('https://flags.example') },
      far.address,
    )
    expect(joined.set).toMatch(/^__Host-flagmarshal_session=fm_session_\w+; .*Path=\/; .*; Secure$/)
    expect((await send('whoAmI', { cookie: joined.cookie }, far.address)).status).toBe(200)
    // Another host of the domain can plant a cookie without the prefix, and with it a session of its own.
    const planted = joined.cookie?.replace('__Host-', '')
    expect((await send('whoAmI', { cookie: planted }, far.address)).status).toBe(401)
    const out = await send(
      'signOut',
      { cookie: joined.cookie, headers: page('https://flags.example') },
      far.address,
    )
    expect(out.set).toMatch(/^__Host-flagmarshal_session=; Max-Age=0; /)
  })

  test('ends when its browser signs in again, on every server; others go on', async () => {
    const first = await join('rob', ['viewer'])
    const body = { person: 'rob', password: PASSWORD }
    const elsewhere = (await send('signIn', { body })).cookie
    const second = (await send('signIn', { body, cookie: first })).cookie
    await expect.poll(async () => (await send('whoAmI', { cookie: first })).status).toBe(401)
    expect((await send('whoAmI', { cookie: elsewhere })).status).toBe(200)
    const { json } = await send('listSessions', { cookie: second })
    expect(json['items']).toHaveLength(2)
    const wrong = await send('signIn', { body: { ...body, password: 'wrong' }, cookie: second })
    expect(wrong.status).toBe(401)
    expect((await send('whoAmI', { cookie: second })).status, 'nothing was opened').toBe(200)
  })

  test('and the limits know who asks behind a proxy that is trusted, and believe nobody else', async () => {
    await using behind = await startServer({ settings: { FLAGMARSHAL_TRUSTED_PROXIES: '127.0.0.1' } })
    await join('pia', ['viewer'], behind)
    const from = async (at: TestServer, forwarded: string, person: string) => {
      const headers = { ...page(at.address), 'x-forwarded-for': forwarded }
      return await send('signIn', { body: { person, password: PASSWORD }, headers }, at.address)
    }
    // What a client says of itself stands to the left of what the proxy has seen.
    const { cookie } = await from(behind, '198.51.100.1, 203.0.113.7', 'pia')
    const shown = await send('listSessions', { cookie }, behind.address)
    expect(shown.json['items']).toMatchObject([{ address: '203.0.113.7' }, { address: '127.0.0.1' }])
    for (let i = 0; i < 100; i++) await from(behind, '203.0.113.9', `nobody-${i}`)
    expect((await from(behind, '203.0.113.9', 'pia')).status).toBe(429)
    expect((await from(behind, '203.0.113.8', 'pia')).status).toBe(201)

    await join('pia', ['viewer'])
    const alone = await from(server, '203.0.113.7', 'pia')
    const own = await send('listSessions', { cookie: alone.cookie })
    expect(own.json['items']).toMatchObject([{ address: '127.0.0.1' }, { address: '127.0.0.1' }])
  }, 30_000)

  test('acts as the same person as the tokens do', async () => {
    const cookie = await join('wanda', ['technical-lead'])
    const made = await send('createFlag', {
      cookie,
      path: '/api/v1/projects/shop/flags',
      body: {
        key: 'by-session',
        name: 'By session',
        kind: 'release',
        valueType: 'boolean',
        variants: { on: true, off: false },
        offVariant: 'off',
        layers: ['backend'],
        owner: 'wanda',
      },
    })
    expect(made).toMatchObject({ status: 201, json: { createdBy: 'wanda' } })
    const audit = await server.admin.call('listAudit', { params: { project: 'shop' } })
    const actors = expectOk(audit)
      .items.filter((it) => it.subject.id === 'by-session')
      .map((it) => it.actor)
    expect(actors).toEqual([{ kind: 'person', id: 'wanda', name: 'wanda' }])
  })

  test('ends when its person signs out, and is worth nothing as a bearer token', async () => {
    const cookie = await join('olga', ['viewer'])
    const secret = cookie.split('=')[1] ?? ''
    expect((await send('whoAmI', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401)
    const out = await send('signOut', { cookie })
    expect(out.status).toBe(204)
    expect(out.set).toContain('Max-Age=0')
    await expect.poll(async () => (await send('whoAmI', { cookie })).status).toBe(401)
  })

  test('expires', async () => {
    const cookie = await join('exa', ['viewer'])
    await query(server.databaseUrl, "update tokens set expires_at = now() where person = 'exa'")
    expect((await send('whoAmI', { cookie })).status).toBe(401)
  })

  test('a personal token in the cookie is no session', async () => {
    const { token } = await server.person('viewer')
    expect((await send('whoAmI', { cookie: `flagmarshal_session=${token}` })).status).toBe(401)
  })
})

describe('R15 writes with a session come from this server’s own pages', () => {
  test.each([
    ['another origin', { origin: 'https://evil.example', 'flagmarshal-console': '1' }],
    ['no origin', { 'flagmarshal-console': '1' }],
    ['no header of the console', { origin: 'SELF' }],
    ['an origin that is none', { origin: 'null', 'flagmarshal-console': '1' }],
  ])('%s is refused', async (name, given) => {
    const cookie = await join(`c-${name.replaceAll(' ', '-')}`, ['administrator'])
    const headers = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, value === 'SELF' ? server.address : value]),
    )
    const body = { key: 'stolen', name: 'Stolen' }
    const write = await send('createProject', { cookie, headers, body })
    expect(write).toMatchObject({ status: 403, json: { code: 'foreign-page' } })
    if (headers['origin'] === undefined || headers['origin'] === server.address) return
    const login = await send('signIn', { headers, body: { person: 'x', password: PASSWORD } })
    expect(login).toMatchObject({ status: 403, json: { code: 'foreign-page' } })
    expect((await send('whoAmI', { cookie, headers })).status).toBe(200)
  })
})

describe('guessing', () => {
  test('R15 ten failures close an account for a while, whatever its password, and say how long', async () => {
    await using small = await startServer()
    await join('gus', ['viewer'], small)
    const guess = (person: string, password: string) =>
      send('signIn', { body: { person, password } }, small.address)
    const wrong = await Promise.all(Array.from({ length: 12 }, (_, i) => guess('Gus', `guess number ${i}`)))
    const statuses = wrong.map((it) => it.status).toSorted((a, b) => a - b)
    expect(statuses.filter((it) => it === 429)).toHaveLength(2)
    const right = await guess('gus', PASSWORD)
    expect(right).toMatchObject({ status: 429, json: { code: 'too-many-attempts' } })
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await guess('somebody-else', PASSWORD)).status).toBe(401)
    const known = { id: 'gil', name: 'Gil', email: 'gil@shop.example', roles: ['viewer' as const] }
    expectOk(await small.admin.call('createPerson', { body: known }))
    for (let i = 0; i < 10; i++) await guess(i % 2 === 0 ? 'gil' : 'Gil@shop.example', 'wrong')
    expect((await guess('gil@shop.example', 'wrong')).status, 'by either name').toBe(429)
  })

  test('R15 an unknown person and a wrong password get the same answer', async () => {
    await join('kim', ['viewer'])
    const answers = await Promise.all([
      send('signIn', { body: { person: 'kim', password: 'not her password' } }),
      send('signIn', { body: { person: 'nobody-at-all', password: 'not her password' } }),
    ])
    expect(answers[0]?.json).toEqual(answers[1]?.json)
  })

  test('R15 a hundred failures close an address', async () => {
    await using small = await startServer()
    const body = { secret: 'x'.repeat(43) }
    const answers = []
    for (let i = 0; i < 101; i++) answers.push((await send('readInvitation', { body }, small.address)).status)
    expect(answers.slice(0, 100).every((it) => it === 403)).toBe(true)
    expect(answers[100]).toBe(429)
  })
})

describe('an invitation', () => {
  test('lets somebody join once, with its roles', async () => {
    const secret = await invite(['developer', 'viewer'])
    const shown = await send('readInvitation', { body: { secret } })
    expect(shown.json).toMatchObject({ person: null, roles: ['developer', 'viewer'] })
    const body = { secret, id: 'neo', name: 'Neo', password: PASSWORD }
    expect((await send('acceptInvitation', { body })).status).toBe(201)
    const again = await send('acceptInvitation', { body: { ...body, id: 'two' } })
    expect(again).toMatchObject({ status: 403, json: { code: 'link-refused' } })
  })

  test('lets a known person choose a password, and ends the sessions of whoever had the old one', async () => {
    const { id } = await server.person('operations-lead')
    const link = async () =>
      expectOk(await server.admin.call('createInvitation', { body: { person: id, expiresInHours: 1 } })).link
    const accept = async (password: string) =>
      send('acceptInvitation', { body: { secret: (await link()).split('#')[1], password } })
    const first = await accept(PASSWORD)
    expect(first.json).toMatchObject({ person: { id, roles: ['operations-lead'] } })
    expect((await accept('another good long one')).status).toBe(201)
    await expect.poll(async () => (await send('whoAmI', { cookie: first.cookie })).status).toBe(401)
    expect((await send('signIn', { body: { person: id, password: PASSWORD } })).status).toBe(401)
  })

  test('can be revoked, and expires', async () => {
    const made = expectOk(
      await server.admin.call('createInvitation', { body: { roles: ['viewer'], expiresInHours: 1 } }),
    )
    const body = { secret: made.link.split('#')[1] }
    expect((await send('readInvitation', { body })).status).toBe(200)
    expectOk(await server.admin.call('revokeInvitation', { params: { invitation: made.id } }))
    expect((await send('readInvitation', { body })).status).toBe(403)
    const items = expectOk(await server.admin.call('listInvitations')).items
    expect(items.map((it) => it.id)).not.toContain(made.id)

    const old = await invite(['viewer'])
    await query(server.databaseUrl, 'update invitations set expires_at = now()')
    expect((await send('readInvitation', { body: { secret: old } })).status).toBe(403)
  })

  test('cannot be made without the right to', async () => {
    const { client } = await server.person('developer')
    const made = await client.call('createInvitation', { body: { roles: ['viewer'] } })
    expect(expectProblem(made).status).toBe(403)
  })
})

test('changing the password needs the present one and ends every other session', async () => {
  const other = await join('pat', ['viewer'])
  const mine = (await send('signIn', { body: { person: 'pat', password: PASSWORD } })).cookie
  const next = 'a completely other sentence'
  const wrong = await send('changePassword', { cookie: mine, body: { current: 'a wrong one', next } })
  expect(wrong).toMatchObject({ status: 422, json: { code: 'password-wrong' } })
  const short = await send('changePassword', { cookie: mine, body: { current: PASSWORD, next: 'short' } })
  expect(short.status).toBe(422)
  expect((await send('changePassword', { cookie: mine, body: { current: PASSWORD, next } })).status).toBe(204)
  expect((await send('whoAmI', { cookie: mine })).status).toBe(200)
  await expect.poll(async () => (await send('whoAmI', { cookie: other })).status).toBe(401)
  expect((await send('signIn', { body: { person: 'pat', password: next } })).status).toBe(201)
})
