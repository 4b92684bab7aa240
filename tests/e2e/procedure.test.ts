/** The procedure in the console: what needs me, the first step written, checked and decided, two people at once. */
import { expect, test } from 'vitest'

import { expectOk } from '../support/server.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const shop = openConsole(seedShop)

const STEP = '/p/shop/f/new-checkout/steps/1'
const params = () => ({ project: 'shop', run: shop.seed.run, step: 1 })

test('P-S1 the strategy is proposed, checked while it is written, saved, and decided by whoever may', async () => {
  await using author = await shop.visitAs(shop.seed.stage.developer)
  const { page } = author
  await page.goto(STEP)
  await page.getByRole('button', { name: 'Propose one' }).click()
  await page.getByText('There is code for it in backend.').waitFor()

  // A rule of the server, told before anything is sent.
  await page.getByText('At once', { exact: true }).click()
  await page.getByText('not-gradual-as-required').waitFor()
  await page.getByText('In stages', { exact: true }).click()
  await page.getByText('not-gradual-as-required').waitFor({ state: 'detached' })

  await page.getByLabel('Scope').fill('The payment page')
  await page.getByText('review: complexity, risk, user impact').waitFor()
  expect(await page.getByRole('button', { name: 'Save the strategy' }).isDisabled()).toBe(true)
  await page.getByRole('radiogroup', { name: 'Complexity' }).getByLabel('low').check()
  await page.getByRole('radiogroup', { name: 'Risk' }).getByLabel('medium').check()
  await page.getByLabel('User impact').fill('Paying takes one page less')
  await page.getByLabel('Flag system').fill('Flagmarshal')
  await page.getByLabel('Configuration').fill('One boolean flag')
  await page.getByLabel('Code', { exact: true }).fill('Asked once, in the order service')
  await page.getByRole('button', { name: 'Save the strategy' }).click()
  await page.getByText('revision 2', { exact: true }).waitFor()

  const { output } = expectOk(await shop.server.admin.call('showStep', { params: params() }))
  expect(output).toMatchObject({ type: 'release', review: { scope: 'The payment page', complexity: 'low' } })

  // The author may not decide it; the Technical Lead finds it on the first page.
  expect(await page.getByRole('button', { name: 'Go', exact: true }).isDisabled()).toBe(true)
  await using lead = await shop.visitAs(shop.seed.stage.technicalLead)
  await lead.page.goto('/')
  await lead.page.getByRole('link', { name: 'Open New checkout' }).click()
  await lead.page.getByRole('button', { name: 'Run the checks now' }).click()
  await lead.page.getByText('No check speaks against a Go').waitFor()
  await lead.page.getByLabel('Why').fill('It fits the feature')
  await lead.page.getByRole('button', { name: 'Go', exact: true }).click()
  const attempts = lead.page.getByRole('region', { name: 'Attempts and decisions' })
  await attempts.getByText('It fits the feature').waitFor()
  const run = expectOk(
    await shop.server.admin.call('showRun', { params: { project: 'shop', run: shop.seed.run } }),
  )
  expect(run.steps[0]?.state).toBe('go')
})

test('two people write the same step: the second is shown that, and in what they differ', async () => {
  await using first = await shop.visitAs(shop.seed.stage.developer)
  await first.page.goto(STEP)
  await first.page.getByLabel('Scope').fill('Mine')
  const step = expectOk(await shop.server.admin.call('showStep', { params: params() }))
  const review = { scope: 'Theirs', complexity: 'high', riskLevel: 'low', userImpact: 'none' }
  const body = { output: { ...step.output, review } }
  expectOk(await shop.seed.stage.developer.client.call('writeStep', { params: params(), body }))

  await first.page.getByText('Somebody else has saved this step since you began').waitFor()
  const conflict = first.page.getByRole('alert')
  await conflict.getByText('They changed it').first().waitFor()
  const scope = conflict.getByRole('row').filter({ hasText: 'Scope' })
  await scope.getByText('Both, differently').waitFor()
  expect(await first.page.getByRole('button', { name: 'Save the strategy' }).isDisabled()).toBe(true)
  await conflict.getByRole('button', { name: 'Put my changes on theirs (mine wins 1×)' }).click()
  expect(await first.page.getByLabel('Scope').inputValue()).toBe('Mine')
  await first.page.getByRole('button', { name: 'Save the strategy' }).click()
  await expect
    .poll(
      async () => expectOk(await shop.server.admin.call('showStep', { params: params() })).output['review'],
    )
    .toMatchObject({ ...review, scope: 'Mine' })
})

test('P-I-CHECK what is missing is named with its owner and the way to get it', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  await visitor.page.goto('/p/shop/f/fast-search/inputs')
  const missing = visitor.page.getByRole('region', { name: 'Missing or failing' })
  await missing.getByText('Test results of QA').waitFor()
  await missing.getByText('Wait until the QA procedures are done.').waitFor()
  const command = missing.getByText('flagmarshal feature inputs fast-search --set P-I3')
  expect(await command.isVisible()).toBe(true)
})

test('the same is done by keyboard alone', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
  const { page } = visitor
  await page.goto('/p/shop/f')
  await page.getByRole('link', { name: 'Gift cards' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await page.keyboard.press('/')
  await page.keyboard.type('gift')
  await page.getByRole('link', { name: 'Fast search' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('The procedure has not been started').waitFor()
  expect(new URL(page.url()).pathname).toBe('/p/shop/f/gift-cards')
})
