/**
 * GO Feature Flag's queries as conditions. There a comparison holds only for an attribute of its type, so a
 * missing one fails `ne` as well; texts are compared in any case, but for `in`. A path into an object stays a
 * kept condition. The context has `key` for the targeting key, and `anonymous`, which is false where it is missing.
 */
import type { Condition, JsonObject, JsonValue, VersionOperator } from '@flagmarshal/evaluation'

import { conditionOf } from '../flagd-logic.ts'
import { isList, isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'
import { parseQuery } from './query.ts'
import type { Operand, Operator, Query } from './query.ts'

/** What of a query is not quite the same here. */
export type Difference = 'number' | 'version' | 'logic'

/** The condition of a query. Throws NotHere for what no condition says, a SyntaxError where it cannot be read. */
export function goffCondition(query: string, note: (difference: Difference) => void): Condition {
  const text = query.trim()
  if (text === '') return { all: [] }
  const logic = text.startsWith('{') ? parsedLogic(text) : undefined
  if (logic === undefined) return conditionFrom(parseQuery(text), note)
  note('logic')
  return conditionOf(withOurKey(logic))
}

function parsedLogic(text: string): JsonValue | undefined {
  try {
    // Whatever JSON has is a JsonValue.
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function withOurKey(logic: JsonValue): JsonValue {
  if (isList(logic)) return logic.map(withOurKey)
  if (!isObject(logic)) return logic
  return Object.fromEntries(
    Object.entries(logic).map(([op, it]): [string, JsonValue] => {
      const [name, ...others] = isList(it) ? it : [it]
      if (op !== 'var' || typeof name !== 'string') return [op, withOurKey(it)]
      if (name === 'anonymous' && others.length === 0) return [op, ['anonymous', false]]
      return [op, [attributeName(name), ...others]]
    }),
  )
}

function attributeName(name: string): string {
  return name === 'key' ? 'targetingKey' : name
}

function conditionFrom(query: Query, note: (difference: Difference) => void): Condition {
  switch (query.kind) {
    case 'and':
      return { all: [conditionFrom(query.left, note), conditionFrom(query.right, note)] }
    case 'or':
      return { any: [conditionFrom(query.left, note), conditionFrom(query.right, note)] }
    case 'not':
      return { not: conditionFrom(query.query, note) }
    case 'present':
      return comparison(query.path, 'ne', { type: 'null' }, note)
    case 'compare':
      return comparison(query.path, query.op, query.value, note)
  }
}

function comparison(
  path: readonly string[],
  op: Operator,
  operand: Operand,
  note: (difference: Difference) => void,
): Condition {
  const [first = '', ...below] = path
  const attribute = attributeName(first)
  if (operand.type === 'version') note('version')
  if (operand.type === 'whole') note('number')
  if (below.length === 0) return ofAttribute(attribute, op, operand)
  const kept = ofPath(op, operand)
  return { jsonLogic: { growthbook: { [[attribute, ...below].join('.')]: kept } } }
}

/** What every context has there: a key that is missing is an empty text. */
const ALWAYS_THERE = new Set(['targetingKey', 'anonymous'])

const EVERYTHING = (attribute: string): Condition => ({ attribute, op: 'exists' })

function ofAttribute(attribute: string, op: Operator, operand: Operand): Condition {
  switch (operand.type) {
    case 'null':
      if (ALWAYS_THERE.has(attribute)) return op === 'ne' ? { all: [] } : { any: [] }
      if (op === 'eq') return { not: EVERYTHING(attribute) }
      if (op === 'ne') return EVERYTHING(attribute)
      throw refused(op, 'null')
    case 'boolean':
      return ofBoolean(attribute, op, operand.value)
    case 'text':
      return withEmptyKey(attribute, op, operand.value)
    case 'version':
      return ofVersion(attribute, op, operand.value)
    case 'whole':
    case 'decimal':
      return ofNumber(attribute, op, operand.value)
    case 'texts':
    case 'wholes':
    case 'decimals':
      return op === 'in' ? { attribute, op: 'in', values: operand.values } : { any: [] }
  }
}

/** Whoever is not said to be anonymous is not. */
function ofBoolean(attribute: string, op: Operator, value: boolean): Condition {
  if (op !== 'eq' && op !== 'ne') throw refused(op, 'a boolean')
  const wanted = op === 'eq' ? value : !value
  const test: Condition = { attribute, op: 'equals', values: [wanted] }
  return attribute === 'anonymous' && !wanted ? { not: { ...test, values: [true] } } : test
}

function withEmptyKey(attribute: string, op: Operator, value: string): Condition {
  const test = ofText(attribute, op, value)
  const holds = op === 'ne' ? value !== '' : op !== 'in' && value === ''
  return attribute === 'targetingKey' && holds ? { any: [test, { not: EVERYTHING(attribute) }] } : test
}

function ofText(attribute: string, op: Operator, value: string): Condition {
  const shared = { attribute, values: [value], ignoreCase: true }
  switch (op) {
    case 'eq':
      return { ...shared, op: 'equals' }
    case 'ne':
      // Every text begins with an empty one, and nothing else does.
      return {
        all: [{ attribute, op: 'starts-with', values: [''] }, { not: { ...shared, op: 'equals' } }],
      }
    case 'co':
      return { ...shared, op: 'contains' }
    case 'sw':
      return { ...shared, op: 'starts-with' }
    case 'ew':
      return { ...shared, op: 'ends-with' }
    case 'in':
      return { any: [] }
    case 'gt':
    case 'lt':
    case 'ge':
    case 'le':
      throw new NotHere(`its query orders texts (${op}), which no condition here does`)
  }
}

const NUMBER_OPS = { gt: 'more-than', ge: 'at-least', lt: 'less-than', le: 'at-most' } as const

function ofNumber(attribute: string, op: Operator, value: number): Condition {
  switch (op) {
    case 'eq':
      return { attribute, op: 'equals', values: [value] }
    case 'ne':
      return {
        any: [
          { attribute, op: 'less-than', values: [value] },
          { attribute, op: 'more-than', values: [value] },
        ],
      }
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return { attribute, op: NUMBER_OPS[op], values: [value] }
    case 'in':
      return { any: [] }
    case 'co':
    case 'sw':
    case 'ew':
      throw refused(op, 'a number')
  }
}

const VERSION_OPS: Readonly<Partial<Record<Operator, VersionOperator>>> = {
  eq: 'version-equals',
  gt: 'version-more-than',
  ge: 'version-at-least',
  lt: 'version-less-than',
  le: 'version-at-most',
}

function ofVersion(attribute: string, op: Operator, value: string): Condition {
  const test = (named: VersionOperator): Condition => ({ attribute, op: named, values: [value] })
  if (op === 'ne') return { any: [test('version-less-than'), test('version-more-than')] }
  const named = VERSION_OPS[op]
  if (named === undefined) throw refused(op, 'a version')
  return test(named)
}

/** The same below an attribute, as a kept condition. */
function ofPath(op: Operator, operand: Operand): JsonObject {
  switch (operand.type) {
    case 'null':
      if (op === 'eq' || op === 'ne') return { $exists: op === 'ne' }
      throw refused(op, 'null')
    case 'boolean':
      if (op === 'eq') return { $eq: operand.value }
      if (op === 'ne') return { $eq: !operand.value }
      throw refused(op, 'a boolean')
    case 'text':
      return { $type: 'string', ...textBelow(op, operand.value) }
    case 'whole':
    case 'decimal': {
      const named = { eq: '$eq', ne: '$ne', gt: '$gt', ge: '$gte', lt: '$lt', le: '$lte' } as const
      if (op === 'co' || op === 'sw' || op === 'ew' || op === 'in') throw refused(op, 'a number')
      return { $type: 'number', [named[op]]: operand.value }
    }
    case 'texts':
      return { $type: 'string', $in: op === 'in' ? [...operand.values] : [] }
    case 'wholes':
    case 'decimals':
      return { $type: 'number', $in: op === 'in' ? [...operand.values] : [] }
    case 'version':
      throw new NotHere('its query compares a version below an attribute')
  }
}

function textBelow(op: Operator, value: string): JsonObject {
  const pattern = value.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
  switch (op) {
    case 'eq':
      return { $ini: [value] }
    case 'ne':
      return { $nini: [value] }
    case 'co':
      return { $regexi: pattern }
    case 'sw':
      return { $regexi: `^${pattern}` }
    case 'ew':
      return { $regexi: `${pattern}$` }
    case 'in':
      return { $in: [] }
    case 'gt':
    case 'lt':
    case 'ge':
    case 'le':
      throw new NotHere(`its query orders texts (${op}), which no condition here does`)
  }
}

/** What GO Feature Flag itself refuses when it evaluates. */
function refused(op: Operator, what: string): NotHere {
  return new NotHere(`its query asks ${what} for "${op}", which GO Feature Flag refuses as well`)
}
