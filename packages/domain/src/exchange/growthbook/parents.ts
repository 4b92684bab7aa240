/**
 * What a feature of GrowthBook's asks of others. A gate in front of everything is a prerequisite of ours,
 * which goes on following the other flag. One that stands among the rules, or that only passes a rule over,
 * has no counterpart: the decision of the other flag is written out as a condition, as it is now.
 */
import { growthbookTest } from '@flagmarshal/evaluation'
import type { Condition, JsonValue, Rule, VariantValue } from '@flagmarshal/evaluation'

import type { ImportedFlag } from '../imported.ts'
import { allOf, inBuckets } from './rules.ts'

const EVERYBODY: Condition = { all: [] }
const NOBODY: Condition = { any: [] }

/** The variants of a flag whose value satisfies a condition on `value`. */
export function satisfying(
  { variants }: Pick<ImportedFlag, 'variants'>,
  condition: JsonValue,
): readonly string[] {
  return Object.entries(variants).flatMap(([name, value]) => (isMet(condition, value) ? [name] : []))
}

/** Does a value satisfy the condition? Null is no value. */
export function isMet(condition: JsonValue, value: VariantValue): boolean {
  return growthbookTest(condition)({ value })
}

/** That a flag serves a value which satisfies the condition, written out. `of` finds the flags that it asks for. */
export function parentMet(
  parent: ImportedFlag,
  condition: JsonValue,
  of: (key: string) => ImportedFlag | undefined,
): Condition {
  if (!parent.enabled) return constant(isMet(condition, null))
  const wanted = new Set(satisfying(parent, condition))
  const last = 'variant' in parent.fallthrough && wanted.has(parent.fallthrough.variant)
  const decided = parent.rules.reduceRight<Condition>(
    (rest, rule) => decision(rule, wanted, rest),
    constant(last),
  )
  const asked = (parent.prerequisites ?? []).map(({ flag, variants }) => servesOne(of(flag), variants, of))
  if (asked.length === 0) return decided
  // Whoever is behind a closed gate gets no value.
  return isMet(condition, null) ? either({ not: allOf(asked) }, decided) : both(allOf(asked), decided)
}

/** That a flag serves one of these variants. */
function servesOne(
  flag: ImportedFlag | undefined,
  variants: readonly string[],
  of: (key: string) => ImportedFlag | undefined,
): Condition {
  if (flag === undefined) return NOBODY
  const renamed = Object.fromEntries(
    Object.keys(flag.variants).map((name) => [name, variants.includes(name)]),
  )
  return parentMet({ ...flag, variants: renamed }, { value: true }, of)
}

/** One rule, and what comes after it for whom it does not decide. */
function decision(
  { when, serve }: Omit<Rule, 'id'>,
  wanted: ReadonlySet<string>,
  rest: Condition,
): Condition {
  if ('variant' in serve) {
    return wanted.has(serve.variant) ? either(when, rest) : both(negated(when), rest)
  }
  if (!('allocation' in serve)) return rest
  const { ranges, ...bucketing } = serve.allocation
  const met = ranges.filter((it) => wanted.has(it.variant))
  const here = met.length === 0 ? NOBODY : allOf([when, ...inBuckets(bucketing, met)])
  return either(here, both(negated(allOf([when, ...inBuckets(bucketing, ranges)])), rest))
}

function constant(holds: boolean): Condition {
  return holds ? EVERYBODY : NOBODY
}

/** Holds it for everybody, or for nobody? */
export function isConstant(condition: Condition): boolean | undefined {
  if ('all' in condition && condition.all.length === 0) return true
  return 'any' in condition && condition.any.length === 0 ? false : undefined
}

function negated(condition: Condition): Condition {
  const known = isConstant(condition)
  return known === undefined ? { not: condition } : constant(!known)
}

function both(a: Condition, b: Condition): Condition {
  if (isConstant(a) === false || isConstant(b) === false) return NOBODY
  return allOf([a, b])
}

function either(a: Condition, b: Condition): Condition {
  if (isConstant(a) === true || isConstant(b) === true) return EVERYBODY
  const parts = [a, b].flatMap((it) => ('any' in it ? it.any : [it]))
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : { any: parts }
}
