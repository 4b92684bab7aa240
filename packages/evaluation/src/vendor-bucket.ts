/**
 * The buckets of other vendors, so that an imported flag keeps every user where they are.
 *
 * Each scheme has fewer buckets than ours; the n-th of N of theirs is the bucket `n * 100000 / N` here,
 * so their boundaries are boundaries of stored ranges, too. Vectors from the vendors' own packages
 * stand in `vendor-vectors.json`.
 */
import { fnv1a32, fnv1a32Utf8, md5, sha1 } from './digest.ts'
import { absorb, finish, start } from './hash.ts'
import type { HashScheme } from './model.ts'

/** A scheme that is not our own. */
export type VendorScheme = Exclude<HashScheme, 'murmur3'>

/** From a key to a bucket, 0..99999. */
export type KeyBucket = (key: string) => number

/** The seed of Unleash's variants (Unleash client specification, "variants"). */
const UNLEASH_VARIANT_SEED = 86_028_157
/** LaunchDarkly divides by 15 hex digits, all f; as a double that is 2^60. */
const LAUNCHDARKLY_SCALE = 2 ** 60

/** What each salt is: flagd the flag's key, Unleash the group id (for weights that are not 1,000 in all their sum, a colon, and the group id), GrowthBook the seed, LaunchDarkly `key.salt` or the seed, Flagsmith the ids before the identity's, with commas, GO Feature Flag the flag's key. */
export const VENDOR_BUCKETS: Readonly<Record<VendorScheme, (salt: string) => KeyBucket>> = {
  // As `murmur3`, without the separator and with any salt.
  flagd: (salt) => {
    const state = absorb(start(), salt)
    return (key) => Math.floor((finish(absorb(state, key)) * 100_000) / 2 ** 32)
  },
  // Theirs counts from 1 and compares with <=, which is ours from 0 with <.
  unleash: (salt) => unleash(salt, 0, 100),
  'unleash-variant': (salt) => unleash(salt, UNLEASH_VARIANT_SEED, 1_000),
  'unleash-weights': weighted,
  'growthbook-1': (salt) => (key) => (fnv1a32(key + salt) % 1_000) * 100,
  'growthbook-2': (salt) => (key) => (fnv1a32(String(fnv1a32(salt + key))) % 10_000) * 10,
  launchdarkly: (salt) => (key) => {
    const [high = 0, low = 0] = sha1(`${salt}.${key}`)
    return ofShare((high * 2 ** 28 + (low >>> 4)) / LAUNCHDARKLY_SCALE)
  },
  flagsmith: (salt) => (key) => flagsmith(`${salt},${key}`),
  goff: (salt) => (key) => fnv1a32Utf8(salt + key) % 100_000,
}

function unleash(salt: string, seed: number, buckets: number): KeyBucket {
  const state = absorb(start(seed), `${salt}:`)
  return (key) => (finish(absorb(state, key)) % buckets) * (100_000 / buckets)
}

/** Variants whose weights are not a thousand in all: the salt is their sum, a colon, and the group id. */
function weighted(salt: string): KeyBucket {
  const [, sum = '', group = ''] = /^([1-9]\d{0,5}):(.*)$/s.exec(salt) ?? []
  const total = Number(sum)
  if (!(total >= 1 && total <= 100_000)) throw new RangeError('the salt does not begin with a sum of weights')
  const state = absorb(start(UNLEASH_VARIANT_SEED), `${group}:`)
  return (key) => Math.floor(((finish(absorb(state, key)) % total) * 100_000) / total)
}

/** `md5(ids) % 9999 / 9998`; the one value that would be 1 is hashed again with the ids twice, three times, … */
function flagsmith(ids: string): number {
  for (let times = 1; ; times++) {
    const text = Array.from({ length: times }, () => ids).join(',')
    // The remainder of a number of 128 bits, word by word: below 2^46 at every step.
    const rest = md5(text).reduce((remainder, word) => (remainder * 2 ** 32 + word) % 9_999, 0)
    if (rest < 9_998) return ofShare(rest / 9_998)
  }
}

function ofShare(share: number): number {
  return Math.min(99_999, Math.floor(share * 100_000))
}
