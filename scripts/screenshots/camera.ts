/** Takes pictures of pages for somebody who is signed in: what is in the window once the page is whole. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Client } from '@flagmarshal/api'
import type { Browser, Page } from 'playwright-core'

import { sessionOf, SIZES, startBrowser } from '../../tests/e2e/support/chromium.ts'

export interface CameraOptions {
  readonly admin: Client
  readonly address: string
  /** Whose session it is. */
  readonly person: string
  readonly folder: string
  /** `webp` or `png`. */
  readonly format: string
}

interface View {
  readonly theme?: 'light' | 'dark'
  readonly size?: 'desk' | 'phone'
  /** The region that is scrolled to the top. */
  readonly to?: string
}

/** A page that is open, and stays so. */
interface OpenView {
  /** Takes a picture of it as it is now, and closes it. */
  shoot(name: string): Promise<void>
}

export interface Camera {
  open(address: string, view?: View): Promise<OpenView>
  /** Opens, takes the picture, closes. */
  shoot(name: string, address: string, view?: View): Promise<void>
  close(): Promise<void>
}

const DESK = { width: 1280, height: 860 }
const QUALITY = 80

/** Starts Chromium and signs in. */
export async function openCamera(options: CameraOptions): Promise<Camera> {
  const browser = await startBrowser()
  const session = await sessionOf(options, options.person)
  const open = async (address: string, view: View = {}): Promise<OpenView> => {
    const page = await openPage(browser, options.address, view)
    await page.context().addCookies([session])
    await page.goto(address)
    return {
      async shoot(name) {
        await whole(page, view)
        await writeFile(
          join(options.folder, `${name}.${options.format}`),
          await picture(page, options.format),
        )
        await page.context().close()
      },
    }
  }
  return {
    open,
    shoot: async (name, address, view) => (await open(address, view)).shoot(name),
    close: () => browser.close(),
  }
}

async function openPage(
  browser: Browser,
  baseURL: string,
  { theme = 'light', size = 'desk' }: View,
): Promise<Page> {
  const context = await browser.newContext({
    baseURL,
    viewport: size === 'desk' ? DESK : SIZES.phone,
    deviceScaleFactor: size === 'desk' ? 1 : 2,
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  context.setDefaultTimeout(60_000)
  return await context.newPage()
}

/** Waits until nothing loads any more. */
async function whole(page: Page, { to }: View): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
  await page.evaluate('document.fonts.ready')
  if (to !== undefined) {
    await page.getByRole('region', { name: to, exact: true }).waitFor()
    // Below the bar that stays at the top.
    await page.evaluate(
      `window.scrollTo(0, document.querySelector('[aria-label="${to}"]').getBoundingClientRect().top - 60)`,
    )
  }
}

/** Chromium makes WebP itself; Playwright has no name for it. */
async function picture(page: Page, format: string): Promise<Buffer> {
  if (format === 'png') return await page.screenshot()
  const devtools = await page.context().newCDPSession(page)
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  return Buffer.from(data, 'base64')
}
