/**
 * Regular expressions, read into a program for `regexp.ts`.
 *
 * The syntax is that of RE2 (https://github.com/google/re2/wiki/Syntax) as far as flags need it:
 * literals, `.`, classes, `\d \w \s \b` and their opposites, POSIX classes, Unicode's categories and scripts, groups,
 * alternatives, `* + ? {n,m}`, `^ $ \A \z`, and the flags i, s and m. What cannot be matched in linear time
 * (back-references, looking around) is refused with a sentence that says so.
 */
import { inverted, LAST_POINT, PERL_CLASSES, posixClass, unicodeClass } from './regexp-classes.ts'
import type { Members, Ranges } from './regexp-classes.ts'

/** Instructions of a program; counted repetitions are written out, so patterns are limited by this. */
const MAX_INSTRUCTIONS = 2_000
const MAX_PATTERN = 1_000
const MAX_REPEAT = 1_000
const MAX_DEPTH = 100

/** What an instruction asserts of its place in the text. */
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'boundary' | 'no-boundary'

/** One instruction; `next` and `other` are positions in the program. */
type Instruction =
  | { readonly kind: 'char'; readonly set: CharSet; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; readonly other: number }
  | { readonly kind: 'assert'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'match' }

/** Code points: ranges, ascending pairs of first and last. */
export interface CharSet {
  readonly ranges: Ranges
  /** Besides the ranges, what one of these holds for. */
  readonly tests: readonly ((point: number) => boolean)[]
  readonly negated: boolean
  /** Upper and lower case are the same. */
  readonly folded: boolean
}

/** The program of a pattern, entered at `start`. */
export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
}

type Node =
  | { readonly kind: 'char'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number }

interface Flags {
  readonly i: boolean
  readonly s: boolean
  readonly m: boolean
}

/** Reads a pattern. Throws a SyntaxError that says what is wrong with it. */
export function parseRegExp(pattern: string, ignoreCase: boolean): Program {
  if (pattern.length > MAX_PATTERN) throw new SyntaxError(`a pattern has at most ${MAX_PATTERN} characters`)
  return assemble(new Reader(pattern).read({ i: ignoreCase, s: false, m: false }))
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7 }
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'start',
  z: 'end',
  b: 'boundary',
  B: 'no-boundary',
}

/** A pattern under way: open from the first character to the last. */
class Reader {
  readonly #text: readonly string[]
  #at = 0
  #depth = 0

  constructor(pattern: string) {
    this.#text = Array.from(pattern)
  }

  read(flags: Flags): Node {
    const node = this.#alternatives(flags)
    if (this.#at < this.#text.length) throw this.#error('a ) without its (')
    return node
  }

  #alternatives(given: Flags): Node {
    if (++this.#depth > MAX_DEPTH) throw this.#error(`groups are nested deeper than ${MAX_DEPTH}`)
    let flags = given
    const alternatives: Node[] = []
    let parts: Node[] = []
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || char === ')') break
      if (char === '|') {
        this.#at++
        alternatives.push({ kind: 'all', parts })
        parts = []
        continue
      }
      const changed = this.#flagGroup(flags)
      if (changed !== undefined) flags = changed
      else parts.push(this.#repeated(this.#atom(flags)))
    }
    this.#depth--
    const last: Node = { kind: 'all', parts }
    return alternatives.length === 0 ? last : { kind: 'any', parts: [...alternatives, last] }
  }

  /** `(?i)` and its like, which hold to the end of the group around them. */
  #flagGroup(flags: Flags): Flags | undefined {
    const found = /^\(\?([ims]*)(?:-([ims]+))?\)/.exec(this.#rest(12))
    if (found === null) return undefined
    this.#at += found[0].length
    return withFlags(flags, found[1] ?? '', found[2] ?? '')
  }

  #atom(flags: Flags): Node {
    const char = this.#next()
    if (char === '(') return this.#group(flags)
    if (char === '[') return { kind: 'char', set: this.#charClass(flags) }
    if (char === '\\') return this.#escape(flags)
    if (char === '^') return { kind: 'assert', assertion: flags.m ? 'line-start' : 'start' }
    if (char === '$') return { kind: 'assert', assertion: flags.m ? 'line-end' : 'end' }
    if (char === '.') {
      const ranges: Ranges = flags.s ? [[0, LAST_POINT]] : inverted([[0x0a, 0x0a]])
      return { kind: 'char', set: { ranges, tests: [], negated: false, folded: false } }
    }
    if (char === '*' || char === '+' || char === '?') throw this.#error(`a ${char} with nothing to repeat`)
    return literal(char, flags)
  }

  #group(flags: Flags): Node {
    let inner = flags
    const rest = this.#rest(80)
    const named = /^\?P?<[A-Za-z_]\w*>/.exec(rest)
    const flagged = /^\?([ims]*)(?:-([ims]+))?:/.exec(rest)
    if (named !== null) this.#at += named[0].length
    else if (flagged !== null) {
      this.#at += flagged[0].length
      inner = withFlags(flags, flagged[1] ?? '', flagged[2] ?? '')
    } else if (/^\?<?[=!]/.test(rest)) throw this.#error('looking ahead or behind is not linear')
    else if (rest.startsWith('?')) throw this.#error('an unknown kind of group')
    const node = this.#alternatives(inner)
    if (this.#text[this.#at] !== ')') throw this.#error('a ( without its )')
    this.#at++
    return node
  }

  #repeated(part: Node): Node {
    const counts = this.#counts()
    if (counts === undefined) return part
    const after = this.#text[this.#at]
    if (after === '?') this.#at++
    if (after === '+') throw this.#error('possessive repetition is not in this version')
    if (after === '*' || this.#counts() !== undefined) throw this.#error('a repetition of a repetition')
    return { kind: 'repeat', part, ...counts }
  }

  #counts(): { readonly min: number; readonly max: number } | undefined {
    const char = this.#text[this.#at]
    if (char === '*' || char === '+' || char === '?') {
      this.#at++
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : Infinity }
    }
    // A { that begins no count is itself, as in RE2.
    const found = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.#rest(12))
    if (found === null) return undefined
    const min = Number(found[1])
    const max = found[2] === undefined ? min : Number(found[3] ?? Infinity)
    const most = max === Infinity ? min : max
    if (most > MAX_REPEAT || max < min)
      throw this.#error(`a count of more than ${MAX_REPEAT}, or from more to fewer`)
    this.#at += found[0].length
    return { min, max }
  }

  #escape(flags: Flags): Node {
    const char = this.#text[this.#at]
    const assertion = char === undefined ? undefined : ASSERTIONS[char]
    if (assertion !== undefined) {
      this.#at++
      return { kind: 'assert', assertion }
    }
    const { ranges, test } = this.#escaped()
    const tests = test === undefined ? [] : [test]
    return { kind: 'char', set: { ranges, tests, negated: false, folded: flags.i } }
  }

  /** What stands after a backslash. */
  #escaped(): Members {
    const char = this.#next()
    const known = Object.hasOwn(PERL_CLASSES, char) ? PERL_CLASSES[char] : undefined
    if (known !== undefined) return { ranges: known }
    const control = Object.hasOwn(CONTROLS, char) ? CONTROLS[char] : undefined
    if (control !== undefined) return { ranges: [[control, control]] }
    if (char === 'x' || char === 'u') {
      const form =
        char === 'x'
          ? /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/
          : /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))/
      const found = form.exec(this.#rest(8))
      const point = Number.parseInt(found?.[1] ?? found?.[2] ?? '', 16)
      if (found === null || point > LAST_POINT) throw this.#error(`\\${char} without its hex digits`)
      this.#at += found[0].length
      return { ranges: [[point, point]] }
    }
    if (/[1-9k]/.test(char)) throw this.#error('back-references are not linear')
    if (char === 'p' || char === 'P') return { ranges: [], test: this.#unicode(char === 'P') }
    if (/[A-Za-z0-9]/.test(char)) throw this.#error(`an unknown escape \\${char}`)
    return { ranges: single(char) }
  }

  /** `\pL`, `\p{Lu}`, `\p{^Greek}`. */
  #unicode(negated: boolean): (point: number) => boolean {
    const found = /^(?:([A-Z])|\{(\^?)([A-Za-z_]{1,42})\})/.exec(this.#rest(50))
    const name = found?.[1] ?? found?.[3] ?? ''
    const test = unicodeClass(name, negated !== (found?.[2] === '^'))
    if (found === null || test === undefined) throw this.#error('an unknown Unicode class')
    this.#at += found[0].length
    return test
  }

  #charClass(flags: Flags): CharSet {
    const negated = this.#text[this.#at] === '^'
    if (negated) this.#at++
    const ranges: (readonly [number, number])[] = []
    const tests: ((point: number) => boolean)[] = []
    for (let first = true; ; first = false) {
      const char = this.#next('a [ without its ]')
      if (char === ']' && !first) break
      const from = char === '[' ? (this.#posix() ?? { ranges: single(char) }) : this.#member(char)
      if (from.test !== undefined) tests.push(from.test)
      const [low] = from.ranges
      if (this.#text[this.#at] !== '-' || this.#text[this.#at + 1] === ']' || low === undefined) {
        ranges.push(...from.ranges)
        continue
      }
      this.#at++
      const [high] = this.#member(this.#next('a [ without its ]')).ranges
      if (
        from.ranges.length > 1 ||
        low[0] !== low[1] ||
        high === undefined ||
        high[0] !== high[1] ||
        high[0] < low[0]
      )
        throw this.#error('a range from a later to an earlier character')
      ranges.push([low[0], high[0]])
    }
    return { ranges, tests, negated, folded: flags.i }
  }

  /** One member of a class: a character, or what stands after a backslash. */
  #member(char: string): Members {
    return char === '\\' ? this.#escaped() : { ranges: single(char) }
  }

  /** `[:alpha:]` inside a class; undefined for a [ by itself. */
  #posix(): Members | undefined {
    const found = /^:(\^?[a-z]{1,10}):\]/.exec(this.#rest(16))
    if (found === null) return undefined
    const ranges = posixClass(found[1] ?? '')
    if (ranges === undefined) throw this.#error('an unknown POSIX class')
    this.#at += found[0].length
    return { ranges }
  }

  #next(otherwise = 'an end in the middle'): string {
    const char = this.#text[this.#at]
    if (char === undefined) throw this.#error(otherwise)
    this.#at++
    return char
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length).join('')
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`${what} (at ${this.#at} of the pattern)`)
  }
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const of = (name: keyof Flags): boolean => (flags[name] || on.includes(name)) && !off.includes(name)
  return { i: of('i'), s: of('s'), m: of('m') }
}

function single(char: string): Ranges {
  const point = char.codePointAt(0) ?? 0
  return [[point, point]]
}

function literal(char: string, flags: Flags): Node {
  return { kind: 'char', set: { ranges: single(char), tests: [], negated: false, folded: flags.i } }
}

/** Thompson's construction, from the back: each part is written before the one that leads to it. */
function assemble(node: Node): Program {
  const instructions: Instruction[] = [{ kind: 'match' }]

  function emit(instruction: Instruction): number {
    if (instructions.length >= MAX_INSTRUCTIONS)
      throw new SyntaxError(
        `the pattern is too large: written out it has more than ${MAX_INSTRUCTIONS} parts`,
      )
    return instructions.push(instruction) - 1
  }

  function write(part: Node, next: number): number {
    switch (part.kind) {
      case 'char':
        return emit({ kind: 'char', set: part.set, next })
      case 'assert':
        return emit({ kind: 'assert', assertion: part.assertion, next })
      case 'all':
        return part.parts.reduceRight((after, inner) => write(inner, after), next)
      case 'any':
        return part.parts
          .map((inner) => write(inner, next))
          .reduceRight((other, entry) => emit({ kind: 'split', next: entry, other }))
      case 'repeat':
        return repeat(part, next)
    }
  }

  function repeat({ part, min, max }: Extract<Node, { kind: 'repeat' }>, next: number): number {
    let entry = next
    if (max === Infinity) {
      // The loop must exist before the part that leads back to it: reserve its place, then fill it.
      const loop = emit({ kind: 'match' })
      instructions[loop] = { kind: 'split', next: write(part, loop), other: next }
      entry = loop
    } else {
      for (let i = min; i < max; i++) entry = emit({ kind: 'split', next: write(part, entry), other: next })
    }
    for (let i = 0; i < min; i++) entry = write(part, entry)
    return entry
  }

  const start = write(node, 0)
  return { instructions, start }
}
