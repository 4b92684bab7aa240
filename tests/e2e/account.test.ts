/** How people come in: the first administrator, an invitation, signing in and out, a session that ended. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { setUpSecret } from '../../packages/server/src/access/set-up.ts'
import { codeOf, stepAt } from '../../packages/server/src/access/totp.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../support/server.ts'
import { visit, visitAs } from './support/browser.ts'
import { startBrowser } from './support/chromium.ts'

const PASSWORD = 'seven grey herons at dusk'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser?.close())

test('from the printed link to a first project and a connected key', async () => {
  await using server = await startServer()
  await using visitor = await visit(browser, server)
  const { page } = visitor
  await page.goto(`/set-up#${setUpSecret(ADMIN_TOKEN)}`)
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('Your id').fill('ada')
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create and sign in' }).click()

  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  await page.getByLabel('Name').fill('The Shop')
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByRole('heading', { name: 'Get started' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/p/the-shop/start')

  await page.getByText('Waiting for the first instance to connect').waitFor()
  await page.getByRole('button', { name: 'Make a key for a server' }).click()
  const command = await page.getByText('FLAGMARSHAL_SDK_KEY=').innerText()
  const key = /FLAGMARSHAL_SDK_KEY=(\S+)/.exec(command)?.[1] ?? ''
  await connect(server.address, key)
  await page.getByText('One instance has connected').waitFor()

  // The demonstration is noticed as soon as somebody plays it here.
  expect(await page.getByText(/^npm run demo -- --keep --into http/).count()).toBe(1)
  await page.getByText('Waiting for the demonstration').waitFor()
  const body = { key: 'kitchen-drawer', name: 'The Kitchen Drawer' }
  expectOk(await server.admin.call('createProject', { body }))
  await page.getByRole('link', { name: 'Watch The Kitchen Drawer' }).click()
  await page.waitForURL('**/p/kitchen-drawer/f')
})

/** What an SDK does first: fetch the snapshot, say which revision it runs. */
async function connect(address: string, key: string): Promise<void> {
  const base = `${address}/api/v1/environments/development`
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const snapshot = await fetch(`${base}/snapshot`, { headers: { ...headers, 'flagmarshal-instance': 'one' } })
  const { revision }: { revision: number } = JSON.parse(await snapshot.text())
  const instance = {
    application: 'shop',
    layers: ['backend'],
    sdk: 'test',
    sdkVersion: '1',
    mode: 'poll',
    pollIntervalMs: 60_000,
  }
  const body = JSON.stringify({ instanceId: 'one', revision, instance })
  expect((await fetch(`${base}/acks`, { method: 'POST', headers, body })).status).toBe(204)
}

test('by an invitation, out, and in again, to where one wanted to go', async () => {
  await using server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const { link } = expectOk(
    await server.admin.call('createInvitation', {
      body: { name: 'Bo', roles: ['developer'], expiresInHours: 1 },
    }),
  )
  await using visitor = await visit(browser, server)
  const { page } = visitor
  await page.goto(link.replace(/^http:\/\/[^/]+/, ''))
  await page.getByText('You will be developer').waitFor()
  await page.getByLabel('Your name').fill('Bo')
  await page.getByLabel('Your id').fill('bo')
  await page.getByRole('textbox', { name: 'Password' }).fill('short')
  await page.getByRole('button', { name: 'Join' }).click()
  expect(await page.getByRole('heading', { name: 'Join' }).isVisible()).toBe(true)
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()

  await page.getByRole('button', { name: 'Account of Bo' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()

  await page.goto('/p/shop/f')
  await signIn(page, 'bo', 'a wrong password')
  await page.getByText('do not belong together').waitFor()
  await signIn(page, 'bo', PASSWORD)
  await page.getByRole('heading', { name: 'Features', exact: true }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/p/shop/f')
})

async function signIn(page: Page, person: string, password: string): Promise<void> {
  await page.getByLabel('Id or e-mail address').fill(person)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('a second factor: set up by the QR code, asked for at sign-in, and everywhere signed out', async () => {
  await using server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const body = { roles: ['developer' as const], expiresInHours: 1 }
  const { link } = expectOk(await server.admin.call('createInvitation', { body }))
  await using visitor = await visit(browser, server)
  const { page } = visitor
  await page.goto(link.replace(/^http:\/\/[^/]+/, ''))
  await page.getByLabel('Your name').fill('Flo')
  await page.getByLabel('Your id').fill('flo')
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()

  await page.goto('/account')
  await page.getByLabel('Your password, to begin').fill(PASSWORD)
  await page.getByRole('button', { name: 'Set it up' }).click()
  await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
  const secret = fromBase32(await page.getByText('Or write into the app').locator('code').innerText())
  // The code of the step before: the present one is kept for signing in.
  await page.getByLabel('The code that the app shows').fill(codeOf(secret, stepAt(new Date()) - 1))
  await page.getByRole('button', { name: 'Confirm it' }).click()
  await page.getByText('Recovery codes are shown once').waitFor()
  await page.getByText('10 recovery codes left').waitFor()
  await page.getByText('This one').waitFor()

  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(page, 'flo', PASSWORD)
  await page.getByLabel('Code of your second factor').fill(codeOf(secret, stepAt(new Date()) + 1))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
})

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (it) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(it).toString(2).padStart(5, '0'),
  )
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((it) => Number.parseInt(it, 2)))
}

test('a session that ends elsewhere leads to the sign-in page', async () => {
  await using server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const person = await server.person('viewer')
  await using visitor = await visitAs(browser, server, person)
  const { page } = visitor
  await page.goto('/')
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  await visitor.context.clearCookies()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})
