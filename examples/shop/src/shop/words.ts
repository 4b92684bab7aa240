/**
 * How text becomes words, for both searches alike.
 */
import type { Product } from './catalogue.ts'

/** Longer queries are cut: nobody types more, and a scan costs in proportion. */
const LONGEST_QUERY = 100

/** Lower-case words of a text, in order. */
export function wordsOf(text: string): string[] {
  return (
    text
      .slice(0, LONGEST_QUERY)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/** The words under which a product is found. */
export function wordsOfProduct(product: Product): string[] {
  return [...wordsOf(product.name), ...product.tags]
}

/** What a plural is the plural of, `undefined` where the word is none. */
export function singularOf(word: string): string | undefined {
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : undefined
}
