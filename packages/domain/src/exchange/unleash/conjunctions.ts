/**
 * Conditions as Unleash can ask them: a strategy asks constraints all of which hold, and one share of
 * keys at most; several strategies are alternatives. So a condition is multiplied out.
 */
import type { Comparison, Condition, KeyShare, Segment } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { asksForWholeVersion, constraintOf, thereConstraint } from './constraint-out.ts'
import type { Constraint } from './model.ts'

/** What a strategy asks: all of it. */
export interface Conjunction {
  readonly constraints: readonly Constraint[]
  readonly share?: KeyShare
}

/** More alternatives are no answer that anybody could read. */
const MOST = 100

/** Holds where one of these does; none for nobody. Throws NotHere, with a clause, for what Unleash cannot ask. */
export function conjunctionsOf(
  condition: Condition,
  segments: ReadonlyMap<string, Segment>,
): readonly Conjunction[] {
  const walk = (it: Condition, negated: boolean): readonly Conjunction[] => {
    if ('not' in it) return walk(it.not, !negated)
    if ('all' in it || 'any' in it) {
      const there = attributeThere(it)
      if (there !== undefined) return [{ constraints: [inverted(thereConstraint(there), negated)] }]
      const members = 'all' in it ? withoutVersionPatterns(it.all) : it.any
      const parts = members.map((member) => walk(member, negated))
      return 'all' in it === negated
        ? limited(parts.flat())
        : parts.reduce<readonly Conjunction[]>(product, [{ constraints: [] }])
    }
    if ('segment' in it) return walk(segmentCondition(segments.get(it.segment)), negated)
    if ('bucketed' in it) {
      if (negated) throw new NotHere('it excludes a share of keys')
      return [{ constraints: [], share: it.bucketed }]
    }
    if (!('op' in it)) throw new NotHere('a condition of it is none that SDKs of Unleash know')
    // Compared with nothing, it holds for nobody.
    if ('values' in it && it.values.length === 0) return negated ? [{ constraints: [] }] : []
    return [{ constraints: [inverted(constraintOf(it), negated)] }]
  }
  return walk(condition, false)
}

function product(left: readonly Conjunction[], right: readonly Conjunction[]): readonly Conjunction[] {
  return limited(left.flatMap((a) => right.flatMap((b) => both(a, b))))
}

function limited(conjunctions: readonly Conjunction[]): readonly Conjunction[] {
  if (conjunctions.length > MOST) throw new NotHere(`its conditions become more than ${MOST} alternatives`)
  return conjunctions
}

/** Both, once each; nothing where one of them contradicts the other. */
function both(a: Conjunction, b: Conjunction): readonly Conjunction[] {
  const all = new Map([...a.constraints, ...b.constraints].map((it) => [JSON.stringify(it), it]))
  const constraints = [...all.values()]
  if (constraints.some((it) => all.has(JSON.stringify(inverted(it, true))))) return []
  const shares = [a.share, b.share].filter((it) => it !== undefined)
  const [share] = shares
  if (new Set(shares.map((it) => JSON.stringify(it))).size > 1)
    throw new NotHere('it asks for two shares of keys at once')
  return [{ constraints, ...(share === undefined ? {} : { share }) }]
}

/** The constraint, or its opposite. Always written in one way, so that equal ones are equal texts. */
function inverted({ inverted: was = false, ...rest }: Constraint, negated: boolean): Constraint {
  return was === negated ? rest : { ...rest, inverted: true }
}

/** `exists` and not empty: as an import writes it of a key that is to be bucketed. */
function attributeThere(condition: Condition): string | undefined {
  if (!('all' in condition) || condition.all.length !== 2) return undefined
  const [exists, filled] = condition.all
  if (exists === undefined || !('op' in exists) || exists.op !== 'exists') return undefined
  if (filled === undefined || !('not' in filled) || !('op' in filled.not)) return undefined
  const { not } = filled
  const isEmpty =
    not.op === 'equals' &&
    not.attribute === exists.attribute &&
    not.values.length === 1 &&
    not.values[0] === ''
  return isEmpty ? exists.attribute : undefined
}

/** Unleash compares whole versions only, so the pattern that says so is not needed beside a comparison. */
function withoutVersionPatterns(conditions: readonly Condition[]): readonly Condition[] {
  const compared = new Set(
    conditions.flatMap((it) => ('op' in it && it.op.startsWith('version-') ? [it.attribute] : [])),
  )
  const isSpare = (it: Condition): boolean =>
    isComparison(it) && asksForWholeVersion(it) && compared.has(it.attribute)
  return conditions.filter((it) => !isSpare(it))
}

function isComparison(condition: Condition): condition is Comparison {
  return 'op' in condition
}

function segmentCondition(segment: Segment | undefined): Condition {
  if (segment === undefined) throw new NotHere('it asks for a segment that is not there')
  const { when = { any: [] }, include = [], exclude = [] } = segment
  const listed = (values: readonly string[]): Condition => ({ attribute: 'targetingKey', op: 'in', values })
  return { all: [{ not: listed(exclude) }, { any: [listed(include), when] }] }
}
