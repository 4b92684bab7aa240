import { expect, it } from 'vitest'

import { createTally, shortfall } from './tally.ts'

const second = (checkout: number, search: number) => ({ checkout, search, requests: 700, failed: 0 })

it('counts a second by what was asked for and how it ended', () => {
  const tally = createTally()
  tally.count('/checkout/new', 200)
  tally.count('/search?q=mug', 500)
  tally.count('/cart', 0)
  expect(tally.take()).toEqual({ checkout: 1, search: 1, requests: 3, failed: 2 })
  expect(tally.take()).toEqual({ checkout: 0, search: 0, requests: 0, failed: 0 })
})

it('says that traffic is too thin once ten seconds are, and which kind', () => {
  const thin = Array.from({ length: 10 }, () => second(300, 150))
  expect(shortfall(thin)).toContain('only 150 search requests a second')
  expect(shortfall(thin.slice(1))).toBeUndefined()
  expect(shortfall(Array.from({ length: 10 }, () => second(300, 200)))).toBeUndefined()
})

it('forgives one bad second', () => {
  const seconds = Array.from({ length: 10 }, (_, i) => (i === 5 ? second(0, 0) : second(540, 280)))
  expect(shortfall(seconds)).toBeUndefined()
})
