/** Changes of a text: ranges that go and texts that come, all by places in the text as it was. */

export interface Edits {
  /** Takes a range away; ranges may overlap. */
  cut(start: number, end: number): void
  /** Puts a text at a place; at one place, in the order of the calls. */
  put(at: number, text: string): void
  readonly isEmpty: boolean
  /** The text as it becomes. */
  apply(): string
}

export function editsOf(text: string): Edits {
  const cuts: (readonly [number, number])[] = []
  const puts: (readonly [number, string])[] = []
  return {
    cut(start, end) {
      if (end > start) cuts.push([start, end])
    },
    put(at, added) {
      puts.push([at, added])
    },
    get isEmpty() {
      return cuts.length + puts.length === 0
    },
    apply() {
      const kept = rangesKept(cuts, text.length)
      const added = puts.toSorted((a, b) => a[0] - b[0])
      let [out, next] = ['', 0]
      for (const [start, end] of kept) {
        let from = start
        while (next < added.length) {
          const [at, one] = added[next] ?? [0, '']
          if (at > end) break
          out += text.slice(from, Math.max(from, at)) + one
          from = Math.max(from, at)
          next++
        }
        out += text.slice(from, end)
      }
      return (
        out +
        added
          .slice(next)
          .map(([, one]) => one)
          .join('')
      )
    },
  }
}

/** What is left when ranges are taken away, in order. */
function rangesKept(
  cuts: readonly (readonly [number, number])[],
  length: number,
): readonly (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = []
  let from = 0
  for (const [start, end] of cuts.toSorted((a, b) => a[0] - b[0])) {
    if (start > from) kept.push([from, start])
    from = Math.max(from, end)
  }
  if (from < length) kept.push([from, length])
  return kept
}

/** The range of a statement with its whole lines, where nothing else stands in them. */
export function wholeLines(text: string, start: number, end: number): readonly [number, number] {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const newline = text.indexOf('\n', end)
  const lineEnd = newline < 0 ? text.length : newline + 1
  const isAlone = text.slice(lineStart, start).trim() === '' && text.slice(end, lineEnd).trim() === ''
  if (!isAlone) return [start, end]
  // Of two empty lines around it one goes, too.
  const isBetween =
    /(?:^|\n)[^\S\n]*\n$/.test(text.slice(0, lineStart)) && /^[^\S\n]*\n/.test(text.slice(lineEnd))
  return [lineStart, isBetween ? text.indexOf('\n', lineEnd) + 1 : lineEnd]
}
