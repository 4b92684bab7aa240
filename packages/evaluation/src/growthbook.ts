/**
 * GrowthBook's conditions as its SDK evaluates them, for imported flags: comparisons that convert types,
 * paths into objects, tests of lists. Compiled once; patterns run in linear time. Saved groups are
 * written out by the import. The primitives that GrowthBook publishes are a test of this file.
 */
import type { EvaluationContext, JsonObject, JsonValue } from './model.ts'
import { compileRegExp } from './regexp.ts'

type ValueTest = (value: unknown) => boolean

const NEVER: ValueTest = () => false

/** Conditions may be nested this deep. */
const MAX_DEPTH = 64

/**
 * Does the condition hold for a context? Throws an error with the reason for a pattern that cannot be
 * matched in linear time; the test itself throws only what reading the context throws.
 */
export function growthbookTest(condition: JsonValue): (context: EvaluationContext) => boolean {
  return objectTest(condition, 0)
}

/** Tests of the members of an object, by path, and of what stands between them. */
function objectTest(condition: JsonValue, depth: number): ValueTest {
  if (depth > MAX_DEPTH) throw new RangeError(`a condition is nested deeper than ${MAX_DEPTH}`)
  if (!isObject(condition)) return NEVER
  const inner = (it: JsonValue): ValueTest => objectTest(it, depth + 1)
  const tests = Object.entries(condition).map(([name, it]): ValueTest => {
    switch (name) {
      case '$or':
        return anyOf(it, inner)
      case '$nor':
        return not(anyOf(it, inner))
      case '$and': {
        const all = membersOf(it).map(inner)
        return (object) => all.every((test) => test(object))
      }
      case '$not':
        return not(inner(it))
      default: {
        const test = valueTest(it, depth + 1)
        const path = name.split('.')
        return (object) => test(at(object, path))
      }
    }
  })
  return (object) => tests.every((test) => test(object))
}

/** Of no conditions at all, one holds. */
function anyOf(conditions: JsonValue, inner: (it: JsonValue) => ValueTest): ValueTest {
  const tests = membersOf(conditions).map(inner)
  return tests.length === 0 ? () => true : (object) => tests.some((test) => test(object))
}

/** What stands at a path; null where nothing does. */
function at(object: unknown, path: readonly string[]): unknown {
  let current = object
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return null
    const inside: object = current
    if (!Object.hasOwn(inside, name)) return null
    current = Reflect.get(inside, name)
  }
  return current
}

function valueTest(condition: JsonValue, depth: number, ignoreCase = false): ValueTest {
  if (typeof condition === 'string') {
    const wanted = condition.toLowerCase()
    return ignoreCase
      ? (value) => textOf(value).toLowerCase() === wanted
      : (value) => textOf(value) === condition
  }
  if (typeof condition === 'number') return (value) => numberOf(value) === condition
  if (typeof condition === 'boolean') return (value) => value !== null && Boolean(value) === condition
  if (condition === null) return (value) => value === null
  if (!isObject(condition) || !isOperators(condition)) {
    const text = JSON.stringify(condition)
    return (value) => JSON.stringify(value) === text
  }
  const tests = Object.entries(condition).map(([op, operand]) => operatorTest(op, operand, depth + 1))
  return (value) => tests.every((test) => test(value))
}

function operatorTest(op: string, operand: JsonValue, depth: number): ValueTest {
  if (depth > MAX_DEPTH) throw new RangeError(`a condition is nested deeper than ${MAX_DEPTH}`)
  if (op.startsWith('$v')) return versionTest(op, operand)
  switch (op) {
    case '$eq':
      return (value) => value === operand
    case '$ne':
      return (value) => value !== operand
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return orderTest(op, operand)
    case '$exists':
      return operand
        ? (value) => value !== null && value !== undefined
        : (value) => value === null || value === undefined
    case '$not':
      return not(valueTest(operand, depth))
    case '$regex':
    case '$regexi':
      return patternTest(operand, op === '$regexi')
    case '$type':
      return (value) => typeOf(value) === operand
    default:
      return isList(operand) || op === '$size' || op === '$elemMatch' ? listTest(op, operand, depth) : NEVER
  }
}

function listTest(op: string, operand: JsonValue, depth: number): ValueTest {
  const members = membersOf(operand)
  switch (op) {
    case '$in':
      return isIn(members, false)
    case '$nin':
      return not(isIn(members, false))
    case '$ini':
      return isIn(members, true)
    case '$nini':
      return not(isIn(members, true))
    case '$all':
    case '$alli': {
      const tests = members.map((it) => valueTest(it, depth, op === '$alli'))
      return (value) => isAnyList(value) && tests.every((test) => value.some(test))
    }
    case '$size': {
      const test = valueTest(operand, depth)
      return (value) => isAnyList(value) && test(value.length)
    }
    case '$elemMatch': {
      const test =
        isObject(operand) && isOperators(operand) ? valueTest(operand, depth) : objectTest(operand, depth)
      return (value) => isAnyList(value) && value.some((it) => it !== null && it !== undefined && test(it))
    }
    default:
      return NEVER
  }
}

/** A list is in another one where they have something in common. */
function isIn(wanted: readonly JsonValue[], ignoreCase: boolean): ValueTest {
  const fold = (it: unknown): unknown => (ignoreCase && typeof it === 'string' ? it.toLowerCase() : it)
  const set = new Set<unknown>(wanted.map(fold))
  return (value) => (isAnyList(value) ? value.some((it) => set.has(fold(it))) : set.has(fold(value)))
}

/** As JavaScript compares: texts with texts by their characters, everything else as numbers. */
function orderTest(op: '$lt' | '$lte' | '$gt' | '$gte', operand: JsonValue): ValueTest {
  const order = (value: unknown): number => {
    const [a, b] = [primitiveOf(value), primitiveOf(operand)]
    if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
    return Math.sign(numberOf(a) - numberOf(b))
  }
  switch (op) {
    case '$lt':
      return (value) => order(value) < 0
    case '$lte':
      return (value) => order(value) <= 0
    case '$gt':
      return (value) => order(value) > 0
    case '$gte':
      return (value) => order(value) >= 0
  }
}

/** A pattern that is none to JavaScript never fits; one that is not linear is refused. */
function patternTest(pattern: JsonValue, ignoreCase: boolean): ValueTest {
  if (typeof pattern !== 'string' || !isJavaScriptPattern(pattern)) return NEVER
  const test = compileRegExp(pattern, ignoreCase)
  return (value) => test(textOf(value))
}

/** Is it a pattern to JavaScript? It is only read, and matches nothing. */
export function isJavaScriptPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function versionTest(op: string, operand: JsonValue): ValueTest {
  const wanted = paddedVersion(operand)
  switch (op) {
    case '$veq':
      return (value) => paddedVersion(value) === wanted
    case '$vne':
      return (value) => paddedVersion(value) !== wanted
    case '$vlt':
      return (value) => paddedVersion(value) < wanted
    case '$vlte':
      return (value) => paddedVersion(value) <= wanted
    case '$vgt':
      return (value) => paddedVersion(value) > wanted
    case '$vgte':
      return (value) => paddedVersion(value) >= wanted
    default:
      return NEVER
  }
}

/**
 * A version as a text that sorts as versions do: numbers are padded to five places, a whole release ends
 * in `~`, which sorts after every pre-release. Whatever is no version is `0`.
 */
export function paddedVersion(value: unknown): string {
  const given = typeof value === 'number' ? String(value) : value
  const text = typeof given === 'string' && given !== '' ? given : '0'
  const parts = text.replace(/^v/, '').replace(/\+.*$/, '').split(/[-.]/)
  if (parts.length === 3) parts.push('~')
  return parts.map((it) => (/^[0-9]+$/.test(it) ? it.padStart(5, ' ') : it)).join('-')
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** As a text is joined to another one. What has no text is an empty one. */
function textOf(value: unknown): string {
  const it = primitiveOf(value)
  return typeof it === 'symbol' ? '' : String(it)
}

function numberOf(value: unknown): number {
  const it = primitiveOf(value)
  return typeof it === 'symbol' ? Number.NaN : Number(it)
}

/** Lists as their texts with commas between, objects as JavaScript names them. */
function primitiveOf(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((it) => (it === null || it === undefined ? '' : textOf(it))).join(',')
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null ? '[object Object]' : value
}

function not(test: ValueTest): ValueTest {
  return (value) => !test(value)
}

/** Has it only names that begin with `$`? */
function isOperators(object: JsonObject): boolean {
  const names = Object.keys(object)
  return names.length > 0 && names.every((it) => it.startsWith('$'))
}

function membersOf(value: JsonValue): readonly JsonValue[] {
  return isList(value) ? value : []
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function isAnyList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
