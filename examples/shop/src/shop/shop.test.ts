import { describe, expect, it } from 'vitest'

import { isCardNumber, quote } from './checkout.ts'
import { openShop } from './shop.ts'

const address = { name: 'A', street: 'B 1', postcode: '12345', city: 'C' }
const card = '4242 4242 4242 4242'
const purchase = { address, delivery: 'express', card } as const

describe('the shop', () => {
  it('sums a cart in whole cents', () => {
    const shop = openShop('W1')
    shop.addToCart('ann', 'A001', 2)
    expect(shop.addToCart('ann', 'A005', 1)).toMatchObject({
      itemsCents: 2 * 1490 + 890,
      deliveryCents: { standard: 490, express: 1290 },
    })
  })

  it('keeps the carts of shoppers apart', () => {
    const shop = openShop('W1')
    shop.addToCart('ann', 'A001', 1)
    expect(shop.cart('ben').lines).toEqual([])
  })

  it('makes the same order on one page and in steps', () => {
    const shop = openShop('W1')
    for (const shopper of ['ann', 'ben']) shop.addToCart(shopper, 'A001', 3)
    shop.draft('ben', { address })
    shop.draft('ben', { delivery: 'express' })
    const [onePage, inSteps] = [shop.order('ann', purchase), shop.orderDraft('ben', card)]
    expect(onePage).toMatchObject({ number: 'W1-1', totalCents: 3 * 1490 + 1290 })
    expect(inSteps).toEqual({ ...onePage, number: 'W1-2', shopper: 'ben' })
    expect(shop.orders('ann')).toEqual([onePage])
    expect(shop.cart('ann').lines).toEqual([])
  })

  it('refuses what cannot be ordered, and says why', () => {
    const shop = openShop('W1')
    expect(shop.order('ann', purchase)).toMatchObject({ status: 409, code: 'empty-cart' })
    expect(shop.draft('ann', { address })).toMatchObject({ status: 409, code: 'empty-cart' })
    expect(shop.addToCart('ann', 'A999', 1)).toMatchObject({ status: 404, code: 'no-such-product' })
    shop.addToCart('ann', 'A001', 20)
    expect(shop.addToCart('ann', 'A001', 1)).toMatchObject({ status: 409, code: 'too-many' })
    expect(shop.orderDraft('ann', card)).toMatchObject({ status: 409, code: 'step-missing' })
    expect(shop.order('ann', { ...purchase, card: '4242 4242 4242 4241' })).toMatchObject({
      status: 400,
      code: 'card-number',
    })
  })

  it('is delivered anew before a shelf is empty', () => {
    const shop = openShop('W1')
    for (let i = 0; i < 100; i++) {
      shop.addToCart('ann', 'A001', 20)
      expect(shop.order('ann', purchase)).toHaveProperty('number')
    }
  })
})

describe('the checkout', () => {
  it('delivers free of charge from 50 euros', () => {
    const line = (sumCents: number) => ({ sku: 'A', name: 'A', quantity: 1, priceCents: sumCents, sumCents })
    expect(quote([line(4999)]).deliveryCents.standard).toBe(490)
    expect(quote([line(4999), line(1)]).deliveryCents.standard).toBe(0)
  })

  it('knows a card number by its check digit', () => {
    expect(isCardNumber(card)).toBe(true)
    expect(isCardNumber('4242 4242 4242 4224')).toBe(false)
    expect(isCardNumber('4242')).toBe(false)
  })
})
