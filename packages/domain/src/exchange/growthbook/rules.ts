/**
 * A feature of GrowthBook's as rules of ours. A rule that forces a value serves its variant, an experiment
 * is an allocation whose gaps go on to the next rule, as those do who are not in it. Namespaces and
 * filters are questions for buckets; a context without the attribute that is hashed is passed over.
 */
import type { AllocationRange, Condition, HashScheme, JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'
import { hashOf, inRange, rangesOf, variationAt, variationRanges } from './buckets.ts'
import { attributeName, growthbookCondition, writtenOut } from './condition.ts'
import type { Difference } from './condition.ts'

/** What a rule needs to know of its feature. */
export interface FeatureParts {
  readonly key: string
  readonly savedGroups: JsonObject
  /** The name of the variant with a value; null and nothing is the caller's default. */
  readonly variantOf: (value: JsonValue, name?: string) => string
  readonly note: (difference: Difference | 'sticky' | 'bandit' | 'groups' | 'id') => void
}

/** A rule of ours, as far as a rule of theirs decides it. */
export interface Branch {
  readonly name: string
  readonly when: Condition
  readonly serve: { readonly variant: string } | { readonly allocation: Split }
}

/** An allocation by a vendor's hash. */
export interface Split {
  readonly by: string
  readonly salt: string
  readonly hash: HashScheme
  readonly ranges: readonly AllocationRange[]
}

/** The branch of a rule, without what it asks of other features; undefined where it never decides. */
export function branchOf(rule: JsonObject, name: string, feature: FeatureParts): Branch | undefined {
  const filters = filterConditions(rule['filters'])
  const own = rule['condition']
  const condition = own === undefined || own === null ? [] : [conditionOf(own, feature)]
  if ('force' in rule) return forced(rule, name, { feature, when: [...filters, ...condition] })
  const variations = rule['contextualVariations'] ?? rule['variations']
  if (!isList(variations) || variations.length < 2) return undefined
  if (rule['contextualBanditRef'] !== undefined) feature.note('bandit')
  if (isSticky(rule)) feature.note('sticky')
  const namespace = filters.length === 0 && !isList(rule['filters']) ? namespaceCondition(rule) : []
  return experiment(rule, name, { feature, when: [...filters, ...namespace, ...condition], variations })
}

/** A condition of theirs, groups written out. */
export function conditionOf(condition: JsonValue, { savedGroups, note }: FeatureParts): Condition {
  const text = JSON.stringify(condition)
  if (/"\$(?:inGroup|notInGroup|savedGroup)"/.test(text)) note('groups')
  if (/"id"\s*:/.test(text)) note('id')
  return growthbookCondition(writtenOut(condition, savedGroups), note)
}

interface Parts {
  readonly feature: FeatureParts
  readonly when: readonly Condition[]
}

function forced(rule: JsonObject, name: string, { feature, when }: Parts): Branch | undefined {
  const variant = feature.variantOf(rule['force'] ?? null)
  const { range, coverage } = rule
  const rolled = (range ?? undefined) !== undefined || coverage !== undefined
  if (!rolled) return { name, when: allOf(when), serve: { variant } }
  if (!isObjectLike(range) && coverage === 0) return undefined
  const hash = hashOf(versionOf(rule))
  if (hash === undefined) return undefined
  const limit = typeof coverage === 'number' ? coverage : 0
  const chosen = rangesOf(hash.values, (value) =>
    (isObjectLike(range) ? inRange(value, range) : value <= limit) ? variant : undefined,
  )
  return split(rule, name, {
    feature,
    when,
    hash: hash.hash,
    ranges: chosen,
    salt: saltOf(rule, feature.key),
  })
}

function experiment(
  rule: JsonObject,
  name: string,
  { feature, when, variations }: Parts & { readonly variations: readonly JsonValue[] },
): Branch | undefined {
  const hash = hashOf(versionOf(rule))
  if (hash === undefined) return undefined
  const meta = (isList(rule['meta']) ? rule['meta'] : []).map((it) => (isObject(it) ? it : {}))
  const coverage = typeof rule['coverage'] === 'number' ? rule['coverage'] : 1
  const weights = isList(rule['weights']) ? rule['weights'].map(Number) : undefined
  const ranges: readonly JsonValue[] = isList(rule['ranges'])
    ? rule['ranges']
    : variationRanges(variations.length, coverage, weights)
  const names = variations.map((value, index) => {
    const { key, name: title } = meta[index] ?? {}
    return feature.variantOf(
      value,
      typeof key === 'string' ? key : typeof title === 'string' ? title : undefined,
    )
  })
  const chosen = rangesOf(hash.values, (value) => {
    const index = variationAt(value, ranges)
    // Whoever passes through is counted there, and goes on to the next rule.
    return index === undefined || meta[index]?.['passthrough'] === true ? undefined : names[index]
  })
  const salt = saltOf(rule, typeof rule['key'] === 'string' && rule['key'] !== '' ? rule['key'] : feature.key)
  return split(rule, name, { feature, when, hash: hash.hash, ranges: chosen, salt })
}

function split(
  rule: JsonObject,
  name: string,
  parts: Parts & {
    readonly hash: HashScheme
    readonly salt: string
    readonly ranges: readonly { readonly from: number; readonly to: number; readonly choice: string }[]
  },
): Branch | undefined {
  const by = hashedBy(rule['hashAttribute'], parts.feature)
  const ranges = parts.ranges.map(({ from, to, choice }) => ({ from, to, variant: choice }))
  if (ranges.length === 0) return undefined
  const { hash, salt } = parts
  return {
    name,
    when: allOf([...parts.when, ...isThere(by)]),
    serve: { allocation: { by, salt, hash, ranges } },
  }
}

/** What is empty, zero or false is not hashed there. */
function isThere(by: string): readonly Condition[] {
  return [{ attribute: by, op: 'exists' }, { not: { attribute: by, op: 'in', values: ['', 0, false] } }]
}

function hashedBy(attribute: JsonValue | undefined, { note }: FeatureParts): string {
  const name = typeof attribute === 'string' && attribute !== '' ? attribute : 'id'
  if (name === 'id') note('id')
  return attributeName(name)
}

function saltOf(rule: JsonObject, otherwise: string): string {
  const { seed } = rule
  return typeof seed === 'string' && seed !== '' ? seed : otherwise
}

/** Each filter leaves out whoever is in none of its ranges. */
function filterConditions(filters: JsonValue | undefined): readonly Condition[] {
  if (!isList(filters)) return []
  return filters.flatMap((filter) => {
    const { seed, attribute, hashVersion, ranges } = isObject(filter) ? filter : {}
    const hash = hashOf(hashVersion === undefined || hashVersion === 0 ? 2 : hashVersion)
    if (hash === undefined) return [NOBODY]
    const wanted = isList(ranges) ? ranges : []
    const chosen = rangesOf(hash.values, (value) =>
      variationAt(value, wanted) === undefined ? undefined : true,
    )
    const by = attributeName(typeof attribute === 'string' && attribute !== '' ? attribute : 'id')
    return inBuckets({ by, salt: textOf(seed), hash: hash.hash }, chosen)
  })
}

/** As JavaScript joins it to a text; what is no text or number salts nothing. */
function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** `[name, from, to]`: who belongs to the experiments that share a name. */
function namespaceCondition(rule: JsonObject): readonly Condition[] {
  const { namespace } = rule
  if (!isList(namespace)) return []
  const [name, from = null, to = null] = namespace
  const { hashAttribute } = rule
  const by = attributeName(typeof hashAttribute === 'string' && hashAttribute !== '' ? hashAttribute : 'id')
  const chosen = rangesOf(1_000, (value) => (inRange(value, [from, to]) ? true : undefined))
  return inBuckets({ by, salt: `__${textOf(name)}`, hash: 'growthbook-1' }, chosen)
}

/** Conditions that a key falls into these buckets. */
export function inBuckets(
  { by, salt, hash }: Pick<Split, 'by' | 'salt' | 'hash'>,
  ranges: readonly { readonly from: number; readonly to: number }[],
): readonly Condition[] {
  const bucketed = { by, salt, hash, ranges: ranges.map(({ from, to }) => ({ from, to })) }
  return [...isThere(by), { bucketed }]
}

const NOBODY: Condition = { any: [] }

/** All of them, without what holds for everybody. */
export function allOf(conditions: readonly Condition[]): Condition {
  const parts = conditions.flatMap((it) => ('all' in it ? it.all : [it]))
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : { all: parts }
}

function isSticky(rule: JsonObject): boolean {
  return (
    rule['disableStickyBucketing'] !== true &&
    ['fallbackAttribute', 'minBucketVersion', 'bucketVersion'].some((it) => Boolean(rule[it]))
  )
}

function isObjectLike(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null
}

/** What a rule asks of other features first. */
export interface ParentCondition {
  readonly id: string
  readonly condition: JsonValue
  /** Unmet, nothing of the feature counts and the caller's default is served. */
  readonly gate: boolean
}

/** The features that a rule asks for, in order. Throws NotHere where they cannot be read. */
export function parentsOf(rule: JsonObject): readonly ParentCondition[] {
  const { parentConditions } = rule
  if (parentConditions === undefined || parentConditions === null) return []
  if (!isList(parentConditions)) throw new NotHere('its prerequisites are no list')
  return parentConditions.map((it) => {
    const { id, condition, gate } = isObject(it) ? it : {}
    if (typeof id !== 'string') throw new NotHere('a prerequisite of it names no feature')
    return { id, condition: condition ?? {}, gate: Boolean(gate) }
  })
}

/** Version 1 where none is named. */
function versionOf({ hashVersion }: JsonObject): JsonValue {
  return hashVersion === undefined || hashVersion === null || hashVersion === 0 ? 1 : hashVersion
}
