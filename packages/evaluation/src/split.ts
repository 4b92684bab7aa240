/**
 * Splits: which answer a bucketing key gets.
 *
 * Ranges of buckets are turned into bounds on the 32-bit hash itself, so that an evaluation is one
 * hash and a few comparisons, without a modulo.
 */
import { keyFrom, keyReader } from './attribute.ts'
import {
  bucket,
  HASHES,
  hashBound,
  isVendorScheme,
  orderedRanges,
  saltState,
  vendorBucket,
} from './bucket.ts'
import { hashAfter } from './hash.ts'
import { kindReader } from './kind-attribute.ts'
import type { BucketRange, EvaluationContext, HashScheme, KeyShare } from './model.ts'
import { failed } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { VendorScheme } from './vendor-bucket.ts'

/** One step of a flag's decision: an answer, or `undefined` to go on with the next step. Throws only what reading the context throws. */
export type Step = (context: EvaluationContext) => Outcome | undefined

/** How keys become buckets. */
export interface Bucketing {
  readonly by: string
  /** The kind of context that has the key; absent for the context itself. */
  readonly contextKind?: string
  readonly salt: string
  readonly hash: HashScheme
}

/** A range of buckets and the answer for the keys in it. */
export interface AnswerRange extends BucketRange {
  readonly outcome: Outcome
}

/**
 * Answers by bucket; `gap` is the answer for a key in no range, `undefined` where the next step
 * decides. It needs a key only where it would make a difference: not for 0 % and not for 100 %.
 * Throws an error if ranges or scheme are malformed.
 */
export function split<Gap extends Outcome | undefined>(
  bucketing: Bucketing,
  ranges: readonly AnswerRange[],
  gap: Gap,
): (context: EvaluationContext) => Outcome | Gap {
  if (isVendorScheme(bucketing.hash)) return vendorSplit(bucketing, bucketing.hash, ranges, gap)
  const { bounds, outcomes } = cuts<Outcome | Gap>(ranges, gap)
  const hashOf = hashAfter(saltState(bucketing.hash, bucketing.salt))
  const { by } = bucketing
  const keyIn = bucketedKey(bucketing)

  const [first = gap, second = gap] = outcomes
  if (outcomes.length === 1) return () => first

  const missing = keyMissing(by)
  // Percentages have two parts: worth a step without a loop.
  const [bound = HASHES] = bounds
  if (outcomes.length === 2) {
    return (context) => {
      const key = keyIn(context)
      if (key === undefined) return missing
      return hashOf(key) < bound ? first : second
    }
  }
  // Where to begin looking, by the four highest bits of the hash: mostly the answer itself.
  const starts = Array.from({ length: 16 }, (_, i) => bounds.findIndex((to) => to > i * 2 ** 28))
  return (context) => {
    const key = keyIn(context)
    if (key === undefined) return missing
    const hash = hashOf(key)
    // Every hash has four highest bits, and the last bound is above every hash.
    let i = starts[hash >>> 28]!
    while (hash >= bounds[i]!) i++
    return outcomes[i]!
  }
}

/** The same for imported allocations: the buckets of another vendor, and no need for speed. */
function vendorSplit<Gap extends Outcome | undefined>(
  bucketing: Bucketing,
  scheme: VendorScheme,
  ranges: readonly AnswerRange[],
  gap: Gap,
): (context: EvaluationContext) => Outcome | Gap {
  const ordered = orderedRanges(ranges)
  const [first] = ordered
  if (first === undefined) return () => gap
  if (coversAll(ordered) && ordered.every(({ outcome }) => outcome === first.outcome))
    return () => first.outcome

  const missing = keyMissing(bucketing.by)
  const bucketIn = vendorBucketIn(bucketing, scheme)
  return (context) => {
    const number = bucketIn(context)
    if (number === undefined) return missing
    for (const { from, to, outcome } of ordered) if (from <= number && number < to) return outcome
    return gap
  }
}

/** The key of a context that is bucketed. Throws an error if nothing says which. */
function bucketedKey({ by, contextKind }: Bucketing): (context: EvaluationContext) => string | undefined {
  if (typeof by !== 'string') throw new TypeError('an allocation names no attribute to bucket by')
  return contextKind === undefined ? keyReader(by) : keyFrom(kindReader(contextKind, by))
}

/** The bucket of a context's key; `undefined` without a key. */
function vendorBucketIn(
  bucketing: Bucketing,
  scheme: VendorScheme,
): (context: EvaluationContext) => number | undefined {
  const { by, contextKind, salt } = bucketing
  const bucketOf = vendorBucket(scheme, salt)
  if (scheme === 'launchdarkly' && contextKind !== undefined) {
    const read = kindReader(contextKind, by)
    // LaunchDarkly puts whatever is neither a text nor a whole number into its first bucket.
    return (context) => {
      const value = read(context)
      return typeof value === 'string' || Number.isInteger(value) ? bucketOf(String(value)) : 0
    }
  }
  const keyIn = bucketedKey(bucketing)
  return (context) => {
    const key = keyIn(context)
    return key === undefined ? undefined : bucketOf(key)
  }
}

/** The bucket of a context's key whatever the scheme, 0..99999; `undefined` without a key. Not made for speed. */
export function bucketIn(bucketing: Bucketing): (context: EvaluationContext) => number | undefined {
  const { hash, salt } = bucketing
  if (isVendorScheme(hash)) return vendorBucketIn(bucketing, hash)
  const keyIn = bucketedKey(bucketing)
  // Said once, so that a scheme that does not exist is found when it is compiled.
  saltState(hash, salt)
  return (context) => {
    const key = keyIn(context)
    return key === undefined ? undefined : bucket(hash, salt, key)
  }
}

/** Whether the bucket of a context's key lies in one of the ranges. Throws an error if ranges or scheme are malformed. */
export function shareTest(share: KeyShare): (context: EvaluationContext) => boolean {
  const ranges = orderedRanges(share.ranges)
  const numberIn = bucketIn(share)
  return (context) => {
    const number = numberIn(context)
    return number !== undefined && ranges.some(({ from, to }) => from <= number && number < to)
  }
}

function keyMissing(by: string): Outcome {
  return failed('TARGETING_KEY_MISSING', `the context has no ${JSON.stringify(by)} to bucket by`)
}

/** Do these ranges cover every bucket? Throws RangeError if they are malformed. */
export function coversAll(ranges: readonly BucketRange[]): boolean {
  let end = 0
  for (const { from, to } of orderedRanges(ranges)) {
    if (from !== end) return false
    end = to
  }
  return hashBound(end) === HASHES
}

interface Cuts<Part> {
  /** Exclusive upper hash bounds, ascending; the last one is 2^32. */
  readonly bounds: readonly number[]
  /** The answer below the bound of the same position. */
  readonly outcomes: readonly Part[]
}

/** Ranges and the gaps between them as adjacent parts, neighbours with the same answer joined. */
function cuts<Part>(ranges: readonly (BucketRange & { readonly outcome: Part })[], gap: Part): Cuts<Part> {
  const bounds: number[] = []
  const outcomes: Part[] = []
  let end = 0

  function append(to: number, outcome: Part): void {
    if (to === end) return
    if (bounds.length > 0 && outcomes.at(-1) === outcome) bounds.pop()
    else outcomes.push(outcome)
    bounds.push(to)
    end = to
  }
  for (const { from, to, outcome } of orderedRanges(ranges)) {
    append(hashBound(from), gap)
    append(hashBound(to), outcome)
  }
  append(HASHES, gap)
  return { bounds, outcomes }
}
