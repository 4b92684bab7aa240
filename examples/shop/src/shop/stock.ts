/**
 * How many of each article a warehouse has. Orders take from it; what runs low is delivered anew,
 * so that the shop can run for hours.
 */
import type { Product } from './catalogue.ts'

const FULL_SHELF = 500
const REORDER_BELOW = 50

/** The stock of one warehouse. */
export interface Stock {
  /** Pieces on the shelf; 0 for an article that it does not have. */
  available(sku: string): number
  /** Takes all of them or none, and answers the first article that is short. */
  take(pieces: ReadonlyMap<string, number>): string | undefined
}

/** A warehouse with full shelves. */
export function fillStock(products: readonly Product[]): Stock {
  const shelves = new Map(products.map(({ sku }) => [sku, FULL_SHELF]))
  const available = (sku: string): number => shelves.get(sku) ?? 0
  return {
    available,
    take(pieces) {
      for (const [sku, quantity] of pieces) if (available(sku) < quantity) return sku
      for (const [sku, quantity] of pieces) {
        const left = available(sku) - quantity
        shelves.set(sku, left < REORDER_BELOW ? FULL_SHELF : left)
      }
      return undefined
    },
  }
}
