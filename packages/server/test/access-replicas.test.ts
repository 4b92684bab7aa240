/** Two servers on one database: what is taken away, given or used up at one holds at the other within a moment. */
import { createHash, randomBytes } from 'node:crypto'

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { join, PASSWORD, sendTo } from './support/sessions.ts'

let here: TestServer
let there: TestServer

beforeAll(async () => {
  const key = { FLAGMARSHAL_SECRET_KEY: randomBytes(32).toString('base64') }
  here = await startServer({ settings: key })
  there = await startServer({ settings: { ...key, FLAGMARSHAL_DATABASE_URL: here.databaseUrl } })
  expectOk(await here.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(async () => {
  await there.close()
  await here.close()
})

/** Less than a server remembers a token for: so it was told. */
const TOLD = { timeout: 5_000, interval: 20 }

const me = async (at: TestServer, cookie: string | undefined) =>
  await sendTo(at.address, 'whoAmI', { cookie })
const statusThere = async (cookie: string | undefined) => (await me(there, cookie)).status

describe('a session that both servers know', () => {
  test.each([
    ['its person signs out', (cookie: string) => sendTo(here.address, 'signOut', { cookie })],
    ['its person signs out everywhere', (cookie: string) => sendTo(here.address, 'endSessions', { cookie })],
    [
      'an administrator ends the sessions of its person',
      (_: string, person: string) => here.admin.call('endSessionsOf', { params: { person } }),
    ],
    [
      'its person is disabled',
      (_: string, person: string) => here.admin.call('disablePerson', { params: { person } }),
    ],
    [
      'its person is removed',
      (_: string, person: string) => here.admin.call('erasePerson', { params: { person } }),
    ],
  ] as const)('ends at both when %s', async (name, act) => {
    const person = name.replaceAll(' ', '-')
    const cookie = await join(here, person, ['viewer'])
    expect(await statusThere(cookie)).toBe(200)
    await act(cookie, person)
    await expect.poll(() => statusThere(cookie), TOLD).toBe(401)
  })

  test('ends at the other one when the password is changed, and has other roles when those change', async () => {
    const cookie = await join(here, 'cleo', ['viewer'])
    const body = { person: 'cleo', password: PASSWORD }
    const second = (await sendTo(there.address, 'signIn', { body })).cookie
    expect(await statusThere(cookie)).toBe(200)
    const params = { person: 'cleo' }
    const roles = { roles: ['developer' as const], seen: ['viewer' as const] }
    expectOk(await here.admin.call('changeRoles', { params, body: roles }))
    await expect.poll(async () => (await me(there, cookie)).json['roles'], TOLD).toEqual(['developer'])
    const changed = { current: PASSWORD, next: 'eleven pale moons at dawn' }
    expect((await sendTo(here.address, 'changePassword', { body: changed, cookie: second })).status).toBe(204)
    await expect.poll(() => statusThere(cookie), TOLD).toBe(401)
    expect(await statusThere(second)).toBe(200)
  })
})

test('a token that is revoked at one is refused at the other', async () => {
  const cookie = await join(here, 'tom', ['viewer'])
  const { json } = await sendTo(here.address, 'createOwnToken', { body: { name: 'laptop' }, cookie })
  const [own, known] = [here.client(String(json['token'])), there.client(String(json['token']))]
  expect((await known.call('whoAmI')).ok).toBe(true)
  expectOk(await own.call('revokeOwnToken', { params: { token: String(json['id']) } }))
  await expect.poll(async () => (await known.call('whoAmI')).ok, TOLD).toBe(false)
})

test('a code of the browser that is made at one is good at the other, and at both together once', async () => {
  const cookie = await join(here, 'bo', ['viewer'])
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const asked = { for: 'token', challenge, name: 'laptop' }
  const { json } = await sendTo(here.address, 'createBrowserCode', { body: asked, cookie })
  const body = { code: json['code'], verifier }
  const take = async (at: TestServer) => (await sendTo(at.address, 'takeBrowserToken', { body })).status
  const both = await Promise.all([take(there), take(here)])
  expect(both.toSorted((a, b) => a - b)).toEqual([201, 403])
})

test('a proof that is given at one counts at the other', async () => {
  const cookie = await join(here, 'flo', ['viewer'])
  expect(await statusThere(cookie)).toBe(200)
  const asked = { for: 'proof', challenge: 'c'.repeat(43) }
  const askThere = async () =>
    (await sendTo(there.address, 'createBrowserCode', { body: asked, cookie })).status
  const client = new Client({ connectionString: here.databaseUrl })
  await client.connect()
  await client.query("update tokens set proved_at = now() - interval '10 minutes' where person = 'flo'")
  await client.end()
  expect(await askThere()).toBe(403)
  const body = { password: PASSWORD }
  expect((await sendTo(here.address, 'prove', { body, cookie })).status).toBe(200)
  expect(await askThere()).toBe(201)
})
