/** Drafts in the console: two people, from a change that production refuses to one that is live. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { expectOk } from '../support/server.ts'
import { accessibilityFaults, goDark, scrollsSideways, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const shop = openConsole(seedShop)
const project = { project: 'shop' }
const inProduction = (flag: string) => ({ ...project, flag, environment: 'production' })
const live = async (flag: string) =>
  expectOk(await shop.server.admin.call('getFlagConfig', { params: inProduction(flag) }))

/** Writes why, and saves. */
async function save(page: Page, button: string, why: string, verb: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Why').fill(why)
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('one person asks, another finds it on Home, compares, asks for changes and approves; then it is live', async () => {
  const { developer, operationsLead } = shop.seed.stage
  await using writing = await shop.visitAs(developer)
  const { page } = writing
  await page.goto('/p/shop/flags/gift-cards?env=production')
  await page.getByRole('switch').check()
  await page.getByRole('combobox', { name: 'Serve of Otherwise' }).click()
  await page.getByRole('option', { name: 'on', exact: true }).click()
  await page.getByRole('button', { name: 'Publish to production' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('dialog').getByText('flagmarshal draft save gift-cards -e production').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click()
  await save(page, 'Request approval', 'the sale begins', 'Save and request approval')
  await page.getByRole('heading', { name: 'Draft of gift-cards in production' }).waitFor()
  await page.getByText('You had a hand in it').waitFor()
  expect((await live('gift-cards')).enabled).toBe(false)

  await using approving = await shop.visitAs(operationsLead)
  const theirs = approving.page
  await theirs.goto('/')
  await theirs.getByText('Approve the draft, or ask for changes (production): the sale begins').waitFor()
  await theirs.getByRole('link', { name: 'Open gift-cards' }).click()
  const changes = theirs.getByRole('region', { name: 'What changes' })
  await changes.getByRole('row', { name: /^State/ }).waitFor()
  expect(await changes.getByRole('row').allInnerTexts()).toEqual([
    expect.stringMatching(/approved base\s+live now\s+proposed/i),
    expect.stringMatching(/State\s+nothing yet\s+off\s+on/),
    expect.stringMatching(/Otherwise\s+nothing yet\s+off\s+on/),
  ])
  expect(await theirs.getByRole('button', { name: 'Request changes' }).isDisabled()).toBe(true)
  await theirs.getByLabel('Comment').fill('only for half of them')
  await theirs.getByRole('button', { name: 'Request changes' }).click()
  await theirs.getByText('Changes asked for').first().waitFor()

  await page.getByText('only for half of them').waitFor()
  await page.getByRole('link', { name: 'Edit it' }).click()
  await page.getByRole('combobox', { name: 'Serve of Otherwise' }).click()
  await page.getByRole('option', { name: 'a split in percent' }).click()
  await page.getByLabel('Percent on of Otherwise').fill('50')
  await save(page, 'Request approval', 'the sale begins, for half', 'Save and request approval')
  await page.getByText('Draft waits for approval').waitFor()

  await theirs.getByText('of another content: stale').waitFor()
  await theirs.getByRole('button', { name: /^Approve / }).click()
  await theirs.getByText('Given by').waitFor()
  await page.getByRole('button', { name: 'Publish to production' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('Published by').waitFor()
  const now = await live('gift-cards')
  expect(now.enabled).toBe(true)
  expect(now.fallthrough).toHaveProperty('allocation')
})

test('what somebody else has changed meanwhile is shown, and the draft is put on top of it', async () => {
  const { developer, technicalLead } = shop.seed.stage
  const { revision, enabled, offVariant, fallthrough } = await live('gift-cards')
  if ('exposure' in fallthrough) throw new Error('no rollout runs')
  const rules = [{ name: 'Testers', when: { segment: 'beta' }, serve: { variant: 'on' } }]
  const config = { enabled, offVariant, rules, fallthrough }
  const params = inProduction('gift-cards')
  const made = expectOk(
    await developer.client.call('createDraft', {
      params: project,
      body: { kind: 'flag', flag: 'gift-cards', environment: 'production', why: 'testers', config },
    }),
  )
  await using visitor = await shop.visitAs(developer)
  const { page } = visitor
  await page.goto(`/p/shop/drafts/${made.id}`)
  await page.getByRole('button', { name: 'Request approval' }).click()
  await page.getByText('Draft waits for approval').waitFor()
  const less = { enabled, offVariant, rules: [], fallthrough: { variant: 'off' } }
  expectOk(await technicalLead.client.call('configureFlag', { params, body: less, ifMatch: revision }))

  await page.getByText('Somebody else has changed what is live since the draft was saved').waitFor()
  await page.getByText('Changed since the draft was saved').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Put it on what is live now' }).click()
  await page.getByText('Draft, not asked for').waitFor()
  const { items } = expectOk(
    await developer.client.call('listDrafts', { params: project, query: { flag: 'gift-cards' } }),
  )
  expect(items).toMatchObject([{ id: made.id, behind: false, state: 'draft' }])
  const { proposed } = expectOk(
    await developer.client.call('showDraft', { params: { ...project, draft: made.id } }),
  )
  expect(proposed).toMatchObject({ fallthrough: { variant: 'off' }, rules: [{ name: 'Testers' }] })

  await page.goto('/p/shop/drafts')
  await page.getByRole('link', { name: 'gift-cards' }).click()
  await settled(page)
  expect(await accessibilityFaults(page)).toEqual([])
  await goDark(page)
  expect(await accessibilityFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 740 })
  await expect.poll(() => scrollsSideways(page)).toBe(false)
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('dialog').getByLabel('Why').fill('not now')
  await page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  await page.getByText('Discarded by').waitFor()
})

test('a member of a segment is added by a draft from its page', async () => {
  const { developer } = shop.seed.stage
  await using visitor = await shop.visitAs(developer)
  const { page } = visitor
  await page.goto('/p/shop/segments/beta?env=production')
  await page.getByLabel(/^Included/).fill('grace\nheidi')
  await save(page, 'Save draft', 'Heidi joins', 'Save')
  await page.getByRole('heading', { name: 'Draft of beta in production' }).waitFor()
  expect(await page.getByRole('row', { name: /^Included/ }).innerText()).toContain('2: grace, heidi')
  await page.goto('/p/shop/segments/beta?env=production')
  await page.getByRole('link', { name: 'Heidi joins' }).waitFor()
})
