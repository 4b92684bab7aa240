/** The documentation site as people read it: both themes, on a desk and on a phone, by keyboard, with its search. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { buildSite } from '../../scripts/site/build.ts'
import { accessibilityFaults, scrollsSideways } from './support/browser.ts'
import { SIZES, startBrowser } from './support/chromium.ts'

let folder: string
let browser: Browser
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-site-'))
  buildSite(folder)
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens a page as a file: the site needs no server. */
async function open(address: string): Promise<Page & AsyncDisposable> {
  const context = await browser.newContext({ viewport: SIZES.desk })
  const page = await context.newPage()
  await page.goto(pathToFileURL(path.join(folder, address)).href)
  return Object.assign(page, { [Symbol.asyncDispose]: async () => await context.close() })
}

describe('the documentation site', () => {
  test.each(['index.html', 'docs/command-line.html', 'reference/cli/kill.html'])(
    '%s is accessible in both themes and fits a phone',
    async (address) => {
      await using page = await open(address)
      expect(await accessibilityFaults(page)).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
      await page.setViewportSize(SIZES.phone)
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await scrollsSideways(page)).toBe(false)
    },
    // Every rule of accessibility over a whole page takes its time on a loaded machine.
    180_000,
  )

  test('wide tables and long code scroll by themselves on a phone, not the page', async () => {
    for (const address of [
      'start',
      'docs/monitoring',
      'docs/glossary',
      'docs/access-matrix',
      'reference/documents',
    ]) {
      await using page = await open(`${address}.html`)
      await page.setViewportSize(SIZES.phone)
      expect(await scrollsSideways(page), address).toBe(false)
    }
  })

  test('is searched by keyboard: the command that one means is found and opened', async () => {
    await using page = await open('docs/drafts.html')
    await page.keyboard.press('/')
    await page.keyboard.type('kill-link')
    await page.waitForSelector('#found li')
    expect(await page.locator('#found li').first().textContent()).toContain('kill-link')
    expect(await page.locator('#count').textContent()).toMatch(/^\d+ found$/)
    await page.keyboard.press('ArrowDown')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Enter')
    await page.waitForURL(/kill-link/)
    expect(await page.locator('h1').textContent()).toContain('kill-link')
  })

  test('has a menu on a phone, and the theme that was chosen stays', async () => {
    await using page = await open('docs/drafts.html')
    await page.setViewportSize(SIZES.phone)
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.locator('#menu').getByRole('link', { name: 'Glossary' }).click()
    await page.waitForURL(/glossary/)
    await page.getByRole('button', { name: 'Dark' }).click()
    await page.reload()
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
  })
})
