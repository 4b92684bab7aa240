/**
 * GrowthBook's coverage, weights, ranges and namespaces as ranges of buckets. Its hash has 1,000 values in
 * version 1 and 10,000 in version 2, so each of them is asked for itself, with the same doubles that
 * GrowthBook compares, and neighbours that are served alike become one range.
 */
import type { BucketRange, HashScheme, JsonValue } from '@flagmarshal/evaluation'

import { isList } from '../flagd-read.ts'

const BUCKETS = 100_000

/** How a version of the hash is known here, and how many values it has; undefined for a version that is none. */
export function hashOf(
  version: JsonValue | undefined,
): { readonly hash: HashScheme; readonly values: number } | undefined {
  if (version === 1) return { hash: 'growthbook-1', values: 1_000 }
  return version === 2 ? { hash: 'growthbook-2', values: 10_000 } : undefined
}

/** The ranges of the values that something is chosen for, neighbours with the same choice joined. */
export function rangesOf<Choice>(
  values: number,
  choose: (value: number) => Choice | undefined,
): readonly (BucketRange & { readonly choice: Choice })[] {
  const ranges: (BucketRange & { readonly choice: Choice })[] = []
  const width = BUCKETS / values
  for (let i = 0; i < values; i++) {
    const choice = choose(i / values)
    if (choice === undefined) continue
    const [from, to] = [i * width, (i + 1) * width]
    const last = ranges.at(-1)
    if (last?.choice === choice && last.to === from) ranges[ranges.length - 1] = { ...last, to }
    else ranges.push({ from, to, choice })
  }
  return ranges
}

/** Is a value in a range of theirs, which has a first and no last value? */
export function inRange(value: number, range: JsonValue | undefined): boolean {
  const [from, to] = isList(range) ? range : []
  return typeof from === 'number' && typeof to === 'number' && value >= from && value < to
}

/** As many equal weights. */
export function equalWeights(count: number): readonly number[] {
  return count <= 0 ? [] : Array.from({ length: count }, () => 1 / count)
}

/** Where each variation begins and ends; weights that are not of this number, or do not add up to one, are equal. */
export function variationRanges(
  count: number,
  coverage: number,
  weights: readonly number[] | undefined,
): readonly (readonly [number, number])[] {
  const covered = Math.min(1, Math.max(0, coverage))
  const total = weights?.reduce((sum, it) => sum + it, 0) ?? 0
  const usable = weights?.length === count && total >= 0.99 && total <= 1.01
  let end = 0
  return (usable ? weights : equalWeights(count)).map((weight) => {
    const from = end
    end += weight
    return [from, from + covered * weight] as const
  })
}

/** The first range that a value lies in. */
export function variationAt(value: number, ranges: readonly JsonValue[]): number | undefined {
  const found = ranges.findIndex((it) => inRange(value, it))
  return found < 0 ? undefined : found
}
