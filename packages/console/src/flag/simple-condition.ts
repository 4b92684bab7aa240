/**
 * Conditions that a form can show: tests that must all hold, or one of which must. Anything deeper is
 * written as JSON, so that nothing is lost by looking at it.
 */
import type { Condition } from './config-draft.ts'

/** What a form has of a test. Texts only; a number operator has its number as text, one of versions or dates its one text. */
export interface Test {
  readonly negated: boolean
  readonly kind: 'attribute' | 'segment'
  /** The attribute, or the segment. */
  readonly name: string
  readonly op: Op
  readonly values: readonly string[]
  readonly ignoreCase: boolean
}

export const OPS = [
  'equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'less-than',
  'at-most',
  'more-than',
  'at-least',
  'matches',
  'before',
  'after',
  'version-equals',
  'version-less-than',
  'version-at-most',
  'version-more-than',
  'version-at-least',
  'version-same-major',
  'version-same-minor',
  'in-cidr',
  'exists',
] as const
export type Op = (typeof OPS)[number]

const NUMBERS: ReadonlySet<Op> = new Set(['less-than', 'at-most', 'more-than', 'at-least'])

/** Whether an operator compares with one text: a version or an instant. */
export function takesOneText(op: Op): boolean {
  return op === 'before' || op === 'after' || op.startsWith('version-')
}

/** Whether an operator compares with a number. */
export function takesNumber(op: Op): boolean {
  return NUMBERS.has(op)
}

export interface SimpleCondition {
  readonly join: 'all' | 'any'
  readonly tests: readonly Test[]
}

export const NEW_TEST: Test = {
  negated: false,
  kind: 'attribute',
  name: 'country',
  op: 'equals',
  values: [],
  ignoreCase: false,
}

/** The condition as a form shows it; undefined where it cannot. */
export function simpleOf(when: Condition): SimpleCondition | undefined {
  const join = 'any' in when ? 'any' : 'all'
  const parts = 'all' in when ? when.all : 'any' in when ? when.any : [when]
  const tests = parts.map((it) => testOf(it))
  return tests.every((it) => it !== undefined) ? { join, tests } : undefined
}

function testOf(when: Condition, negated = false): Test | undefined {
  if ('not' in when) return negated ? undefined : testOf(when.not, true)
  if ('all' in when || 'any' in when) return undefined
  if ('segment' in when) return { ...NEW_TEST, negated, kind: 'segment', name: when.segment }
  if ('jsonLogic' in when || 'bucketed' in when || 'malformed' in when) return undefined
  if (when.contextKind !== undefined) return undefined
  const { attribute: name, op } = when
  const common = { negated, kind: 'attribute' as const, name, op, ignoreCase: false }
  if (when.op === 'exists') return { ...common, values: [] }
  if (takesNumber(op)) return { ...common, values: when.values.map(String) }
  // A form shows texts: "1" and 1 would look alike.
  const given: readonly unknown[] = when.values
  const values = given.filter((it) => typeof it === 'string')
  if (values.length !== given.length) return undefined
  return { ...common, values, ignoreCase: 'ignoreCase' in when && (when.ignoreCase ?? false) }
}

/** The condition that a form describes. */
export function conditionOf({ join, tests }: SimpleCondition): Condition {
  const parts = tests.map((test) => {
    const part = comparisonOf(test)
    return test.negated ? { not: part } : part
  })
  return join === 'all' ? { all: parts } : { any: parts }
}

function comparisonOf({ kind, name, op, values, ignoreCase }: Test): Condition {
  if (kind === 'segment') return { segment: name }
  const caseless = ignoreCase ? { ignoreCase } : {}
  switch (op) {
    case 'exists':
      return { attribute: name, op }
    case 'less-than':
    case 'at-most':
    case 'more-than':
    case 'at-least':
      return { attribute: name, op, values: [Number(values[0] ?? 0)] }
    case 'equals':
    case 'in':
      return { attribute: name, op, values: [...values], ...caseless }
    case 'starts-with':
    case 'ends-with':
    case 'contains':
    case 'matches':
      return { attribute: name, op, values: [...values], ...caseless }
    case 'in-cidr':
      return { attribute: name, op, values: [...values] }
    case 'before':
    case 'after':
      return { attribute: name, op, values: [values[0] ?? ''] }
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor':
      return { attribute: name, op, values: [values[0] ?? ''] }
  }
}
