/** Settings in the console: secrets shown once, tests shown live, two people at once, acts with their numbers. */
import { readFile } from 'node:fs/promises'

import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'

import { goThrough, openRun, prepareStep, setStage } from '../../packages/server/test/support/procedure.ts'
import { startReceiver } from '../../packages/server/test/support/receiver.ts'
import type { AnswerWith, Receiver } from '../../packages/server/test/support/receiver.ts'
import { expectOk } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { accessibilityFaults } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedSettings, seedShop } from './support/seed.ts'

/** Prometheus, Alertmanager and Grafana, the last of which lets nobody in. */
const programs: AnswerWith = ({ path }, response) => {
  const answers: Readonly<Record<string, unknown>> = {
    '/api/v1/query?query=1': { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
    '/api/v1/status/buildinfo': { status: 'success', data: { version: '2.42.0' } },
    '/api/v2/status': { versionInfo: { version: '0.25.0' } },
    '/api/health': { database: 'ok', version: '12.0.0' },
  }
  if (path.startsWith('/api/search')) return void response.writeHead(401).end('{}')
  if (path === '/deploy' || path === '/version') return void response.end('{"ok":true}')
  response.writeHead(path in answers ? 200 : 404).end(JSON.stringify(answers[path] ?? {}))
}

let receiver: Receiver

const shop = openConsole(
  async (server: TestServer) => {
    receiver = await startReceiver(programs)
    const seed = await seedShop(server)
    await seedSettings(server, receiver.url)
    return { ...seed, administrator: await server.person('administrator') }
  },
  { settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } },
)

afterAll(() => receiver[Symbol.asyncDispose]())

const params = { project: 'shop' }

/** Confirms what a dialog asks, and gives what it said. */
async function confirm(page: Page, verb: string): Promise<string> {
  const dialog = page.getByRole('dialog')
  const said = await dialog.innerText()
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  return said
}

test('a key is made and shown once, replaced without cutting anybody off, and revoked with its consequences', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/p/shop/settings/environments')
  const form = page.getByRole('region', { name: 'A new key' })
  await form.getByRole('combobox', { name: 'Environment' }).click()
  await page.getByRole('option', { name: 'production', exact: true }).click()
  await form.getByLabel('What it is for').fill('shop-backend')
  await form.getByText('flagmarshal key create shop-backend -e production --kind server').waitFor()
  await form.getByRole('button', { name: 'Make the key' }).click()
  const once = page.getByText(/^fm_server_/)
  const first = await once.innerText()
  const production = page.getByRole('region', { name: 'Production' })
  await production.getByText('shop-backend').waitFor()

  await production.getByRole('button', { name: /^Replace… shop-backend of production/ }).click()
  expect(await confirm(page, 'Make its successor')).toContain('0 instances are connected to production')
  await expect.poll(() => once.innerText()).not.toBe(first)
  expect(expectOk(await shop.server.admin.call('listKeys', { params })).items).toHaveLength(3)
  await page.getByRole('button', { name: 'I have it' }).click()
  await page.reload()
  await production.getByText('shop-backend').first().waitFor()
  expect(await page.getByText(/fm_server_/).count()).toBe(0)

  await production
    .getByRole('button', { name: /^Revoke… shop-backend of production/ })
    .first()
    .click()
  expect(await confirm(page, 'Revoke it')).toContain('a kill does not reach them any more')
  await expect
    .poll(async () => expectOk(await shop.server.admin.call('listKeys', { params })).items.length)
    .toBe(2)
})

test('somebody is added with roles, invited with a link that is shown once, and an invitation is revoked', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/settings/people')
  await page.getByLabel('Id', { exact: true }).fill('grace')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Grace')
  await page.getByText('Still needed').waitFor()
  await page.getByRole('checkbox', { name: 'developer' }).check()
  await page.getByText('flagmarshal person add grace --role developer').waitFor()
  await page.getByRole('button', { name: 'Add them' }).click()
  await page.getByRole('button', { name: 'Password link… for grace' }).click()
  expect(await confirm(page, 'Make the link')).toContain('once, within 72 hours')
  await page.getByText(/\/invitation#fm_invitation_/).waitFor()

  await page.getByRole('link', { name: 'Invitations' }).click()
  await page.getByRole('button', { name: 'Revoke… the invitation for grace' }).click()
  await confirm(page, 'Revoke it')
  await page.getByText('No invitation is open').waitFor()
})

test('the roles of somebody are changed in place by two administrators: the second sees what the first did', async () => {
  const { id } = await shop.server.person('viewer')
  const call = { params: { person: id } }
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/settings/people')
  await page.getByRole('button', { name: `Roles… of ${id}` }).click()
  const card = page.getByRole('region', { name: `Roles of ${id}` })
  await card.getByRole('checkbox', { name: 'developer' }).check()
  await card.getByText(`flagmarshal person roles ${id} developer viewer`).waitFor()
  const theirs = { roles: ['product-owner' as const], seen: ['viewer' as const] }
  expectOk(await shop.server.admin.call('changeRoles', { ...call, body: theirs }))
  const conflict = card.getByRole('alert')
  await conflict.getByText(`Somebody else has saved the roles of ${id} since you began`).waitFor()
  await conflict.getByRole('button', { name: 'Take theirs, drop mine' }).click()
  await card.getByRole('checkbox', { name: 'developer' }).check()
  await card.getByRole('button', { name: `Save the roles of ${id}` }).click()
  const row = page.getByRole('row').filter({ has: page.getByText(id, { exact: true }) })
  await row.getByText('product-owner, developer', { exact: true }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test('who is no administrator reads, and is told why the rest is not theirs', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/settings/people')
  await page.getByText('An administrator does this.').first().waitFor()
  expect(await page.getByRole('button', { name: 'Add them' }).isDisabled()).toBe(true)
  await page.goto('/settings/invitations')
  await page.getByText('Administrators invite').waitFor()
})

test('a connection is tested live, part by part', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/p/shop/settings/connections/metrics')
  await page.getByRole('button', { name: 'Test now: metrics' }).click()
  const card = page.getByRole('region', { name: 'Does it answer' })
  const part = (name: string) => card.getByRole('listitem').filter({ hasText: name })
  await part('prometheus')
    .getByText(/\d+ ms/)
    .waitFor()
  await part('alertmanager')
    .getByText(/\d+ ms/)
    .waitFor()
  await part('grafana').getByText('wants other credentials').waitFor()
  expect(await card.getByText('flagmarshal connection test metrics').isVisible()).toBe(true)
})

test('the policy is written by two: the second is shown what the first changed and puts his on it', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/p/shop/settings/policy')
  await page.getByLabel('Time zone').fill('Europe/Berlin')
  const {
    revision,
    changedBy: _,
    changedAt: _at,
    ...policy
  } = expectOk(await shop.server.admin.call('showPolicy', { params }))
  const drafts = { production: { accepted: false, approvals: [['product-owner' as const]] } }
  const theirs = { ...policy, actionDueDays: 4, drafts }
  expectOk(await shop.server.admin.call('writePolicy', { params, body: theirs, ifMatch: revision }))
  const conflict = page.getByRole('alert')
  await conflict.getByText('Somebody else has saved the policy since you began').waitFor()
  await conflict.getByRole('row').filter({ hasText: 'No-Go' }).getByText('They changed it').waitFor()
  await conflict.getByRole('row').filter({ hasText: 'Time zone' }).getByText('You changed it').waitFor()
  await conflict.getByRole('button', { name: 'Put my changes on theirs' }).click()
  await page.getByRole('button', { name: 'Save the policy' }).click()
  await expect
    .poll(async () => expectOk(await shop.server.admin.call('showPolicy', { params })))
    .toMatchObject({ zone: 'Europe/Berlin', actionDueDays: 4, drafts })
  await page.getByText(`revision ${revision + 2}`, { exact: true }).waitFor()
})

test('what was given up is counted on the status page, its channel put right, and sent again', async () => {
  const settings = { url: 'http://10.255.255.1/signals' }
  const secret = `whsec_${Buffer.alloc(32, 6).toString('base64')}`
  const subscribes = ['dev.flagmarshal.report.*']
  const channel = { key: 'inside', kind: 'webhook' as const, settings, secret, subscribes }
  expectOk(await shop.server.admin.call('createChannel', { params, body: channel }))
  const body = { kind: 'complaint' as const, severity: 'minor' as const, text: 'It is slow' }
  const ofFeature = { ...params, feature: 'new-checkout' }
  expectOk(await shop.seed.stage.developer.client.call('createReport', { params: ofFeature, body }))

  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/status')
  await page.getByText('It can serve').waitFor()
  await page.getByText(/PostgreSQL 1\d/).waitFor()
  const dead = page.getByRole('region', { name: 'Given up, in shop' })
  await dead.getByText('inside, 1 attempt').waitFor()
  const row = page.getByRole('region', { name: 'Signals on their way' }).getByRole('row')
  await row.filter({ hasText: 'inside' }).getByRole('link').click()

  await page.getByLabel('Address').fill(`${receiver.url}/version`)
  await page.getByRole('button', { name: 'Save the channel' }).click()
  await page.getByText('revision 2', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Status', exact: true }).click()
  await dead.getByRole('button', { name: /^Send again: dev\.flagmarshal\.report/ }).click()
  await dead.getByText('Nothing was given up').waitFor()
  await row.filter({ hasText: 'inside' }).getByText('None').waitFor()
  const query = { channel: 'inside' }
  const { items } = expectOk(await shop.server.admin.call('listDeliveries', { params, query }))
  expect(items.map((it) => it.state)).toEqual(['delivered'])
})

test('a hook is tried out in a dry run, watched to its end, and edited into its next version', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/p/shop/settings/hooks/deploy')
  await page.getByLabel('Version to go back to').fill('1.4.2')
  await page.getByRole('button', { name: 'Dry run on staging' }).click()
  await page.getByText('deploy@1').waitFor()
  await page.getByText('Succeeded').waitFor()
  await page.getByRole('textbox', { name: 'Title' }).fill('Deploys the version before')
  await page.getByRole('button', { name: 'Save the next version' }).click()
  await page.getByText('version 2', { exact: true }).waitFor()
  const ofHook = { ...params, hook: 'deploy' }
  const runs = expectOk(await shop.server.admin.call('listHookRuns', { params: ofHook })).items
  expect(runs).toMatchObject([{ version: 1, mode: 'dry-run', target: 'staging', state: 'succeeded' }])
})

test('P-M1 the definition is shown with its metadata, and related procedures get their addresses', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/settings/procedures/feature-flag-rollout')
  const metadata = page.getByRole('table', { name: 'Metadata' })
  await metadata.getByText('Feature Development Team').waitFor()
  await metadata.getByText(/SHA-256/).waitFor()
  await page.getByText('active, version').waitFor()
  await page.getByRole('textbox', { name: 'Rollback Procedure' }).fill('https://wiki.example/rollback')
  await page.getByRole('button', { name: 'Save the addresses' }).click()
  const link = metadata.getByRole('link', { name: 'Rollback Procedure' })
  await expect.poll(() => link.getAttribute('href')).toBe('https://wiki.example/rollback')
})

test('P-T3 a feature is registered by keyboard alone, and only with three different people', async () => {
  const flag = { key: 'new-cart', name: 'New cart', kind: 'release' as const, valueType: 'boolean' as const }
  const rest = {
    variants: { on: true, off: false },
    offVariant: 'off',
    layers: ['backend' as const],
    owner: 'shop',
  }
  expectOk(await shop.server.admin.call('createFlag', { params, body: { ...flag, ...rest } }))
  const both = await shop.server.person('technical-lead', 'operations-lead')
  const { operationsLead, productOwner, developer } = shop.seed.stage
  await using visitor = await shop.visitAs(developer)
  const { page } = visitor
  await page.goto('/p/shop/register')
  const type = async (label: string, text: string): Promise<void> => {
    await page.getByRole('textbox', { name: label, exact: true }).focus()
    await page.keyboard.type(text)
  }
  await type('Key', 'new-cart')
  await type('Name', 'New cart')
  await type('Owning team', 'carts')
  await page.getByRole('combobox', { name: 'Flag' }).focus()
  for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key)
  await page.getByText("--flag 'new-cart'").waitFor()
  await page.getByRole('radiogroup', { name: 'Ticket' }).getByLabel('none').focus()
  await page.keyboard.press('Space')
  await type('Why there is none', 'a test')
  const tick = async (role: string, id: string): Promise<void> => {
    await page.getByRole('group', { name: role }).getByRole('checkbox', { name: id }).focus()
    await page.keyboard.press('Space')
  }
  await tick('Technical Lead', both.id)
  await tick('Operations Lead', both.id)
  await tick('Product Owner', productOwner.id)
  await page.getByText('three different people: only 2 so far').waitFor()
  expect(await page.getByRole('button', { name: 'Register it' }).isDisabled()).toBe(true)
  await tick('Operations Lead', operationsLead.id)
  await tick('Operations Lead', both.id)
  await page.getByText('Nothing is lacking').waitFor()
  await page.getByRole('button', { name: 'Register it' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'New cart' }).waitFor()
  const made = expectOk(
    await shop.server.admin.call('showFeature', { params: { ...params, feature: 'new-cart' } }),
  )
  expect(made).toMatchObject({ team: 'carts', flag: 'new-cart', ticket: { none: 'a test' } })
})

test('P-S4-3 P-S4-2 the files of monitoring are seen and downloaded, as the command line writes them', async () => {
  const stage = await setStage(shop.server, 'watched')
  const run = await openRun(stage)
  for (const step of [1, 2]) await goThrough(stage, run, step)
  await prepareStep(stage, run, 3)
  const ofWatched = { project: 'watched' }
  await using visitor = await shop.visitAs(stage.operationsLead)
  const { page } = visitor
  await page.goto('/p/watched/f/new-checkout/monitoring-files')
  await page.getByRole('region', { name: 'alertmanager.yml' }).getByText('receivers:').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download rules.yml' }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('rules.yml')
  const files = expectOk(
    await shop.server.admin.call('showMonitoringFiles', { params: { ...ofWatched, run } }),
  )
  expect(await readFile(await file.path(), 'utf8')).toBe(files.rules)
  expect(await accessibilityFaults(page)).toEqual([])
})

test('an automation gets a token that is shown once and loses it; a system that sends is shut out', async () => {
  await using visitor = await shop.visitAs(shop.seed.administrator)
  const { page } = visitor
  await page.goto('/p/shop/settings/automations')
  await page.getByLabel('Automation', { exact: true }).fill('nightly')
  await page.getByRole('button', { name: 'Make the token' }).click()
  await page.getByText(/^fm_service_/).waitFor()
  await page.getByRole('button', { name: /^Revoke… the token of nightly/ }).click()
  expect(await confirm(page, 'Revoke it')).toContain('is refused from the next request on')
  const tokens = async () => expectOk(await shop.server.admin.call('listServiceTokens', { params })).items
  await expect.poll(async () => (await tokens()).map((it) => it.name)).toEqual(['pipeline'])

  await page.getByRole('link', { name: 'Systems that send' }).click()
  await page.getByLabel('Key', { exact: true }).fill('help-desk')
  await page.getByRole('button', { name: 'Let it send' }).click()
  await page.getByText(/^whsec_/).waitFor()
  await page.getByRole('button', { name: 'Shut out… help-desk' }).click()
  await confirm(page, 'Accept nothing more from it')
  const sources = async () => expectOk(await shop.server.admin.call('listInboundSources', { params })).items
  await expect.poll(async () => (await sources()).map((it) => it.key)).toEqual(['orchestrator'])
})
