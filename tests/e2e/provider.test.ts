/** Signing in at the organisation's provider, in a real Chromium, at a real issuer. */
import { hostname } from 'node:os'

import { wordOfChallenge } from '@flagmarshal/domain/access/browser-code'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'

import { beginThere, makeMachine } from '../../packages/cli/test/support/waiting.ts'
import { startIssuer } from '../../packages/server/test/support/issuer.ts'
import type { Issuer } from '../../packages/server/test/support/issuer.ts'
import { askForApproval, goThrough, openRun, setStage } from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { join } from '../../packages/server/test/support/sessions.ts'
import { freePort } from '../support/free-port.ts'
import { expectOk } from '../support/server.ts'
import { accessibilityFaults, goDark, scrollsSideways, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'

const port = await freePort()
const address = `http://127.0.0.1:${port}`

const shop = openConsole(
  async (server) => {
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const issuer = await startIssuer(`${address}/sign-in/return`)
    issuer.people.set('ada', { name: 'Ada Lovelace', preferred_username: 'ada', groups: ['flag-people'] })
    issuer.people.set('nil', { name: 'Nobody', preferred_username: 'nil', groups: [] })
    issuer.people.set('con', { name: 'Connie', preferred_username: 'connie', groups: ['flag-people'] })
    return issuer
  },
  {
    settings: {
      FLAGMARSHAL_PORT: String(port),
      FLAGMARSHAL_PUBLIC_URL: address,
      FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
    },
  },
)
afterAll(async () => await shop.seed[Symbol.asyncDispose]())

/** On the page of the issuer. */
async function signInThere(page: Page, issuer: Issuer, login: string): Promise<void> {
  await page.waitForURL(`${issuer.address}/**`)
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
}

/** Settles it, unless somebody has. */
async function settle({ address: issuer, clientId, clientSecret: secret }: Issuer): Promise<void> {
  const { settings: known, revision } = expectOk(await shop.server.admin.call('showIdentityProvider'))
  if (known !== null) return
  const settings = {
    name: 'Acme',
    issuer,
    clientId,
    scopes: ['profile', 'email', 'groups'],
    roles: [{ group: 'flag-people', role: 'developer' as const }],
  }
  const body = { settings, secret }
  expectOk(await shop.server.admin.call('writeIdentityProvider', { body, ifMatch: revision }))
}

async function look(page: Page): Promise<void> {
  await settled(page)
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await scrollsSideways(page)).toBe(false)
}

test('an administrator sets it up and asks it; people sign in there, go on where they wanted to, and make a token for the command line', async () => {
  const issuer = shop.seed
  const administrator = await shop.server.person('administrator')
  await using office = await shop.visitAs(administrator, { theme: 'dark' })
  const settings = office.page
  await settings.goto('/settings')
  await settings.getByRole('link', { name: 'Sign-in' }).first().click()
  await settings.getByRole('heading', { name: 'Sign-in', level: 1 }).waitFor()
  await settings.getByText(`${address}/sign-in/return`).first().waitFor()
  await settings.getByLabel('Name', { exact: true }).fill('Acme')
  await settings.getByLabel('Issuer').fill(issuer.address)
  await settings.getByLabel('Client', { exact: true }).fill(issuer.clientId)
  await settings.getByLabel('Scopes beside openid').fill('profile\nemail\ngroups')
  await settings.getByLabel('Secret of the client').fill(issuer.clientSecret)
  await settings.getByRole('button', { name: 'Add a rule' }).click()
  await settings.getByLabel('Group', { exact: true }).fill('flag-people')
  await settings.getByRole('combobox', { name: 'Role' }).click()
  await settings.getByRole('option', { name: 'developer' }).click()
  await settings.getByRole('button', { name: 'Save the sign-in' }).click()
  await settings.getByText('A secret is stored.').waitFor()
  await settings.getByRole('button', { name: 'Ask it now' }).click()
  await settings.getByText('It takes PKCE with S256.').waitFor()
  await look(settings)
  expect(await settings.content()).not.toContain(issuer.clientSecret)

  await using visitor = await shop.visit({ elsewhere: issuer.address })
  const { page } = visitor
  await page.goto('/p/shop/flags')
  const button = page.getByRole('button', { name: 'Sign in with Acme' })
  await button.waitFor()
  await look(page)
  await goDark(page)
  await look(page)
  await button.click()
  await signInThere(page, issuer, 'ada')
  await page.getByRole('heading', { name: 'Flags' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/p/shop/flags')

  await page.goto('/account')
  await page.getByText('Its groups gave you: developer.').waitFor()
  expect(await page.getByLabel('Present password').count()).toBe(0)
  await page.getByRole('button', { name: 'Make a token' }).click()
  await page.getByText('Your token is shown once').waitFor()
  await page.getByRole('button', { name: 'Revoke command line' }).waitFor()
  await look(page)
})

test('somebody without a role is told so, on a phone, and comes back to the sign-in page', async () => {
  const issuer = shop.seed
  await settle(issuer)
  await using visitor = await shop.visit({ elsewhere: issuer.address, size: 'phone' })
  const { page } = visitor
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Sign in with Acme' }).click()
  await signInThere(page, issuer, 'nil')
  await page.getByText('None of your groups at Acme has a role here.').waitFor()
  expect(new URL(page.url()).search).toBe('')
  await look(page)
  await page.getByRole('link', { name: 'Back to the sign-in page' }).click()
  await page.getByRole('button', { name: 'Sign in with Acme' }).waitFor()
  await look(page)
})

test('somebody with a password connects the own account, and signs in there from then on', async () => {
  const issuer = shop.seed
  await settle(issuer)
  await join(shop.server, 'con', ['viewer'])
  await using visitor = await shop.visitAs({ id: 'con' }, { elsewhere: issuer.address, size: 'phone' })
  const { page } = visitor
  await page.goto('/account')
  await page.getByText('Your account is not connected').waitFor()
  await look(page)
  await page.getByRole('button', { name: 'Connect with Acme' }).click()
  await signInThere(page, issuer, 'con')
  await page.getByText('Connected').waitFor()
  await visitor.context.clearCookies()
  await page.goto('/sign-in?then=%2F%2Fevil.example')
  await page.getByRole('button', { name: 'Sign in with Acme' }).click()
  await signInThere(page, issuer, 'con')
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  expect(new URL(page.url()).origin).toBe(address)
})

/** A run of this person that waits for the approvals, in a project whose signatures need a fresh proof. */
async function awaitApproval(id: string): Promise<Stage> {
  const { admin } = shop.server
  const params = { person: id }
  const seen = expectOk(await admin.call('listPeople', {})).items.find((it) => it.id === id)?.roles ?? []
  const roles = ['technical-lead' as const, 'operations-lead' as const]
  expectOk(await admin.call('changeRoles', { params, body: { roles, seen } }))
  const { token } = expectOk(await admin.call('createToken', { params, body: { name: 'test' } }))
  const stage = await setStage(shop.server, 'signed', { id, token, client: shop.server.client(token) })
  const run = await openRun(stage)
  for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
  await askForApproval(stage, run)
  const of = { project: stage.project }
  const { revision } = expectOk(await admin.call('showPolicy', { params: of }))
  const body = { signatures: { proof: 'sign-in' as const, minutes: 5 } }
  expectOk(await admin.call('writePolicy', { params: of, body, ifMatch: revision }))
  return stage
}

test('an approval that needs a fresh proof: to the provider, back to the same page with what was typed, and signed', async () => {
  const issuer = shop.seed
  await settle(issuer)
  issuer.people.set('tess', { name: 'Tess', preferred_username: 'tess', groups: ['flag-people'] })
  await using visitor = await shop.visit({ elsewhere: issuer.address })
  const { page } = visitor
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Sign in with Acme' }).click()
  await signInThere(page, issuer, 'tess')
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  const stage = await awaitApproval('tess')

  const where = `/p/${stage.project}/f/${stage.feature}/approval`
  await page.goto(where)
  const mine = page.getByRole('group', { name: 'Approval of the technical lead' })
  await mine.getByLabel('Comment').fill('Read with Bo, line by line.')
  const sign = mine.getByRole('button', { name: /^Approve \w{8} as technical lead$/ })
  await sign.click()
  await mine.getByText('A signature in this project needs').waitFor()
  const leave = mine.getByRole('button', { name: 'Show it at Acme' })
  await leave.waitFor()
  // Neither a password nor a code, once it is known how she signs in: there is one way.
  await mine.getByLabel('Your password').waitFor({ state: 'detached' })
  await look(page)
  await goDark(page)
  await look(page)
  await leave.click()
  await page.waitForURL(`${issuer.address}/**`)
  // Nobody who sits down at a browser that is signed in there gets past it.
  await page.locator('input[name=password]').waitFor()
  await signInThere(page, issuer, 'tess')

  await page.waitForURL(`**${where}`)
  await mine.getByText('You have shown who you are: you can sign now').waitFor()
  expect(await mine.getByLabel('Comment').inputValue()).toBe('Read with Bo, line by line.')
  expect(await page.evaluate('sessionStorage.getItem("flagmarshal.carried")')).toBeNull()
  await look(page)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor()
  await sign.click()
  await mine.getByText('Signed by tess').waitFor()
  await mine.getByText('“Read with Bo, line by line.” · shown by oidc').waitFor()
})

test('flagmarshal login and account prove: to the console in the browser, by way of the provider, and back', async () => {
  const issuer = shop.seed
  await settle(issuer)
  issuer.people.set('lin', { name: 'Lin', preferred_username: 'lin', groups: ['flag-people'] })
  using machine = makeMachine(address)
  const login = await beginThere(machine, ['login', '--browser', '--json', '--name', 'work'])
  const { port: loopback = '', challenge = '' } = login.asked
  await using visitor = await shop.visit({ elsewhere: [issuer.address, `http://127.0.0.1:${loopback}/`] })
  const { page } = visitor
  const shown = await page.goto(login.address.href)
  // In no frame of another site, where the button could be pressed unseen.
  expect(shown?.headers()['content-security-policy']).toContain("frame-ancestors 'none'")
  await page.getByRole('button', { name: 'Sign in with Acme' }).click()
  await signInThere(page, issuer, 'lin')
  await page.getByRole('heading', { name: 'Let a command line in?' }).waitFor()
  await page.getByText(wordOfChallenge(challenge)).waitFor()
  await page.getByText('Everything that you may: developer').waitFor()
  await look(page)
  await goDark(page)
  await look(page)
  await page.getByLabel('Days').fill('3')
  await page.getByRole('button', { name: 'Let it in' }).click()
  await page.getByRole('heading', { name: 'Back to the terminal' }).waitFor()
  expect(page.url()).toBe(`${address}/command-line?done`)
  await look(page)
  const entered = await login.ended
  expect(entered.code, entered.err).toBe(0)
  const { result } = JSON.parse(entered.out)
  expect(result).toMatchObject({ who: 'Lin', token: { id: expect.any(String) } })
  expect(Date.parse(result.token.expiresAt) - Date.now()).toBeLessThan(3 * 86_400_000 + 1_000)
  await page.goto('/account')
  await page.getByRole('button', { name: `Revoke flagmarshal on ${hostname()}` }).waitFor()

  // The session says nothing of when Lin signed in there, so it is shown anew, and comes back to this page.
  const prove = await beginThere(machine, ['account', 'prove', '--browser', '--json'])
  await using again = await shop.visit({
    elsewhere: [issuer.address, `http://127.0.0.1:${prove.asked['port']}/`],
    size: 'phone',
  })
  await again.context.addCookies(await visitor.context.cookies())
  const second = again.page
  await second.goto(prove.address.href)
  await second.getByRole('button', { name: 'Yes, it is me' }).click()
  await second.getByRole('button', { name: 'Show it at Acme' }).click()
  await signInThere(second, issuer, 'lin')
  await second.getByRole('button', { name: 'Yes, it is me' }).waitFor()
  await look(second)
  await second.getByRole('button', { name: 'Yes, it is me' }).click()
  await second.getByRole('heading', { name: 'Back to the terminal' }).waitFor()
  const proved = await prove.ended
  expect(proved.code, proved.err).toBe(0)
  expect(JSON.parse(proved.out).result).toMatchObject({ method: 'oidc' })
})
