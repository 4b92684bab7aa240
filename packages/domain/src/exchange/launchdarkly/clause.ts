/**
 * LaunchDarkly's clauses as conditions. A clause holds if one of its values fits, of a list of values if
 * one of them does; negated, it needs the attribute to be there all the same.
 */
import { compileRegExp, kindInstant, kindVersion } from '@flagmarshal/evaluation'
import type { Comparison, Condition, JsonValue } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { isScalar } from './json.ts'
import type { Clause } from './model.ts'
import { referenceOf } from './reference.ts'

/** What clauses ask segments. */
export interface InSegment {
  /** Undefined for a segment that is not there. Throws NotHere for one that is left out. */
  readonly condition: (key: string) => Condition | undefined
  /** Whether a condition may come to what cannot be evaluated. */
  readonly isSound: (condition: Condition) => boolean
}

/** What is worth saying of a clause. */
export interface Notes {
  readonly high: (message: string) => void
  readonly medium: (message: string) => void
  readonly low: (message: string) => void
}

const NOBODY: Condition = { any: [] }

/**
 * The conditions of the clauses of a rule. LaunchDarkly's Node.js SDK goes on after a clause that is malformed
 * as if it held, and forgets of it unless it was the last one.
 */
export function clauseConditions(
  clauses: readonly Clause[],
  inSegment: InSegment,
  notes: Notes,
): readonly Condition[] {
  return clauses.flatMap((clause, index) => {
    const condition = clauseCondition(clause, inSegment, notes)
    if (index === clauses.length - 1 || inSegment.isSound(condition)) return [condition]
    if (!('malformed' in condition))
      throw new NotHere(
        'a clause of it asks for a segment that is malformed or leads in a circle, and is not the last one',
      )
    notes.medium(
      'A malformed clause stands before others: it counts as if it held, as in LaunchDarkly’s SDK for Node.js; other SDKs end with an error.',
    )
    return []
  })
}

/** The condition of a clause. Throws NotHere where it cannot be said. */
function clauseCondition(clause: Clause, inSegment: InSegment, notes: Notes): Condition {
  if (clause.op === 'segmentMatch') return segmentClause(clause, inSegment, notes)
  const { attribute: given, contextKind, negate } = clause
  const attribute = given === undefined ? undefined : referenceOf(given, contextKind !== undefined)
  if (attribute === undefined)
    return { malformed: 'a clause names no attribute, or by a malformed reference' }
  if (given?.startsWith('/~') === true && contextKind !== undefined)
    notes.medium(
      `It asks for the attribute ${given}, which LaunchDarkly’s JavaScript SDKs read in another way than its other SDKs: it is read as in JavaScript.`,
    )
  const place = { attribute, contextKind: contextKind ?? 'user' }
  const fits = anyOf(comparisonsOf(clause, place, notes))
  return negate ? { all: [{ ...place, op: 'exists' }, { not: fits }] } : fits
}

function segmentClause({ values, negate }: Clause, inSegment: InSegment, notes: Notes): Condition {
  const within = values.flatMap((key) => {
    const condition = typeof key === 'string' ? inSegment.condition(key) : undefined
    if (condition === undefined)
      notes.medium(
        `It asks for the segment ${JSON.stringify(key)}, which is not in the file: nobody is in it.`,
      )
    return condition === undefined ? [] : [condition]
  })
  const fits = anyOf(within)
  return negate ? { not: fits } : fits
}

interface Place {
  readonly attribute: string
  readonly contextKind: string
}

function comparisonsOf(clause: Clause, place: Place, notes: Notes): readonly Comparison[] {
  const { op, values } = clause
  switch (op) {
    case 'in':
      return listed({ ...place, op: 'in', values: kept(values, isScalar, notes) })
    case 'startsWith':
      return listed({ ...place, op: 'starts-with', values: kept(values, isText, notes) })
    case 'endsWith':
      return listed({ ...place, op: 'ends-with', values: kept(values, isText, notes) })
    case 'contains':
      return listed({ ...place, op: 'contains', values: kept(values, isText, notes) })
    case 'matches':
      return listed({ ...place, op: 'matches', values: patterns(kept(values, isText, notes), notes) })
    case 'lessThan':
      return kept(values, isNumber, notes).map((it) => ({ ...place, op: 'less-than', values: [it] }))
    case 'lessThanOrEqual':
      return kept(values, isNumber, notes).map((it) => ({ ...place, op: 'at-most', values: [it] }))
    case 'greaterThan':
      return kept(values, isNumber, notes).map((it) => ({ ...place, op: 'more-than', values: [it] }))
    case 'greaterThanOrEqual':
      return kept(values, isNumber, notes).map((it) => ({ ...place, op: 'at-least', values: [it] }))
    case 'before':
    case 'after':
      return instants(values, notes).map((it) => ({ ...place, op, values: [it] }))
    case 'semVerEqual':
      return versions(values, notes).map((it) => ({ ...place, op: 'version-equals', values: [it] }))
    case 'semVerLessThan':
      return versions(values, notes).map((it) => ({ ...place, op: 'version-less-than', values: [it] }))
    case 'semVerGreaterThan':
      return versions(values, notes).map((it) => ({ ...place, op: 'version-more-than', values: [it] }))
    default:
      notes.medium(
        `It has the operator ${JSON.stringify(op)}, which the SDK that this import was compared with does not know, either: it never holds, here as there.`,
      )
      return []
  }
}

function listed(comparison: Comparison): readonly Comparison[] {
  return 'values' in comparison && comparison.values.length > 0 ? [comparison] : []
}

function anyOf(conditions: readonly Condition[]): Condition {
  const [only] = conditions
  if (only === undefined) return NOBODY
  return conditions.length === 1 ? only : { any: conditions }
}

/** The values that an operator can compare with; LaunchDarkly finds none of the others in any context. */
function kept<Value extends JsonValue>(
  values: readonly JsonValue[],
  is: (value: JsonValue) => value is Value,
  notes: Notes,
): readonly Value[] {
  const found = values.filter(is)
  if (found.length < values.length)
    notes.low('A clause of it compares with values that its operator cannot compare with; they are left out.')
  return found
}

function isText(value: JsonValue): value is string {
  return typeof value === 'string'
}

function isNumber(value: JsonValue): value is number {
  return typeof value === 'number'
}

/** Escapes and groups that mean something else in the language's own expressions, which LaunchDarkly's Node.js SDK uses. */
const OTHERWISE = /\\[AzaQEpP]|\[\[:|\[\^?\]|\(\?P|\\[xu]\{/
/** What sees texts outside ASCII, and line ends, in another way. */
const NEARLY = /\\[sS]|\.|\[\^|\\[DW]|[\u0080-\uffff]/

/** Patterns that fit the same texts here; one that is no pattern fits none. */
function patterns(values: readonly string[], notes: Notes): readonly string[] {
  return values.filter((pattern) => {
    if (!isPattern(pattern)) {
      notes.medium(
        `It has the pattern ${JSON.stringify(pattern)}, which is no pattern for LaunchDarkly’s Node.js SDK: it never holds, here as there.`,
      )
      return false
    }
    if (OTHERWISE.test(pattern))
      throw new NotHere(
        `its pattern ${JSON.stringify(pattern)} means one thing in JavaScript and another here`,
      )
    try {
      compileRegExp(pattern, false)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new NotHere(`its pattern ${JSON.stringify(pattern)} cannot be matched here: ${why}`)
    }
    if (NEARLY.test(pattern))
      notes.medium(
        `Its pattern ${JSON.stringify(pattern)} may fit other texts here where they have line ends other than \\n, blanks outside ASCII or emoji.`,
      )
    return true
  })
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}

/** The last millisecond that a date can say. */
const LAST_INSTANT = 8.64e15

/** Times as RFC 3339. */
function instants(values: readonly JsonValue[], notes: Notes): readonly string[] {
  const found = values.flatMap((value) => {
    const at = kindInstant(value)
    if (at === undefined || Number.isNaN(at)) return []
    if (!Number.isInteger(at) || Math.abs(at) > LAST_INSTANT)
      throw new NotHere(`it compares with the time ${at}, which is no date in milliseconds`)
    const text = new Date(at).toISOString()
    if (!/^\d{4}-/.test(text))
      throw new NotHere(`it compares with a time in the year ${text.split('-', 2).join('-')}`)
    return [text]
  })
  if (found.length < values.length) notes.low('A clause of it compares with what is no time; it never holds.')
  return found
}

/** Versions that can be compared with, completed to three numbers. */
function versions(values: readonly JsonValue[], notes: Notes): readonly string[] {
  const found = values.flatMap((value) => {
    const version = kindVersion(value)
    return version === undefined ? [] : [version]
  })
  if (found.length < values.length)
    notes.low('A clause of it compares with what is no version; it never holds.')
  return found
}
