import type { Product } from './catalogue.ts'
import { singularOf, wordsOf, wordsOfProduct } from './words.ts'

/** Finds products by a query. Nothing typed finds nothing. */
export type Search = (query: string) => readonly Product[]

/**
 * The search that the shop has had from the start: looks at every product. A word of the query fits
 * a product when one of the product's words begins with it, or is its singular.
 */
export function searchByScan(products: readonly Product[]): Search {
  const shelf = products.map((product) => ({ product, candidates: wordsOfProduct(product) }))
  return (query) => {
    const words = wordsOf(query)
    if (words.length === 0) return []
    return shelf
      .filter(({ candidates }) => words.every((word) => fits(word, candidates)))
      .map(({ product }) => product)
  }
}

function fits(word: string, candidates: readonly string[]): boolean {
  const singular = singularOf(word)
  return candidates.some((it) => it.startsWith(word) || it === singular)
}
