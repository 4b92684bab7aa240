/** Configurations in words: what people compare, and what readers of a screen hear. */
import type { Allocation, BucketRange, Condition, Prerequisite, Rule } from '@flagmarshal/evaluation'

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
  matches: 'matches',
  before: 'is before',
  after: 'is after',
  'version-equals': 'is version',
  'version-less-than': 'is a version <',
  'version-at-most': 'is a version ≤',
  'version-more-than': 'is a version >',
  'version-at-least': 'is a version ≥',
  'version-same-major': 'has the major version of',
  'version-same-minor': 'has the minor version of',
  'in-cidr': 'is an address in',
  exists: 'is there',
}

/** `country is one of "FI", "SE" and segment beta`. */
export function conditionWords(when: Condition): string {
  if ('all' in when) return when.all.length === 0 ? 'everybody' : joined(when.all, ' and ')
  if ('any' in when) return when.any.length === 0 ? 'nobody' : joined(when.any, ' or ')
  if ('not' in when) return `not (${conditionWords(when.not)})`
  if ('segment' in when) return `in segment ${when.segment}`
  if ('jsonLogic' in when) return `imported logic ${JSON.stringify(when.jsonLogic)}`
  if ('bucketed' in when) return `${spanWords(when.bucketed.ranges)} by ${keyWords(when.bucketed)}`
  if ('malformed' in when) return `an error: ${when.malformed}`
  const op = OPS[when.op] ?? when.op
  const name = keyWords({ by: when.attribute, contextKind: when.contextKind })
  if (when.op === 'exists') return `${name} ${op}`
  const values = when.values.slice(0, 8).map((it) => JSON.stringify(it))
  const more = when.values.length > 8 ? ` and ${when.values.length - 8} more` : ''
  const caseless = 'ignoreCase' in when && (when.ignoreCase ?? false) ? ', in any case' : ''
  return `${name} ${op} ${values.join(', ')}${more}${caseless}`
}

function keyWords({
  by,
  contextKind,
}: {
  readonly by: string
  readonly contextKind?: string | undefined
}): string {
  return contextKind === undefined ? by : `${by} of the ${contextKind}`
}

function spanWords(ranges: readonly BucketRange[]): string {
  return `${ranges.reduce((sum, { from, to }) => sum + to - from, 0) / 1000} % of keys`
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
  return `${percents.join(', ') || '0 %'} by ${keyWords(serve.allocation)}`
}

/** `checkout-v2 serves on or beta`, or `none`. */
export function prerequisiteWords(prerequisites: readonly Prerequisite[] = []): string {
  const parts = prerequisites.map(
    ({ flag, variants, enabled = false }) =>
      `${flag} ${enabled ? 'is on and ' : ''}serves ${variants.join(' or ') || 'nothing that it has'}`,
  )
  return parts.join(' and ') || 'none'
}

/** Percent of each variant that has any. */
export function percentsOf({ ranges }: Pick<Allocation, 'ranges'>): ReadonlyMap<string, number> {
  const buckets = new Map<string, number>()
  for (const { from, to, variant } of ranges) buckets.set(variant, (buckets.get(variant) ?? 0) + to - from)
  return new Map([...buckets].map(([variant, n]) => [variant, n / 1000]))
}

/** One line for a rule. */
export function ruleWords(rule: Rule): string {
  return `${rule.name}: ${conditionWords(rule.when)} → ${serveWords(rule.serve)}`
}
