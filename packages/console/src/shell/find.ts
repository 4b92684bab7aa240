/** Finding by a few letters what the palette can go to: `nc` and `new che` both find `new-checkout`. */

/** What fits, best first: beginnings of words before initials; an empty search keeps everything as it is. */
export function find<T extends { readonly title: string }>(
  entries: readonly T[],
  search: string,
): readonly T[] {
  const wanted = wordsOf(search)
  if (wanted.length === 0) return entries
  return entries
    .map((entry) => ({ entry, rank: rankOf(wordsOf(entry.title), wanted) }))
    .filter((it) => it.rank !== undefined)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map((it) => it.entry)
}

/** 0: words begin so, from the first. 1: words begin so. 2: their initials. Undefined: not at all. */
function rankOf(words: readonly string[], wanted: readonly string[]): number | undefined {
  const fits = wanted.every((part) => words.some((word) => word.startsWith(part)))
  if (fits) return words[0]?.startsWith(wanted[0] ?? '') === true ? 0 : 1
  const initials = words.map((it) => it[0] ?? '').join('')
  return initials.includes(wanted.join('')) ? 2 : undefined
}

/** Words of a sentence, a key or a name in camel case. */
function wordsOf(text: string): readonly string[] {
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((it) => it !== '')
}
