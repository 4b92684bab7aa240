/**
 * The named classes of characters in regular expressions: Perl's, POSIX's, and Unicode's categories and
 * scripts (https://github.com/google/re2/wiki/Syntax). Unicode's are asked of the host one character at a
 * time, so that no table of them is carried along and the work stays linear.
 */

/** Code points: ascending pairs of first and last. */
export type Ranges = readonly (readonly [number, number])[]

/** What a class holds: code points, and those that a test holds for. */
export interface Members {
  readonly ranges: Ranges
  readonly test?: (point: number) => boolean
}

export const LAST_POINT = 0x10_ffff

const DIGIT: Ranges = [[0x30, 0x39]]
const UPPER: Ranges = [[0x41, 0x5a]]
const LOWER: Ranges = [[0x61, 0x7a]]
const WORD: Ranges = [...DIGIT, ...UPPER, [0x5f, 0x5f], ...LOWER]
const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
]

/** What a letter after a backslash stands for. */
export const PERL_CLASSES: Readonly<Record<string, Ranges>> = {
  d: DIGIT,
  D: inverted(DIGIT),
  w: WORD,
  W: inverted(WORD),
  s: SPACE,
  S: inverted(SPACE),
}

const POSIX_CLASSES: Readonly<Record<string, Ranges>> = {
  alnum: [...DIGIT, ...UPPER, ...LOWER],
  alpha: [...UPPER, ...LOWER],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: DIGIT,
  graph: [[0x21, 0x7e]],
  lower: LOWER,
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: SPACE,
  upper: UPPER,
  word: WORD,
  xdigit: [...DIGIT, [0x41, 0x46], [0x61, 0x66]],
}

/** The class of `[:name:]` or `[:^name:]`; undefined where there is none. */
export function posixClass(name: string): Ranges | undefined {
  const plain = name.replace('^', '')
  const found = Object.hasOwn(POSIX_CLASSES, plain) ? POSIX_CLASSES[plain] : undefined
  return found === undefined || plain === name ? found : inverted(found)
}

/** The test of a general category or script of Unicode, like `L`, `Lu` or `Greek`; undefined where there is none. */
export function unicodeClass(name: string, negated: boolean): ((point: number) => boolean) | undefined {
  if (name === 'Any') return () => !negated
  const category = /^[CLMNPSZ][a-z]?$/.test(name)
  if (!category && !/^[A-Z][A-Za-z_]{1,40}$/.test(name)) return undefined
  try {
    const pattern = new RegExp(category ? `^\\p{${name}}$` : `^\\p{Script=${name}}$`, 'u')
    return (point) => pattern.test(String.fromCodePoint(point)) !== negated
  } catch {
    return undefined
  }
}

/** Every code point that is not in the ranges. */
export function inverted(ranges: Ranges): Ranges {
  const result: (readonly [number, number])[] = []
  let from = 0
  for (const [first, last] of ranges) {
    if (first > from) result.push([from, first - 1])
    from = last + 1
  }
  if (from <= LAST_POINT) result.push([from, LAST_POINT])
  return result
}
