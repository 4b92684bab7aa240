/**
 * What a changed segment does to the rules that name it: whether somebody may begin to match, or stop.
 */
import type { Condition, Rule, Segment } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import type { SegmentConditions } from './condition.ts'

/** Whether somebody may match who did not, and whether somebody may not any more who did. */
export interface MatchChange {
  readonly grows: boolean
  readonly shrinks: boolean
}

/** A segment's content. */
export type Members = Pick<Segment, 'when' | 'include' | 'exclude'>

const NONE: MatchChange = { grows: false, shrinks: false }

/** How a segment changes from one content to another. */
export function membershipChange(before: Members, after: Members): MatchChange {
  const redefined = canonical(before.when ?? null) !== canonical(after.when ?? null)
  return either([
    { grows: redefined && after.when !== undefined, shrinks: redefined && before.when !== undefined },
    listChange(before.include ?? [], after.include ?? []),
    swapped(listChange(before.exclude ?? [], after.exclude ?? [])),
  ])
}

/** How what a rule holds for changes with one segment, reached directly or through other segments. */
export function ruleChange(
  rule: Rule,
  segment: string,
  change: MatchChange,
  conditions: SegmentConditions,
): MatchChange {
  const of = (key: string): MatchChange => {
    if (key === segment) return change
    const condition = conditions.get(key) ?? null
    // Segments that contain themselves are refused when they are written.
    return condition === null ? NONE : conditionChange(condition, of)
  }
  const audiences = 'exposure' in rule.serve ? rule.serve.exposure.audiences : []
  // Who comes into one audience may leave another one, so both may happen.
  const inside = audiences
    .map(({ when }) => conditionChange(when, of))
    .map(({ grows, shrinks }) => ({ grows: grows || shrinks, shrinks: grows || shrinks }))
  return either([conditionChange(rule.when, of), ...inside])
}

function conditionChange(condition: Condition, of: (segment: string) => MatchChange): MatchChange {
  if ('all' in condition) return either(condition.all.map((it) => conditionChange(it, of)))
  if ('any' in condition) return either(condition.any.map((it) => conditionChange(it, of)))
  if ('not' in condition) return swapped(conditionChange(condition.not, of))
  return 'segment' in condition ? of(condition.segment) : NONE
}

function listChange(before: readonly string[], after: readonly string[]): MatchChange {
  const [was, is] = [new Set(before), new Set(after)]
  return { grows: after.some((it) => !was.has(it)), shrinks: before.some((it) => !is.has(it)) }
}

function swapped({ grows, shrinks }: MatchChange): MatchChange {
  return { grows: shrinks, shrinks: grows }
}

function either(changes: readonly MatchChange[]): MatchChange {
  return { grows: changes.some((it) => it.grows), shrinks: changes.some((it) => it.shrinks) }
}
