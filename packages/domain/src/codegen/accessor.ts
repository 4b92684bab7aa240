/**
 * What a flag is called in code. Keys may hold what identifiers may not, so two keys can end up under
 * one name; that is refused, because one of the two would be lost.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { TypedFlag } from './typed-flag.ts'

/** A flag with its names. */
export interface Accessor extends TypedFlag {
  /** `newCheckout` */
  readonly camel: string
  /** `NewCheckout` */
  readonly pascal: string
  /** `NEW_CHECKOUT` */
  readonly constant: string
}

/** A boundary inside a word: from small to large, or before the last large letter of several. */
const WITHIN = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu

/** The accessors of flags, or which keys would share one. */
export function accessorsOf(flags: readonly TypedFlag[]): readonly Accessor[] | Refusal {
  const accessors = flags.map((flag) => ({ ...flag, ...namesOf(flag.key) }))
  // The constant is the coarsest of the three, and a "Details" method must not be another flag's.
  const taken = new Map<string, string>()
  for (const { key, camel, constant } of accessors)
    for (const name of [constant, camel, `${camel}Details`]) {
      const other = taken.get(name)
      if (other !== undefined && other !== key)
        return refuse(
          'ambiguous-name',
          `The flags ${other} and ${key} would both be called ${name} in code.`,
          'Give one of them another key, or leave one out of the manifest.',
        )
      taken.set(name, key)
    }
  return accessors
}

/** The words that a key consists of, in small letters. */
export function wordsOf(key: string): string[] {
  return key
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((part) => part.split(WITHIN))
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())
}

/** The names of one key. */
export function namesOf(key: string): Pick<Accessor, 'camel' | 'pascal' | 'constant'> {
  const words = wordsOf(key)
  // An identifier begins with a letter, and is never empty.
  const [first = ''] = words
  if (!/^\p{L}/u.test(first)) words.unshift('flag')
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return {
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    constant: words.join('_').toUpperCase(),
  }
}
