/**
 * How much of everybody a configuration serves each variant, before anybody has been served.
 *
 * SDKs report no attributes and no keys that could be evaluated again: privacy comes first. So
 * 10,000 made-up keys are walked through the rules. A condition on attributes may or may not hold, so
 * the answer is a range: who is certain to get a variant, and who might. Of 10,000 keys a share of
 * 10 % is off by at most 0.6 points in 95 of 100 cases (binomial, two standard deviations).
 */
import { bucket } from '@flagmarshal/evaluation'
import type { Allocation, BucketRange, Condition, Exposure, Serve } from '@flagmarshal/evaluation'

import type { ServedConfig } from './edit.ts'

/** How many keys are made up. */
export const MADE_UP_KEYS = 10_000

/** What is known of a segment without its members. */
export interface SegmentSize {
  readonly condition: Condition | null
  /** Lengths of its lists. */
  readonly included: number
  readonly excluded: number
}

export interface VariantReach {
  readonly variant: string
  /** Share that is certain to be served it: 0..1. */
  readonly least: number
  /** Share that may be served it: 0..1. */
  readonly most: number
  /** At most so many more, by lists of targeting keys. */
  readonly listed: number
}

type Sizes = ReadonlyMap<string, SegmentSize>

/** The reach of each variant that a configuration serves, the most reaching first. */
export function reachOf(config: ServedConfig, segments: Sizes): readonly VariantReach[] {
  if (!config.enabled) return [{ variant: config.offVariant, least: 1, most: 1, listed: 0 }]
  const listed = new Map<string, number>()
  const steps = config.rules.flatMap((rule) => stepsOf(rule.when, rule.serve, segments, listed))
  steps.push(...stepsOf({ all: [] }, config.fallthrough, segments, listed))
  const sure = new Map<string, number>()
  const possible = new Map<string, number>()
  for (let key = 0; key < MADE_UP_KEYS; key++) {
    const outcomes = outcomesOf(key, steps, config.offVariant)
    for (const variant of outcomes) count(possible, variant)
    const [only] = outcomes
    if (outcomes.size === 1 && only !== undefined) count(sure, only)
  }
  return [...new Set([...possible.keys(), ...listed.keys()])]
    .map((variant) => ({
      variant,
      least: (sure.get(variant) ?? 0) / MADE_UP_KEYS,
      most: (possible.get(variant) ?? 0) / MADE_UP_KEYS,
      listed: listed.get(variant) ?? 0,
    }))
    .toSorted((a, b) => b.most - a.most || a.variant.localeCompare(b.variant))
}

/** One chance to be served: certain or not, and by which split. */
interface Step {
  readonly certain: boolean
  /** The variant of a key; undefined where it is left out. */
  readonly variantOf: (key: number) => string | undefined
}

function stepsOf(when: Condition, serve: Serve, segments: Sizes, listed: Map<string, number>): Step[] {
  const members = listedIn(when, segments)
  if (members !== undefined) {
    for (const variant of variantsOf(serve)) listed.set(variant, (listed.get(variant) ?? 0) + members)
    return []
  }
  const holds = holdsFor(when, segments)
  if (holds === false) return []
  if ('variant' in serve) return [{ certain: holds === true, variantOf: () => serve.variant }]
  if ('allocation' in serve) return [{ certain: holds === true, variantOf: splitOf(serve.allocation) }]
  return exposureSteps(serve.exposure, holds === true, segments)
}

function exposureSteps(exposure: Exposure, certain: boolean, segments: Sizes): Step[] {
  const { by, salt, hash, variant } = exposure
  return exposure.audiences.flatMap(({ when, ranges }) => {
    const holds = holdsFor(when, segments)
    if (holds === false) return []
    const withVariant = ranges.map((range) => ({ ...range, variant }))
    const variantOf = splitOf({ by, salt, hash, ranges: withVariant })
    return [{ certain: certain && holds === true, variantOf }]
  })
}

function splitOf({ by, salt, hash, ranges }: Allocation): Step['variantOf'] {
  const whole = ranges.find(({ from, to }) => from === 0 && to === 100_000)
  if (whole !== undefined) return () => whole.variant
  return (key) => {
    const number = bucket(hash, salt, `${by}-${key}`)
    return ranges.find((range) => isIn(number, range))?.variant
  }
}

function isIn(number: number, { from, to }: BucketRange): boolean {
  return from <= number && number < to
}

function outcomesOf(key: number, steps: readonly Step[], offVariant: string): ReadonlySet<string> {
  const outcomes = new Set<string>()
  for (const { certain, variantOf } of steps) {
    const variant = variantOf(key)
    if (variant === undefined) continue
    outcomes.add(variant)
    if (certain) return outcomes
  }
  return outcomes.add(offVariant)
}

/** The variants that this may serve. */
export function variantsOf(serve: Serve): readonly string[] {
  if ('variant' in serve) return [serve.variant]
  if ('exposure' in serve) return [serve.exposure.variant]
  return [...new Set(serve.allocation.ranges.map(({ variant }) => variant))]
}

/** Members of a condition that is nothing but a segment with a list; undefined for any other. */
function listedIn(when: Condition, segments: Sizes): number | undefined {
  if ('all' in when && when.all.length === 1 && when.all[0] !== undefined)
    return listedIn(when.all[0], segments)
  if (!('segment' in when)) return undefined
  const segment = segments.get(when.segment)
  return segment !== undefined && isNobody(segment.condition, segments) ? segment.included : undefined
}

/** How many a segment has that is nothing but a list; undefined where attributes decide. */
export function membersOf(segment: string, segments: Sizes): number | undefined {
  return listedIn({ segment }, segments)
}

function isNobody(condition: Condition | null, segments: Sizes): boolean {
  return condition === null || holdsFor(condition, segments) === false
}

/** Whether a condition holds for everybody (true), nobody (false), or depends on attributes. */
function holdsFor(when: Condition, segments: Sizes): boolean | undefined {
  if ('all' in when) {
    const parts = when.all.map((it) => holdsFor(it, segments))
    if (parts.includes(false)) return false
    return parts.includes(undefined) ? undefined : true
  }
  if ('any' in when) {
    const parts = when.any.map((it) => holdsFor(it, segments))
    if (parts.includes(true)) return true
    return parts.includes(undefined) ? undefined : false
  }
  if ('not' in when) {
    const part = holdsFor(when.not, segments)
    return part === undefined ? undefined : !part
  }
  // A segment may nest another one; the server refuses those that would go round.
  if ('segment' in when) return holdsInSegment(segments.get(when.segment), segments)
  return undefined
}

function holdsInSegment(segment: SegmentSize | undefined, segments: Sizes): boolean | undefined {
  if (segment === undefined) return false
  const { condition, included, excluded } = segment
  const holds = condition === null ? false : holdsFor(condition, segments)
  if (holds === true && excluded === 0) return true
  return holds === false && included === 0 ? false : undefined
}

function count(counts: Map<string, number>, variant: string): void {
  counts.set(variant, (counts.get(variant) ?? 0) + 1)
}
