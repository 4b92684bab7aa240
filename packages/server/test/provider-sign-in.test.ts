import { randomUUID } from 'node:crypto'

/** Signing in at the organisation's provider, against a real issuer. */
import type { OperationId } from '@flagmarshal/api'
import type { IdentityProviderSettings } from '@flagmarshal/api/identity-provider'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { signOutThere } from './support/issuer.ts'
import type { Claims, Issuer } from './support/issuer.ts'
import { startProviderServer } from './support/provider.ts'
import type { ProviderServer } from './support/provider.ts'
import { join, sendTo } from './support/sessions.ts'
import type { Sent } from './support/sessions.ts'

let provider: ProviderServer
let server: TestServer
let issuer: Issuer
let clock: ProviderServer['clock']

beforeAll(async () => {
  provider = await startProviderServer()
  ;({ server, issuer, clock } = provider)
})
afterAll(async () => await provider[Symbol.asyncDispose]())
beforeEach(() => {
  clock.off = 0
  issuer.lies.clear()
})

const send = (id: OperationId, sent: Sent = {}) => sendTo(server.address, id, sent)
const settle: ProviderServer['settle'] = (...given) => provider.settle(...given)
const finish: ProviderServer['finish'] = (left) => provider.finish(left)
const signIn: ProviderServer['signIn'] = (login, claims) => provider.signIn(login, claims)

/** Leaves for the issuer and comes back: the cookie that was kept, and the query. */
const leave = (login: string, claims: Claims, id: OperationId = 'beginSignIn', cookie?: string) =>
  provider.leave(login, claims, { id, cookie })

async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}

async function person(id: string) {
  const { items } = expectOk(await server.admin.call('listPeople', {}))
  return items.find((it) => it.id === id)
}

const ada = {
  name: 'Ada Lovelace',
  preferred_username: 'ada',
  email: 'ada@acme.example',
  email_verified: true,
  groups: ['flag-people', 'shop-leads', 'canteen'],
}

describe('signing in at the provider', () => {
  test('with code, PKCE S256, state and nonce adds somebody new, with the roles of their groups and a session of their own', async () => {
    const left = await leave('ada', ada)
    const asked = Object.fromEntries(left.address.searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'flagmarshal',
      code_challenge_method: 'S256',
      scope: 'openid profile email groups',
      redirect_uri: `${server.address}/sign-in/return`,
    })
    expect(
      [asked['state'], asked['nonce'], asked['code_challenge']].every((it) => (it ?? '').length > 40),
    ).toBe(true)
    expect(left.set).toMatch(
      /^flagmarshal_sign_in_[\w-]{12}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    // What is kept says nothing to whoever reads it.
    expect(Buffer.from(left.kept.split('=')[1] ?? '', 'base64url').toString()).not.toContain(asked['nonce'])

    const planted = `flagmarshal_session=fm_session_${'x'.repeat(40)}`
    const done = await send('finishSignIn', {
      body: { query: left.query },
      cookie: `${left.kept}; ${planted}`,
    })
    expect(done).toMatchObject({
      status: 200,
      json: {
        did: 'signed-in',
        page: '/now',
        proof: null,
        session: { person: { id: 'ada', name: 'Ada Lovelace', roles: ['developer'] } },
      },
    })
    const [session, taken] = done.headers.getSetCookie()
    expect(session).toMatch(
      /^flagmarshal_session=fm_session_\w+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect(session).not.toContain('x'.repeat(40))
    expect(taken).toMatch(/^flagmarshal_sign_in_[\w-]{12}=; Max-Age=0; /)
    expect((await send('whoAmI', { cookie: planted })).status).toBe(401)
    expect((await send('whoAmI', { cookie: done.cookie })).json).toMatchObject({
      id: 'ada',
      grants: [{ role: 'technical-lead', project: 'shop', environment: null }],
    })
    expect(await person('ada')).toMatchObject({ email: 'ada@acme.example' })
    const { items } = expectOk(
      await server.admin.call('listInstallationAudit', { query: { kind: 'person' } }),
    )
    expect(items.map((it) => it.action)).toEqual(
      expect.arrayContaining(['person.create', 'person.connect', 'person.map-roles']),
    )
    expect(JSON.stringify(items)).not.toContain('ada@acme.example')
  })

  test('knows somebody again by issuer and subject, whatever they are called meanwhile', async () => {
    const again = await signIn('ada', {
      ...ada,
      preferred_username: 'countess',
      email: 'other@acme.example',
      name: 'X',
    })
    expect(again.json).toMatchObject({ session: { person: { id: 'ada', name: 'Ada Lovelace' } } })
    expect((await query("select 1 from identities where person = 'ada'")).length).toBe(1)
  })

  test('ends with the session that is here; the account says how it is connected', async () => {
    const { cookie } = await signIn('ada', ada)
    expect((await send('showIdentity', { cookie })).json).toMatchObject({
      provider: 'Acme',
      hasPassword: false,
      connected: {
        issuer: issuer.address,
        subject: 'ada',
        roles: [{ role: 'developer' }, { role: 'technical-lead', project: 'shop' }],
      },
    })
    expect((await send('signOut', { cookie })).status).toBe(204)
    await expect.poll(async () => (await send('whoAmI', { cookie })).status).toBe(401)
  })
})

describe('roles', () => {
  test('fall at the next sign-in when a group is gone, for every session and token; those that people gave stay', async () => {
    const first = await signIn('gro', { preferred_username: 'gro', groups: ['flag-people', 'shop-leads'] })
    const params = { person: 'gro' }
    expectOk(
      await server.admin.call('grantRole', { params, body: { role: 'product-owner', project: 'shop' } }),
    )
    await signIn('gro', { preferred_username: 'gro', groups: ['flag-people'] })
    expect(await person('gro')).toMatchObject({
      roles: ['developer'],
      grants: [{ role: 'product-owner', project: 'shop', environment: null }],
    })
    const me = async () => (await send('whoAmI', { cookie: first.cookie })).json
    await expect.poll(me).toMatchObject({ grants: [{ role: 'product-owner' }] })
  })

  test('fall when a rule is withdrawn, and whoever has none left is not let in', async () => {
    expectOk(
      await settle({
        roles: [
          { group: 'flag-people', role: 'viewer' },
          { group: 'crew', role: 'developer' },
        ],
      }),
    )
    await signIn('wim', { preferred_username: 'wim', groups: ['crew'] })
    expect(await person('wim')).toMatchObject({ roles: ['developer'] })
    expectOk(await settle())
    const refused = await signIn('wim', { preferred_username: 'wim', groups: ['crew'] })
    expect(refused).toMatchObject({ status: 403, json: { code: 'no-role' } })
    expect(await person('wim')).toMatchObject({ roles: [] })
  })

  test('of nobody: somebody new without one is not added', async () => {
    expect(await signIn('nil', { preferred_username: 'nil', groups: ['canteen'] })).toMatchObject({
      status: 403,
      json: { code: 'no-role' },
    })
    expect(await person('nil')).toBeUndefined()
  })

  test('lapse for tokens too when somebody has not signed in for long, and come back with the next sign-in', async () => {
    const claims = { preferred_username: 'gone', groups: ['flag-people', 'shop-leads'] }
    const { cookie } = await signIn('gone', claims)
    const params = { person: 'gone' }
    expectOk(
      await server.admin.call('grantRole', { params, body: { role: 'product-owner', project: 'shop' } }),
    )
    const made = await send('createOwnToken', { body: { name: 'laptop', expiresInDays: 30 }, cookie })
    const own = server.client(String(made.json['token']))
    clock.off = 7 * 86_400_000 + 60_000
    const held = async () => {
      const { roles, grants } = expectOk(await own.call('whoAmI'))
      return [...roles, ...grants.map((it) => it.role)]
    }
    await expect.poll(held).toEqual(['product-owner'])
    clock.off = 0
    await signIn('gone', claims)
    await expect.poll(held).toEqual(['developer', 'product-owner', 'technical-lead'])
  })

  test('of the last administrator stay until there is another', async () => {
    await signIn('root', { preferred_username: 'root', groups: ['flag-admins'] })
    await signIn('root', { preferred_username: 'root', groups: ['flag-people'] })
    expect((await person('root'))?.roles).toEqual(['administrator', 'developer'])
    await server.person('administrator')
    await signIn('root', { preferred_username: 'root', groups: ['flag-people'] })
    expect((await person('root'))?.roles).toEqual(['developer'])
  })
})

describe('what ends at the provider', () => {
  const notice = (form: Record<string, string>) =>
    fetch(`${server.address}/sign-in/back-channel-logout`, {
      method: 'POST',
      body: new URLSearchParams(form),
    })
  const known = async ({ cookie }: { readonly cookie: string | undefined }) =>
    (await send('whoAmI', { cookie })).status

  test('ends the session here that was opened with it, on its word, and no other one', async () => {
    const claims = { preferred_username: 'out', groups: ['flag-people'] }
    const jar = new Map<string, string>()
    const there = await finish(await provider.leave('out', claims, { jar }))
    const elsewhere = await signIn('out', claims)
    const body = { name: 'laptop', expiresInDays: 1 }
    const { json } = await send('createOwnToken', { body, cookie: there.cookie })
    await signOutThere(issuer, jar)
    await expect.poll(() => known(there)).toBe(401)
    expect(await known(elsewhere)).toBe(200)
    // A token was made to outlive sessions.
    expect((await server.client(String(json['token'])).call('whoAmI')).ok).toBe(true)
    const { items } = expectOk(
      await server.admin.call('listInstallationAudit', { query: { kind: 'person' } }),
    )
    expect(items.find((it) => it.action === 'session.close-all')).toMatchObject({
      actor: { id: 'identity-provider' },
      subject: { id: 'out' },
    })
  })

  test('of a subject ends all sessions that the person has from there, once; one opened with a password stays', async () => {
    const local = await join(server, 'all', ['developer'])
    const connecting = await leave('all', { groups: ['flag-people'] }, 'beginConnection', local)
    expect((await finish(connecting)).json).toMatchObject({ did: 'connected' })
    const sessions = [await signIn('all', { groups: ['flag-people'] }), await signIn('all', { groups: [] })]
    const claims = { ...(await said()), sub: 'all' }
    const token = await issuer.sign(claims)
    const other = await signIn('ada', ada)
    expect((await notice({ logout_token: token })).status).toBe(200)
    for (const it of sessions) await expect.poll(() => known(it)).toBe(401)
    expect([await known({ cookie: local }), await known(other)]).toEqual([200, 200])
    const back = await signIn('all', { groups: ['flag-people'] })
    expect((await notice({ logout_token: token })).status, 'a repeat is nothing new').toBe(200)
    expect(await known(back)).toBe(200)
  })

  test('is believed to the provider alone: other keys, clients, issuers, times and tokens are refused', async () => {
    const here = await signIn('ada', ada)
    const fine = { ...(await said()), sub: 'ada' }
    const event = fine.events
    const wrong = [
      { ...fine, aud: 'another' },
      { ...fine, iss: 'https://evil.example' },
      { ...fine, iat: fine.iat - 600, exp: fine.iat - 500 },
      { ...fine, nonce: 'an ID token has one' },
      { ...fine, events: { 'http://schemas.openid.net/event/other': {} } },
      { ...fine, events: Object.keys(event) },
      { ...fine, jti: undefined },
      { ...fine, sub: undefined },
    ]
    for (const it of wrong) {
      const answer = await notice({ logout_token: await issuer.sign(it) })
      expect([answer.status, await answer.json()], JSON.stringify(it)).toMatchObject([
        400,
        { code: 'notice-refused' },
      ])
    }
    const [head, body] = (await issuer.sign(fine)).split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    for (const it of ['x', none, `${head}.${body}.${'A'.repeat(342)}`]) {
      expect((await notice({ logout_token: it })).status).toBe(400)
    }
    expect((await notice({})).status).toBe(400)
    expect((await notice({ logout_token: 'x'.repeat(20_000) })).status).toBe(413)
    const json = await fetch(`${server.address}/sign-in/back-channel-logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ logout_token: await issuer.sign(fine) }),
    })
    expect(json.status).toBe(400)
    expect(await known(here)).toBe(200)
  })

  /** What a notice says of whoever it is about. */
  async function said() {
    const iat = Math.floor(Date.now() / 1000)
    return {
      iss: issuer.address,
      aud: issuer.clientId,
      iat,
      exp: iat + 60,
      jti: randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    }
  }
})

describe('whom it lets in', () => {
  test('nobody who was disabled, by their connection, address or id, and gives them nothing', async () => {
    await signIn('dis', {
      preferred_username: 'dis',
      groups: ['flag-people'],
      email: 'dis@acme.example',
      email_verified: true,
    })
    expectOk(await server.admin.call('disablePerson', { params: { person: 'dis' } }))
    const more = { groups: ['flag-people', 'flag-admins'] }
    expect(await signIn('dis', { preferred_username: 'dis', ...more })).toMatchObject({
      status: 403,
      json: { code: 'person-disabled' },
    })
    const anew = [
      ['dis2', { preferred_username: 'dis', ...more }],
      ['dis3', { preferred_username: 'new', email: 'DIS@acme.example', email_verified: false, ...more }],
    ] as const
    for (const [login, claims] of anew) {
      expect((await signIn(login, claims)).json).toMatchObject({ code: 'person-disabled' })
    }
    expect(await person('dis')).toMatchObject({ roles: ['developer'], grants: [] })
  })

  test('somebody known by an address only where it was verified and that was settled', async () => {
    const body = { id: 'eve', name: 'Eve', email: 'eve@acme.example', roles: ['administrator' as const] }
    expectOk(await server.admin.call('createPerson', { body }))
    const claims = { preferred_username: 'mallory', email: 'eve@acme.example', groups: ['flag-people'] }
    const verified = { ...claims, email_verified: true }
    expect((await signIn('mal', verified)).json).toMatchObject({ code: 'person-known' })
    expectOk(await settle({ linksByEmail: true }))
    expect((await signIn('mal', claims)).json).toMatchObject({ code: 'person-known' })
    expect((await signIn('mal', { ...claims, email_verified: 'true' })).json).toMatchObject({
      code: 'person-known',
    })
    expect((await signIn('mal', verified)).json).toMatchObject({ session: { person: { id: 'eve' } } })
    expectOk(await settle())
  })

  test('somebody who connects the own account, with a fresh proof, in the session that asked for it', async () => {
    const cookie = await join(server, 'con', ['developer'])
    await query("update tokens set proved_at = now() - interval '10 minutes' where person = 'con'")
    await expect
      .poll(async () => (await send('beginConnection', { body: {}, cookie })).json['code'], {
        timeout: 15_000,
      })
      .toBe('proof-needed')
    const fresh = await join(server, 'con2', ['developer'])
    const left = await leave(
      'con-there',
      { preferred_username: 'zzz', groups: ['flag-people'] },
      'beginConnection',
      fresh,
    )
    const [kept = ''] = left.kept.split('; ')
    expect((await finish({ ...left, kept: `${kept}; ${cookie}` })).json).toMatchObject({
      code: 'sign-in-lost',
    })
    expect((await finish(left)).json).toMatchObject({ did: 'connected', page: '/now', session: null })
    expect((await signIn('con-there', { groups: ['flag-people'] })).json).toMatchObject({
      session: { person: { id: 'con2' } },
    })
    expect((await send('beginConnection', { body: {}, cookie: fresh })).json).toMatchObject({
      code: 'connected',
    })

    const other = await leave(
      'con-there',
      { groups: ['flag-people'] },
      'beginConnection',
      await join(server, 'con3', ['developer']),
    )
    expect((await finish(other)).json).toMatchObject({ code: 'another-person' })
    expectOk(await server.admin.call('disconnectPerson', { params: { person: 'con2' } }))
    expect(await person('con2')).toMatchObject({ roles: ['developer'] })
    await expect.poll(async () => (await send('whoAmI', { cookie: fresh })).status).toBe(401)
  })
})

describe('a token for the own command line', () => {
  test('is made in the session of whoever signed in there, has their roles, is listed and revoked', async () => {
    const { cookie } = await signIn('tok', { preferred_username: 'tok', groups: ['flag-people'] })
    const made = await send('createOwnToken', { body: { name: 'laptop', expiresInDays: 7 }, cookie })
    expect(made.status).toBe(201)
    const own = server.client(String(made.json['token']))
    expect(expectOk(await own.call('whoAmI'))).toMatchObject({ id: 'tok', roles: ['developer'] })
    // A token makes no token: a stolen one ends when it ends.
    const another = await own.call('createOwnToken', { body: { name: 'more', expiresInDays: 365 } })
    expect(expectProblem(another).code).toBe('no-session')
    const more = await send('createOwnToken', { body: { name: 'more', roles: ['administrator'] }, cookie })
    expect(more).toMatchObject({ status: 422, json: { code: 'role-not-held' } })
    const [token] = expectOk(await own.call('listOwnTokens')).items
    expect(token).toMatchObject({ name: 'laptop', createdBy: 'tok' })
    const params = { token: token?.id ?? '' }
    const other = await server.person('developer')
    expect(expectProblem(await other.client.call('revokeOwnToken', { params })).status).toBe(404)
    expectOk(await own.call('revokeOwnToken', { params }))
    await expect.poll(async () => (await own.call('whoAmI')).ok).toBe(false)
  })

  test('stops when the person is disabled, and loses what falls at a sign-in', async () => {
    const claims = { preferred_username: 'fal', groups: ['flag-people', 'shop-leads'] }
    const { cookie } = await signIn('fal', claims)
    const made = await send('createOwnToken', { body: { name: 'laptop' }, cookie })
    const own = server.client(String(made.json['token']))
    expect(expectOk(await own.call('whoAmI')).grants.length).toBe(1)
    await signIn('fal', { ...claims, groups: ['flag-people'] })
    await expect.poll(async () => expectOk(await own.call('whoAmI')).grants).toEqual([])
    expectOk(await server.admin.call('disablePerson', { params: { person: 'fal' } }))
    await expect.poll(async () => (await own.call('whoAmI')).ok).toBe(false)
  })
})

describe('what is refused', () => {
  test('a return that was used, of another browser, without or with a made-up state, or too late', async () => {
    const left = await leave('ada', ada)
    expect((await finish({ ...left, kept: '' })).json).toMatchObject({ code: 'sign-in-lost' })
    const other = await leave('ada', ada)
    expect((await finish({ query: left.query, kept: other.kept })).json).toMatchObject({
      code: 'sign-in-lost',
    })
    for (const query of ['', 'code=x', 'state=x&state=y&code=x', `${left.query}&state=x`])
      expect((await finish({ ...left, query })).json).toMatchObject({ code: 'sign-in-lost' })
    expect((await finish(left)).status).toBe(200)
    expect((await finish(left)).json).toMatchObject({ status: 403, code: 'sign-in-used' })
    clock.off = 601_000
    expect((await finish(other)).json).toMatchObject({ code: 'sign-in-lost' })
  })

  test('a code that was used or belongs to another sign-in', async () => {
    const [one, two] = [await leave('ada', ada), await leave('ada', ada)]
    const stolen = new URLSearchParams(two.query)
    stolen.set('code', new URLSearchParams(one.query).get('code') ?? '')
    expect((await finish({ ...two, query: stolen.toString() })).json).toMatchObject({
      status: 403,
      code: 'provider-refused',
    })
    const spent = await leave('ada', ada)
    expect((await finish(spent)).status).toBe(200)
    const three = await leave('ada', ada)
    const replayed = new URLSearchParams(three.query)
    replayed.set('code', new URLSearchParams(spent.query).get('code') ?? '')
    expect((await finish({ ...three, query: replayed.toString() })).json).toMatchObject({
      code: 'provider-refused',
    })
  })

  test('what the provider refuses is said in words', async () => {
    const begun = await send('beginSignIn', { body: {} })
    const state = new URL(String(begun.json['address'])).searchParams.get('state') ?? ''
    const query = new URLSearchParams({ error: 'access_denied', state, iss: issuer.address }).toString()
    expect((await finish({ query, kept: begun.cookie ?? '' })).json).toMatchObject({
      code: 'provider-refused',
      detail: 'Acme did not sign you in: it was refused there.',
    })
  })

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil.example', 'now', ''])(
    'to go on to %j',
    async (page) => {
      expect(await send('beginSignIn', { body: { page } })).toMatchObject({ status: 422 })
    },
  )

  test('a page of another site, that begins or finishes a sign-in in the browser of somebody', async () => {
    const headers = { origin: 'https://evil.example', 'flagmarshal-console': '1' }
    expect(await send('beginSignIn', { body: {}, headers })).toMatchObject({
      status: 403,
      json: { code: 'foreign-page' },
    })
    expect(await send('finishSignIn', { body: { query: 'x' }, headers })).toMatchObject({ status: 403 })
  })
})

describe('the ID token', () => {
  test('is taken with a key that was rotated a moment ago', async () => {
    expect((await signIn('ada', ada)).status).toBe(200)
    issuer.rotate()
    expect((await signIn('ada', ada)).status).toBe(200)
    issuer.rotate()
    expect((await signIn('ada', ada)).status).toBe(200)
  })

  test('is refused where its key is none of the published ones', async () => {
    const published = await (await fetch(`${issuer.address}/jwks`)).text()
    issuer.rotate()
    issuer.lies.set('/jwks', (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(published)
    })
    expect((await signIn('ada', ada)).json).toMatchObject({
      code: 'provider-refused',
      detail: expect.stringContaining('a key that it does not publish'),
    })
  })

  test('is taken within thirty seconds of its end by our clock, and not beyond', async () => {
    const left = await leave('ada', ada)
    clock.off = 80_000
    // Issued by the issuer's clock for 60 s; ours is 80 s ahead.
    expect((await finish(left)).status).toBe(200)
    clock.off = 0
    const late = await leave('ada', ada)
    clock.off = 120_000
    expect((await finish(late)).json).toMatchObject({
      code: 'provider-refused',
      detail: expect.stringContaining('compare the clocks'),
    })
  })
})

describe('the provider', () => {
  test('is asked before anybody needs it, and says what is wrong', async () => {
    expect(expectOk(await server.admin.call('testIdentityProvider'))).toMatchObject({
      state: 'pass',
      notes: [`It is ${issuer.address}, and has 1 key.`, 'It takes PKCE with S256.', expect.any(String)],
    })
    issuer.lies.set('/.well-known/openid-configuration', (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ issuer: 'https://evil.example', jwks_uri: `${issuer.address}/jwks` }))
    })
    expect(expectOk(await server.admin.call('testIdentityProvider'))).toMatchObject({
      state: 'fail',
      notes: ['It cannot be used: it calls itself something else than the issuer that was settled.'],
    })
  })

  test('that cannot be reached is named, and people are let in again when it is back', async () => {
    const left = await leave('ada', ada)
    await issuer.stop()
    expect((await finish(left)).json).toMatchObject({
      status: 409,
      code: 'provider-unreachable',
      detail: `Acme (${new URL(issuer.address).host}) cannot be asked: ${new URL(issuer.address).host} cannot be reached: ECONNREFUSED.`,
    })
    await issuer.start()
    expect((await signIn('ada', ada)).status).toBe(200)
  })

  test('R16 is asked through the guard: an address of the own network is refused unless the operator allows it', async () => {
    await using guarded = await startServer({ settings: { FLAGMARSHAL_PUBLIC_URL: 'https://flags.example' } })
    const shown = expectOk(await server.admin.call('showIdentityProvider'))
    if (shown.settings === null) throw new Error('nothing is settled')
    const settings = { ...shown.settings, roles: [] }
    expectOk(await guarded.admin.call('writeIdentityProvider', { body: { settings }, ifMatch: 1 }))
    const before = issuer.asked.size
    expect((await sendTo(guarded.address, 'beginSignIn', { body: {} })).json).toMatchObject({
      code: 'provider-refused',
      detail: expect.stringContaining('FLAGMARSHAL_OUTGOING_ALLOW'),
    })
    expect(issuer.asked.size).toBe(before)
  })

  test('is settled by administrators only, without TLS on this machine only, with rules that name what is there', async () => {
    const developer = await server.person('developer')
    expect(expectProblem(await developer.client.call('showIdentityProvider')).status).toBe(403)
    const wrong = [
      [{ issuer: 'http://login.acme.example' }, '/settings/issuer'],
      [{ roles: [{ group: 'a', role: 'developer', project: 'nowhere' }] }, '/settings/roles/0/project'],
      [
        { roles: [{ group: 'a', role: 'developer', project: 'shop', environment: 'x' }] },
        '/settings/roles/0/environment',
      ],
      [{ roles: [{ group: 'a', role: 'developer', environment: 'x' }] }, '/settings/roles/0/environment'],
      [{ roles: [{ group: 'a', role: 'administrator', project: 'shop' }] }, '/settings/roles/0/role'],
    ] as const
    for (const [changed, pointer] of wrong) {
      const settings = changed as unknown as Partial<IdentityProviderSettings>
      expect(expectProblem(await settle(settings)).errors?.[0]?.pointer).toBe(pointer)
    }
  })

  test('has a secret that is sealed, never shown, rotated with the others, and never sent to another issuer', async () => {
    const shown = expectOk(await server.admin.call('showIdentityProvider'))
    expect(shown).toMatchObject({ hasSecret: true, returnAddress: `${server.address}/sign-in/return` })
    expect(JSON.stringify(shown)).not.toContain(issuer.clientSecret)
    const [row] = await query('select secret from identity_provider')
    expect(row?.['secret']).toMatch(/^v2\./)
    const { items } = expectOk(await server.admin.call('listInstallationAudit', {}))
    expect(JSON.stringify(items)).not.toContain(issuer.clientSecret)
    expect(expectOk(await server.admin.call('rotateSecrets')).lost).toEqual([])
    if (shown.settings === null) throw new Error('nothing is settled')
    const settings = { ...shown.settings, issuer: 'https://evil.example' }
    const moved = await server.admin.call('writeIdentityProvider', {
      body: { settings },
      ifMatch: shown.revision,
    })
    expect(expectProblem(moved).errors?.[0]?.pointer).toBe('/secret')
  })
})

describe('showing once more who one is', () => {
  test('at the provider, which asks anew, counts for signatures of somebody without a password', async () => {
    expectOk(await server.admin.call('createProject', { body: { key: 'signed', name: 'Signed' } }))
    const { cookie } = await signIn('sig', { preferred_username: 'sig', groups: ['flag-people'] })
    const proof = async () =>
      (
        await query(
          "select proved_by, proved_at > now() - interval '1 minute' as fresh from tokens where person = 'sig' and kind = 'session'",
        )
      )[0]
    // The issuer did not say when sig signed in there, so the session is no proof of it.
    expect(await proof()).toEqual({ proved_by: null, fresh: null })
    const left = await leave(
      'sig',
      { preferred_username: 'sig', groups: ['flag-people'] },
      'beginProof',
      cookie,
    )
    expect(Object.fromEntries(left.address.searchParams)).toMatchObject({ prompt: 'login', max_age: '0' })
    expect((await finish(left)).json).toMatchObject({
      did: 'proved',
      session: null,
      proof: { method: 'oidc' },
    })
    expect(await proof()).toEqual({ proved_by: 'oidc', fresh: true })
  })

  test('is refused for somebody else, in another session, and for whoever is not connected', async () => {
    const sig = await signIn('sig', { preferred_username: 'sig', groups: ['flag-people'] })
    const other = await leave('ada', ada, 'beginProof', sig.cookie)
    expect((await finish(other)).json).toMatchObject({ code: 'another-person' })
    const adas = await signIn('ada', ada)
    const left = await leave('sig', { groups: ['flag-people'] }, 'beginProof', sig.cookie)
    const [kept = ''] = left.kept.split('; ')
    expect((await finish({ ...left, kept: `${kept}; ${adas.cookie}` })).json).toMatchObject({
      code: 'sign-in-lost',
    })
    const local = await join(server, 'loc', ['developer'])
    expect((await send('beginProof', { body: {}, cookie: local })).json).toMatchObject({
      code: 'not-connected',
    })
    const token = await server.person('developer')
    expect(expectProblem(await token.client.call('beginProof', { body: {} })).code).toBe('no-session')
  })
})
