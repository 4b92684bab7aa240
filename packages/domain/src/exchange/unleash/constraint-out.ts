/**
 * Comparisons as constraints of Unleash, which ask contexts whose fields are text. What their lists
 * cannot hold (empty texts, blanks at the ends, which their SDKs cut off) becomes a regular expression.
 */
import type { Comparison } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { WHOLE_VERSION } from './constraint.ts'
import type { Constraint } from './model.ts'

const NUMBER_OPS = {
  'less-than': 'NUM_LT',
  'at-most': 'NUM_LTE',
  'more-than': 'NUM_GT',
  'at-least': 'NUM_GTE',
} as const
const TEXT_OPS = {
  'starts-with': 'STR_STARTS_WITH',
  'ends-with': 'STR_ENDS_WITH',
  contains: 'STR_CONTAINS',
} as const
const VERSION_OPS: Readonly<Record<string, string>> = {
  'version-equals': 'SEMVER_EQ',
  'version-more-than': 'SEMVER_GT',
  'version-at-least': 'SEMVER_GTE',
  'version-less-than': 'SEMVER_LT',
  'version-at-most': 'SEMVER_LTE',
}
/** Longer lists are no answer to give to every SDK again and again. */
const MOST_VALUES = 10_000

/** The field that an attribute is in contexts of Unleash. */
export function fieldOf(attribute: string): string {
  return attribute === 'targetingKey' ? 'userId' : attribute
}

/** Whether a field is there and not empty. */
export function thereConstraint(attribute: string): Constraint {
  return { contextName: fieldOf(attribute), operator: 'REGEX', value: '(?s).' }
}

/** The constraint that holds where the comparison does. Throws NotHere where there is none. */
export function constraintOf(comparison: Comparison): Constraint {
  if ('contextKind' in comparison) throw new NotHere('it asks for a kind of context')
  const { op } = comparison
  const contextName = fieldOf(comparison.attribute)
  switch (op) {
    case 'equals':
    case 'in':
      return oneOf(contextName, comparison.values.map(String), comparison.ignoreCase === true)
    case 'starts-with':
    case 'ends-with':
    case 'contains':
      return textConstraint(contextName, op, comparison)
    case 'less-than':
    case 'at-most':
    case 'more-than':
    case 'at-least':
      return { contextName, operator: NUMBER_OPS[op], value: String(comparison.values[0]) }
    case 'matches':
      return pattern(
        contextName,
        comparison.values.map((it) => `(?:${it})`).join('|'),
        comparison.ignoreCase === true,
      )
    case 'before':
    case 'after':
      if (contextName !== 'currentTime')
        throw new NotHere(`it compares the date ${contextName}: SDKs of Unleash compare the time only`)
      return {
        contextName,
        operator: op === 'after' ? 'DATE_AFTER' : 'DATE_BEFORE',
        value: comparison.values[0],
      }
    case 'in-cidr':
      return { contextName, operator: 'IN_CIDR', values: [...comparison.values] }
    case 'exists':
      return { contextName, operator: 'REGEX', value: '' }
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor':
      return versionConstraint(contextName, op, comparison.values[0])
  }
}

/** Whether it is the pattern that an import puts beside a comparison of versions. */
export function asksForWholeVersion(comparison: Comparison): boolean {
  return (
    comparison.op === 'matches' && comparison.values.length === 1 && comparison.values[0] === WHOLE_VERSION
  )
}

function oneOf(contextName: string, values: readonly string[], ignoreCase: boolean): Constraint {
  if (values.length > MOST_VALUES) throw new NotHere(`a list of it has more than ${MOST_VALUES} values`)
  if (!ignoreCase && values.every((it) => it !== '' && it.trim() === it))
    return { contextName, operator: 'IN', values }
  return pattern(contextName, String.raw`\A(?:${alternatives(values)})\z`, ignoreCase)
}

function textConstraint(
  contextName: string,
  op: keyof typeof TEXT_OPS,
  { values, ignoreCase = false }: { readonly values: readonly string[]; readonly ignoreCase?: boolean },
): Constraint {
  if (values.every((it) => it !== '' && it.trim() === it))
    return {
      contextName,
      operator: TEXT_OPS[op],
      values: [...values],
      ...(ignoreCase ? { caseInsensitive: true } : {}),
    }
  const some = `(?:${alternatives(values)})`
  const around = { 'starts-with': String.raw`\A${some}`, 'ends-with': String.raw`${some}\z`, contains: some }
  return pattern(contextName, around[op], ignoreCase)
}

function alternatives(values: readonly string[]): string {
  return values.map((it) => it.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|')
}

function pattern(contextName: string, value: string, ignoreCase: boolean): Constraint {
  return { contextName, operator: 'REGEX', value, ...(ignoreCase ? { caseInsensitive: true } : {}) }
}

function versionConstraint(contextName: string, op: string, given: string): Constraint {
  const operator = VERSION_OPS[op]
  const [, major, minor = '0', patch = '0', rest = ''] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(given) ?? []
  if (operator === undefined || major === undefined)
    throw new NotHere(`it compares versions by ${op}, which SDKs of Unleash do not`)
  return { contextName, operator, value: `${major}.${minor}.${patch}${rest}` }
}
