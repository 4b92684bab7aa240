/**
 * Changing stored ranges, so that as few keys as possible notice.
 *
 * Ranges are stored, not recomputed from percentages: these functions take what is stored and
 * answer with what to store next. Shares are in buckets, 0..100000. A share that cannot be is a
 * mistake of the program and throws RangeError.
 */
import { BUCKETS, orderedRanges } from './bucket.ts'
import type { AllocationRange, BucketRange } from './model.ts'

/** How many buckets the ranges cover: 0..100000. */
export function share(ranges: readonly BucketRange[]): number {
  return orderedRanges(ranges).reduce((sum, { from, to }) => sum + to - from, 0)
}

/**
 * The ranges grown to a share; nobody is taken out. The last range grows upwards first, then the
 * gaps are filled from below, so that raising what `lower` took away adds the same keys again. A
 * share that is already reached changes nothing.
 */
export function raise(ranges: readonly BucketRange[], toShare: number): BucketRange[] {
  requireShare(toShare)
  const ordered = orderedRanges(ranges)
  const end = ordered.at(-1)?.to ?? 0
  const free = gaps(ordered)
  const upwards = [...free.filter((gap) => gap.from >= end), ...free.filter((gap) => gap.from < end)]
  return joined([...ordered, ...firstOf(upwards, toShare - share(ordered))])
}

/** The ranges shrunk to a share, from the top; nobody is added. A share that is not reached changes nothing. */
export function lower(ranges: readonly BucketRange[], toShare: number): BucketRange[] {
  requireShare(toShare)
  return joined(firstOf(orderedRanges(ranges), Math.min(toShare, share(ranges))))
}

/**
 * The allocation with other weights: each variant's share in buckets, together at most 100000; a
 * variant that is not named gets nothing. Moves the fewest keys: a variant that shrinks gives up
 * its highest buckets, one that grows takes those first and buckets that nobody had after them.
 * {A 50 %, B 50 %} to {A 45 %, B 45 %, C 10 %} moves 10 %.
 */
export function reweight(
  ranges: readonly AllocationRange[],
  weights: Readonly<Record<string, number>>,
): AllocationRange[] {
  const wanted = new Map(Object.entries(weights))
  for (const weight of wanted.values()) requireShare(weight)
  requireShare([...wanted.values()].reduce((sum, weight) => sum + weight, 0))

  const ordered = orderedRanges(ranges)
  // Old variants in the order of their ranges, new ones by name: the result never depends on the order of keys.
  const variants = new Set([...ordered.map((range) => range.variant), ...[...wanted.keys()].toSorted()])

  const kept: AllocationRange[] = []
  for (const variant of variants) {
    const own = ordered.filter((range) => range.variant === variant)
    kept.push(...firstOf(own, Math.min(share(own), wanted.get(variant) ?? 0)))
  }
  let free = givenUpFirst(ordered, kept)
  const next = [...kept]
  for (const variant of variants) {
    const missing = (wanted.get(variant) ?? 0) - share(kept.filter((range) => range.variant === variant))
    if (missing <= 0) continue
    next.push(...firstOf(free, missing).map(({ from, to }) => ({ from, to, variant })))
    free = withoutFirst(free, missing)
  }
  return joined(next)
}

/** The free buckets after shrinking: those that a variant had before, then those that nobody had. */
function givenUpFirst(before: readonly BucketRange[], kept: readonly BucketRange[]): BucketRange[] {
  const unused = gaps(before)
  const givenUp = gaps(orderedRanges([...kept, ...unused]))
  return [...givenUp, ...unused]
}

/** The parts of 0..100000 that the ranges do not cover. */
function gaps(ordered: readonly BucketRange[]): BucketRange[] {
  const free: BucketRange[] = []
  let end = 0
  for (const { from, to } of ordered) {
    if (from > end) free.push({ from: end, to: from })
    end = to
  }
  if (end < BUCKETS) free.push({ from: end, to: BUCKETS })
  return free
}

/** The first `count` buckets, in the order in which the ranges are given. */
function firstOf<Range extends BucketRange>(ranges: readonly Range[], count: number): Range[] {
  const taken: Range[] = []
  let left = count
  for (const range of ranges) {
    if (left <= 0) break
    const to = Math.min(range.to, range.from + left)
    taken.push({ ...range, to })
    left -= to - range.from
  }
  return taken
}

/** What `firstOf` leaves. */
function withoutFirst(ranges: readonly BucketRange[], count: number): BucketRange[] {
  const rest: BucketRange[] = []
  let left = count
  for (const { from, to } of ranges) {
    const skipped = Math.min(left, to - from)
    left -= skipped
    if (from + skipped < to) rest.push({ from: from + skipped, to })
  }
  return rest
}

/** Ordered, and neighbours that are alike joined into one. */
function joined<Range extends BucketRange & { readonly variant?: string }>(
  ranges: readonly Range[],
): Range[] {
  const result: Range[] = []
  for (const range of orderedRanges(ranges)) {
    const before = result.at(-1)
    if (before !== undefined && before.to === range.from && before.variant === range.variant) {
      result[result.length - 1] = { ...before, to: range.to }
    } else {
      result.push(range)
    }
  }
  return result
}

function requireShare(value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= BUCKETS) return
  throw new RangeError(`a share is a whole number of buckets, 0..${BUCKETS}, not ${value}`)
}
