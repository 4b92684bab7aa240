/**
 * What LaunchDarkly's rules serve, as rules of ours. Whatever its SDK calls malformed becomes a rule that
 * cannot be evaluated, at the place where its SDK would find out.
 */
import type { Allocation, AllocationRange, Condition, JsonValue, Serve } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import type { Rollout, Served } from './model.ts'
import { referenceOf } from './reference.ts'

/** The flag that serves. */
export interface ServingFlag {
  readonly key: string
  readonly salt: string
  /** Names of its variations by index. */
  readonly variants: readonly string[]
}

/** What is served, and what is asked before that cannot be answered. */
export interface Translated {
  /** Conditions that end in an error, to be asked first. */
  readonly malformed: readonly Condition[]
  /** Undefined where nobody is served anything else than an error. */
  readonly serve: Exclude<Serve, { readonly exposure: unknown }> | undefined
}

const BUCKETS = 100_000

/** What a rule or the fallthrough serves. Throws NotHere where it cannot be said. */
export function translated(served: Served | undefined, flag: ServingFlag): Translated {
  if (served === undefined) return error('the fallthrough is missing')
  if (served.variation !== undefined) {
    const variant = variantOf(served.variation, flag)
    return variant === undefined
      ? error('a variation is none of the flag’s')
      : { malformed: [], serve: { variant } }
  }
  if (served.rollout === undefined || served.rollout.variations.length === 0)
    return error('there is neither a variation nor a rollout')
  return rolled(served.rollout, flag)
}

/** The name of a variation; undefined for an index that the flag does not have. */
export function variantOf(index: JsonValue | undefined, { variants }: ServingFlag): string | undefined {
  if (typeof index !== 'number') return undefined
  if (!Number.isInteger(index)) throw new NotHere(`the variation ${index} is no whole number`)
  return variants[index]
}

function error(why: string): Translated {
  return { malformed: [{ malformed: why }], serve: undefined }
}

function rolled(rollout: Rollout, flag: ServingFlag): Translated {
  if (rollout.unsure && rollout.bucketBy !== undefined)
    throw new NotHere(
      'the file does not say whether a rollout that buckets by an attribute is an experiment, which never does',
    )
  const { contextKind, bucketBy, experiment } = rollout
  const by = experiment || bucketBy === undefined ? 'key' : referenceOf(bucketBy, contextKind !== undefined)
  if (by === undefined) return error('a rollout buckets by a malformed reference')
  const keys = {
    by,
    contextKind: contextKind ?? 'user',
    salt: saltOf(rollout, flag),
    hash: 'launchdarkly',
  } as const
  const ranges = rangesOf(rollout)

  const broken = ranges.filter(({ index }) => variantOf(index, flag) === undefined)
  const found = ranges.flatMap(({ from, to, index }): AllocationRange[] => {
    const variant = variantOf(index, flag)
    return variant === undefined ? [] : [{ from, to, variant }]
  })
  const malformed: Condition[] =
    broken.length === 0
      ? []
      : [
          {
            all: [
              { bucketed: { ...keys, ranges: broken.map(({ from, to }) => ({ from, to })) } },
              { malformed: 'a variation of a rollout is none of the flag’s' },
            ],
          },
        ]
  const allocation: Allocation = { ...keys, ranges: found }
  return { malformed, serve: found.length === 0 ? undefined : { allocation } }
}

function saltOf({ seed }: Rollout, { key, salt }: ServingFlag): string {
  if (seed === undefined || seed === 0 || seed === '' || seed === false) return `${key}.${salt}`
  if (typeof seed === 'number' || typeof seed === 'string') return String(Number(seed))
  throw new NotHere('a rollout has a seed that is no number')
}

interface IndexedRange {
  readonly from: number
  readonly to: number
  readonly index: JsonValue | undefined
}

/** By cumulated weights; the last variation has what is left, however little the weights add up to. */
function rangesOf({ variations }: Rollout): readonly IndexedRange[] {
  let end = 0
  const ranges = variations.map(({ variation, weight }, at): IndexedRange => {
    if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0)
      throw new NotHere('a weight of a rollout is no whole number')
    const from = Math.min(end, BUCKETS)
    end += weight
    const to = at === variations.length - 1 ? BUCKETS : Math.min(end, BUCKETS)
    return { from, to, index: variation }
  })
  return ranges.filter(({ from, to }) => from < to)
}
