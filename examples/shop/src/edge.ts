/**
 * The edge: what browsers reach. It knows who is asking, decides by `new-checkout` which checkout a
 * visitor gets, serves the page, and passes everything else on to the backends.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { gate, withFlags } from '@flagmarshal/sdk-middleware'
import type { HttpHandler } from '@flagmarshal/sdk-middleware'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

import { forwardTo } from './edge/forward.ts'
import { assetAt, renderPage } from './edge/page.ts'
import { greet, shopperOf } from './edge/shopper.ts'
import { connect, endWith, setting, tell } from './process/part.ts'

/** A visitor's checkout, as `GET /checkout` names it in the header `x-checkout`. */
export type Checkout = 'one-page' | 'steps'

/** An edge in front of these backends, not listening yet. */
export function createEdge(connection: Connection, backends: readonly URL[]): Server {
  const passOn = forwardTo(backends)
  const flags = OpenFeature.getClient()

  const forward: HttpHandler = (request, response) => passOn(request, response, shopperOf(request))
  const newCheckout = gate('new-checkout', { otherwise: 404 }, forward)
  const page: HttpHandler = async (request, response) => {
    greet(request, response)
    respond(response, 'text/html', renderPage(await checkoutOf()))
  }
  const checkout: HttpHandler = async (request, response) => {
    response.setHeader('x-checkout', await checkoutOf())
    forward(request, response)
  }

  async function checkoutOf(): Promise<Checkout> {
    return (await flags.getBooleanValue('new-checkout', false)) ? 'one-page' : 'steps'
  }

  function route(path: string): HttpHandler {
    if (path === '/') return page
    if (path === '/checkout/new') return newCheckout
    if (path === '/checkout' || path.startsWith('/checkout/')) return checkout
    const asset = assetAt(path)
    if (asset !== undefined) return (_request, response) => respond(response, asset.type, asset.text)
    // What the backends measure is none of a visitor's business.
    if (path === '/metrics') return (_request, response) => void response.writeHead(404).end()
    return forward
  }

  const context = (request: IncomingMessage) => ({ targetingKey: shopperOf(request) })
  const listener = withFlags(connection, { context }, (request, response) =>
    route((request.url ?? '/').split('?', 1)[0] ?? '/')(request, response),
  )
  return createServer(listener)
}

function respond(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': "default-src 'self'; img-src data:",
    'cache-control': 'no-store',
  })
  response.end(text)
}

if (import.meta.main) {
  const connection = await connect('shop-edge', ['frontend', 'middleware'])
  const backends = setting('SHOP_BACKENDS')
    .split(',')
    .map((it) => new URL(it))
  const server = createEdge(connection, backends)
  server.listen(Number(setting('SHOP_PORT', '0')), '127.0.0.1', () => {
    // A listening TCP server has an address with a port.
    const { port } = server.address() as AddressInfo
    tell({ kind: 'listening', url: `http://127.0.0.1:${port}` })
  })
  endWith(async () => {
    server.close()
    server.closeAllConnections()
    await connection.close()
  })
}
