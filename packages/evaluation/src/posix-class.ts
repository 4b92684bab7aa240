/**
 * Named classes of ASCII characters inside brackets, like `[[:alpha:]]`
 * (https://github.com/google/re2/wiki/Syntax, "ASCII character classes").
 */

/** Each class as the code points it has, first and last, ascending. */
const CLASSES: ReadonlyMap<string, readonly (readonly [number, number])[]> = new Map([
  [
    'alnum',
    [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x61, 0x7a],
    ],
  ],
  [
    'alpha',
    [
      [0x41, 0x5a],
      [0x61, 0x7a],
    ],
  ],
  ['ascii', [[0x00, 0x7f]]],
  [
    'blank',
    [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
  ],
  [
    'cntrl',
    [
      [0x00, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['digit', [[0x30, 0x39]]],
  ['graph', [[0x21, 0x7e]]],
  ['lower', [[0x61, 0x7a]]],
  ['print', [[0x20, 0x7e]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
  [
    'space',
    [
      [0x09, 0x0d],
      [0x20, 0x20],
    ],
  ],
  ['upper', [[0x41, 0x5a]]],
  [
    'word',
    [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x5f, 0x5f],
      [0x61, 0x7a],
    ],
  ],
  [
    'xdigit',
    [
      [0x30, 0x39],
      [0x41, 0x46],
      [0x61, 0x66],
    ],
  ],
])

/** What a text begins with, like `[:alpha:]` or `[:^alpha:]`: its name, whether it is negated, and its length; undefined where it is no class. */
export function posixClass(text: string):
  | {
      readonly ranges: readonly (readonly [number, number])[]
      readonly negated: boolean
      readonly length: number
    }
  | undefined {
  const found = /^\[:(\^?)(\w+):\]/.exec(text)
  const ranges = CLASSES.get(found?.[2] ?? '')
  if (found === null || ranges === undefined) return undefined
  return { ranges, negated: found[1] === '^', length: found[0].length }
}
