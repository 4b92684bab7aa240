/**
 * GrowthBook's conditions (https://docs.growthbook.io/lib/build-your-own#evaluating-a-condition) as
 * conditions of ours, where they say the same of an attribute of the type that is compared with; else
 * they stay as they are. GrowthBook converts types and takes what is missing for null, which is less
 * than one: a missing attribute is spelled out, a converted one is named in the report.
 */
import { comparisonProblem, compileRegExp, isJavaScriptPattern, paddedVersion } from '@flagmarshal/evaluation'
import type { Comparison, Condition, JsonObject, JsonValue, VersionOperator } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'

/** What GrowthBook takes for the same and a condition here does not, by the kind of comparison. */
export type Difference = 'list' | 'number' | 'boolean' | 'version' | 'pattern' | 'unknown'

const EVERYBODY: Condition = { all: [] }
const NOBODY: Condition = { any: [] }
const MISSING = (attribute: string): Condition => ({ not: { attribute, op: 'exists' } })

const NUMBER_OPS: Readonly<Record<string, 'less-than' | 'at-most' | 'more-than' | 'at-least'>> = {
  $lt: 'less-than',
  $lte: 'at-most',
  $gt: 'more-than',
  $gte: 'at-least',
}
const VERSION_OPS: Readonly<Record<string, VersionOperator>> = {
  $veq: 'version-equals',
  $vne: 'version-equals',
  $vlt: 'version-less-than',
  $vlte: 'version-at-most',
  $vgt: 'version-more-than',
  $vgte: 'version-at-least',
}
/** Operators that are known, and that only GrowthBook's own condition can say. */
const KEPT_OPS = new Set(['$size', '$elemMatch', '$all', '$alli', '$type'])

/** The condition, whose saved groups are written out. Differences are noted. Throws NotHere for a pattern that is not linear. */
export function growthbookCondition(condition: JsonValue, note: (difference: Difference) => void): Condition {
  if (!isObject(condition)) return NOBODY
  const parts = Object.entries(condition).map(([name, it]): Condition => {
    const inner = (one: JsonValue): Condition => growthbookCondition(one, note)
    switch (name) {
      case '$and':
        return { all: membersOf(it).map(inner) }
      case '$or':
        return someOf(membersOf(it).map(inner))
      case '$nor':
        return { not: someOf(membersOf(it).map(inner)) }
      case '$not':
        return { not: inner(it) }
      default: {
        const found = name.includes('.') || name.startsWith('$') ? undefined : attributeTest(name, it)
        if (found === undefined) return { jsonLogic: { growthbook: { [name]: it } } }
        for (const difference of found.differences) note(difference)
        return found.condition
      }
    }
  })
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : { all: parts }
}

/** Of no conditions at all, one holds there. */
function someOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? EVERYBODY : { any: conditions }
}

interface Said {
  readonly condition: Condition
  readonly differences: readonly Difference[]
}

function said(condition: Condition, ...differences: readonly Difference[]): Said {
  return { condition, differences }
}

/** Undefined where only GrowthBook's own condition can say it. */
function attributeTest(attribute: string, it: JsonValue): Said | undefined {
  if (typeof it === 'string') return textIs(attribute, it)
  if (typeof it === 'number') return numberIs(attribute, it)
  if (typeof it === 'boolean') return said({ attribute, op: 'equals', values: [it] }, 'boolean')
  if (it === null) return said(MISSING(attribute))
  if (!isObject(it)) return undefined
  const entries = Object.entries(it)
  if (entries.length === 0 || !entries.every(([name]) => name.startsWith('$'))) return undefined
  const parts = entries.map(([op, operand]) => operatorTest(attribute, op, operand))
  const known = parts.flatMap((part) => part ?? [])
  if (known.length < parts.length) return undefined
  const [only] = known
  if (only !== undefined && known.length === 1) return only
  return said({ all: known.map((one) => one.condition) }, ...known.flatMap((one) => one.differences))
}

/** Everything is compared as its text there, what is missing as `null`. */
function textIs(attribute: string, text: string): Said | undefined {
  if (['null', 'undefined', 'NaN'].includes(text)) return undefined
  const values: (string | number | boolean)[] = [text]
  if (text !== '' && String(Number(text)) === text) values.push(Number(text))
  if (text === 'true' || text === 'false') values.push(text === 'true')
  return said({ attribute, op: values.length === 1 ? 'equals' : 'in', values }, 'list')
}

/** Everything is compared as its number there; what is missing, empty or false is 0. */
function numberIs(attribute: string, number: number): Said {
  const values = [
    number,
    String(number),
    ...(number === 1 ? [true] : []),
    ...(number === 0 ? [false, ''] : []),
  ]
  const one: Condition = { attribute, op: 'in', values }
  return said(number === 0 ? { any: [one, MISSING(attribute)] } : one, 'number')
}

function operatorTest(attribute: string, op: string, operand: JsonValue): Said | undefined {
  if (op in NUMBER_OPS) return ordered(attribute, op, operand)
  if (op in VERSION_OPS) return versioned(attribute, op, operand)
  switch (op) {
    case '$eq':
      return exactly(attribute, operand)
    case '$ne':
      return negated(exactly(attribute, operand))
    case '$not':
      return negated(attributeTest(attribute, operand))
    case '$exists':
      return said(isTruthy(operand) ? { attribute, op: 'exists' } : MISSING(attribute))
    case '$in':
    case '$ini':
      return oneOf(attribute, operand, op === '$ini')
    case '$nin':
    case '$nini':
      // Of what is no list, both are false.
      return isList(operand) ? negated(oneOf(attribute, operand, op === '$nini')) : said(NOBODY)
    case '$regex':
    case '$regexi':
      return pattern(attribute, operand, op === '$regexi')
    default:
      return KEPT_OPS.has(op) ? undefined : said(NOBODY, 'unknown')
  }
}

function negated(it: Said | undefined): Said | undefined {
  return it && { ...it, condition: { not: it.condition } }
}

/** `===`, where a missing attribute is null. */
function exactly(attribute: string, value: JsonValue): Said | undefined {
  if (value === null) return said(MISSING(attribute))
  if (typeof value === 'object') return said(NOBODY)
  return said({ attribute, op: 'equals', values: [value] })
}

function oneOf(attribute: string, operand: JsonValue, ignoreCase: boolean): Said | undefined {
  if (!isList(operand)) return said(NOBODY)
  const values = operand.filter(
    (it) => typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean',
  )
  const choices: Condition[] = []
  if (values.length > 0) choices.push({ attribute, op: 'in', values, ...(ignoreCase ? { ignoreCase } : {}) })
  if (operand.includes(null)) choices.push(MISSING(attribute))
  const [only] = choices
  return said(only !== undefined && choices.length === 1 ? only : { any: choices }, 'list')
}

/** Only numbers are ordered alike; what is missing is 0 there. */
function ordered(attribute: string, op: string, operand: JsonValue): Said | undefined {
  const named = NUMBER_OPS[op]
  if (typeof operand !== 'number' || named === undefined) return undefined
  const test: Condition = { attribute, op: named, values: [operand] }
  const zero = { $lt: 0 < operand, $lte: 0 <= operand, $gt: 0 > operand, $gte: 0 >= operand }
  const missing = Object.entries(zero).some(([name, holds]) => name === op && holds)
  return said(missing ? { any: [test, MISSING(attribute)] } : test, 'number')
}

/** Only whole releases are compared alike with every version; what is missing is the version `0` there. */
function versioned(attribute: string, op: string, operand: JsonValue): Said | undefined {
  const named = VERSION_OPS[op]
  if (typeof operand !== 'string' || named === undefined || !/^v?\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(operand))
    return undefined
  const test: Comparison = { attribute, op: named, values: [operand] }
  if (op === '$vne') return said({ not: test }, 'version')
  const missing = paddedVersion(null) < paddedVersion(operand) && op.startsWith('$vl')
  return said(missing ? { any: [test, MISSING(attribute)] } : test, 'version')
}

/** What is missing is the text `null` there. */
function pattern(attribute: string, operand: JsonValue, ignoreCase: boolean): Said | undefined {
  if (typeof operand !== 'string') return said(NOBODY)
  if (!isJavaScriptPattern(operand)) return said(NOBODY, 'unknown')
  const test: Comparison = {
    attribute,
    op: 'matches',
    values: [operand],
    ...(ignoreCase ? { ignoreCase } : {}),
  }
  const problem = comparisonProblem(test)
  if (problem !== undefined)
    throw new NotHere(`its pattern ${JSON.stringify(operand)} cannot be used: ${problem}`)
  const fitsNull = compileRegExp(operand, ignoreCase)('null')
  return said(fitsNull ? { any: [test, MISSING(attribute)] } : test, 'pattern')
}

function isTruthy(value: JsonValue): boolean {
  return Boolean(value)
}

function membersOf(value: JsonValue): readonly JsonValue[] {
  return isList(value) ? value : []
}

/**
 * The condition with its saved groups written out, and with `id`, by which GrowthBook knows people, as our
 * targeting key. A group that is unknown has no members; one of another kind holds for nobody.
 */
export function writtenOut(
  condition: JsonValue,
  groups: JsonObject,
  visited: readonly string[] = [],
): JsonValue {
  if (!isObject(condition)) return condition
  const inner = (it: JsonValue): JsonValue => writtenOut(it, groups, visited)
  const { $savedGroup: reference, ...rest } = condition
  if (reference !== undefined) return { $and: [inner(rest), savedGroup(reference, groups, visited)] }
  const entries = Object.entries(rest).map(([name, it]): [string, JsonValue] => {
    if (name === '$and' || name === '$or' || name === '$nor') return [name, membersOf(it).map(inner)]
    if (name === '$not') return [name, inner(it)]
    return [attributeName(name), withoutGroups(it, groups)]
  })
  return Object.fromEntries(entries)
}

/** `id` is the targeting key here; everything else keeps its name. */
export function attributeName(name: string): string {
  return name === 'id' ? 'targetingKey' : name
}

const HOLDS_NEVER: JsonValue = { $nor: [{}] }

function savedGroup(reference: JsonValue, groups: JsonObject, visited: readonly string[]): JsonValue {
  if (!isObject(reference)) return HOLDS_NEVER
  const { id, attributeKey } = reference
  if (typeof id !== 'string' || visited.includes(id)) return HOLDS_NEVER
  if (attributeKey !== undefined && typeof attributeKey !== 'string') return HOLDS_NEVER
  const group = Object.hasOwn(groups, id) ? groups[id] : undefined
  if (!isObject(group)) return HOLDS_NEVER
  if (group['type'] === 'list') {
    const key = attributeKey ?? group['attributeKey']
    const { values } = group
    if (typeof key !== 'string' || !isList(values)) return HOLDS_NEVER
    return { [attributeName(key)]: { $in: values } }
  }
  if (group['type'] !== 'condition' || !isObject(group['condition'])) return HOLDS_NEVER
  return writtenOut(group['condition'], groups, [...visited, id])
}

/** `$inGroup` as the members of the group; what is no list of members holds neither way. */
function withoutGroups(test: JsonValue, groups: JsonObject): JsonValue {
  if (isList(test)) return test
  if (!isObject(test)) return test
  return Object.fromEntries(
    Object.entries(test).map(([op, it]): [string, JsonValue] => {
      if (op !== '$inGroup' && op !== '$notInGroup') return [op, withoutGroups(it, groups)]
      return [op === '$inGroup' ? '$in' : '$nin', groupMembers(it, groups)]
    }),
  )
}

function groupMembers(id: JsonValue, groups: JsonObject): JsonValue {
  const group = typeof id === 'string' && Object.hasOwn(groups, id) ? groups[id] : []
  if (group === undefined || isList(group)) return group ?? []
  if (!isObject(group) || group['type'] !== 'list') return null
  return isList(group['values']) ? group['values'] : null
}
