/**
 * Where a text of any language refers to flags: a key between delimiters, or a name that stands for one.
 */
import type { Found } from './syntax.ts'

/** What a text is searched for. */
export interface SearchedText {
  readonly keys: ReadonlySet<string>
  /** Flags by the names that stand for them. */
  readonly aliases: ReadonlyMap<string, string>
  readonly delimiters: readonly string[]
}

const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/gu
/** Names of several parts, like `flags.new-checkout`. */
const PARTS = /[\p{L}\p{N}_$]+(?:[-.][\p{L}\p{N}_$]+)+/gu

/** Everything in a text, line by line. */
export function findInText(text: string, searched: SearchedText): readonly Found[] {
  return text.split('\n').flatMap((content, index) => [
    ...keysIn(content, searched).map((flag): Found => ({ flag, line: index + 1, kind: 'text' })),
    ...aliasesIn(content, searched.aliases).map(([alias, flag]): Found => ({
      flag,
      line: index + 1,
      kind: 'alias',
      alias,
    })),
  ])
}

/** Keys that stand between two delimiters of one kind. */
export function keysIn(line: string, { keys, delimiters }: Omit<SearchedText, 'aliases'>): readonly string[] {
  const found = new Set<string>()
  for (const delimiter of delimiters) {
    // Any two neighbours may be a pair: what is between a closing and an opening one is no key.
    const parts = line.split(delimiter)
    for (const part of parts.slice(1, -1)) if (keys.has(part)) found.add(part)
  }
  return [...found]
}

/** Names that stand for flags, each with its flag. */
export function aliasesIn(
  line: string,
  aliases: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  if (aliases.size === 0) return []
  const found = new Map<string, string>()
  const look = (name: string) => {
    const flag = aliases.get(name)
    if (flag !== undefined) found.set(name, flag)
  }
  for (const [name] of line.matchAll(NAME)) look(name)
  for (const [parts] of line.matchAll(PARTS)) for (const run of runsOf(parts)) look(run)
  return [...found]
}

/** Every run of several parts inside a name of parts, at most eight of them long. */
function runsOf(text: string): readonly string[] {
  const bounds = [0, ...[...text.matchAll(/[-.]/g)].map((it) => it.index + 1), text.length + 1]
  return bounds.flatMap((from, index) =>
    bounds.slice(index + 2, index + 9).map((to) => text.slice(from, to - 1)),
  )
}
