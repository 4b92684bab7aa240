/** The palette and the keys: everywhere by keyboard, and nothing is turned off from there. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { accessibilityFaults, settled, startBrowser, visitAs } from './support/browser.ts'
import { seedShop } from './support/seed.ts'
import type { Seed } from './support/seed.ts'

let server: TestServer
let browser: Browser
let seed: Seed

beforeAll(async () => {
  server = await startServer()
  seed = await seedShop(server)
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

test.each(['light', 'dark'] as const)('Ctrl K finds a feature by a few letters, %s', async (theme) => {
  await using visitor = await visitAs(browser, server, seed.stage.technicalLead, { theme })
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
  await using visitor = await visitAs(browser, server, seed.stage.technicalLead)
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
  await using visitor = await visitAs(browser, server, seed.stage.technicalLead)
  const { page } = visitor
  await page.goto('/now')
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Page, feature or flag' }).fill('kill list')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/k')
  expect(await page.getByRole('heading', { name: 'What is on' }).isVisible()).toBe(true)
})
