/** The kill page as a phone without scripts uses it: J4. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'
import { follow } from './support/instances.ts'
import { connectTo, lockFlag } from './support/locks.ts'
import { startReceiver } from './support/receiver.ts'

const clock = createTestClock()
let server: TestServer
let flags = 0

beforeAll(async () => {
  server = await startServer({ clock, settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterEach(() => execute(server.databaseUrl, 'delete from instances'))
afterAll(() => server.close())

async function flagThatIsOn(environment = 'development', stem = 'checkout'): Promise<string> {
  const flag = `${stem}-${++flags}`
  expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  if (environment === 'development') await configure(server, flag, EVERYBODY_ON)
  // The gate of a protected environment is not what this is about.
  else {
    await execute(
      server.databaseUrl,
      `update flag_configs set enabled = true, fallthrough = '{"variant":"on"}' where flag = '${flag}' and environment = '${environment}'`,
    )
  }
  return flag
}

const linkOf = async (flag: string, environment = 'development', expiresInMinutes = 60) =>
  expectOk(
    await server.admin.call('createKillLink', {
      params: configParams(flag, environment),
      body: { expiresInMinutes },
    }),
  ).link

/** A browser without scripts: it remembers cookies and sends forms. */
function browse() {
  let cookie = ''
  const request = async (
    url: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> } = {},
  ) => {
    const answer = await fetch(new URL(url, server.address), {
      redirect: 'manual',
      ...init,
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...init.headers },
    })
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return { answer, status: answer.status, text: await answer.text() }
  }
  return {
    open: (url: string, headers: Record<string, string> = {}) => request(url, { headers }),
    signIn: (session: string) => void (cookie = session),
    send: (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      request(new URL(url, server.address).pathname, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers,
      }),
  }
}

/** Instances with an open stream, once the server knows of them. */
async function connect(names: readonly string[], acknowledges: boolean) {
  const key = await server.sdkKey('shop', 'development')
  const followers = await Promise.all(
    names.map((instance) => follow(server.address, key, { instance, acknowledges })),
  )
  const params = { project: 'shop', environment: 'development' }
  const known = async () => expectOk(await server.admin.call('listInstances', { params })).items.length
  await expect.poll(known).toBe(names.length)
  return followers
}

/** The cookie of a session of this person. */
async function sessionFor(person: string): Promise<string> {
  const made = await server.admin.call('createInvitation', { body: { person, expiresInHours: 1 } })
  const secret = expectOk(made).link.split('#')[1] ?? ''
  const answer = await fetch(`${server.address}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.address },
    body: JSON.stringify({ secret, password: 'seven grey herons at dusk' }),
  })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

const csrfOf = (page: string) => /name="csrf" value="(\w+)"/.exec(page)?.[1] ?? ''
const isOn = async (flag: string, environment = 'development') =>
  expectOk(await server.admin.call('getFlagConfig', { params: configParams(flag, environment) })).enabled

/** Opens the link and sends the form as its page has it. */
async function killBy(link: string, form: Record<string, string> = {}) {
  const browser = browse()
  const page = await browser.open(link)
  const sent = await browser.send(link, { csrf: csrfOf(page.text), confirm: 'yes', reason: '', ...form })
  return { browser, page, sent }
}

describe('a kill link', () => {
  test('opens the page of its flag and turns it off without a session, confirmed by those who were connected', async () => {
    const flag = await flagThatIsOn()
    const instances = await connect(['web-1', 'web-2'], true)
    const { browser, page, sent } = await killBy(await linkOf(flag), { reason: '5xx since 3' })
    expect(page.text).toContain('ON for 100 % of everybody')
    expect(page.text).toContain('<b>Development</b>')
    expect(page.text).toContain('2 connected')
    expect(sent.status).toBe(303)
    expect(await isOn(flag)).toBe(false)

    const location = sent.answer.headers.get('location') ?? ''
    await expect
      .poll(async () => (await browser.open(location)).text)
      .toMatch(/OFF everywhere:<\/b> <b>2 of 2<\/b>/)
    const after = await browser.open(location)
    for (const it of instances) expect(after.text).toContain(it.instance)
    expect(after.text).toContain('by kill-link/bootstrap: 5xx since 3')
    await Promise.all(instances.map((it) => it.close()))
  })

  test('works for a key with separators: its cookie, its form and its progress find the way', async () => {
    const flag = await flagThatIsOn('development', 'Team/Checkout:v2|EU')
    const { browser, page, sent } = await killBy(await linkOf(flag), { reason: '5xx' })
    expect(page.text).toContain(`flagmarshal kill &#39;${flag}&#39; -e development`)
    expect(sent.status).toBe(303)
    expect(await isOn(flag)).toBe(false)
    expect((await browser.open(sent.answer.headers.get('location') ?? '')).text).toContain('OFF')
  })

  test('names who has not confirmed, and asks again by itself without scripts until nothing is left to wait for', async () => {
    const flag = await flagThatIsOn()
    const [laggard] = await connect(['slow-one'], false)
    const { browser, sent } = await killBy(await linkOf(flag))
    const location = sent.answer.headers.get('location') ?? ''
    const { text } = await browser.open(location)
    expect(text).toContain('0 of 1')
    expect(text).toMatch(/Not confirmed yet: 1<\/h2>\s*<ul>\s*<li>slow-one/)
    expect(text).toMatch(/<noscript><meta http-equiv="refresh" content="2" \/><\/noscript>/)

    const part = await browser.open(`${location}&part=1`)
    expect(part.text).not.toContain('<html')
    const tag = part.answer.headers.get('etag') ?? ''
    expect(tag).not.toBe('')
    await laggard?.close()
  })

  test('is for one flag in one environment, ends, and cannot be made up', async () => {
    const [flag, other] = [await flagThatIsOn(), await flagThatIsOn()]
    const link = await linkOf(flag, 'development', 5)
    const stranger = browse()
    expect((await stranger.open(link)).status).toBe(200)
    for (const wrong of [
      link.replace(flag, other),
      link.replace('/development/', '/staging/'),
      `${link.slice(0, -6)}AAAAAA`,
      link.replace(/\?.*/, ''),
    ]) {
      expect((await browse().open(wrong)).status).toBe(401)
    }
    clock.advance(5 * 60_000)
    expect((await stranger.open(link)).status).toBe(401)
    const form = { csrf: csrfOf((await stranger.open(link)).text), confirm: 'yes' }
    expect((await stranger.send(link, form)).status).toBe(403)
    expect(await isOn(flag)).toBe(true)
  })

  test('needs a caller who may kill, and is recorded without what opens it', async () => {
    const flag = await flagThatIsOn()
    const viewer = await server.person('viewer')
    const call = { params: configParams(flag), body: { expiresInMinutes: 60 } }
    expectProblem(await viewer.client.call('createKillLink', call))
    const link = await linkOf(flag)
    await killBy(link)
    const secret = new URL(link).searchParams.get('t') ?? ''
    expect(secret.length).toBeGreaterThan(60)
    await using database = await connectTo(server.databaseUrl)
    const tables = await database.rows<{ readonly name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(20)
    for (const { name } of tables) {
      const sql = `select 1 from ${name} as it where it::text like '%${secret.slice(10, 50)}%'`
      expect(await database.rows(sql), name).toEqual([])
    }
    expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'shop' } })).ok).toBe(true)
  })

  test('goes with messages that people read; a webhook gets the address alone', async () => {
    await using receiver = await startReceiver()
    const flag = await flagThatIsOn()
    const subscribes = ['dev.flagmarshal.flag.killed']
    const slack = { kind: 'slack' as const, secret: `${receiver.url}/services/T0/B0/X` }
    const webhook = { kind: 'webhook' as const, settings: { url: `${receiver.url}/hook` } }
    for (const channel of [
      { ...slack, key: 'oncall', settings: {}, subscribes },
      { ...webhook, key: 'bot', secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`, subscribes },
    ]) {
      const params = { project: 'shop' }
      expectOk(await server.admin.call('createChannel', { params, body: channel }))
    }
    expectOk(
      await server.admin.call('killFlag', { params: configParams(flag), body: { reason: 'elsewhere' } }),
    )
    const got = await receiver.until(2)
    const event = JSON.parse(got.find((it) => it.path === '/hook')?.body ?? '')
    expect(event.flagmarshalkillpage).toMatch(new RegExp(`^http://[^/]+/k/shop/development/${flag}$`))
    expect((await browse().open(new URL(event.flagmarshalkillpage).pathname)).status).toBe(401)

    const { blocks } = JSON.parse(got.find((it) => it.path !== '/hook')?.body ?? '')
    const [button] = blocks[1].elements
    expect(button.text.text).toBe(`Turn off ${flag} in development`)
    const url = new URL(button.url)
    const page = await browse().open(url.pathname + url.search)
    expect([page.status, page.text.includes('OFF, accepted')]).toEqual([200, true])

    // The link of a message is listed by the signal that it came with, and revoked like any other.
    const params = { project: 'shop' }
    const { items } = expectOk(await server.admin.call('listKillLinks', { params }))
    const sent = items.find((it) => it.flag === flag)
    expect(sent).toMatchObject({ environment: 'development', id: event.id, by: event.id })
    expectOk(await server.admin.call('revokeKillLink', { params: { ...params, link: event.id } }))
    expect((await browse().open(url.pathname + url.search)).status).toBe(401)
  })

  test('is listed with who made it, and opens nothing once it is revoked', async () => {
    const flag = await flagThatIsOn()
    const developer = await server.person('developer')
    const params = { project: 'shop' }
    const made = expectOk(
      await developer.client.call('createKillLink', {
        params: configParams(flag),
        body: { expiresInMinutes: 10 },
      }),
    )
    const { items } = expectOk(await server.admin.call('listKillLinks', { params }))
    expect(items.find((it) => it.id === made.id)).toEqual({
      id: made.id,
      flag,
      environment: 'development',
      by: developer.id,
      expiresAt: made.expiresAt,
    })
    const browser = browse()
    const csrf = csrfOf((await browser.open(made.link)).text)

    const revoke = { params: { ...params, link: made.id } }
    const viewer = await server.person('viewer')
    expect(expectProblem(await viewer.client.call('revokeKillLink', revoke)).status).toBe(403)
    expect(expectOk(await developer.client.call('revokeKillLink', revoke)).revokedBy).toBe(developer.id)
    expect((await browse().open(made.link)).text).toContain('was revoked')
    expect((await browser.send(made.link, { csrf, confirm: 'yes' })).status).toBe(403)
    expect(await isOn(flag)).toBe(true)
    expect(expectProblem(await developer.client.call('revokeKillLink', revoke)).status).toBe(404)
    const log = expectOk(await server.admin.call('listAudit', { params, query: { kind: 'kill-link' } }))
    expect(log.items.map((it) => it.action)).toContain('kill-link.revoke')
  })
})

describe('clients that evaluate nothing themselves', () => {
  test('are counted by the values they ask for, never among the servers', async () => {
    const flag = await flagThatIsOn()
    const key = await server.sdkKey('shop', 'development', 'web')
    const ask = async () => {
      const answer = await fetch(`${server.address}/ofrep/v1/evaluate/flags/${flag}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ context: { targetingKey: 'phone' } }),
      })
      const { value }: { value?: unknown } = JSON.parse(await answer.text())
      return value
    }
    await expect.poll(ask).toBe(true)
    const link = await linkOf(flag)
    await expect.poll(async () => (await browse().open(link)).text).toMatch(/\d+ values asked in the last/)

    const { sent, browser } = await killBy(link)
    const page = await browser.open(sent.answer.headers.get('location') ?? '')
    expect(page.text).toMatch(/not part of the count: \d+ values asked in the 5 minutes before/)
    expect(page.text).toContain('No server was connected.')
    const kill = /kill=(\w+)/.exec(sent.answer.headers.get('location') ?? '')?.[1] ?? ''
    const params = { ...configParams(flag), kill }
    const { remote, total } = expectOk(await server.admin.call('getKill', { params }))
    expect([remote?.asked, total]).toEqual([expect.any(Number), 0])
    expect(remote?.asked).toBeGreaterThan(0)
    await expect.poll(ask).toBe(false)
  })
})

describe('the form', () => {
  test('counts only when it is of the page, confirmed, and sent from here', async () => {
    const flag = await flagThatIsOn()
    const link = await linkOf(flag)
    const browser = browse()
    const csrf = csrfOf((await browser.open(link)).text)
    const wrongs: [number, Record<string, string>, Record<string, string>?][] = [
      [403, { confirm: 'yes' }],
      [403, { csrf: 'f'.repeat(64), confirm: 'yes' }],
      [403, { csrf, confirm: 'yes' }, { 'sec-fetch-site': 'cross-site' }],
      [422, { csrf }],
    ]
    for (const [status, form, headers] of wrongs) {
      expect((await browser.send(link, form, headers)).status).toBe(status)
    }
    expect((await browse().send(link, { csrf, confirm: 'yes' })).status).toBe(403)
    expect(await isOn(flag)).toBe(true)
    const { status } = await browser.send(link, { csrf, confirm: 'yes' }, { 'sec-fetch-site': 'same-origin' })
    expect([status, await isOn(flag)]).toEqual([303, false])
  })

  test('is read by the kill page only: the API takes none', async () => {
    const answer = await fetch(`${server.address}/api/v1/session`, {
      method: 'POST',
      body: new URLSearchParams({ person: 'a', password: 'b' }),
    })
    expect(answer.status).toBe(415)
  })

  test('is not shown for a flag that was killed: the latest kill is', async () => {
    const flag = await flagThatIsOn()
    const link = await linkOf(flag)
    await killBy(link)
    const { text } = await browse().open(link)
    expect(text).toContain('OFF, accepted')
    expect(text).not.toContain('<form')
  })
})

describe('the page', () => {
  test('is never blocked: a protected environment with a closed gate and a lock in the way are no reason', async () => {
    const flag = await flagThatIsOn('production')
    const link = await linkOf(flag, 'production')
    const browser = browse()
    const page = await browser.open(link)
    expect(page.text).toContain('<header class="loud"><b>Production</b>')
    expect(page.text).toContain('protected environment')

    await using other = await connectTo(server.databaseUrl)
    const lock = await lockFlag(other, flag)
    const sending = browser.send(link, { csrf: csrfOf(page.text), confirm: 'yes' })
    await lock.inTheWay()
    await lock.release()
    expect((await sending).status).toBe(303)
    expect(await isOn(flag, 'production')).toBe(false)
  })

  test('is opened by a session too: who works here may turn off, who only looks may look', async () => {
    const flag = await flagThatIsOn()
    const [developer, viewer] = await Promise.all([server.person('developer'), server.person('viewer')])
    const looking = browse()
    looking.signIn(await sessionFor(viewer.id))
    const seen = await looking.open(`/k/shop/development/${flag}`)
    expect(seen.text).toContain('not turn it off')
    expect(seen.text).not.toContain('<form')

    const working = browse()
    working.signIn(await sessionFor(developer.id))
    const list = await working.open(`/k?q=${flag}`)
    expect(list.text).toContain(`href="/k/shop/development/${flag}"`)
    const { text } = await working.open(`/k/shop/development/${flag}`)
    const form = { csrf: csrfOf(text), confirm: 'yes', reason: 'it is slow' }
    const { answer } = await working.send(`/k/shop/development/${flag}`, form)
    const after = await working.open(answer.headers.get('location') ?? '')
    expect(after.text).toContain(`by ${developer.id}: it is slow`)
    expect((await working.open(`/k?q=${flag}`)).text).toContain('Nothing that is on is called')
  })

  test('is not kept, tells nobody where it is, and allows only its own script', async () => {
    const { answer, text } = await browse().open(await linkOf(await flagThatIsOn()))
    const policy = answer.headers.get('content-security-policy') ?? ''
    const nonce = /script-src 'nonce-([\w-]{20,})'/.exec(policy)?.[1]
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(text.match(/nonce="[\w-]+"/g)).toEqual([`nonce="${nonce}"`, `nonce="${nonce}"`])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('set-cookie')).toMatch(
      /; Path=\/k\/shop\/development\/[\w-]+; .*HttpOnly; SameSite=Lax/,
    )
    const bytes = Buffer.byteLength(text) + JSON.stringify([...answer.headers]).length
    console.log(`the kill page is ${bytes} bytes with its headers`)
    expect(bytes).toBeLessThan(15_000)
  })

  test('names the flags that go off with this one', async () => {
    const flag = await flagThatIsOn()
    const child = await flagThatIsOn()
    await configure(server, child, { ...EVERYBODY_ON, prerequisites: [{ flag, variants: ['on'] }] })
    const { text } = await browse().open(await linkOf(flag))
    expect(text).toContain('Parent of')
    expect(text).toContain(`${child}: off with it`)
    expect((await browse().open(await linkOf(child))).text).not.toContain('Parent of')
  })

  test('says how to turn the flag on again, and cannot do it', async () => {
    const flag = await flagThatIsOn()
    const { browser, sent } = await killBy(await linkOf(flag))
    const { text } = await browser.open(sent.answer.headers.get('location') ?? '')
    expect(text).toContain('passes the flag’s gate')
    expect(text).not.toContain('<form')
  })

  test('shows what people wrote as text', async () => {
    const flag = await flagThatIsOn()
    const nasty = '<img src=x onerror=alert(1)>"'
    const { browser, sent } = await killBy(await linkOf(flag), { reason: nasty })
    const { text } = await browser.open(sent.answer.headers.get('location') ?? '')
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;')
    expect(text).not.toContain('<img')
  })

  test.each(['/k', '/k/shop/development/checkout-1'])(
    'asks a stranger at %s who they are',
    async (address) => {
      const { status, text } = await browse().open(address)
      expect(status).toBe(401)
      expect(text).toContain(`/sign-in?then=${encodeURIComponent(address)}`)
    },
  )
})
