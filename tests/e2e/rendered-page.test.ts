/**
 * A page that a server has rendered with our values, in a real Chromium: React SDK and OFREP web
 * provider as they are published, and the two things of ours that they lack.
 */
import { gzipSync } from 'node:zlib'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { writeFlags } from '@flagmarshal/sdk-web'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { configParams, configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { loadRenderer, startPage } from '../support/page-server.ts'
import type { PageServer } from '../support/page-server.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { layCable } from './support/cable.ts'
import { startBrowser } from './support/chromium.ts'

const GREETING = {
  ...newFlag('greeting'),
  valueType: 'string' as const,
  // What would end a script, if it were written as it is.
  variants: { polite: 'Good day</script><!--', short: 'Hi' },
  offVariant: 'short',
}
const POLITE = 'Good day</script><!-- (TARGETING_MATCH)'

/** Notes every text that the greeting ever had, frame by frame. */
const WATCH = `
  globalThis.texts = []
  const look = () => {
    const text = document.querySelector('#greeting')?.textContent
    if (text && texts.at(-1) !== text) texts.push(text)
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
  const frame = () => { look(); requestAnimationFrame(frame) }
  frame()`

describe('a page that a server has rendered', () => {
  let page: PageServer
  let server: TestServer
  let browser: Browser
  let connection: Connection
  let key: string

  beforeAll(async () => {
    // The values are as old as the page.
    const renderShop = await loadRenderer()
    page = await startPage(() => {
      const flags = connection.evaluateAll({ targetingKey: 'ada', plan: 'pro' })
      return { flags: writeFlags(flags), shop: renderShop(flags) }
    })
    server = await startServer({ settings: { FLAGMARSHAL_ALLOWED_ORIGINS: page.origin } })
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const params = { project: 'shop' }
    for (const body of [newFlag('new-checkout'), GREETING])
      expectOk(await server.admin.call('createFlag', { params, body }))
    const when = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
    await configure(server, 'greeting', {
      enabled: true,
      offVariant: 'short',
      rules: [{ name: 'Pro', when, serve: { variant: 'polite' } }],
      fallthrough: { variant: 'short' },
    })
    key = await server.sdkKey('shop', 'development', 'web')
    connection = createFlagmarshal({
      url: server.address,
      key: await server.sdkKey('shop', 'development'),
      environment: 'development',
      application: 'pages',
      layers: ['frontend'],
    })
    await connection.ready()
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await connection?.close()
    await server?.close()
    await page?.[Symbol.asyncDispose]()
  })

  async function open(user = 'ada', at = server.address): Promise<Page> {
    const context = await browser.newContext()
    const shop = await context.newPage()
    await shop.addInitScript(WATCH)
    const asked = new URLSearchParams({ server: at, key, user })
    await shop.goto(`${page.origin}/rendered.html?${asked.toString()}`)
    return shop
  }
  const text = (shop: Page, id: string) => shop.locator(`#${id}`).textContent()
  const texts = (shop: Page) => shop.evaluate<string[]>('texts')
  const happened = (shop: Page) => shop.evaluate<string[]>('happened')
  const turn = async (enabled: boolean) => {
    const { environmentRevision } = await configure(server, 'new-checkout', { ...EVERYBODY_ON, enabled })
    await expect.poll(() => connection.revision).toBe(environmentRevision)
  }
  const used = async (flag: string) => {
    const params = configParams(flag)
    return expectOk(await server.admin.call('showMonitoring', { params })).usage.browsers
  }

  // The first one: pages of other tests would be counted, too, whenever they are told of.
  test('tells the server once what it has used, when it goes away', async () => {
    const shop = await open()
    await shop.waitForFunction('globalThis.openFeature !== undefined')
    await turn(true)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('new checkout')
    await shop.goto('about:blank')
    await expect
      .poll(async () => (await used('greeting')).find((it) => it.variant === 'polite')?.n, {
        timeout: 10_000,
      })
      .toBe(1)
    // Both values that were looked at.
    expect((await used('new-checkout')).map((it) => it.variant)).toEqual(
      expect.arrayContaining(['on', 'off']),
    )
    await shop.context().close()
    await turn(false)
  })

  test('has the right value from the first picture on, and never another one', async () => {
    const shop = await open()
    await shop.waitForFunction('globalThis.openFeature !== undefined')
    // The stream of the live provider is there once it has taken over.
    await turn(true)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('new checkout')
    expect(await texts(shop)).toEqual([POLITE])
    expect(await happened(shop)).toEqual(['changed'])
    await turn(false)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('old checkout')
    await shop.context().close()
  })

  test('shows what it carries while the server is away, and what is live once it is back', async () => {
    await turn(false)
    await using cable = await layCable(server.address)
    cable.cut()
    const shop = await open('ada', cable.address)
    await expect.poll(() => happened(shop)).toContain('stale')
    expect(await texts(shop)).toEqual([POLITE])
    await turn(true)
    cable.mend()
    await expect.poll(() => text(shop, 'checkout'), { timeout: 20_000 }).toBe('new checkout')
    expect(await texts(shop)).toEqual([POLITE])
    await shop.context().close()
  })

  test('does not start from the values of somebody else', async () => {
    const shop = await open('bob')
    await shop.waitForFunction('globalThis.openFeature !== undefined')
    await expect.poll(() => text(shop, 'greeting')).toBe(POLITE)
    expect(await happened(shop)).toEqual([])
    await shop.context().close()
  })

  test('pays less than two kilobytes for it', async () => {
    const built = await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        target: 'es2023',
        minify: true,
        lib: {
          entry: new URL('../../packages/sdk/web/src/index.ts', import.meta.url).pathname,
          formats: ['es'],
        },
        rolldownOptions: { external: ['@openfeature/web-sdk'] },
      },
    })
    const [chunk] = [built].flat().flatMap((it) => ('output' in it ? it.output : []))
    const bytes = gzipSync(chunk?.type === 'chunk' ? chunk.code : '').length
    console.log(`@flagmarshal/sdk-web: ${bytes} bytes gzipped`)
    expect(bytes).toBeGreaterThan(500)
    expect(bytes).toBeLessThan(2_048)
  })
})
