/** Flags in the console: a rule written and served by a real SDK, two people at once, history, promotion, the inventory. */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { EvaluationContext } from '@openfeature/server-sdk'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { newFlag } from '../../packages/server/test/support/flags.ts'
import { execute } from '../support/cluster.ts'
import { expectOk } from '../support/server.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const shop = openConsole(seedShop)

const quiet = (): void => undefined
const NO_LOG = { error: quiet, warn: quiet, info: quiet, debug: quiet }
const project = { project: 'shop' }
const inDevelopment = (flag: string) => ({ ...project, flag, environment: 'development' })
const live = async (flag: string) =>
  expectOk(await shop.server.admin.call('getFlagConfig', { params: inDevelopment(flag) }))

async function publish(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Publish to development' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

test('a flag whose key has separators has its page, its comparison and its way into the list', async () => {
  const key = 'Team/Checkout:v2|EU'
  expectOk(await shop.server.admin.call('createFlag', { params: project, body: newFlag(key) }))
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags')
  await page.getByRole('link', { name: key }).click()
  await page.getByRole('heading', { name: `Flag ${key}` }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: `Flag ${key}` }).waitFor()
  await page.goto(`/p/shop/flags/${encodeURIComponent(key)}/compare`)
  await expect.poll(() => page.getByRole('main').textContent()).toContain('From staging to production')
})

test('a rule written in the browser is reckoned, explained, published, and evaluated by a real SDK', async () => {
  const key = await shop.server.sdkKey('shop', 'development')
  const options = { url: shop.server.address, key, environment: 'development' }
  await using connection = createFlagmarshal({ ...options, application: 'shop', layers: ['backend'] })
  await connection.ready()
  const provider = connection.provider
  const served = async (context: EvaluationContext): Promise<boolean> =>
    (await provider.resolveBooleanEvaluation('gift-cards', false, context, NO_LOG)).value
  const finn = { targetingKey: 'finn', country: 'FI' }
  expect(await served(finn)).toBe(false)

  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/gift-cards?env=development')
  await page.getByRole('switch').check()
  await page.getByRole('button', { name: 'Add a rule' }).click()
  await page.getByLabel('Name of rule 1').fill('Finland')
  await page.getByRole('button', { name: 'Add a test to rule 1' }).click()
  await page.getByLabel('Attribute of test 1 of rule 1').fill('country')
  await page.getByRole('combobox', { name: 'Values of test 1 of rule 1' }).fill('FI')
  await page.keyboard.press('Enter')

  // Nobody knows how many are in Finland, and the page says so.
  await page.getByText('between 0 % and 100 %').waitFor()

  await page.getByLabel('Targeting key').fill('finn')
  await page.getByLabel('Attributes, as JSON').fill('{"country": "FI"}')
  const draft = page.getByRole('region', { name: 'Your draft' })
  await draft.getByText('by rule "Finland"').waitFor()
  await page.getByRole('region', { name: /^Live/ }).getByText('the flag is disabled').waitFor()

  await publish(page)
  await expect.poll(() => served(finn)).toBe(true)
  expect(await served({ targetingKey: 'sven', country: 'SE' })).toBe(false)

  // By keyboard, to half of them: the fewest move.
  await page.getByRole('combobox', { name: 'Serve of rule 1' }).click()
  await page.getByRole('option', { name: 'a split in percent' }).click()
  await page.getByLabel('Percent on of rule 1').fill('0')
  await publish(page)
  await expect.poll(() => served(finn)).toBe(false)
  await page.getByRole('tab', { name: 'Instances' }).click()
  await page.getByText(/^this \(revision/).waitFor()
})

test('a kill link is made, listed and revoked beside the instances', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/fast-search?env=development&tab=instances')
  const card = page.getByRole('region', { name: 'Kill links' })
  await card.getByRole('button', { name: 'Make a link for four hours' }).click()
  const link = await card.getByText('/k/shop/development/fast-search?t=').innerText()
  expect((await fetch(link)).status).toBe(200)
  await card.getByRole('button', { name: /^Revoke link_/ }).click()
  await card.getByText(`revoked by ${shop.seed.stage.developer.id}`).waitFor()
  expect((await fetch(link)).status).toBe(401)
})

test('rules are reordered by keyboard', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/fast-search?env=development')
  await page.getByLabel('Name of rule 2').focus()
  await page.keyboard.press('Alt+ArrowUp')
  await page.getByText('A tenth is now rule 1 of 2').waitFor({ state: 'attached' })
  expect(await page.getByLabel('Name of rule 1').inputValue()).toBe('A tenth')
  await page.getByText('After publishing: "on" reaches between').waitFor()
})

test('two people edit one flag: the second is shown what the first changed, and both changes are published', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/fast-search?env=development')
  await page.getByLabel('Name of rule 1').fill('Beta people')

  // The other one, in a browser of their own, publishes first.
  const { revision } = await live('fast-search')
  await using other = await shop.visitAs(shop.seed.stage.technicalLead)
  await other.page.goto('/p/shop/flags/fast-search?env=development')
  await other.page.getByRole('combobox', { name: 'Serve of Otherwise' }).click()
  await other.page.getByRole('option', { name: 'on', exact: true }).click()
  await publish(other.page)

  const conflict = page.getByRole('alert')
  await conflict.getByText(`has published revision ${revision + 1} since you began`).waitFor()
  await conflict.getByText('They changed it').waitFor()
  await conflict.getByText('You changed it').waitFor()
  expect(await page.getByRole('button', { name: 'Publish to development' }).isDisabled()).toBe(true)
  await conflict.getByRole('button', { name: 'Put my changes on theirs' }).click()
  await publish(page)
  const now = await live('fast-search')
  expect(now.fallthrough).toEqual({ variant: 'on' })
  expect(now.rules.map((it) => it.name)).toEqual(['Beta people', 'A tenth'])
})

test('an earlier configuration is restored as a new revision, with its difference first', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/fast-search?env=development&tab=history')
  const before = await live('fast-search')
  await page.getByRole('button', { name: 'Restore revision 2' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('removed').first().waitFor()
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await dialog.waitFor({ state: 'detached' })
  const after = await live('fast-search')
  expect(after).toMatchObject({ revision: before.revision + 1, rules: [], enabled: true })
})

test('promoting to a protected environment shows the difference and passes its gate', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/gift-cards/compare?from=development&to=production')
  await page.getByLabel('Also turn it on, as in development').check()
  await page.getByRole('button', { name: 'Promote to production' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Rule “Finland”').waitFor()
  await dialog.getByRole('button', { name: 'Promote', exact: true }).click()
  await dialog.getByText('gate-closed').waitFor()
  await dialog.getByRole('button', { name: 'Leave it' }).click()

  await page.goto('/p/shop/flags/gift-cards/compare?from=development&to=staging')
  await page.getByRole('button', { name: 'Promote to staging' }).click()
  await dialog.getByRole('button', { name: 'Promote', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  const params = { ...project, flag: 'gift-cards', environment: 'staging' }
  const staging = expectOk(await shop.server.admin.call('getFlagConfig', { params }))
  expect(staging.enabled).toBe(false)
  expect(staging.rules.map((it) => it.name)).toEqual(['Finland'])
})

test('a context is kept as a persona and asked with again', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/gift-cards?env=development&tab=explain')
  await page.getByLabel('Targeting key').fill('linus')
  await page.getByLabel('Keep this context as').fill('Linus of Helsinki')
  await page.getByRole('button', { name: 'Keep', exact: true }).click()
  await page.getByRole('button', { name: 'Forget it' }).waitFor()
  await page.getByRole('combobox', { name: 'Persona' }).click()
  await page.getByRole('option', { name: 'Beta user' }).click()
  expect(await page.getByLabel('Targeting key').inputValue()).toBe('ada')
  const { items } = expectOk(await shop.server.admin.call('listPersonas', { params: project }))
  expect(items.map((it) => it.key)).toEqual(['beta-user', 'linus-of-helsinki'])
})

test('a segment saved by somebody else meanwhile is shown before it is overwritten', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/segments/beta?env=development')
  await page.getByLabel(/^Included/).fill('grace\nheidi')
  const body = { include: ['grace', 'ivan'] }
  const params = { ...project, segment: 'beta', environment: 'development' }
  const lead = shop.seed.stage.technicalLead.client
  expectOk(await lead.call('changeSegment', { params, body, ifMatch: 1 }))
  await page.getByText('Included: 1 added (ivan)').waitFor()
  await page.getByRole('button', { name: 'Take theirs, drop mine' }).click()
  await page.getByLabel(/^Included/).fill('grace\nivan\nheidi')
  await page.getByRole('button', { name: 'Save in development' }).click()
  await expect
    .poll(async () => {
      const { environments } = expectOk(await shop.server.admin.call('getSegment', { params }))
      return environments.find((it) => it.environment === 'development')?.include
    })
    .toEqual(['grace', 'ivan', 'heidi'])
})

test('P-S1-12 the inventory tells flags apart by their life, and asks for the clean-up of many at once', async () => {
  const { client } = shop.seed.stage.developer
  for (const key of ['old-banner', 'old-footer']) {
    const body = { ...newFlag(key), name: `Flag ${key}` }
    expectOk(await client.call('createFlag', { params: project, body }))
  }
  await execute(
    shop.server.databaseUrl,
    `with old as (
       update flags set created_at = now() - interval '90 days' where key like 'old-%' returning key)
     update flag_configs set updated_at = now() - interval '90 days' where flag in (select key from old)`,
  )
  await execute(
    shop.server.databaseUrl,
    `insert into usage_minutes (project, environment, flag, variant, minute_end, n, bad, slow)
     values ('shop', 'production', 'old-footer', 'off', now() - interval '1 hour', 3, 0, 0)`,
  )
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags')
  // The shop's repository has reported where it asks new-checkout, and these are not in it.
  await page.getByRole('radiogroup').getByText('To remove 1').click()
  await page.getByRole('link', { name: 'Flag old-banner' }).waitFor()
  await page.getByRole('radiogroup').getByText('To monitor 1').click()
  await page.getByRole('row', { name: /old-footer.*1 h ago/ }).waitFor()

  await page.getByRole('radiogroup').getByText(/^All/).click()
  await page.getByRole('checkbox', { name: 'All 2 that should go' }).check()
  await page.getByRole('button', { name: 'Open clean-up of 2' }).click()
  await page.getByText('Asked for 2').waitFor()
  const { items } = expectOk(await shop.server.admin.call('listSignals', { params: project, query: {} }))
  expect(items.filter((it) => it.type.endsWith('cleanup.requested')).map((it) => it.subject)).toEqual(
    expect.arrayContaining(['flags/old-banner', 'flags/old-footer']),
  )
})

test('what a search of a repository found stands on the page of the flag, by layer, with how it is asked', async () => {
  const refs = [
    {
      flag: 'fast-search',
      file: 'web/search.tsx',
      line: 12,
      layer: 'frontend' as const,
      kind: 'accessor' as const,
    },
    { flag: 'fast-search', file: 'api/search.ts', line: 7, layer: 'backend' as const, kind: 'call' as const },
  ]
  const context = "if (await client.getBooleanValue('fast-search', false))"
  const scan = { repo: 'git.example/shop', branch: 'main', sha: 'c'.repeat(40), files: 40, dynamic: [] }
  const write = async (body: { refs: typeof refs; extinctions: object[] }) =>
    expectOk(
      await shop.server.admin.call('writeCodeScan', {
        params: project,
        body: { ...scan, ...body, extinctions: body.extinctions as [] },
      }),
    )
  await write({ refs: refs.map((it) => (it.kind === 'call' ? { ...it, context } : it)), extinctions: [] })
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await page.goto('/p/shop/flags/fast-search?env=development&tab=code')
  await page.getByText('api/search.ts:7').waitFor()
  await page.getByText(context).waitFor()
  await page.getByText('git.example/shop main').waitFor()
  const extinct = {
    flag: 'fast-search',
    sha: 'd'.repeat(40),
    at: '2026-11-01T00:00:00Z',
    file: 'api/search.ts',
  }
  await write({ refs: [], extinctions: [extinct] })
  await page.reload()
  await page.getByText('The last place went with').waitFor()
  expect(await page.getByText('api/search.ts:7').count()).toBe(0)
})
