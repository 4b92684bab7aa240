/**
 * LaunchDarkly's segments as ours. Theirs may lead in a circle, and then decide until they come back to
 * where they have been; ours may not, so whatever asks a segment of a circle has its condition written out.
 */
import type { Condition } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { clauseConditions } from './clause.ts'
import type { InSegment, Notes } from './clause.ts'
import type { LaunchDarklySegment, SegmentRule, SegmentTarget } from './model.ts'
import { referenceOf } from './reference.ts'

const NOBODY: Condition = { any: [] }
/** Segments that one condition may have written out. */
const MAX_WRITTEN_OUT = 50

/** The segments of a file. */
export interface Segments {
  /** For clauses of flags. */
  readonly inSegment: InSegment
  /** The condition of a segment that can be stored as one. Throws NotHere. */
  readonly conditionOf: (segment: LaunchDarklySegment) => Condition
}

/** Segments by key; `broken` are those that could not be read. */
export function segmentsOf(
  segments: readonly LaunchDarklySegment[],
  broken: readonly string[],
  notesOf: (entity: string) => Notes,
): Segments {
  const known = new Map(segments.map((it) => [it.key, it]))
  const unreadable = new Set(broken)
  /** The segments that can be stored, and whether they are sound. */
  const storable = new Map<string, boolean>()

  /** A segment that leads to itself is written out, and asked again it makes the flag malformed, as there. */
  function asked(key: string, path: readonly string[], spent: { count: number }): Condition | undefined {
    if (unreadable.has(key)) throw new NotHere(`it asks for the segment ${key}, which is left out`)
    const segment = known.get(key)
    if (segment === undefined) return undefined
    if (path.includes(key)) return { malformed: `the segment ${JSON.stringify(key)} leads in a circle` }
    if (!leadsToItself(key, known)) {
      // What cannot be stored is found here, too, and leaves out whoever asks.
      if (!storable.has(key)) storable.set(key, isSound(written(segment, path, spent)))
      return { segment: key }
    }
    if (++spent.count > MAX_WRITTEN_OUT) throw new NotHere('its segments lead in too many circles')
    return written(segment, path, spent)
  }

  function written(
    segment: LaunchDarklySegment,
    path: readonly string[],
    spent: { count: number },
  ): Condition {
    const notes = notesOf(`segment ${segment.key}`)
    const inside = [...path, segment.key]
    const inSegment = { condition: (key: string) => asked(key, inside, spent), isSound }
    return segmentCondition(segment, inSegment, notes)
  }

  function isSound(condition: Condition): boolean {
    if ('all' in condition) return condition.all.every(isSound)
    if ('any' in condition) return condition.any.every(isSound)
    if ('not' in condition) return isSound(condition.not)
    if ('segment' in condition) return storable.get(condition.segment) === true
    return !('malformed' in condition)
  }

  return {
    inSegment: { condition: (key) => asked(key, [], { count: 0 }), isSound },
    conditionOf: (segment) => {
      if (leadsToItself(segment.key, known))
        throw new NotHere('it leads to itself; flags that ask for it have its condition written out')
      return written(segment, [], { count: 0 })
    },
  }
}

function leadsToItself(key: string, segments: ReadonlyMap<string, LaunchDarklySegment>): boolean {
  const seen = new Set<string>()
  const open = [key]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of asks(segments.get(at))) {
      if (next === key) return true
      if (seen.has(next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  return false
}

/** The segments that a segment asks for. */
export function asks(segment: LaunchDarklySegment | undefined): readonly string[] {
  const clauses = segment?.rules.flatMap((it) => it.clauses) ?? []
  return clauses.flatMap(({ op, values }) =>
    op === 'segmentMatch' ? values.filter((it) => typeof it === 'string') : [],
  )
}

/** `included` wins over `excluded`, both over the rules. */
function segmentCondition(segment: LaunchDarklySegment, inSegment: InSegment, notes: Notes): Condition {
  if (segment.unbounded)
    throw new NotHere('its members are kept in LaunchDarkly’s big segments, not in the file')
  const { included, excluded, rules } = segment
  const byRules = rules.map((rule) => ruleCondition(rule, segment, inSegment, notes))
  const otherwise: Condition =
    excluded.length === 0 || byRules.length === 0
      ? { any: byRules }
      : { all: [{ not: members(excluded) }, { any: byRules }] }
  if (included.length === 0) return otherwise
  return byRules.length === 0 ? members(included) : { any: [members(included), otherwise] }
}

function members(targets: readonly SegmentTarget[]): Condition {
  const [only] = targets
  const one = ({ contextKind, values }: SegmentTarget): Condition => ({
    attribute: 'key',
    contextKind,
    op: 'in',
    values,
  })
  return targets.length === 1 && only !== undefined ? one(only) : { any: targets.map(one) }
}

function ruleCondition(
  rule: SegmentRule,
  segment: LaunchDarklySegment,
  inSegment: InSegment,
  notes: Notes,
): Condition {
  const clauses = clauseConditions(rule.clauses, inSegment, notes)
  return rule.weight === undefined ? { all: clauses } : { all: [...clauses, weighted(rule, segment)] }
}

/** The share of keys that a rule is for. */
function weighted(
  { weight, bucketBy, rolloutContextKind }: SegmentRule,
  segment: LaunchDarklySegment,
): Condition {
  const by = bucketBy === undefined ? 'key' : referenceOf(bucketBy, rolloutContextKind !== undefined)
  if (by === undefined) return { malformed: 'a segment buckets by a malformed reference' }
  if (typeof weight !== 'number' || !Number.isInteger(weight))
    throw new NotHere('a rule of it has a weight that is no whole number')
  if (weight <= 0) return NOBODY
  if (segment.salt === undefined)
    throw new NotHere(
      'a rule of it is for a share of keys, and the file has no salt of it: import what LaunchDarkly’s SDKs download instead',
    )
  return {
    bucketed: {
      by,
      contextKind: rolloutContextKind ?? 'user',
      salt: `${segment.key}.${segment.salt}`,
      hash: 'launchdarkly',
      ranges: [{ from: 0, to: Math.min(weight, 100_000) }],
    },
  }
}
