/**
 * What an import keeps because no condition of the model says it, beside JSONLogic: a condition of
 * GrowthBook's, and the question whether a key falls into some buckets. Each stands alone in its
 * `jsonLogic`, as an object with one name.
 */
import { bucketingKey } from './attribute.ts'
import { bucket, isVendorScheme, orderedRanges, vendorBucket } from './bucket.ts'
import type { Test } from './condition.ts'
import { growthbookTest } from './growthbook.ts'
import type { HashScheme, JsonObject, JsonValue } from './model.ts'

/** Is a key in these buckets? A context without the key is in none. */
interface InBuckets {
  readonly by: string
  readonly salt: string
  readonly hash: HashScheme
  /** Half-open, 0..100000. */
  readonly ranges: readonly (readonly [number, number])[]
}

const KEPT: Readonly<Record<string, (operand: JsonValue) => Test>> = {
  growthbook: growthbookTest,
  'in-buckets': inBuckets,
}

/** Is it something that is kept beside JSONLogic, which no JSONLogic engine knows? */
export function isKeptLogic(logic: JsonValue): boolean {
  return (
    isObject(logic) &&
    Object.keys(logic).length === 1 &&
    Object.keys(logic).every((it) => Object.hasOwn(KEPT, it))
  )
}

/** The test of what is kept; undefined for JSONLogic. Throws an error with the reason where it is malformed. */
export function keptTest(logic: JsonValue): Test | undefined {
  if (!isObject(logic) || !isKeptLogic(logic)) return undefined
  const [entry] = Object.entries(logic)
  return entry && KEPT[entry[0]]?.(entry[1])
}

function inBuckets(operand: JsonValue): Test {
  if (!isInBuckets(operand)) throw new TypeError('in-buckets needs by, salt, hash and ranges')
  const { by, salt, hash } = operand
  const ranges = orderedRanges(operand.ranges.map(([from, to]) => ({ from, to })))
  const numberOf = isVendorScheme(hash) ? vendorBucket(hash, salt) : (key: string) => bucket(hash, salt, key)
  // A scheme that does not exist is told here, not when it is asked.
  numberOf('')
  return (context) => {
    const key = bucketingKey(context, by)
    if (key === undefined) return false
    const number = numberOf(key)
    return ranges.some(({ from, to }) => from <= number && number < to)
  }
}

function isInBuckets(value: JsonValue): value is JsonValue & InBuckets {
  if (!isObject(value)) return false
  const { by, salt, hash, ranges } = value
  return (
    [by, salt, hash].every((it) => typeof it === 'string') && Array.isArray(ranges) && ranges.every(isRange)
  )
}

function isRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((it) => typeof it === 'number')
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
