/**
 * GO Feature Flag's rule language (https://gofeatureflag.org/docs/configure_flag/target-with-flags), read:
 * comparisons joined by `and` and `or`, which bind alike and from the left, with `not` before parentheses.
 */

/** A query as it was read. */
export type Query =
  | { readonly kind: 'and' | 'or'; readonly left: Query; readonly right: Query }
  | { readonly kind: 'not'; readonly query: Query }
  | { readonly kind: 'present'; readonly path: readonly string[] }
  | {
      readonly kind: 'compare'
      readonly path: readonly string[]
      readonly op: Operator
      readonly value: Operand
    }

export type Operator = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'co' | 'sw' | 'ew' | 'in'

/** What is compared with: a number is whole or has a point, which is not the same there. */
export type Operand =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }
  | { readonly type: 'text' | 'version'; readonly value: string }
  | { readonly type: 'whole' | 'decimal'; readonly value: number }
  | { readonly type: 'texts'; readonly values: readonly string[] }
  | { readonly type: 'wholes' | 'decimals'; readonly values: readonly number[] }

/** Parentheses may be nested this deep. */
const MAX_DEPTH = 50

const OPERATORS: Readonly<Record<string, Operator>> = {
  '==': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '<': 'lt',
  '>=': 'ge',
  '<=': 'le',
  ...Object.fromEntries(
    (['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'co', 'sw', 'ew', 'in'] as const).flatMap((it) => [
      [it, it],
      [it.toUpperCase(), it],
    ]),
  ),
}

/** Reads a query. Throws a SyntaxError that says what is wrong with it. */
export function parseQuery(text: string): Query {
  const reader = new Reader(text)
  const query = reader.query(0)
  reader.end()
  return query
}

const SPACE = /[ \t\r\n]+/y
const WORD = /[A-Za-z][A-Za-z0-9:_-]*/y
const PATH = /[A-Za-z][A-Za-z0-9:_-]*(?:\.[A-Za-z][A-Za-z0-9:_-]*)*/y
const OPERATOR = /==|!=|>=|<=|>|<|[A-Za-z]{2}(?![A-Za-z0-9:_-])/y
const TEXT = /"(?:\\.|[^"\\])*"/y
const VERSION = /\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?/y
const DECIMAL = /-?(?:0|[1-9]\d*)\.\d+(?:[Ee][+-]?\d+)?/y
const WHOLE = /-?(?:0|[1-9]\d*)(?:[Ee][+-]?\d+)?/y

/** A query under way, from its first character to its last. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.trim()
  }

  /** Comparisons and parentheses with `and` and `or` between them. */
  query(depth: number): Query {
    if (depth > MAX_DEPTH) throw this.#error(`parentheses are nested deeper than ${MAX_DEPTH}`)
    let left = this.#term(depth)
    for (;;) {
      const before = this.#at
      this.#take(SPACE)
      const word = this.#take(WORD)
      if (word !== 'and' && word !== 'or') {
        this.#at = before
        return left
      }
      this.#space()
      left = { kind: word, left, right: this.#term(depth) }
    }
  }

  end(): void {
    this.#take(SPACE)
    if (this.#at < this.#text.length) throw this.#error('something that does not belong there')
  }

  #term(depth: number): Query {
    const before = this.#at
    const negated = ['not', 'NOT'].includes(this.#take(WORD) ?? '')
    if (!negated) this.#at = before
    this.#take(SPACE)
    if (this.#text[this.#at] === '(') {
      this.#at++
      this.#take(SPACE)
      const query = this.query(depth + 1)
      this.#take(SPACE)
      if (this.#text[this.#at] !== ')') throw this.#error('a ( without its )')
      this.#at++
      return negated ? { kind: 'not', query } : query
    }
    if (negated) throw this.#error('a not without its (')
    return this.#comparison()
  }

  #comparison(): Query {
    const path = this.#take(PATH)?.split('.')
    if (path === undefined) throw this.#error('no attribute')
    this.#space()
    const word = this.#take(OPERATOR)
    if (word === 'pr') return { kind: 'present', path }
    const op = word !== undefined && Object.hasOwn(OPERATORS, word) ? OPERATORS[word] : undefined
    if (op === undefined) throw this.#error('no operator')
    this.#space()
    return { kind: 'compare', path, op, value: this.#text[this.#at] === '[' ? this.#list() : this.#operand() }
  }

  #list(): Operand {
    this.#at++
    const members: Operand[] = []
    do {
      this.#take(SPACE)
      members.push(this.#operand())
      this.#take(SPACE)
    } while (this.#text[this.#at] === ',' && ++this.#at > 0)
    if (this.#text[this.#at] !== ']') throw this.#error('a [ without its ]')
    this.#at++
    const texts = members.flatMap((it) => (it.type === 'text' ? [it.value] : []))
    if (texts.length === members.length) return { type: 'texts', values: texts }
    const [first] = members
    const numbers = members.flatMap((it) =>
      it.type === first?.type && 'value' in it && typeof it.value === 'number' ? [it.value] : [],
    )
    if (numbers.length < members.length) throw this.#error('a list of several types')
    return { type: first?.type === 'whole' ? 'wholes' : 'decimals', values: numbers }
  }

  #operand(): Operand {
    const text = this.#take(TEXT)
    // Between the quotes, what a backslash means is not looked at.
    if (text !== undefined) return { type: 'text', value: text.slice(1, -1) }
    const version = this.#take(VERSION)
    if (version !== undefined) return { type: 'version', value: version }
    const decimal = this.#take(DECIMAL)
    if (decimal !== undefined) return { type: 'decimal', value: Number(decimal) }
    const whole = this.#take(WHOLE)
    if (whole !== undefined) return { type: 'whole', value: Number(whole) }
    const word = this.#take(WORD)
    if (word === 'null') return { type: 'null' }
    if (word === 'true' || word === 'false') return { type: 'boolean', value: word === 'true' }
    throw this.#error('no value')
  }

  #space(): void {
    if (this.#take(SPACE) === undefined) throw this.#error('no blank')
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`${what} at ${this.#at} of ${JSON.stringify(this.#text)}`)
  }
}
