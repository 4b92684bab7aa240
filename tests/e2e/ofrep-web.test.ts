/**
 * The published OpenFeature web clients in a real Chromium, on a page of another origin: OFREP web
 * provider, web SDK and React SDK, unmodified.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startEdge } from '../../packages/server/test/support/edges.ts'
import { configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { startPage } from '../support/page-server.ts'
import type { PageServer } from '../support/page-server.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { layCable } from './support/cable.ts'
import { startBrowser } from './support/chromium.ts'

interface Happened {
  readonly event: string
  readonly flags: readonly string[]
}

describe('the published web clients, from another origin', () => {
  let page: PageServer
  let server: TestServer
  let browser: Browser
  let key: string

  beforeAll(async () => {
    page = await startPage()
    server = await startServer({ settings: { FLAGMARSHAL_ALLOWED_ORIGINS: page.origin } })
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const params = { project: 'shop' }
    const greeting = {
      ...newFlag('greeting'),
      valueType: 'string' as const,
      variants: { polite: 'Good day', short: 'Hi' },
      offVariant: 'short',
    }
    for (const body of [newFlag('new-checkout'), greeting])
      expectOk(await server.admin.call('createFlag', { params, body }))
    const when = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
    await configure(server, 'greeting', {
      enabled: true,
      offVariant: 'short',
      rules: [{ name: 'Pro', when, serve: { variant: 'polite' } }],
      fallthrough: { variant: 'short' },
    })
    key = await server.sdkKey('shop', 'development', 'web')
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await page?.[Symbol.asyncDispose]()
  })

  async function open(
    at = server.address,
    streamed: (url: string) => void = () => undefined,
  ): Promise<{ readonly shop: Page; readonly requests: string[] }> {
    const context = await browser.newContext()
    const shop = await context.newPage()
    const requests: string[] = []
    shop.on('response', (answer) => {
      if (answer.url().includes('/evaluate/'))
        requests.push(`${answer.request().method()} ${answer.status()}`)
    })
    shop.on('request', (request) => {
      if (request.url().includes('/ofrep/v1/events')) streamed(request.url())
    })
    const asked = new URLSearchParams({ server: at, key })
    await shop.goto(`${page.origin}/?${asked.toString()}`)
    return { shop, requests }
  }

  const text = (shop: Page, id: string) => shop.locator(`#${id}`).textContent()
  const happened = (shop: Page) => shop.evaluate<Happened[]>('happened')
  const turn = (enabled: boolean) => configure(server, 'new-checkout', { ...EVERYBODY_ON, enabled })

  test('a change is shown without a reload, and only the flag that changed is announced', async () => {
    await turn(false)
    const { shop } = await open()
    await expect.poll(() => text(shop, 'checkout')).toBe('old checkout')
    expect(await text(shop, 'greeting')).toBe('Hi (DEFAULT)')
    await turn(true)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('new checkout')
    const changes = (await happened(shop)).filter((it) => it.flags.length > 0)
    expect(changes).toEqual([{ event: 'PROVIDER_CONFIGURATION_CHANGED', flags: ['new-checkout'] }])
    await turn(false)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('old checkout')
    await shop.context().close()
  })

  test('the same person with another plan gets that plan’s answer, though the client sends its old ETag', async () => {
    const { shop } = await open()
    await expect.poll(() => text(shop, 'greeting')).toBe('Hi (DEFAULT)')
    await shop.evaluate(`openFeature.setContext({ targetingKey: 'ada', plan: 'pro' })`)
    await expect.poll(() => text(shop, 'greeting')).toBe('Good day (TARGETING_MATCH)')
    await shop.context().close()
  })

  test('an edge serves them as the server does, and passes on what changes', async () => {
    await turn(false)
    const edgeKey = await server.sdkKey('shop', 'development', 'edge')
    await using edge = await startEdge(server, [edgeKey], { FLAGMARSHAL_ALLOWED_ORIGINS: page.origin })
    await expect
      .poll(async () => (await fetch(`${edge.address()}/readyz`)).status, { timeout: 20_000 })
      .toBe(200)
    const { shop } = await open(edge.address())
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('old checkout')
    await turn(true)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('new checkout')
    // Its server is gone; what is asked anew is answered from memory.
    edge.cable.cut()
    await shop.evaluate(`openFeature.setContext({ targetingKey: 'eve', plan: 'pro' })`)
    await expect.poll(() => text(shop, 'greeting')).toBe('Good day (TARGETING_MATCH)')
    edge.cable.mend()
    await turn(false)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 20_000 }).toBe('old checkout')
    await shop.context().close()
  })

  test('an unchanged answer is not sent twice', async () => {
    const { shop, requests } = await open()
    await expect.poll(() => requests.includes('POST 304'), { timeout: 10_000 }).toBe(true)
    await shop.evaluate(`openFeature.setContext({ targetingKey: 'bob', plan: 'pro' })`)
    await shop.evaluate(`openFeature.setContext({ targetingKey: 'bob', plan: 'pro' })`)
    // The client calls what it already had CACHED.
    await expect.poll(() => text(shop, 'greeting')).toMatch(/^Good day/)
    expect((await happened(shop)).filter((it) => it.event === 'PROVIDER_ERROR')).toEqual([])
    await shop.context().close()
  })

  test('who is cut off after the address of the stream has ended may return to it, and misses nothing', async () => {
    await turn(false)
    const settings = {
      FLAGMARSHAL_ALLOWED_ORIGINS: page.origin,
      FLAGMARSHAL_DATABASE_URL: server.databaseUrl,
    }
    await using hasty = await startServer({ settings, eventTokenTurnMs: 500 })
    await using cable = await layCable(hasty.address)
    const streams = new Set<string>()
    const { shop } = await open(cable.address, (url) => void streams.add(url))
    await expect.poll(() => streams.size).toBe(1)
    const [first = ''] = streams
    const ended = async () => (await fetch(first.replace(cable.address, hasty.address))).status
    await expect.poll(ended).toBe(401)
    cable.cut()
    await turn(true)
    cable.mend()
    await expect.poll(() => text(shop, 'checkout'), { timeout: 30_000 }).toBe('new checkout')
    await turn(false)
    await expect.poll(() => text(shop, 'checkout'), { timeout: 10_000 }).toBe('old checkout')
    await shop.context().close()
  })

  test('a change made while the stream was cut is seen after it is back', async () => {
    await turn(false)
    await using cable = await layCable(server.address)
    const { shop } = await open(cable.address)
    await expect.poll(() => text(shop, 'checkout')).toBe('old checkout')
    cable.cut()
    await turn(true)
    cable.mend()
    await expect.poll(() => text(shop, 'checkout'), { timeout: 30_000 }).toBe('new checkout')
    await shop.context().close()
  })
})
