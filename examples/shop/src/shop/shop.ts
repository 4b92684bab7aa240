/**
 * One warehouse's shop, in memory: carts, both checkouts, orders. A customer is served by the same
 * warehouse all the time.
 */
import { CATALOGUE } from './catalogue.ts'
import type { Product } from './catalogue.ts'
import { isCardNumber, quote } from './checkout.ts'
import type { Address, Delivery, Quote, QuoteLine } from './checkout.ts'
import type { Refusal } from './refusal.ts'
import { fillStock } from './stock.ts'

/** What the steps of the old checkout have gathered so far. */
interface Draft {
  readonly address?: Address
  readonly delivery?: Delivery
}

/** Everything that the checkout on one page sends at once. */
export interface Purchase {
  readonly address: Address
  readonly delivery: Delivery
  readonly card: string
}

interface Order {
  readonly number: string
  readonly shopper: string
  readonly lines: readonly QuoteLine[]
  readonly address: Address
  readonly totalCents: number
}

/** What customers can do. `shopper` is who asks. */
export interface Shop {
  readonly products: readonly Product[]
  cart(shopper: string): Quote
  addToCart(shopper: string, sku: string, quantity: number): Quote | Refusal
  /** Steps one and two of the old checkout. */
  draft(shopper: string, part: Draft): Draft | Refusal
  /** The last step of the old checkout. */
  orderDraft(shopper: string, card: string): Order | Refusal
  /** The new checkout. */
  order(shopper: string, purchase: Purchase): Order | Refusal
  /** The latest orders of a shopper, newest first. */
  orders(shopper: string): readonly Order[]
}

const MOST_OF_ONE_ARTICLE = 20
/** Older orders are forgotten: the example keeps nothing on disk. */
const ORDERS_KEPT = 1_000

const EMPTY_CART: Refusal = { status: 409, code: 'empty-cart', message: 'There is nothing in the cart.' }

/** Opens a shop; `warehouse` begins its order numbers. */
export function openShop(warehouse: string): Shop {
  const products = new Map(CATALOGUE.map((product) => [product.sku, product]))
  const stock = fillStock(CATALOGUE)
  const carts = new Map<string, Map<string, number>>()
  const drafts = new Map<string, Draft>()
  const orders: Order[] = []
  let ordered = 0

  function cart(shopper: string): Quote {
    const lines = [...(carts.get(shopper) ?? [])].flatMap(([sku, quantity]) => {
      const product = products.get(sku)
      if (product === undefined) return []
      const { name, priceCents } = product
      return { sku, name, quantity, priceCents, sumCents: priceCents * quantity }
    })
    return quote(lines)
  }

  function addToCart(shopper: string, sku: string, quantity: number): Quote | Refusal {
    if (!products.has(sku)) return { status: 404, code: 'no-such-product', message: `No article ${sku}.` }
    const pieces = carts.get(shopper) ?? new Map<string, number>()
    const wanted = (pieces.get(sku) ?? 0) + quantity
    if (wanted > MOST_OF_ONE_ARTICLE) {
      const message = `At most ${MOST_OF_ONE_ARTICLE} pieces of one article.`
      return { status: 409, code: 'too-many', message }
    }
    carts.set(shopper, pieces.set(sku, wanted))
    return cart(shopper)
  }

  function draft(shopper: string, part: Draft): Draft | Refusal {
    if (!carts.has(shopper)) return EMPTY_CART
    const gathered = { ...drafts.get(shopper), ...part }
    drafts.set(shopper, gathered)
    return gathered
  }

  function orderDraft(shopper: string, card: string): Order | Refusal {
    const { address, delivery } = drafts.get(shopper) ?? {}
    if (address === undefined || delivery === undefined) {
      const message = 'Address and delivery come first.'
      return { status: 409, code: 'step-missing', message }
    }
    return order(shopper, { address, delivery, card })
  }

  function order(shopper: string, { address, delivery, card }: Purchase): Order | Refusal {
    const pieces = carts.get(shopper)
    if (pieces === undefined) return EMPTY_CART
    if (!isCardNumber(card)) {
      return { status: 400, code: 'card-number', message: 'The card number has a wrong digit.' }
    }
    const { lines, itemsCents, deliveryCents } = cart(shopper)
    const short = stock.take(pieces)
    if (short !== undefined) {
      return { status: 409, code: 'out-of-stock', message: `Too few pieces of ${short} are left.` }
    }
    ordered += 1
    const number = `${warehouse}-${ordered}`
    const made = { number, shopper, lines, address, totalCents: itemsCents + deliveryCents[delivery] }
    carts.delete(shopper)
    drafts.delete(shopper)
    orders.push(made)
    if (orders.length > ORDERS_KEPT) orders.shift()
    return made
  }

  return {
    products: CATALOGUE,
    cart,
    addToCart,
    draft,
    orderDraft,
    order,
    orders: (shopper) => orders.filter((it) => it.shopper === shopper).toReversed(),
  }
}
