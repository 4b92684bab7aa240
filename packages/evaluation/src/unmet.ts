/**
 * Why a condition does not hold, in words: the first part of it that failed.
 *
 * Truth comes from the compiled comparisons themselves, so that an explanation cannot disagree with
 * the evaluation; this file only adds the words. Values are quoted, because an explanation is for
 * people who may see the context that they typed in; it never goes into a log.
 */
import { attribute } from './attribute.ts'
import { compileCondition } from './condition.ts'
import type { ConditionParts } from './condition.ts'
import { kindReader } from './kind-attribute.ts'
import type { Comparison, Condition, EvaluationContext, VersionOperator } from './model.ts'

/** The first part of the condition that does not hold for this context, as a clause; `undefined` if all of it holds. */
export function unmet(
  condition: Condition,
  context: EvaluationContext,
  parts: ConditionParts,
): string | undefined {
  if (compileCondition(condition, parts)(context)) return undefined

  if ('all' in condition) {
    for (const inner of condition.all) {
      const clause = unmet(inner, context, parts)
      if (clause !== undefined) return clause
    }
  }
  if ('any' in condition) {
    if (condition.any.length === 0) return 'a choice of no conditions never holds'
    const clauses = condition.any.flatMap((inner) => unmet(inner, context, parts) ?? [])
    return clauses.length === 1 ? clauses[0] : `none of these holds: ${clauses.join('; ')}`
  }
  if ('not' in condition) return `this holds, and must not: ${described(condition.not)}`
  if ('segment' in condition) return `the context is not in segment ${quoted(condition.segment)}`
  if ('jsonLogic' in condition) return 'the imported logic does not hold'
  if ('bucketed' in condition) return `this does not hold: ${described(condition)}`
  return 'attribute' in condition ? comparisonUnmet(condition, context) : 'it does not hold'
}

/** A condition as a clause: `"plan" is "pro"`. */
export function described(condition: Condition): string {
  if ('all' in condition) {
    return condition.all.length === 0 ? 'everybody' : condition.all.map(described).join(' and ')
  }
  if ('any' in condition) {
    return condition.any.length === 0 ? 'nobody' : condition.any.map(described).join(' or ')
  }
  if ('not' in condition) return `not (${described(condition.not)})`
  if ('segment' in condition) return `in segment ${quoted(condition.segment)}`
  if ('jsonLogic' in condition) return `the imported logic ${quoted(JSON.stringify(condition.jsonLogic))}`
  if ('bucketed' in condition) return `the bucket of ${quoted(condition.bucketed.by)} is in a range`
  if ('malformed' in condition) return `what cannot be evaluated (${condition.malformed})`
  return `${named(condition)} is ${expectation(condition)}`
}

function named({ attribute: name, contextKind }: Comparison): string {
  return contextKind === undefined
    ? quoted(name)
    : `${quoted(name)} of the context of kind ${quoted(contextKind)}`
}

function comparisonUnmet(comparison: Comparison, context: EvaluationContext): string {
  const name = named(comparison)
  const { attribute: its, contextKind } = comparison
  const value = contextKind === undefined ? attribute(context, its) : kindReader(contextKind, its)(context)
  if (value === undefined || value === null) return `${name} is missing`
  return `${name} is ${quoted(value)}, must be: ${expectation(comparison)}`
}

function expectation(comparison: Comparison): string {
  switch (comparison.op) {
    case 'exists':
      return 'present'
    case 'equals':
    case 'in':
      return `${alternatives(comparison.values)}${folding(comparison)}`
    case 'starts-with':
      return `a text that starts with ${alternatives(comparison.values)}${folding(comparison)}`
    case 'ends-with':
      return `a text that ends with ${alternatives(comparison.values)}${folding(comparison)}`
    case 'contains':
      return `a text that contains ${alternatives(comparison.values)}${folding(comparison)}`
    case 'matches':
      return `a text that matches ${alternatives(comparison.values)}${folding(comparison)}`
    case 'before':
    case 'after':
      return `an instant ${comparison.op} ${comparison.values[0]}`
    case 'version-equals':
    case 'version-less-than':
    case 'version-at-most':
    case 'version-more-than':
    case 'version-at-least':
    case 'version-same-major':
    case 'version-same-minor':
      return `a version ${VERSION_WORDS[comparison.op]} ${comparison.values[0]}`
    case 'in-cidr':
      return `an IP address in ${alternatives(comparison.values)}`
    case 'less-than':
      return `a number less than ${comparison.values[0]}`
    case 'at-most':
      return `a number of at most ${comparison.values[0]}`
    case 'more-than':
      return `a number more than ${comparison.values[0]}`
    case 'at-least':
      return `a number of at least ${comparison.values[0]}`
  }
}

const VERSION_WORDS: Readonly<Record<VersionOperator, string>> = {
  'version-equals': 'equal to',
  'version-less-than': 'lower than',
  'version-at-most': 'of at most',
  'version-more-than': 'higher than',
  'version-at-least': 'of at least',
  'version-same-major': 'with the major number of',
  'version-same-minor': 'with the major and minor number of',
}

function folding(comparison: { readonly ignoreCase?: boolean }): string {
  return comparison.ignoreCase === true ? ' (in any case)' : ''
}

/** `"a"`, `"a" or "b"`, at most five of them. */
function alternatives(values: readonly unknown[]): string {
  if (values.length === 0) return 'one of no values'
  const shown = values.slice(0, 5).map(quoted)
  if (values.length > shown.length) shown.push(`${values.length - shown.length} others`)
  const last = shown.pop()
  return shown.length === 0 ? `${last}` : `${shown.join(', ')} or ${last}`
}

/** A value as it is shown: short, and never by calling anything on an object of the context. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return `a value of type ${typeof value}`
}
