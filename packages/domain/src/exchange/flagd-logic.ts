/**
 * flagd's JSONLogic as conditions, where a condition says the same of every text and number; else it
 * stays JSONLogic. What JSONLogic alone would convert (a number in a text, a list where a text is
 * wanted) is the reason to keep it.
 */
import type { Comparison, Condition, JsonValue, VersionOperator } from '@flagmarshal/evaluation'

import { isList, isObject } from './flagd-read.ts'

/** The one operator of an expression with its arguments; undefined for a value. */
export function operationOf(
  logic: JsonValue,
): { readonly op: string; readonly args: readonly JsonValue[] } | undefined {
  if (!isObject(logic)) return undefined
  const [entry, ...others] = Object.entries(logic)
  if (entry === undefined || others.length > 0) return undefined
  const [op, args] = entry
  return { op, args: isList(args) ? args : [args] }
}

/** The attribute that an expression reads, without a default and not below another one. */
export function attributeOf(logic: JsonValue | undefined): string | undefined {
  const operation = logic === undefined ? undefined : operationOf(logic)
  const [name, ...others] = operation?.op === 'var' ? operation.args : []
  if (typeof name !== 'string' || others.length > 0) return undefined
  return name === '' || name.includes('.') || name.includes('\\') ? undefined : name
}

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
const NUMBER_OPS: Readonly<Record<string, 'less-than' | 'at-most' | 'more-than' | 'at-least'>> = {
  '<': 'less-than',
  '<=': 'at-most',
  '>': 'more-than',
  '>=': 'at-least',
}
const VERSION_OPS: Readonly<Record<string, VersionOperator>> = {
  '=': 'version-equals',
  '<': 'version-less-than',
  '<=': 'version-at-most',
  '>': 'version-more-than',
  '>=': 'version-at-least',
  '^': 'version-same-major',
  '~': 'version-same-minor',
}

/** The condition for an expression that is asked whether it holds. */
export function conditionOf(logic: JsonValue): Condition {
  if (typeof logic === 'boolean') return logic ? { all: [] } : { any: [] }
  const operation = operationOf(logic)
  if (operation === undefined) return { jsonLogic: logic }
  const { op, args } = operation
  switch (op) {
    case 'and':
      return args.length === 0 ? { jsonLogic: logic } : { all: args.map(conditionOf) }
    case 'or':
      return args.length === 0 ? { jsonLogic: logic } : { any: args.map(conditionOf) }
    case '!':
      return args.length === 1 && args[0] !== undefined ? { not: conditionOf(args[0]) } : { jsonLogic: logic }
    case '!!':
      return args.length === 1 && args[0] !== undefined ? conditionOf(args[0]) : { jsonLogic: logic }
    default:
      return comparisonOf(op, args) ?? { jsonLogic: logic }
  }
}

function comparisonOf(op: string, args: readonly JsonValue[]): Condition | undefined {
  switch (op) {
    case '===':
    case '==':
      return equality(args, op === '==')
    case '!==':
    case '!=': {
      const equal = equality(args, op === '!=')
      return equal && { not: equal }
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return numberTest(op, args)
    case 'in':
      return membership(args)
    case 'starts_with':
    case 'ends_with':
      return textTest(op === 'starts_with' ? 'starts-with' : 'ends-with', args)
    case 'sem_ver':
      return versionTest(args)
    default:
      return undefined
  }
}

/** `==` converts: only a text that no number, boolean or list becomes is compared the same way. */
function equality([a, b, ...others]: readonly JsonValue[], loose: boolean): Comparison | undefined {
  const attribute = attributeOf(a) ?? attributeOf(b)
  const value = attributeOf(a) === undefined ? a : b
  if (attribute === undefined || others.length > 0) return undefined
  if (typeof value === 'string') {
    const converts = value.trim() === '' || !Number.isNaN(Number(value))
    return loose && converts ? undefined : { attribute, op: 'equals', values: [value] }
  }
  if (loose || (typeof value !== 'number' && typeof value !== 'boolean')) return undefined
  return { attribute, op: 'equals', values: [value] }
}

function numberTest(op: string, [a, b, ...others]: readonly JsonValue[]): Comparison | undefined {
  const [left, right] = [attributeOf(a), attributeOf(b)]
  const [attribute, limit, direction] = left === undefined ? [right, a, FLIPPED[op]] : [left, b, op]
  const named = direction === undefined ? undefined : NUMBER_OPS[direction]
  if (attribute === undefined || named === undefined || others.length > 0 || typeof limit !== 'number')
    return undefined
  return { attribute, op: named, values: [limit] }
}

function membership([a, b, ...others]: readonly JsonValue[]): Comparison | undefined {
  if (others.length > 0) return undefined
  const attribute = attributeOf(a)
  if (attribute !== undefined && isList(b)) {
    const values = b.filter(
      (it) => typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean',
    )
    return values.length === b.length && b.length > 0 ? { attribute, op: 'in', values } : undefined
  }
  const within = attributeOf(b)
  if (within === undefined || typeof a !== 'string' || a === '') return undefined
  return { attribute: within, op: 'contains', values: [a] }
}

function textTest(
  op: 'starts-with' | 'ends-with',
  [a, b, ...others]: readonly JsonValue[],
): Comparison | undefined {
  const attribute = attributeOf(a)
  if (attribute === undefined || typeof b !== 'string' || others.length > 0) return undefined
  return { attribute, op, values: [b] }
}

function versionTest([a, op, b, ...others]: readonly JsonValue[]): Condition | undefined {
  const attribute = attributeOf(a)
  if (attribute === undefined || typeof op !== 'string' || typeof b !== 'string' || others.length > 0)
    return undefined
  const test = (name: VersionOperator): Comparison => ({ attribute, op: name, values: [b] })
  if (op === '!=') return { any: [test('version-less-than'), test('version-more-than')] }
  const named = VERSION_OPS[op]
  return named && test(named)
}
