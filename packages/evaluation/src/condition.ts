/**
 * Conditions, compiled into functions of the context.
 *
 * Everything that can be prepared is prepared here: sets, lower-case copies, number bounds. A test
 * never throws and never converts a type: a missing attribute or one of another type makes a
 * comparison false, and so `not` of it true.
 */
import { attribute } from './attribute.ts'
import type { Comparison, Condition, EvaluationContext, NumberOperator, StringOperator } from './model.ts'

/** Does the condition hold for this context? Never throws. */
export type Test = (context: EvaluationContext) => boolean

/** The test of a segment. Throws an error that names the segment if it is unknown or malformed. */
export type SegmentLookup = (key: string) => Test

/** Conditions may be nested this deep; a hostile snapshot cannot exhaust the stack of an evaluation. */
const MAX_DEPTH = 64

/** The condition as a function. Throws an error with the reason if it is malformed. */
export function compileCondition(condition: Condition, segment: SegmentLookup, depth = 0): Test {
  if (depth > MAX_DEPTH) throw new RangeError(`a condition is nested deeper than ${MAX_DEPTH}`)
  const compile = (inner: Condition): Test => compileCondition(inner, segment, depth + 1)

  if ('all' in condition) return allOf(condition.all.map(compile))
  if ('any' in condition) return anyOf(condition.any.map(compile))
  if ('not' in condition) return negated(compile(condition.not))
  if ('segment' in condition) return segment(condition.segment)
  return compileComparison(condition)
}

/** Is this a condition that holds for everybody, `{all: []}`? */
export function isAlways(condition: Condition): boolean {
  return 'all' in condition && condition.all.length === 0
}

/** One comparison as a function. Throws an error with the reason if it is malformed. */
function compileComparison(comparison: Comparison): Test {
  const { attribute: name, op } = comparison
  if (typeof name !== 'string') throw new TypeError('a condition names no attribute')

  switch (op) {
    case 'equals':
    case 'in':
      return isOneOf(name, scalars(comparison.values), comparison.ignoreCase === true)
    case 'starts-with':
    case 'ends-with':
    case 'contains':
      return matchesText(name, textMatcher(op), texts(comparison.values), comparison.ignoreCase === true)
    case 'less-than':
    case 'at-most':
    case 'more-than':
    case 'at-least':
      return comparesNumber(name, op, bound(comparison.values))
    case 'exists':
      return (context) => {
        const value = attribute(context, name)
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
  return (context) => {
    for (const test of tests) if (!test(context)) return false
    return true
  }
}

function anyOf(tests: readonly Test[]): Test {
  const [only] = tests
  if (only !== undefined && tests.length === 1) return only
  return (context) => {
    for (const test of tests) if (test(context)) return true
    return false
  }
}

function negated(test: Test): Test {
  return (context) => !test(context)
}

function isOneOf(name: string, values: readonly (string | number | boolean)[], ignoreCase: boolean): Test {
  if (ignoreCase) {
    const folded = new Set<unknown>(values.map(fold))
    return (context) => folded.has(fold(attribute(context, name)))
  }
  const [only] = values
  if (only !== undefined && values.length === 1) return (context) => attribute(context, name) === only
  const set = new Set<unknown>(values)
  return (context) => set.has(attribute(context, name))
}

function fold(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

type TextMatcher = (value: string, part: string) => boolean

function textMatcher(op: StringOperator): TextMatcher {
  if (op === 'starts-with') return (value, part) => value.startsWith(part)
  if (op === 'ends-with') return (value, part) => value.endsWith(part)
  return (value, part) => value.includes(part)
}

function matchesText(
  name: string,
  matches: TextMatcher,
  values: readonly string[],
  ignoreCase: boolean,
): Test {
  const parts = ignoreCase ? values.map((value) => value.toLowerCase()) : [...values]
  return (context) => {
    const value = attribute(context, name)
    if (typeof value !== 'string') return false
    const text = ignoreCase ? value.toLowerCase() : value
    for (const part of parts) if (matches(text, part)) return true
    return false
  }
}

function comparesNumber(name: string, op: NumberOperator, limit: number): Test {
  const number = (context: EvaluationContext): number => {
    const value = attribute(context, name)
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

function bound(values: readonly [number]): number {
  if (values.length === 1 && typeof values[0] === 'number') return values[0]
  throw new TypeError('a number comparison needs exactly one number')
}
