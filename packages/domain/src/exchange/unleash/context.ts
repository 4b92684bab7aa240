/**
 * Contexts of Unleash, all of whose fields are text, and flags as they are asked with such contexts.
 *
 * Here an attribute has a type, and nothing is converted: a condition on a number does not hold for the
 * text that a query string carries. So a comparison of numbers asks for a second attribute beside the
 * text, which is the number that it reads as, and lists hold the texts of their numbers.
 */
import type { Comparison, Condition, EvaluationContext, Flag, Rule, Segment } from '@flagmarshal/evaluation'

/** A context as SDKs of Unleash send it. */
export interface UnleashContext {
  readonly [field: string]: unknown
  readonly properties?: unknown
}

const NUMBER = '#number:'
const NUMBER_OPS: ReadonlySet<string> = new Set(['less-than', 'at-most', 'more-than', 'at-least'])

/** The context for flags that `textual` has made ready. The user is the targeting key. */
export function contextOf({ properties, ...fields }: UnleashContext): EvaluationContext {
  const context = new Map<string, string | number>()
  for (const [name, value] of [...entriesOf(properties), ...entriesOf(fields)]) {
    const text = textOf(value)
    if (text === undefined) continue
    context.set(name, text)
    const number = Number(text)
    if (!Number.isNaN(number)) context.set(`${NUMBER}${name}`, number)
  }
  const user = context.get('userId')
  if (user !== undefined) context.set('targetingKey', user)
  return Object.fromEntries(context)
}

/** Flags and segments that ask such contexts what they ask others. */
export function textual({
  flags,
  segments,
}: {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}): {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
} {
  return {
    flags: flags.map((flag) => ({ ...flag, rules: flag.rules.map(textualRule) })),
    segments: segments.map((it) => (it.when === undefined ? it : { ...it, when: textualCondition(it.when) })),
  }
}

function textualRule(rule: Rule): Rule {
  const when = textualCondition(rule.when)
  if (!('exposure' in rule.serve)) return { ...rule, when }
  const { exposure } = rule.serve
  const audiences = exposure.audiences.map((it) => ({ ...it, when: textualCondition(it.when) }))
  return { ...rule, when, serve: { exposure: { ...exposure, audiences } } }
}

function textualCondition(condition: Condition): Condition {
  if ('all' in condition) return { all: condition.all.map(textualCondition) }
  if ('any' in condition) return { any: condition.any.map(textualCondition) }
  if ('not' in condition) return { not: textualCondition(condition.not) }
  return 'op' in condition ? textualComparison(condition) : condition
}

function textualComparison(comparison: Comparison): Condition {
  if (NUMBER_OPS.has(comparison.op)) return { ...comparison, attribute: `${NUMBER}${comparison.attribute}` }
  if (comparison.op !== 'equals' && comparison.op !== 'in') return comparison
  return { ...comparison, values: [...new Set(comparison.values.flatMap((it) => [it, String(it)]))] }
}

/** What their SDKs make of a value; lists and objects are none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
