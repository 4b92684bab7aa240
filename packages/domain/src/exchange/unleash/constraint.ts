/**
 * Constraints as conditions. A field of Unleash's context is text, whatever it was given as; here an
 * attribute has a type, so lists hold numbers and booleans beside the texts that mean them.
 */
import { comparisonProblem } from '@flagmarshal/evaluation'
import type { Comparison, Condition } from '@flagmarshal/evaluation'

import type { Severity } from '../report.ts'
import type { Constraint } from './model.ts'

/** Says what is not the same, of whatever is being translated. */
export type Note = (severity: Severity, message: string) => void

/** Holds for nobody. */
export const NOBODY: Condition = { any: [] }

/** Semantic versions only, whole and without a `v`: Unleash takes no others. */
export const WHOLE_VERSION = String.raw`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`
const VERSION_OPS = {
  SEMVER_EQ: 'version-equals',
  SEMVER_GT: 'version-more-than',
  SEMVER_GTE: 'version-at-least',
  SEMVER_LT: 'version-less-than',
  SEMVER_LTE: 'version-at-most',
} as const
const NUMBER_OPS = {
  NUM_EQ: ['at-least', 'at-most'],
  NUM_GT: ['more-than'],
  NUM_GTE: ['at-least'],
  NUM_LT: ['less-than'],
  NUM_LTE: ['at-most'],
} as const
const TEXT_OPS = {
  STR_STARTS_WITH: 'starts-with',
  STR_ENDS_WITH: 'ends-with',
  STR_CONTAINS: 'contains',
} as const
const DATE_OPS = { DATE_AFTER: 'after', DATE_BEFORE: 'before' } as const
const LISTS = new Set(['IN', 'NOT_IN'])

/** The attribute of a field: users are targeting keys. */
export function attributeOf(field: string): string {
  return field === 'userId' ? 'targetingKey' : field
}

/** The condition that holds where the constraint does. */
export function constraintCondition(constraint: Constraint, note: Note): Condition {
  const { operator, inverted = false, contextName } = constraint
  if (contextName === 'environment' || contextName === 'appName')
    note(
      'MEDIUM',
      `It asks for ${contextName}, which SDKs of Unleash fill in by themselves: elsewhere the application gives it.`,
    )
  const condition = plain(constraint, note)
  if (condition === undefined) {
    note('LOW', `Its operator ${operator} is unknown and never holds, as in Unleash.`)
    return NOBODY
  }
  return inverted ? { not: condition } : condition
}

/** A list of texts that the attribute is one of. */
export function isOneOf(attribute: string, values: readonly string[]): Condition {
  if (values.length === 0) return NOBODY
  return { attribute, op: 'in', values: [...new Set(values.flatMap(meanings))] }
}

/** What a text may have been before it became one. */
function meanings(text: string): readonly (string | number | boolean)[] {
  const number = Number(text)
  if (text !== '' && String(number) === text && Number.isFinite(number)) return [text, number]
  return text === 'true' || text === 'false' ? [text, text === 'true'] : [text]
}

function plain(
  { contextName, operator, values = [], value = '', caseInsensitive }: Constraint,
  note: Note,
): Condition | undefined {
  const attribute = attributeOf(contextName)
  const texts = values.map((it) => it.trim()).filter((it) => it !== '')
  if (LISTS.has(operator)) {
    const listed = isOneOf(
      attribute,
      values.filter((it) => it !== '').map((it) => it.trim()),
    )
    return operator === 'IN' ? listed : { not: listed }
  }
  if (isKeyOf(TEXT_OPS, operator)) {
    if (texts.length === 0) return NOBODY
    return {
      attribute,
      op: TEXT_OPS[operator],
      values: texts,
      ...(caseInsensitive === true ? { ignoreCase: true } : {}),
    }
  }
  if (isKeyOf(NUMBER_OPS, operator)) {
    const number = Number(value)
    if (!Number.isFinite(number)) return NOBODY
    return joined(NUMBER_OPS[operator].map((op) => ({ attribute, op, values: [number] })))
  }
  if (isKeyOf(DATE_OPS, operator)) return dateCondition(DATE_OPS[operator], value, note)
  if (isKeyOf(VERSION_OPS, operator)) {
    if (!new RegExp(WHOLE_VERSION).test(value.replace(/^v/, ''))) return NOBODY
    const whole: Comparison = { attribute, op: 'matches', values: [WHOLE_VERSION] }
    return { all: [whole, { attribute, op: VERSION_OPS[operator], values: [value] }] }
  }
  if (operator === 'REGEX')
    return usable(
      {
        attribute,
        op: 'matches',
        values: [value],
        ...(caseInsensitive === true ? { ignoreCase: true } : {}),
      },
      note,
    )
  if (operator === 'IN_CIDR') return inBlocks(attribute, texts)
  return undefined
}

/** The time is an attribute here, since an evaluation looks at no clock. */
function dateCondition(op: 'after' | 'before', value: string, note: Note): Condition {
  const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(value) || !value.includes(':')
  const at = Date.parse(zoned ? value : `${value}Z`)
  if (Number.isNaN(at)) return NOBODY
  if (!zoned)
    note(
      'MEDIUM',
      `Its time ${value} has no zone: it is taken as UTC, where Unleash takes that of each machine.`,
    )
  note(
    'MEDIUM',
    'It asks for the time, which is the attribute currentTime here: without it the constraint does not hold.',
  )
  return { attribute: 'currentTime', op, values: [new Date(at).toISOString()] }
}

function inBlocks(attribute: string, blocks: readonly string[]): Condition {
  const usableBlocks = blocks.filter(
    (it) => comparisonProblem({ attribute, op: 'in-cidr', values: [it] }) === undefined,
  )
  return usableBlocks.length === 0 ? NOBODY : { attribute, op: 'in-cidr', values: usableBlocks }
}

function usable(comparison: Comparison, note: Note): Condition {
  const problem = comparisonProblem(comparison)
  if (problem === undefined) return comparison
  note('HIGH', `A regular expression of it cannot be used and never holds: ${problem}.`)
  return NOBODY
}

function isKeyOf<T extends object>(table: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(table, key)
}

/** All of these; one alone stands for itself, and none holds for everybody. */
export function joined(conditions: readonly Condition[]): Condition {
  const [only] = conditions
  return only !== undefined && conditions.length === 1 ? only : { all: conditions }
}

/** Addresses and blocks of the strategy of that name: version 4 blocks, and addresses as they are written. */
export function addressCondition(listed: string): Condition {
  const attribute = 'remoteAddress'
  const parts = listed.split(/\s*,\s*/)
  const blocks = parts.filter((it) => /^[\d./]+$/.test(it))
  return { any: [isOneOf(attribute, parts), inBlocks(attribute, blocks)] }
}
