/**
 * `flagmarshal login` through the browser: the real program as a process, a real server, and what a page of the
 * console does, step by step; and what anybody else who gets hold of a part of it does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import process from 'node:process'

import type { OperationId } from '@flagmarshal/api'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { systemClock } from '../../server/src/clock.ts'
import { join, PASSWORD, sendTo } from '../../server/test/support/sessions.ts'
import type { Sent } from '../../server/test/support/sessions.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import { beginThere, makeMachine } from './support/waiting.ts'
import type { Machine } from './support/waiting.ts'

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts')

let server: TestServer
let machine: Machine
/** The session of somebody in the browser. */
let cookie: string
/** How far the server's clock is off, in milliseconds. */
let off = 0

beforeAll(async () => {
  server = await startServer({
    clock: { ...systemClock, now: () => new Date(systemClock.now().getTime() + off) },
  })
  cookie = await join(server, 'ada', ['developer'])
  machine = makeMachine(server.address)
})
afterAll(async () => {
  await server.close()
  machine[Symbol.dispose]()
})
beforeEach(() => {
  off = 0
})

const send = (id: OperationId, sent: Sent = {}) => sendTo(server.address, id, sent)

/** A command that waits for the browser. */
const begin = (...args: string[]) => beginThere(machine, args)

type Begun = Awaited<ReturnType<typeof begin>>

/** What the page sends when its button is pressed; the code. */
async function press({ asked }: Begun, more: object = {}, by = cookie) {
  const wanted = asked['for'] === 'token' ? { name: 'flagmarshal on laptop', expiresInDays: 7 } : {}
  const body = { for: asked['for'], challenge: asked['challenge'], ...wanted, ...more }
  return await send('createBrowserCode', { body, cookie: by })
}

/** The browser goes back to the program. */
async function goBack(begun: Begun, query: Record<string, string>, headers = {}) {
  const search = new URLSearchParams({ state: begun.asked['state'] ?? '', ...query })
  return await goTo(begun, `/?${search.toString()}`, headers)
}

/** Asks the program that waits for any address. */
async function goTo(
  { asked }: Begun,
  path: string,
  headers = {},
): Promise<{ status: number; location: string | undefined }> {
  const going = request({ host: '127.0.0.1', port: asked['port'], path, headers }).end()
  const [answer] = await once(going, 'response')
  answer.resume()
  return { status: answer.statusCode, location: answer.headers.location }
}

describe('login in the browser', () => {
  it('sends the person to a page of the console, and keeps the token that they let it have', async () => {
    const begun = await begin('login', '--browser', '--json', '--name', 'work', '--days', '7')
    expect(begun.address.origin + begun.address.pathname).toBe(`${server.address}/command-line`)
    expect(begun.asked).toMatchObject({ for: 'token', days: '7', machine: expect.stringMatching(/./) })
    expect([begun.asked['challenge'], begun.asked['state']].map((it) => it?.length)).toEqual([43, 43])
    await expect.poll(() => readFileSync(machine.sentTo, 'utf8')).toBe(begun.address.href)
    expect(begun.said.err).toMatch(/The page must show [A-Z0-9]{4}-[A-Z0-9]{4}\./)

    const { status, json } = await press(begun)
    expect(status).toBe(201)
    const back = await goBack(begun, { code: String(json['code']) })
    // The code stays in no address that the browser keeps.
    expect(back).toEqual({ status: 303, location: `${server.address}/command-line?done` })
    const { code, out } = await begun.ended
    expect(code, out).toBe(0)
    const { result } = JSON.parse(out)
    expect(result).toMatchObject({
      name: 'work',
      who: 'ada',
      server: server.address,
      token: { id: expect.any(String) },
    })
    expect(statSync(result.tokenFile).mode & 0o777).toBe(0o600)
    const token = readFileSync(result.tokenFile, 'utf8').trim()
    expect(token).toMatch(/^fm_user_/)
    expect(out + begun.said.err).not.toContain(token)

    const own = server.client(token)
    expect(expectOk(await own.call('whoAmI'))).toMatchObject({ id: 'ada', roles: ['developer'] })
    const { items } = expectOk(await own.call('listOwnTokens'))
    const listed = items.find((it) => it.id === result.token.id)
    expect(listed).toMatchObject({ name: 'flagmarshal on laptop', expiresAt: result.token.expiresAt })
    expect(Date.parse(result.token.expiresAt) - Date.now()).toBeLessThan(7 * 86_400_000 + 1_000)
    const audit = expectOk(await server.admin.call('listInstallationAudit', { query: { kind: 'token' } }))
    expect(audit.items.find((it) => it.subject.id === result.token.id)).toMatchObject({
      action: 'token.create',
      actor: { id: 'ada' },
    })
    const left = await flagmarshal(['logout', '--json'], machine.env)
    expect(left.code, left.err).toBe(0)
    expect(JSON.parse(left.out).result).toEqual({
      name: 'work',
      server: server.address,
      revoked: result.token.id,
    })
    expect(existsSync(result.tokenFile)).toBe(false)
    await expect.poll(async () => (await own.call('whoAmI')).ok).toBe(false)
    expect((await flagmarshal(['logout'], machine.env)).code).toBe(EXIT.usage)
  })

  it('ends when the person says no, and takes nothing from anybody who does not know its state', async () => {
    const begun = await begin('login', '--browser')
    const { json } = await press(begun)
    const code = String(json['code'])
    for (const state of ['', 'x'.repeat(43)]) {
      expect(await goBack(begun, { code, state })).toEqual({ status: 404, location: undefined })
    }
    // A page elsewhere whose name leads to this machine.
    expect((await goBack(begun, { code }, { host: 'evil.example' })).status).toBe(404)
    for (const path of ['//', '/favicon.ico', 'http://[/'])
      expect((await goTo(begun, path)).status, 'no address ends it').toBe(404)
    expect((await goBack(begun, { error: 'refused' })).status).toBe(303)
    expect(await begun.ended).toMatchObject({ code: EXIT.access, err: expect.stringContaining('said no') })
  })

  it('is no way in where nobody sits at a terminal, unless it is asked for', async () => {
    const { BROWSER: _, ...env } = machine.env
    const child = spawn(process.execPath, [MAIN, 'login'], { env: { ...env, DISPLAY: ':0' } })
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [code] = await once(child, 'close')
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('--token-file')
  })
})

describe('a code', () => {
  const VERIFIER = 'a-verifier-that-nobody-else-has-0123456789-abcdef'
  const CHALLENGE = 'SpvdSTPnUkcEtJdVeHYJYzPXzKbFfaavC9ryINnpens'
  const take = (body: object) => send('takeBrowserToken', { body, headers: {} })
  const make = async (more: object = {}, by = cookie) => {
    const body = { for: 'token', challenge: CHALLENGE, name: 'laptop', ...more }
    return await send('createBrowserCode', { body, cookie: by })
  }
  const refused = { status: 403, json: { code: 'code-refused' } }

  it('is good once, for a minute, with the verifier of its challenge; also where it is written otherwise', async () => {
    const code = String((await make()).json['code'])
    expect(await take({ code, verifier: 'b'.repeat(43) })).toMatchObject(refused)
    expect(await take({ code: `${code.slice(0, -8)}AAAAAAAA`, verifier: VERIFIER })).toMatchObject(refused)
    off = 60_000
    expect(await take({ code, verifier: VERIFIER })).toMatchObject(refused)
    off = 0
    expect(await take({ code, verifier: VERIFIER })).toMatchObject({
      status: 201,
      json: { token: expect.any(String) },
    })
    for (const it of [code, `${code}=`, ` ${code}`]) {
      expect(await take({ code: it, verifier: VERIFIER })).toMatchObject(refused)
    }
  })

  it('two at once with the same one: one of them gets a token', async () => {
    const code = String((await make()).json['code'])
    const both = await Promise.all([take({ code, verifier: VERIFIER }), take({ code, verifier: VERIFIER })])
    expect(both.map((it) => it.status).toSorted((a, b) => a - b)).toEqual([201, 403])
  })

  it('is worth nothing once the session that made it has ended, or its person is let in no more', async () => {
    const gone = await join(server, 'gone', ['developer'])
    const code = String((await make({}, gone)).json['code'])
    expect((await send('signOut', { cookie: gone })).status).toBe(204)
    expect(await take({ code, verifier: VERIFIER })).toMatchObject(refused)
    const off = await join(server, 'off', ['developer'])
    const other = String((await make({}, off)).json['code'])
    expectOk(await server.admin.call('disablePerson', { params: { person: 'off' } }))
    expect(await take({ code: other, verifier: VERIFIER })).toMatchObject(refused)
  })

  it('is made by a page of this server alone, in a session, and for no longer than 90 days', async () => {
    const body = { for: 'token', challenge: CHALLENGE, name: 'laptop' }
    const foreign = { origin: 'https://evil.example', 'flagmarshal-console': '1' }
    for (const headers of [foreign, { origin: server.address }, {}]) {
      expect(await send('createBrowserCode', { body, cookie, headers })).toMatchObject({
        status: 403,
        json: { code: 'foreign-page' },
      })
    }
    const token = await server.person('developer')
    const by = { authorization: `Bearer ${token.token}` }
    expect((await send('createBrowserCode', { body, headers: by })).json).toMatchObject({
      code: 'no-session',
    })
    expect((await make({ expiresInDays: 91 })).status).toBe(422)
    expect((await make({ challenge: 'short' })).status).toBe(422)
  })

  it('that guesses are counted by address', async () => {
    const answers = []
    for (let i = 0; i < 101; i++) answers.push((await take({ code: 'x', verifier: VERIFIER })).status)
    expect(answers.at(-1)).toBe(429)
    off = 16 * 60_000
    expect((await take({ code: 'x', verifier: VERIFIER })).status).toBe(403)
  })

  it('for a token, and a token itself, is made soon after its maker has signed in, or has shown again who they are', async () => {
    off = 120 * 60_000
    const max = await join(server, 'max', ['administrator'])
    const body = { name: 'laptop' }
    const path = '/api/v1/people/ada/tokens'
    const all = async () => [
      (await make({}, max)).status,
      (await send('createOwnToken', { body, cookie: max })).status,
      (await send('createToken', { body, cookie: max, path })).status,
    ]
    off += 59 * 60_000
    expect(await all()).toEqual([201, 201, 201])
    off += 2 * 60_000
    expect(await all()).toEqual([403, 403, 403])
    expect((await make({}, max)).json).toMatchObject({ code: 'proof-needed' })
    expect((await send('prove', { body: { password: PASSWORD }, cookie: max })).status).toBe(200)
    expect(await all()).toEqual([201, 201, 201])
  })
})

describe('a proof in the browser', () => {
  it('counts for the token of the same person, and only while it is fresh', async () => {
    off = 240 * 60_000
    const lena = await join(server, 'lena', ['developer'])
    const made = await send('createOwnToken', { body: { name: 'laptop' }, cookie: lena })
    const token = String(made.json['token'])
    const begun = await begin('--token', token, 'account', 'prove', '--browser', '--json')
    expect(begun.asked).toMatchObject({ for: 'proof' })
    off += 5 * 60_000 + 1_000
    expect((await press(begun, {}, lena)).json).toMatchObject({ code: 'proof-needed' })
    expect((await send('prove', { body: { password: PASSWORD }, cookie: lena })).status).toBe(200)
    const { json } = await press(begun, {}, lena)
    const code = String(json['code'])
    // A code for a proof is no code for a token.
    expect((await send('takeBrowserToken', { body: { code, verifier: 'b'.repeat(43) } })).json).toMatchObject(
      { code: 'code-refused' },
    )
    await goBack(begun, { code })
    const ended = await begun.ended
    expect(ended.code, ended.err).toBe(0)
    expect(JSON.parse(ended.out).result).toMatchObject({ method: 'password' })

    const other = await server.person('developer')
    const theirs = await begin('--token', other.token, 'account', 'prove', '--browser')
    const brought = await press(theirs, {}, lena)
    await goBack(theirs, { code: String(brought.json['code']) })
    expect(await theirs.ended).toMatchObject({
      code: EXIT.access,
      err: expect.stringContaining('not the person of this token'),
    })
  })
})
