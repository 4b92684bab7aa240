/**
 * Opens the shop on a server of your own, for people and, with `--shoppers`, for traffic. Says where
 * it is and, with shoppers, how many requests they get answered; runs until it is stopped.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { startChild } from './process/child.ts'
import { endWith, setting } from './process/part.ts'
import { startShop } from './process/start-shop.ts'
import type { ShoppersMessage } from './shoppers.ts'

const { values } = parseArgs({ options: { shoppers: { type: 'boolean', default: false } } })
const running = new AsyncDisposableStack()
endWith(() => running.disposeAsync())

const shop = await startShop(
  {
    url: setting('FLAGMARSHAL_URL'),
    key: setting('FLAGMARSHAL_SDK_KEY'),
    environment: setting('SHOP_ENVIRONMENT', 'production'),
    port: Number(setting('SHOP_PORT', '4870')),
    onLine: console.error,
  },
  running,
)
console.log(`The shop is open at ${shop.url}. Ctrl-C closes it.`)
for (const part of shop.parts) {
  void part.ended.then((how) => running.disposed || console.error(`${part.name} ended: ${how}`))
}
if (values.shoppers) sendShoppers()

function sendShoppers(): void {
  const program = join(import.meta.dirname, 'shoppers.ts')
  const shoppers = startChild({ name: 'the shoppers', program, env: { SHOP_URL: shop.url } })
  running.defer(() => shoppers.stop())
  shoppers.onMessage((message) => {
    // Only `shoppers.ts` speaks on this channel.
    const told = message as ShoppersMessage
    if (told.kind === 'too-slow') return console.error(told.sentence)
    const { requests, failed, search, checkout } = told.second
    console.log(`${requests} requests/s, ${failed} failed (${search} search, ${checkout} checkout)`)
  })
}
