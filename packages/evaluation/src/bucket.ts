/**
 * From a key to one of 100,000 buckets: `floor(murmur3(salt + ":" + key) * 100000 / 2^32)`.
 *
 * The same function serves percentages and variants, and ranges are half-open everywhere. Because
 * salt and key are joined by one character, a salt of 15 ASCII characters is four whole blocks.
 */
import { absorb, hashAfter, start } from './hash.ts'
import type { HashState } from './hash.ts'
import type { BucketRange, HashScheme } from './model.ts'
import { VENDOR_BUCKETS } from './vendor-bucket.ts'
import type { KeyBucket, VendorScheme } from './vendor-bucket.ts'

/** Buckets of a split: one is 0.001 %. */
export const BUCKETS = 100_000

/** One more than the greatest 32-bit hash. */
export const HASHES = 2 ** 32

/** The bucket of a key: 0..99999. Throws RangeError for a scheme that does not exist. */
export function bucket(scheme: HashScheme, salt: string, key: string): number {
  if (isVendorScheme(scheme)) return vendorBucket(scheme, salt)(key)
  // Exact in doubles: the product is below 2^49, and dividing by a power of two loses nothing.
  return Math.floor((hashAfter(saltState(scheme, salt))(key) * BUCKETS) / HASHES)
}

/** Is it a scheme of another vendor? */
export function isVendorScheme(scheme: HashScheme): scheme is VendorScheme {
  return Object.hasOwn(VENDOR_BUCKETS, scheme)
}

/** The buckets of another vendor's scheme with this salt. */
export function vendorBucket(scheme: VendorScheme, salt: string): KeyBucket {
  if (typeof salt !== 'string') throw new RangeError('the salt is not a text')
  return VENDOR_BUCKETS[scheme](salt)
}

/** A salt made ready for hashing keys by our own scheme. Throws RangeError for a scheme that does not exist. */
export function saltState(scheme: HashScheme, salt: string): HashState {
  if (scheme !== 'murmur3') throw new RangeError(`unknown hash scheme ${JSON.stringify(scheme)}`)
  if (typeof salt !== 'string') throw new RangeError('the salt is not a text')
  return absorb(start(), `${salt}:`)
}

/**
 * The hash below which lie exactly the buckets below `to` (0..100000): `bucket < to` if and only if
 * `hash < hashBound(to)`. Exact: the quotient is a multiple of 1/3125, far above a double's error here.
 */
export function hashBound(to: number): number {
  return Math.ceil((to * HASHES) / BUCKETS)
}

/** Sorted copy of half-open ranges. Throws RangeError unless they are whole numbers within 0..100000 and apart from each other. */
export function orderedRanges<Range extends BucketRange>(ranges: readonly Range[]): Range[] {
  const ordered = ranges.filter((range) => range.from !== range.to).toSorted((a, b) => a.from - b.from)
  let end = 0
  for (const { from, to } of ordered) {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > BUCKETS || from > to) {
      throw new RangeError(`range ${from}..${to} is not within 0..${BUCKETS}`)
    }
    if (from < end) throw new RangeError(`range ${from}..${to} overlaps the one before it`)
    end = to
  }
  return ordered
}
