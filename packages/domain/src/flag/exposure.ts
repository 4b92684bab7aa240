/**
 * Whether a change may expose somebody: serve a context another variant than the off variant that it
 * was not served before. Lowering exposure is never asked about, so what can be shown to lower it must
 * be known; everything else counts as raising it. The answer errs on one side only: never a raise that
 * is called none (`exposure.test.ts` compares it with the engine).
 */
import type { Allocation, Rule, Serve } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import type { ServedConfig } from './edit.ts'
import type { MatchChange } from './membership.ts'
import { variantsOf } from './reach.ts'

/** How what a rule's condition holds for changes while the rule stays as it is. */
export type MatchChanges = (rule: Rule) => MatchChange

const SAME: MatchChange = { grows: false, shrinks: false }

/** Whether going from one configuration to the other may expose somebody; `matches` says what else changes beneath the rules. */
export function raisesExposure(
  current: ServedConfig,
  next: ServedConfig,
  matches: MatchChanges = () => SAME,
): boolean {
  if (next.offVariant !== current.offVariant) return true
  if (!next.enabled) return false
  if (!current.enabled || !asksNoLess(current, next)) return true
  const pairs = paired(current, next)
  if (pairs === undefined || !lowers(current.fallthrough, next.fallthrough, next.offVariant)) return true
  return pairs.some((pair, index) => {
    const reachable = new Set([
      next.offVariant,
      ...pairs.slice(index + 1).flatMap(({ to }) => (to === undefined ? [] : variantsOf(to.serve))),
      ...variantsOf(next.fallthrough),
    ])
    return pairRaises(pair, reachable, { offVariant: next.offVariant, matches })
  })
}

/** Whether whatever is asked of other flags is asked still: an unmet prerequisite serves the off variant. */
function asksNoLess(
  { prerequisites: before = [] }: ServedConfig,
  { prerequisites: after = [] }: ServedConfig,
): boolean {
  return before.every((was) =>
    after.some(
      (is) =>
        is.flag === was.flag &&
        is.variants.every((it) => was.variants.includes(it)) &&
        (was.enabled === undefined || is.enabled === true),
    ),
  )
}

/** A rule before and after; one side is absent where it was added or taken away. */
interface Pair {
  readonly from?: Rule
  readonly to?: Rule
}

interface Surroundings {
  readonly offVariant: string
  readonly matches: MatchChanges
}

/** `reachable`: what somebody may be served who is not served by this rule any more. */
function pairRaises(
  { from, to }: Pair,
  reachable: ReadonlySet<string>,
  { offVariant, matches }: Surroundings,
): boolean {
  // A rule that gives everybody it holds for the off variant takes exposure away, wherever it stands.
  if (from === undefined)
    return !(to !== undefined && 'variant' in to.serve && to.serve.variant === offVariant)
  const fallRaises = (variants: readonly string[]): boolean =>
    variants.some((lost) => [...reachable].some((it) => it !== offVariant && it !== lost))
  if (to === undefined) return fallRaises(variantsOf(from.serve))
  if (!lowers(from.serve, to.serve, offVariant)) return true
  if (fallRaises(lostBy(from.serve, to.serve))) return true
  const { grows, shrinks } = matches(to)
  if (grows && variantsOf(to.serve).some((it) => it !== offVariant)) return true
  return shrinks && fallRaises(variantsOf(from.serve))
}

/** The rules of both, in the order of `next`, those taken away where they stood; undefined where rules that stay are reordered. */
function paired(current: ServedConfig, next: ServedConfig): readonly Pair[] | undefined {
  const places = new Map(current.rules.map((rule, index) => [identity(rule), index]))
  const pairs: Pair[] = []
  let at = 0
  for (const to of next.rules) {
    const place = places.get(identity(to))
    if (place === undefined) pairs.push({ to })
    else if (place < at) return undefined
    else {
      pairs.push(...current.rules.slice(at, place).map((from) => ({ from })))
      const from = current.rules[place]
      pairs.push(from === undefined ? { to } : { from, to })
      at = place + 1
    }
  }
  return [...pairs, ...current.rules.slice(at).map((from) => ({ from }))]
}

/** What makes two rules the same one with, perhaps, something else to serve. */
function identity({ id, when }: Rule): string {
  return `${id} ${canonical(when)}`
}

/** Whether whoever is served by `to` was served the same by `from`, or is served the off variant. */
function lowers(from: Serve, to: Serve, offVariant: string): boolean {
  if (canonical(from) === canonical(to)) return true
  if ('variant' in to) return to.variant === offVariant
  if ('exposure' in to || 'exposure' in from) return false
  const { allocation } = to
  return allocation.ranges.every(({ from: start, to: end, variant }) => {
    if (variant === offVariant) return true
    if ('variant' in from) return from.variant === variant
    return sameBuckets(from.allocation, allocation) && covers(from.allocation, { start, end, variant })
  })
}

/** Variants that somebody was served by `from` and is left to the next rule by `to`. */
function lostBy(from: Serve, to: Serve): readonly string[] {
  if (!('allocation' in to) || canonical(from) === canonical(to)) return []
  const taken = to.allocation.ranges.map(({ from: start, to: end }) => ({ start, end }))
  if (isCovered({ start: 0, end: 100_000 }, taken)) return []
  if (!('allocation' in from) || !sameBuckets(from.allocation, to.allocation)) return variantsOf(from)
  return from.allocation.ranges
    .filter(({ from: start, to: end }) => !isCovered({ start, end }, taken))
    .map(({ variant }) => variant)
}

function sameBuckets(a: Allocation, b: Allocation): boolean {
  const { ranges: _, ...one } = a
  const { ranges: __, ...other } = b
  return canonical(one) === canonical(other)
}

interface Span {
  readonly start: number
  readonly end: number
}

function covers(
  { ranges }: Allocation,
  { start, end, variant }: Span & { readonly variant: string },
): boolean {
  const same = ranges.filter((it) => it.variant === variant).map((it) => ({ start: it.from, end: it.to }))
  return isCovered({ start, end }, same)
}

/** Whether spans in ascending order leave no part of a span out. */
function isCovered({ start, end }: Span, spans: readonly Span[]): boolean {
  let reached = start
  for (const it of spans) if (it.start <= reached && it.end > reached) reached = it.end
  return reached >= end
}
