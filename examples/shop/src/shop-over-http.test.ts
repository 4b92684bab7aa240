/** Backend and edge over real HTTP, their flags served by a small server that speaks to SDKs. */
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createBackend } from './backend.ts'
import { createEdge } from './edge.ts'

const address = { name: 'A. Shopper', street: 'Main Street 1', postcode: '10115', city: 'Berlin' }
const card = '4242 4242 4242 4242'

const closing = new AsyncDisposableStack()
let shop = ''
let backendUrl = ''
let connection: Connection

/** Both flags are on for the shoppers that are named `new-…`. */
beforeAll(async () => {
  const flags = await listen(createServer(serveFlags))
  connection = createFlagmarshal({
    url: flags,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop-test',
    layers: ['backend', 'middleware'],
    streaming: false,
  })
  closing.defer(() => connection.close())
  await OpenFeature.setProviderAndWait(connection.provider)
  const backend = createBackend(connection, 'W1')
  closing.defer(() => backend.close())
  backendUrl = await backend.listen({ host: '127.0.0.1', port: 0 })
  shop = await listen(createEdge(connection, [new URL(backendUrl)]))
})

afterAll(() => closing.disposeAsync())

describe('the shop over HTTP', () => {
  it('greets a new visitor with a cookie and a page that says which checkout it is', async () => {
    const page = await fetch(shop)
    expect(page.headers.get('set-cookie')).toMatch(/^shopper=[0-9a-f-]{36};.*HttpOnly/)
    expect(await page.text()).toContain('the old checkout, in three steps')
    const again = await fetch(shop, { headers: { cookie: 'shopper=new-1' } })
    expect(again.headers.get('set-cookie')).toBeNull()
    expect(await again.text()).toContain('the new checkout, on one page')
  })

  it('sells in three steps to those who have the old checkout, and hides the new one from them', async () => {
    const shopper = visit('old-1')
    await shopper('POST', '/cart', { sku: 'A001', quantity: 2 })
    const offer = await shopper('GET', '/checkout')
    expect(offer.headers.get('x-checkout')).toBe('steps')
    expect((await shopper('POST', '/checkout/new', { address, delivery: 'standard', card })).status).toBe(404)
    await shopper('PUT', '/checkout/steps/address', address)
    await shopper('PUT', '/checkout/steps/delivery', { delivery: 'standard' })
    const order = await shopper('POST', '/checkout/steps/order', { card })
    expect(await order.json()).toMatchObject({ totalCents: 2 * 1490 + 490 })
  })

  it('sells on one page to those who have the new checkout', async () => {
    const shopper = visit('new-1')
    await shopper('POST', '/cart', { sku: 'A001', quantity: 2 })
    expect((await shopper('GET', '/checkout')).headers.get('x-checkout')).toBe('one-page')
    const order = await shopper('POST', '/checkout/new', { address, delivery: 'standard', card })
    expect(await order.json()).toMatchObject({ totalCents: 2 * 1490 + 490 })
  })

  it('searches by scan or by index, whose mistake is a 500', async () => {
    const search = async (shopper: string, query: string) => {
      const answer = await visit(shopper)('GET', `/search?q=${query}`)
      return { status: answer.status, body: await answer.json() }
    }
    expect(await search('old-1', 'candles')).toMatchObject({ status: 200, body: { by: 'scan' } })
    expect(await search('new-1', 'mugs')).toMatchObject({ status: 200, body: { by: 'index' } })
    expect(await search('new-1', 'candles')).toMatchObject({ status: 500 })
  })

  it('refuses what is not a request of the shop, naming the field', async () => {
    const shopper = visit('old-2')
    expect((await shopper('POST', '/cart', { sku: 'A001' })).status).toBe(400)
    expect((await shopper('POST', '/cart', { sku: 'A001', quantity: 1, price: 0 })).status).toBe(400)
    const wrong = await shopper('PUT', '/checkout/steps/address', { ...address, postcode: '1' })
    expect(await wrong.json()).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('postcode'),
    })
    expect((await shopper('POST', '/cart', { sku: 'A'.repeat(20_000), quantity: 1 })).status).toBe(413)
    expect((await shopper('GET', '/nowhere')).status).toBe(404)
  })

  it('has its metrics at the backend, both arms among them, and not for visitors', async () => {
    expect((await fetch(`${shop}/metrics`)).status).toBe(404)
    const text = await (await fetch(`${backendUrl}/metrics`)).text()
    expect(text).toContain('flagmarshal_requests_total{flag="fast-search"')
    expect(text).toContain('flagmarshal_value_sum_total{flag="fast-search"')
  })

  it('answers 502 when no backend does', async () => {
    const edge = await listen(createEdge(connection, [new URL('http://127.0.0.1:1')]))
    expect((await fetch(`${edge}/cart`)).status).toBe(502)
  })
})

function visit(shopper: string) {
  return (method: string, path: string, body?: object) =>
    fetch(`${shop}${path}`, {
      method,
      headers: { cookie: `shopper=${shopper}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
}

/** Listens on a free port until the tests are over. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closing.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  // A listening TCP server has an address with a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function serveFlags(...[request, response]: Parameters<RequestListener>): void {
  request.resume()
  if (!request.url?.endsWith('/snapshot')) return void response.writeHead(202).end()
  response.writeHead(200, { 'content-type': 'application/json', etag: '"1"' }).end(JSON.stringify(SNAPSHOT))
}

const SNAPSHOT = {
  schema: 1,
  project: 'shop',
  environment: 'production',
  revision: 1,
  generatedAt: new Date(0).toISOString(),
  flags: ['new-checkout', 'fast-search'].map((key) => ({
    key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [
      {
        id: 'new',
        name: 'some have it already',
        when: { attribute: 'targetingKey', op: 'starts-with', values: ['new-'] },
        serve: { variant: 'on' },
      },
    ],
    fallthrough: { variant: 'off' },
  })),
  segments: [],
  telemetry: { flushIntervalMs: 15_000, pollIntervalMs: 15_000 },
}
