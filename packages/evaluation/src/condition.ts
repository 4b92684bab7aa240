/**
 * Conditions, compiled into functions of the context.
 *
 * Everything that can be prepared is prepared here: sets, lower-case copies, number bounds. A test
 * never throws and never converts a type: a missing attribute or one of another type makes a
 * comparison false, and so `not` of it true.
 */
import { inBlocks, parseBlock } from './address.ts'
import { attribute, reader } from './attribute.ts'
import type { Reader } from './attribute.ts'
import { instantOf } from './instant.ts'
import { kindComparison } from './kind-comparison.ts'
import type {
  Comparison,
  Condition,
  DateOperator,
  EvaluationContext,
  JsonValue,
  KeyShare,
  NumberOperator,
  StringOperator,
  VersionOperator,
} from './model.ts'
import { compileRegExp } from './regexp.ts'
import { shareTest } from './split.ts'
import { Undecidable } from './undecidable.ts'
import { compareVersion, isSameSeries, parseVersion } from './version.ts'

/** Does the condition hold for this context? Throws only what reading the context throws. */
export type Test = (context: EvaluationContext) => boolean

/** The test of a segment. Throws an error that names the segment if it is unknown or malformed. */
export type SegmentLookup = (key: string) => Test

/**
 * JSONLogic as a test, by whatever engine the program has. Throws an error with the reason if the logic
 * is malformed; what it returns must not throw.
 */
export type JsonLogic = (logic: JsonValue) => Test

/** What a condition may refer to. */
export interface ConditionParts {
  readonly segment: SegmentLookup
  /** Absent where the program has no engine for JSONLogic. */
  readonly jsonLogic?: JsonLogic | undefined
}

/** Conditions may be nested this deep; a hostile snapshot cannot exhaust the stack of an evaluation. */
const MAX_DEPTH = 64

/** The condition as a function. Throws an error with the reason if it is malformed. */
export function compileCondition(condition: Condition, parts: ConditionParts, depth = 0): Test {
  if (depth > MAX_DEPTH) throw new RangeError(`a condition is nested deeper than ${MAX_DEPTH}`)
  const compile = (inner: Condition): Test => compileCondition(inner, parts, depth + 1)

  if ('all' in condition) return allOf(condition.all.map(compile))
  if ('any' in condition) return anyOf(condition.any.map(compile))
  if ('not' in condition) return negated(compile(condition.not))
  if ('segment' in condition) return parts.segment(condition.segment)
  if ('jsonLogic' in condition) {
    if (parts.jsonLogic === undefined)
      throw new TypeError('a condition is JSONLogic, and this program has no engine for it')
    return parts.jsonLogic(condition.jsonLogic)
  }
  if ('bucketed' in condition) return shareTest(condition.bucketed)
  if ('malformed' in condition) return undecidable(condition.malformed)
  return compileComparison(condition)
}

/** Why a comparison, or a share of keys, can never be evaluated; `undefined` where it can. */
export function comparisonProblem(
  condition: Comparison | { readonly bucketed: KeyShare },
): string | undefined {
  try {
    if ('bucketed' in condition) shareTest(condition.bucketed)
    else compileComparison(condition)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Is this a condition that holds for everybody, `{all: []}`? */
export function isAlways(condition: Condition): boolean {
  return 'all' in condition && condition.all.length === 0
}

/** One comparison as a function. Throws an error with the reason if it is malformed. */
function compileComparison(comparison: Comparison): Test {
  const { attribute: name, contextKind, op } = comparison
  if (typeof name !== 'string') throw new TypeError('a condition names no attribute')
  if (contextKind !== undefined) return kindComparison(comparison, contextKind, compare)
  // Dates are objects, and lists are there: what is inherited is neither.
  const careful = op === 'before' || op === 'after' || op === 'exists'
  return compare(comparison, careful ? (context) => attribute(context, name) : reader(name))
}

/** The comparison with what a reader reads. */
function compare(comparison: Comparison, read: Reader): Test {
  const { op } = comparison
  switch (op) {
    case 'equals':
    case 'in':
      return isOneOf(read, scalars(comparison.values), comparison.ignoreCase === true)
    case 'starts-with':
    case 'ends-with':
    case 'contains': {
      const ignoreCase = comparison.ignoreCase === true
      const parts = texts(comparison.values).map((part) => (ignoreCase ? part.toLowerCase() : part))
      return matchesText(read, textMatcher(op, parts), ignoreCase)
    }
    case 'less-than':
    case 'at-most':
    case 'more-than':
    case 'at-least':
      return comparesNumber(read, op, bound(comparison.values))
    case 'matches':
      return matchesPattern(read, texts(comparison.values), comparison.ignoreCase === true)
    case 'before':
    case 'after':
      return comparesInstant(read, op, instant(comparison.values))
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor':
      return comparesVersion(read, op, onlyText(comparison.values))
    case 'in-cidr':
      return inCidr(read, texts(comparison.values))
    case 'exists':
      return (context) => {
        const value = read(context)
        return value !== undefined && value !== null
      }
    default:
      throw new TypeError(`unknown operator ${JSON.stringify(op satisfies never)}`)
  }
}

function allOf(tests: readonly Test[]): Test {
  const [only] = tests
  if (only === undefined) return () => true
  if (tests.length === 1) return only
  return (context) => tests.every((test) => test(context))
}

function anyOf(tests: readonly Test[]): Test {
  const [only] = tests
  if (only !== undefined && tests.length === 1) return only
  return (context) => tests.some((test) => test(context))
}

function negated(test: Test): Test {
  return (context) => !test(context)
}

function isOneOf(read: Reader, values: readonly (string | number | boolean)[], ignoreCase: boolean): Test {
  if (ignoreCase) {
    const folded = new Set<unknown>(values.map(fold))
    return (context) => folded.has(fold(read(context)))
  }
  const [only] = values
  if (only !== undefined && values.length === 1) return (context) => read(context) === only
  const set = new Set<unknown>(values)
  return (context) => set.has(read(context))
}

function fold(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function matchesText(read: Reader, holds: (text: string) => boolean, ignoreCase: boolean): Test {
  if (ignoreCase) {
    return (context) => {
      const value = read(context)
      return typeof value === 'string' && holds(value.toLowerCase())
    }
  }
  return (context) => {
    const value = read(context)
    return typeof value === 'string' && holds(value)
  }
}

/** Does a text begin with, end with or contain one of these? */
function textMatcher(
  op: Exclude<StringOperator, 'matches'>,
  parts: readonly string[],
): (text: string) => boolean {
  if (op === 'starts-with') return (text) => parts.some((part) => text.startsWith(part))
  if (op === 'ends-with') return (text) => parts.some((part) => text.endsWith(part))
  return (text) => parts.some((part) => text.includes(part))
}

function matchesPattern(read: Reader, patterns: readonly string[], ignoreCase: boolean): Test {
  const tests = patterns.map((pattern) => compileRegExp(pattern, ignoreCase))
  return (context) => {
    const value = read(context)
    return typeof value === 'string' && tests.some((test) => test(value))
  }
}

function inCidr(read: Reader, values: readonly string[]): Test {
  const blocks = values.map((value) => {
    const block = parseBlock(value)
    if (block === undefined) throw new TypeError(`${JSON.stringify(value)} is no IP address or block of them`)
    return block
  })
  return (context) => {
    const value = read(context)
    return typeof value === 'string' && inBlocks(value, blocks)
  }
}

function comparesInstant(read: Reader, op: DateOperator, limit: number): Test {
  if (op === 'before') return (context) => instantOf(read(context)) < limit
  return (context) => instantOf(read(context)) > limit
}

function undecidable(why: string): Test {
  const malformed = new Undecidable('PARSE_ERROR', why)
  return () => {
    throw malformed
  }
}

function comparesVersion(read: Reader, op: VersionOperator, limit: string): Test {
  const version = parseVersion(limit)
  if (version === undefined) throw new TypeError(`${JSON.stringify(limit)} is no version`)
  // NaN, for what is no version, compares as false with everything.
  const order = (context: EvaluationContext): number => {
    const value = read(context)
    return typeof value === 'string' ? compareVersion(value, version) : Number.NaN
  }
  switch (op) {
    case 'version-equals':
      return (context) => order(context) === 0
    case 'version-less-than':
      return (context) => order(context) < 0
    case 'version-at-most':
      return (context) => order(context) <= 0
    case 'version-more-than':
      return (context) => order(context) > 0
    case 'version-at-least':
      return (context) => order(context) >= 0
    case 'version-same-major':
    case 'version-same-minor':
      return (context) => {
        const value = read(context)
        return typeof value === 'string' && isSameSeries(value, version, op === 'version-same-minor')
      }
  }
}

function comparesNumber(read: Reader, op: NumberOperator, limit: number): Test {
  const number = (context: EvaluationContext): number => {
    const value = read(context)
    // NaN compares as false with everything, as a missing attribute must.
    return typeof value === 'number' ? value : Number.NaN
  }
  switch (op) {
    case 'less-than':
      return (context) => number(context) < limit
    case 'at-most':
      return (context) => number(context) <= limit
    case 'more-than':
      return (context) => number(context) > limit
    case 'at-least':
      return (context) => number(context) >= limit
  }
}

function scalars(values: readonly (string | number | boolean)[]): readonly (string | number | boolean)[] {
  if (values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))) return values
  throw new TypeError('a condition compares with something that is no text, number or boolean')
}

function texts(values: readonly string[]): readonly string[] {
  if (values.every((value) => typeof value === 'string')) return values
  throw new TypeError('a condition compares with something that is no text')
}

function onlyText(values: readonly string[]): string {
  const [only] = texts(values)
  if (only !== undefined && values.length === 1) return only
  throw new TypeError('a comparison of versions or dates needs exactly one text')
}

function instant(values: readonly string[]): number {
  const text = onlyText(values)
  const at = instantOf(text)
  if (Number.isNaN(at)) throw new TypeError(`${JSON.stringify(text)} is no RFC 3339 date or time`)
  return at
}

function bound(values: readonly [number]): number {
  if (values.length === 1 && typeof values[0] === 'number') return values[0]
  throw new TypeError('a number comparison needs exactly one number')
}
