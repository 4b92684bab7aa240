/**
 * What a checkout asks for and what it costs. Both checkouts, the one in steps and the one on a
 * page, end in the same order.
 */

/** Where an order goes. */
export interface Address {
  readonly name: string
  readonly street: string
  /** Five digits. */
  readonly postcode: string
  readonly city: string
}

export type Delivery = 'standard' | 'express'

/** A cart with its products looked up, and the sums that the customer sees. Cents. */
export interface Quote {
  readonly lines: readonly QuoteLine[]
  readonly itemsCents: number
  readonly deliveryCents: Readonly<Record<Delivery, number>>
}

export interface QuoteLine {
  readonly sku: string
  readonly name: string
  readonly quantity: number
  readonly priceCents: number
  /** Price times quantity. */
  readonly sumCents: number
}

const STANDARD_CENTS = 490
const EXPRESS_CENTS = 1290
/** Standard delivery is free from here. */
const FREE_FROM_CENTS = 5000

/** Sums up a cart. */
export function quote(lines: readonly QuoteLine[]): Quote {
  const itemsCents = lines.reduce((sum, line) => sum + line.sumCents, 0)
  const standard = itemsCents >= FREE_FROM_CENTS ? 0 : STANDARD_CENTS
  return { lines, itemsCents, deliveryCents: { standard, express: EXPRESS_CENTS } }
}

/**
 * Whether a card number can be one: 12 to 19 digits with a right check digit (Luhn, ISO/IEC 7812-1
 * annex B). The example takes no money.
 */
export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(' ', '')
  if (!/^\d{12,19}$/.test(digits)) return false
  const sum = digits
    .split('')
    .toReversed()
    .reduce((sum, digit, place) => {
      const value = place % 2 === 0 ? Number(digit) : Number(digit) * 2
      return sum + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}
