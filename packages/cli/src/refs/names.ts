/**
 * What flags are called in code: the names that our generators give them, and the spellings that a
 * repository has asked to look for.
 */
import { namesOf, wordsOf } from '@flagmarshal/domain/codegen/accessor'

/** Ways to write the words of a key. */
const SPELLINGS = {
  literal: (_: readonly string[], key: string) => key,
  camel: (words: readonly string[]) => words.map((it, index) => (index === 0 ? it : capital(it))).join(''),
  pascal: (words: readonly string[]) => words.map(capital).join(''),
  snake: (words: readonly string[]) => words.join('_'),
  'upper-snake': (words: readonly string[]) => words.join('_').toUpperCase(),
  kebab: (words: readonly string[]) => words.join('-'),
  dot: (words: readonly string[]) => words.join('.'),
}
export type Spelling = keyof typeof SPELLINGS
export const SPELLING_NAMES = Object.keys(SPELLINGS) as [Spelling, ...Spelling[]]

/** A key in a spelling; undefined for a single word, which would be found wherever somebody uses it. */
export function spell(key: string, spelling: Spelling): string | undefined {
  const words = wordsOf(key)
  return words.length < 2 ? undefined : SPELLINGS[spelling](words, key)
}

/** Whether a key is unlike any word that code has for other reasons. */
export function isDistinctive(key: string): boolean {
  return wordsOf(key).length > 1
}

/** What generated code calls flags. */
export interface Accessors {
  /** `flags.newCheckout()` and `flags.newCheckoutDetails()`. */
  readonly methods: ReadonlyMap<string, string>
  /** `useNewCheckout()` and `useSuspenseNewCheckout()`. */
  readonly hooks: ReadonlyMap<string, string>
  /** `FlagKeys.NEW_CHECKOUT`. */
  readonly constants: ReadonlyMap<string, string>
}

/** The accessors of flags. */
export function accessorNames(keys: readonly string[]): Accessors {
  const named = keys.map((key) => ({ key, ...namesOf(key) }))
  const each = (names: (it: (typeof named)[number]) => readonly string[]) =>
    new Map(named.flatMap((it) => names(it).map((name) => [name, it.key] as const)))
  return {
    methods: each((it) => [it.camel, `${it.camel}Details`]),
    hooks: each((it) => [`use${it.pascal}`, `useSuspense${it.pascal}`]),
    constants: each((it) => [it.constant]),
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
