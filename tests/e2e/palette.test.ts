/** The palette and the keys: everywhere by keyboard, and nothing is turned off from there. */
import { expect, test } from 'vitest'

import { accessibilityFaults, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

const shop = openConsole(seedShop)

test.each(['light', 'dark'] as const)('Ctrl K finds a feature by a few letters, %s', async (theme) => {
  await using visitor = await shop.visitAs(shop.seed.stage.technicalLead, { theme })
  const { page } = visitor
  await page.goto('/p/shop/f')
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Page, feature or flag' }).waitFor()
  await page.getByRole('option', { name: 'Rollouts' }).first().waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.keyboard.type('gift')
  await page.getByRole('option', { name: /gift-cards.*Features/, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/p/shop/f/gift-cards')
  await page.keyboard.press('Control+k')
  await page.locator('input[role=combobox]:focus').waitFor()
  await page.keyboard.type('zzzz')
  await page.getByText('Nothing is called so.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Page, feature or flag' }).waitFor({ state: 'detached' })
})

test('g and a letter go to a page, and the question mark shows the keys', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
  const { page } = visitor
  await page.goto('/p/shop/f')
  await settled(page)
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  await page.waitForURL('**/now')
  await settled(page)
  await page.keyboard.press('Shift+?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test('turning off leads to the page on which one holds', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
  const { page } = visitor
  await page.goto('/now')
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Page, feature or flag' }).fill('kill list')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/k')
  expect(await page.getByRole('heading', { name: 'What is on' }).isVisible()).toBe(true)
})
