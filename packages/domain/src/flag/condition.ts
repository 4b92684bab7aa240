/**
 * What conditions refer to, and whether what they refer to exists.
 */
import { comparisonProblem } from '@flagmarshal/evaluation'
import type { Comparison, Condition, Flag, Rule } from '@flagmarshal/evaluation'

import type { Fault } from './edit.ts'

/** Conditions may be nested this deep; a test of one is a recursion. */
const MAX_DEPTH = 16

/** Everything that is wrong with a condition that stands at a place; empty if it can be stored. */
export function conditionFaults(
  condition: Condition,
  segments: ReadonlySet<string>,
  at: string,
  depth = 0,
): Fault[] {
  if (depth > MAX_DEPTH)
    return [{ pointer: at, message: `Conditions can be nested ${MAX_DEPTH} deep at most.` }]
  const inner = (it: Condition, place: string): Fault[] => conditionFaults(it, segments, place, depth + 1)

  if ('all' in condition) return condition.all.flatMap((it, index) => inner(it, `${at}/all/${index}`))
  if ('any' in condition) return condition.any.flatMap((it, index) => inner(it, `${at}/any/${index}`))
  if ('not' in condition) return inner(condition.not, `${at}/not`)
  if ('segment' in condition && !segments.has(condition.segment))
    return [{ pointer: `${at}/segment`, message: `There is no segment "${condition.segment}".` }]
  if ('bucketed' in condition) {
    const problem = comparisonProblem(condition)
    return problem === undefined ? [] : [{ pointer: `${at}/bucketed`, message: sentence(problem) }]
  }
  return 'attribute' in condition ? comparisonFaults(condition, at) : []
}

/** The patterns, versions, dates and addresses that cannot be read, each at its place. */
function comparisonFaults(comparison: Comparison, at: string): Fault[] {
  if (comparison.op === 'matches' || comparison.op === 'in-cidr')
    return faultyValues(comparison.values, at, (value) => ({ ...comparison, values: [value] }))
  const problem = comparisonProblem(comparison)
  return problem === undefined ? [] : [{ pointer: `${at}/values`, message: sentence(problem) }]
}

function faultyValues(values: readonly string[], at: string, alone: (value: string) => Comparison): Fault[] {
  return values.flatMap((value, index) => {
    const problem = comparisonProblem(alone(value))
    return problem === undefined ? [] : [{ pointer: `${at}/values/${index}`, message: sentence(problem) }]
  })
}

function sentence(problem: string): string {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`
}

/** The conditions of an environment's segments by key; null for one that has none. */
export type SegmentConditions = ReadonlyMap<string, Condition | null>

/** Why a segment cannot have this condition: it refers to what is not there, or to itself. */
export function segmentFaults(key: string, when: Condition | undefined, others: SegmentConditions): Fault[] {
  if (when === undefined) return []
  const faults = conditionFaults(when, new Set([...others.keys(), key]), '/when')
  if (faults.length > 0) return faults
  if (!dependents(key, new Map([...others, [key, when]])).has(key)) return []
  return [{ pointer: '/when', message: `Segment "${key}" would contain itself.` }]
}

/** The flags that an environment serves by way of a segment, directly or through another one. */
export function flagsUsing<F extends Pick<Flag, 'rules'>>(
  key: string,
  conditions: SegmentConditions,
  flags: readonly F[],
): F[] {
  const reached = new Set([key, ...dependents(key, conditions)])
  return flags.filter((flag) =>
    flag.rules.some((rule) =>
      conditionsOf(rule).some((when) => segmentsIn(when).some((it) => reached.has(it))),
    ),
  )
}

/** The segments whose conditions lead to this one; itself among them only if it leads to itself. */
function dependents(key: string, conditions: SegmentConditions): Set<string> {
  const found = new Set<string>()
  for (let grown = true; grown;) {
    grown = false
    for (const [segment, when] of conditions) {
      if (when === null || found.has(segment)) continue
      if (!segmentsIn(when).some((it) => it === key || found.has(it))) continue
      found.add(segment)
      grown = true
    }
  }
  return found
}

/** The segments that conditions lead to, directly or through other ones, by key. */
export function segmentsBehind(
  roots: readonly Condition[],
  conditions: SegmentConditions,
): readonly string[] {
  const found = new Set<string>()
  const open = roots.flatMap(segmentsIn)
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue
    found.add(key)
    const when = conditions.get(key) ?? null
    if (when !== null) open.push(...segmentsIn(when))
  }
  return [...found].toSorted()
}

/** The conditions of a rule: its own and those of a rollout's audiences. */
export function conditionsOf(rule: Rule): Condition[] {
  const audiences = 'exposure' in rule.serve ? rule.serve.exposure.audiences.map(({ when }) => when) : []
  return [rule.when, ...audiences]
}

function segmentsIn(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(segmentsIn)
  if ('any' in condition) return condition.any.flatMap(segmentsIn)
  if ('not' in condition) return segmentsIn(condition.not)
  return 'segment' in condition ? [condition.segment] : []
}
