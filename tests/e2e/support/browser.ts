/**
 * A real Chromium, and people in it. What a page does that its policy forbids, an error in its
 * scripts, or a request to any other host makes the test fail, whatever the test is about.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

import type { TestPerson, TestServer } from '../../support/server.ts'
import { sessionOf, SIZES } from './chromium.ts'

export interface Visit {
  readonly size?: keyof typeof SIZES
  readonly theme?: 'light' | 'dark'
  /** Seconds are as long as they are; nothing moves that need not. */
  readonly reducedMotion?: 'reduce' | 'no-preference'
  /** Other sites that people go to on their way: what their pages do is their own matter. */
  readonly elsewhere?: string | readonly string[]
}

/** A page of a browser of its own, in which nobody is signed in. */
export async function visit(browser: Browser, server: TestServer, options: Visit = {}): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: server.address,
    viewport: SIZES[options.size ?? 'desk'],
    hasTouch: options.size === 'phone',
    colorScheme: options.theme ?? 'light',
    reducedMotion: options.reducedMotion ?? 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  context.setDefaultTimeout(20_000)
  // Whatever a page tries against its policy is an error of its console, and so fails the test (R19).
  await context.addInitScript(
    `addEventListener('securitypolicyviolation', (it) => console.error('against the policy: ' + it.violatedDirective + ' ' + it.blockedURI))`,
  )
  const page = await context.newPage()
  const wrongs = watch(page, server.address, options.elsewhere)
  return {
    context,
    page,
    wrongs,
    async [Symbol.asyncDispose]() {
      await context.close()
      expect(wrongs).toEqual([])
    },
  }
}

/** A page, and what went wrong in it; closing it fails the test when anything did. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  readonly wrongs: string[]
}

function watch(page: Page, address: string, elsewhere: Visit['elsewhere'] = []): string[] {
  const isThere = (url: string) => [elsewhere].flat().some((it) => url.startsWith(it))
  const wrongs: string[] = []
  page.on('pageerror', (error) => wrongs.push(`error: ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    // An answer with an error status is logged by the browser, and is often what a test is about.
    if (message.type() === 'error' && !isThere(page.url()) && !text.startsWith('Failed to load resource'))
      wrongs.push(text)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (isThere(request.frame().url()) || (isThere(url) && request.isNavigationRequest())) return
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) wrongs.push(`request to ${url}`)
  })
  return wrongs
}

/** A page in which this person is signed in. */
export async function visitAs(
  browser: Browser,
  server: TestServer,
  person: Pick<TestPerson, 'id'>,
  options: Visit = {},
): Promise<Visitor> {
  const session = await sessionOf(server, person.id)
  const visitor = await visit(browser, server, options)
  await visitor.context.addCookies([session])
  return visitor
}

/** The serious and critical findings of axe on the page as it is now, as one line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return violations
    .filter((it) => it.impact === 'serious' || it.impact === 'critical')
    .flatMap((it) =>
      it.nodes.map((node) => `${it.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
    )
}

/** Waits until the page shows what it is about: a heading, and nothing that still loads. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
}

/** Changes the system's theme, and waits until the page has finished changing to it. */
export async function goDark(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  // Colours on their way from one theme to the other have no contrast that means anything.
  const fading =
    'document.getAnimations().some((it) => it instanceof CSSTransition && it.playState === "running")'
  await expect.poll(() => page.evaluate(fading)).toBe(false)
}

/** Whether the page is wider than its window. */
export async function scrollsSideways(page: Page): Promise<boolean> {
  return await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}
