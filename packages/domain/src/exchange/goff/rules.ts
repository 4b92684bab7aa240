/**
 * What a rule of GO Feature Flag's serves: a variation, percentages, or a progressive rollout as far as it has
 * come. Everybody keeps the bucket of its hash.
 */
import type { AllocationRange, JsonObject, JsonValue, Serve } from '@flagmarshal/evaluation'

import { isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'

const BUCKETS = 100_000

/** What a rule needs to know of its flag. */
export interface FlagParts {
  readonly key: string
  readonly by: string
  readonly variations: JsonObject
  readonly now: Date
  readonly note: (noted: 'split' | 'growing') => void
}

/** What a rule serves; the first that is there of progressive rollout, percentages and variation. Throws NotHere. */
export function serveOf(rule: JsonObject, flag: FlagParts): Serve {
  const { progressiveRollout, percentage, variation } = rule
  if (isObject(progressiveRollout)) return progressive(progressiveRollout, flag)
  if (isObject(percentage) && Object.keys(percentage).length > 0) return percentages(percentage, flag)
  return { variant: known(variation, flag) }
}

/** Names in turned order, as there: each has the buckets after those of the one before it. */
function percentages(given: JsonObject, flag: FlagParts): Serve {
  const names = Object.keys(given).toSorted().toReversed()
  const shares = names.map((name) => {
    const share = given[name]
    if (typeof share !== 'number' || share < 0) throw new NotHere(`its percentage of "${name}" is none`)
    return share
  })
  const total = shares.reduce((sum, it) => sum + it, 0)
  // The hash is divided by the sum, so that other sums have other buckets.
  if (Math.trunc(total * 1_000) !== BUCKETS)
    throw new NotHere(`its percentages add up to ${total}, and buckets are known for 100 only`)
  let end = 0
  const ranges = names.flatMap((name, index): AllocationRange[] => {
    const from = Math.trunc(end)
    end += (shares[index] ?? 0) * 1_000
    const to = index === names.length - 1 ? BUCKETS : Math.trunc(end)
    return from < to ? [{ from, to, variant: known(name, flag) }] : []
  })
  return allocation(ranges, flag)
}

/** The share of the end variation grows evenly from date to date; here it stays as it is now. */
function progressive(given: JsonObject, flag: FlagParts): Serve {
  const [initial, end] = [stepOf(given['initial'], flag), stepOf(given['end'], flag)]
  if (!(end.at > initial.at)) throw new NotHere('its progressive rollout ends before it begins')
  const now = flag.now.getTime()
  const last = end.percentage === 0 || end.percentage > 100 ? 100 : end.percentage
  if (now < end.at) flag.note('growing')
  if (now < initial.at) return { variant: initial.variation }
  const seconds = Math.floor(end.at / 1_000) - Math.floor(initial.at / 1_000)
  const passed = Math.floor(now / 1_000) - Math.floor(initial.at / 1_000)
  const share =
    now >= end.at ? last : initial.percentage + ((last - initial.percentage) * passed) / Math.max(1, seconds)
  const cut = Math.min(BUCKETS, Math.trunc(share * 1_000))
  const ranges = [
    { from: 0, to: cut, variant: end.variation },
    { from: cut, to: BUCKETS, variant: initial.variation },
  ]
  return allocation(
    ranges.filter(({ from, to }) => from < to),
    flag,
  )
}

interface Step {
  readonly at: number
  readonly percentage: number
  readonly variation: string
}

function stepOf(step: JsonValue | undefined, flag: FlagParts): Step {
  const { date, percentage, variation } = isObject(step) ? step : {}
  const at = instantOf(date)
  if (at === undefined) throw new NotHere('its progressive rollout has a step without a date')
  return {
    at,
    percentage: typeof percentage === 'number' ? percentage : 0,
    variation: known(variation, flag),
  }
}

/** Milliseconds since 1970 of a date in a file. */
export function instantOf(date: JsonValue | undefined): number | undefined {
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

function allocation(ranges: readonly AllocationRange[], { key, by, note }: FlagParts): Serve {
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) return { variant: only.variant }
  note('split')
  if (by.includes('.')) throw new NotHere(`it is bucketed by "${by}", below an attribute`)
  return { allocation: { by, salt: key, hash: 'goff', ranges } }
}

function known(name: JsonValue | undefined, { variations }: FlagParts): string {
  if (typeof name !== 'string') throw new NotHere('a rule of it serves nothing')
  if (Object.hasOwn(variations, name)) return name
  throw new NotHere(`it serves "${name}", which is none of its variations`)
}
