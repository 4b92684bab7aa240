/** Configurations in words: what people compare, and what readers of a screen hear. */
import { percentsOf } from './config-draft.ts'
import type { Condition, Rule } from './config-draft.ts'

const OPS: Readonly<Record<string, string>> = {
  equals: 'is',
  in: 'is one of',
  'starts-with': 'starts with',
  'ends-with': 'ends with',
  contains: 'contains',
  'less-than': '<',
  'at-most': '≤',
  'more-than': '>',
  'at-least': '≥',
  exists: 'is there',
}

/** `country is one of "FI", "SE" and segment beta`. */
export function conditionWords(when: Condition): string {
  if ('all' in when) return when.all.length === 0 ? 'everybody' : joined(when.all, ' and ')
  if ('any' in when) return when.any.length === 0 ? 'nobody' : joined(when.any, ' or ')
  if ('not' in when) return `not (${conditionWords(when.not)})`
  if ('segment' in when) return `in segment ${when.segment}`
  const op = OPS[when.op] ?? when.op
  if (when.op === 'exists') return `${when.attribute} ${op}`
  const values = when.values.slice(0, 8).map((it) => JSON.stringify(it))
  const more = when.values.length > 8 ? ` and ${when.values.length - 8} more` : ''
  const caseless = 'ignoreCase' in when && (when.ignoreCase ?? false) ? ', in any case' : ''
  return `${when.attribute} ${op} ${values.join(', ')}${more}${caseless}`
}

function joined(parts: readonly Condition[], word: string): string {
  return parts
    .map((it) => ('all' in it || 'any' in it ? `(${conditionWords(it)})` : conditionWords(it)))
    .join(word)
}

/** `on`, or `10 % on, 20 % blue by targetingKey`. */
export function serveWords(serve: Rule['serve']): string {
  if ('variant' in serve) return serve.variant
  if ('exposure' in serve) return `${serve.exposure.variant}, by the rollout`
  const percents = [...percentsOf(serve.allocation)].map(([variant, it]) => `${it} % ${variant}`)
  return `${percents.join(', ') || '0 %'} by ${serve.allocation.by}`
}

/** One line for a rule. */
export function ruleWords(rule: Rule): string {
  return `${rule.name}: ${conditionWords(rule.when)} → ${serveWords(rule.serve)}`
}
