/**
 * A configuration while it is being written. Ids and salts are made here, so that what is explained and
 * reckoned for the draft is exactly what will be served once it is published.
 */
import { percentsOf } from '@flagmarshal/domain/flag/words'
import { reweight } from '@flagmarshal/evaluation'

import type { Answer } from '../query.ts'

export type Config = Answer<'getFlagConfig'>
export type Rule = Config['rules'][number]
export type Condition = Rule['when']
export type PlainServe = Config['fallthrough']
export type Allocation = Extract<PlainServe, { allocation: unknown }>['allocation']
export type ConfigDraft = Pick<Config, 'enabled' | 'offVariant' | 'prerequisites' | 'rules' | 'fallthrough'>

/** What of a stored configuration can be written. */
export function draftOf({
  enabled,
  offVariant,
  prerequisites = [],
  rules,
  fallthrough,
}: ConfigDraft): ConfigDraft {
  return { enabled, offVariant, ...(prerequisites.length === 0 ? {} : { prerequisites }), rules, fallthrough }
}

/** What is sent: the rule that a rollout owns is left out, it stays where it is. What is asked of other flags is always named: left out, it would stay. */
export function bodyOf(draft: ConfigDraft): ConfigDraft {
  const { prerequisites = [], rules, ...rest } = draft
  return { ...rest, prerequisites, rules: rules.filter((it) => it.rollout === undefined) }
}

/** Whether the two serve the same. */
export function isSame(a: ConfigDraft, b: ConfigDraft): boolean {
  return JSON.stringify(draftOf(a)) === JSON.stringify(draftOf(b))
}

/** The list with one rule moved up (-1) or down (1); the same list where it cannot go. */
export function moved(rules: readonly Rule[], index: number, by: -1 | 1): Rule[] {
  const rule = rules[index]
  const to = index + by
  if (rule === undefined || to < 0 || to >= rules.length) return [...rules]
  return rules.toSpliced(index, 1).toSpliced(to, 0, rule)
}

/** A rule for everybody, to be narrowed. */
export function newRule(variant: string, count: number): Rule {
  return { id: `rule_${randomText(20)}`, name: `Rule ${count + 1}`, when: { all: [] }, serve: { variant } }
}

/** An allocation that gives everybody the variant. */
export function newAllocation(variant: string): Allocation {
  const ranges = [{ from: 0, to: 100_000, variant }]
  return { by: 'targetingKey', salt: randomText(15), hash: 'murmur3', ranges }
}

/** The allocation with another percent of one variant; the fewest users move. What is above 100 % together is cut. */
export function withPercent(allocation: Allocation, variant: string, percent: number): Allocation {
  const percents = new Map(percentsOf(allocation))
  percents.delete(variant)
  const others = [...percents.values()].reduce((sum, it) => sum + it, 0)
  percents.set(variant, Math.min(Math.max(0, percent), Math.max(0, 100 - others)))
  const weights = Object.fromEntries([...percents].map(([name, it]) => [name, Math.round(it * 1000)]))
  return { ...allocation, ranges: reweight(allocation.ranges, weights) }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz012345'

function randomText(length: number): string {
  // 256 is a multiple of 32, so every letter is equally likely.
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (it) => LETTERS[it % 32]).join('')
}
