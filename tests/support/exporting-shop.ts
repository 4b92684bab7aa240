/**
 * The example shop under load, its backend scraped by Prometheus: edge and backend as processes of
 * their own, and shoppers who search. The regression is the shop's own: what it stumbles over is
 * typed only once a test says so.
 */
import { startShop } from '../../examples/shop/src/process/start-shop.ts'
import { queryAt } from '../../examples/shop/src/shoppers/queries.ts'
import { sendTo } from '../../examples/shop/src/shoppers/requests.ts'
import type { TestServer } from './server.ts'

/** The flag of the shop's search, which carries the mistake. */
export const FAST_SEARCH = 'fast-search'

export interface ExportingShop extends AsyncDisposable {
  /** What Prometheus scrapes, like `127.0.0.1:9100`. */
  readonly target: string
  /** From now on a fifth of the searches are such as the new search fails at. */
  searchForEverything(): void
}

/** So much of what is typed, from the most frequent query on, both searches answer. */
const ANSWERED_BY_BOTH = 0.8
const SHOPPERS = 5_000
const EVERY_MS = 50
const SEARCHES = 10

/** Opens the shop in production, connected with an SDK key, and lets shoppers in. */
export async function startExportingShop(
  { address }: Pick<TestServer, 'address'>,
  key: string,
): Promise<ExportingShop> {
  await using opening = new AsyncDisposableStack()
  const shop = await startShop(
    { url: address, key, environment: 'production', port: 0, warehouses: 1 },
    opening,
  )
  const send = sendTo(new URL(shop.url))
  let typed = ANSWERED_BY_BOTH
  let nth = 0
  const search = (): void => {
    const query = queryAt(Math.random() * typed)
    const path = `/search?q=${encodeURIComponent(query)}`
    void send({ shopper: `s${nth++ % SHOPPERS}`, method: 'GET', path })
  }
  const timer = setInterval(() => {
    for (let i = 0; i < SEARCHES; i++) search()
  }, EVERY_MS)
  opening.defer(() => clearInterval(timer))
  const open = opening.move()
  return {
    target: new URL(shop.backends[0] ?? '').host,
    searchForEverything: () => void (typed = 1),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
