/**
 * One visit of one shopper: looks for two things, puts something into the cart and buys it in
 * whichever checkout the shop offers. Who meets an error on the way to the order goes away, as
 * people do; who cannot search buys what is on the page.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { CATALOGUE } from '../shop/catalogue.ts'
import { queryAt } from './queries.ts'
import type { Send, ShopAnswer, ShopRequest } from './requests.ts'

export interface Visit {
  readonly shopper: string
  readonly send: Send
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const ADDRESS = { name: 'A. Shopper', street: 'Main Street 1', postcode: '10115', city: 'Berlin' }
const CARD = '4242 4242 4242 4242'
const THINK_MS = { least: 50, most: 400 }

/** Makes the visit; settles at its end and never rejects. */
export async function makeVisit(visit: Visit): Promise<void> {
  const { random } = visit
  const step = async (request: Omit<ShopRequest, 'shopper'>): Promise<ShopAnswer> => {
    const answer = await visit.send({ shopper: visit.shopper, ...request })
    await pause(THINK_MS.least + random() * (THINK_MS.most - THINK_MS.least))
    return answer
  }
  await step({ method: 'GET', path: searchPath(random()) })
  await step({ method: 'GET', path: searchPath(random()) })
  const product = CATALOGUE[Math.floor(random() * CATALOGUE.length)]
  if (product === undefined) return
  const filled = await step({ method: 'POST', path: '/cart', body: { sku: product.sku, quantity: 1 } })
  if (filled.status !== 200) return
  const bought = await buy(step)
  // 404: the shop took the new checkout back between the offer and the order.
  if (bought === 404) await buy(step)
}

type Step = (request: Omit<ShopRequest, 'shopper'>) => Promise<ShopAnswer>

/** Goes through the checkout that is offered and answers the last status. */
async function buy(step: Step): Promise<number> {
  const offered = await step({ method: 'GET', path: '/checkout' })
  if (offered.status !== 200) return offered.status
  if (offered.checkout === 'one-page') {
    const body = { address: ADDRESS, delivery: 'standard', card: CARD }
    return (await step({ method: 'POST', path: '/checkout/new', body })).status
  }
  const requests = [
    { method: 'PUT', path: '/checkout/steps/address', body: ADDRESS },
    { method: 'PUT', path: '/checkout/steps/delivery', body: { delivery: 'standard' } },
    { method: 'POST', path: '/checkout/steps/order', body: { card: CARD } },
  ] as const
  for (const request of requests) {
    const { status } = await step(request)
    if (status !== 200) return status
  }
  return 200
}

function searchPath(at: number): string {
  return `/search?q=${encodeURIComponent(queryAt(at))}`
}
