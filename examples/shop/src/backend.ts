/**
 * The backend: one warehouse's shop over HTTP. `fast-search` decides here which search answers.
 *
 * It trusts the header `x-shopper`, because only the edge can reach it; and Prometheus, which reads
 * `/metrics`.
 */
import { createExporter, fastifyFlags } from '@flagmarshal/sdk-middleware'
import type { Exporter } from '@flagmarshal/sdk-middleware'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { connect, endWith, setting, tell } from './process/part.ts'
import type { Address, Delivery } from './shop/checkout.ts'
import { isRefusal } from './shop/refusal.ts'
import type { Refusal } from './shop/refusal.ts'
import { searchByIndex } from './shop/search-by-index.ts'
import { searchByScan } from './shop/search-by-scan.ts'
import { openShop } from './shop/shop.ts'
import type { Purchase, Shop } from './shop/shop.ts'
import { openStore } from './shop/store.ts'

const text = { type: 'string', minLength: 1, maxLength: 100 }
const card = { type: 'string', minLength: 12, maxLength: 30 }
const delivery = { enum: ['standard', 'express'] }
const postcode = { type: 'string', pattern: '^[0-9]{5}$' }
const address = body({ name: text, street: text, postcode, city: text })

/** How many products a search finds: more than one, most of the time. */
const FOUND = 'products_found'

/** A shop behind HTTP, not listening yet. `warehouse` begins its order numbers. */
export function createBackend(connection: Connection, warehouse: string): FastifyInstance {
  const app = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false } } })
  const shop = openShop(warehouse)
  const store = openStore()
  const exporter = createExporter(connection, { values: [FOUND], sliced: ['fast-search'] })
  app.addHook('onClose', async () => exporter.close())
  app.get('/metrics', (_request, reply) => reply.type(exporter.contentType).send(exporter.text()))
  app.register(fastifyFlags, { connection, context: (request) => ({ targetingKey: shopperOf(request) }) })
  app.register(async (covered) => {
    addSearch(covered, shop, exporter)
    addCart(covered, shop)
    addCheckout(covered, shop)
    // Whatever a route does needs the database once.
    covered.addHook('preHandler', async () => store(() => undefined))
  })
  return app
}

function addSearch(app: FastifyInstance, shop: Shop, exporter: Exporter): void {
  const searches = { scan: searchByScan(shop.products), index: searchByIndex(shop.products) }
  const flags = OpenFeature.getClient()

  app.get('/products', () => shop.products)
  app.get<{ Querystring: { q: string } }>(
    '/search',
    { schema: { querystring: body({ q: { type: 'string', maxLength: 100 } }) } },
    async (request) => {
      const by = (await flags.getBooleanValue('fast-search', false)) ? 'index' : 'scan'
      const products = searches[by](request.query.q)
      exporter.record(FOUND, products.length)
      return { by, products }
    },
  )
}

function addCart(app: FastifyInstance, shop: Shop): void {
  const quantity = { type: 'integer', minimum: 1, maximum: 20 }

  app.get('/cart', (request) => shop.cart(shopperOf(request)))
  app.post<{ Body: { sku: string; quantity: number } }>(
    '/cart',
    { schema: { body: body({ sku: text, quantity }) } },
    (request, reply) =>
      answer(reply, shop.addToCart(shopperOf(request), request.body.sku, request.body.quantity)),
  )
}

function addCheckout(app: FastifyInstance, shop: Shop): void {
  app.get('/checkout', (request) => shop.cart(shopperOf(request)))
  app.put<{ Body: Address }>('/checkout/steps/address', { schema: { body: address } }, (request, reply) =>
    answer(reply, shop.draft(shopperOf(request), { address: request.body })),
  )
  app.put<{ Body: { delivery: Delivery } }>(
    '/checkout/steps/delivery',
    { schema: { body: body({ delivery }) } },
    (request, reply) => answer(reply, shop.draft(shopperOf(request), request.body)),
  )
  app.post<{ Body: { card: string } }>(
    '/checkout/steps/order',
    { schema: { body: body({ card }) } },
    (request, reply) => answer(reply, shop.orderDraft(shopperOf(request), request.body.card)),
  )
  app.post<{ Body: Purchase }>(
    '/checkout/new',
    { schema: { body: body({ address, delivery, card }) } },
    (request, reply) => answer(reply, shop.order(shopperOf(request), request.body)),
  )
  app.get('/orders', (request) => shop.orders(shopperOf(request)))
}

/** The JSON Schema of an object that has exactly these properties. */
function body(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

function answer(reply: FastifyReply, result: object | Refusal): object {
  if (isRefusal(result)) reply.code(result.status)
  return result
}

function shopperOf(request: FastifyRequest): string {
  const shopper = request.headers['x-shopper']
  return typeof shopper === 'string' ? shopper : 'nobody'
}

if (import.meta.main) {
  const connection = await connect('shop-backend', ['backend'])
  const app = createBackend(connection, setting('SHOP_WAREHOUSE', 'W1'))
  const url = await app.listen({ host: '127.0.0.1', port: Number(setting('SHOP_PORT', '0')) })
  endWith(async () => {
    await app.close()
    await connection.close()
  })
  tell({ kind: 'listening', url })
}
