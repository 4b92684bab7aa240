/**
 * Splits: which answer a bucketing key gets.
 *
 * Ranges of buckets are turned into bounds on the 32-bit hash itself, so that an evaluation is one
 * hash and a few comparisons, without a modulo.
 */
import { keyReader } from './attribute.ts'
import { HASHES, hashBound, isVendorScheme, orderedRanges, saltState, vendorBucket } from './bucket.ts'
import { hashAfter } from './hash.ts'
import type { BucketRange, EvaluationContext, HashScheme } from './model.ts'
import { failed } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { VendorScheme } from './vendor-bucket.ts'

/** One step of a flag's decision: an answer, or `undefined` to go on with the next step. Throws only what reading the context throws. */
export type Step = (context: EvaluationContext) => Outcome | undefined

/** How keys become buckets. */
export interface Bucketing {
  readonly by: string
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
  if (typeof by !== 'string') throw new TypeError('an allocation names no attribute to bucket by')

  const [first = gap, second = gap] = outcomes
  if (outcomes.length === 1) return () => first

  const keyIn = keyReader(by)
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
  { by, salt }: Bucketing,
  scheme: VendorScheme,
  ranges: readonly AnswerRange[],
  gap: Gap,
): (context: EvaluationContext) => Outcome | Gap {
  const ordered = orderedRanges(ranges)
  const [first] = ordered
  if (first === undefined) return () => gap
  if (coversAll(ordered) && ordered.every(({ outcome }) => outcome === first.outcome))
    return () => first.outcome
  if (typeof by !== 'string') throw new TypeError('an allocation names no attribute to bucket by')

  const keyIn = keyReader(by)
  const missing = keyMissing(by)
  const bucketOf = vendorBucket(scheme, salt)
  return (context) => {
    const key = keyIn(context)
    if (key === undefined) return missing
    const number = bucketOf(key)
    for (const { from, to, outcome } of ordered) if (from <= number && number < to) return outcome
    return gap
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
