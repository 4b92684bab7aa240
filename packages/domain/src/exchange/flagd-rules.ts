/**
 * flagd's targeting as rules. A targeting gives the name of a variant, or null for the default one:
 * `if` becomes one rule a branch, `fractional` an allocation, and whatever is neither becomes a rule for
 * each variant, which asks the JSONLogic whether it gives that name.
 */
import { bucket } from '@flagmarshal/evaluation'
import type { Allocation, AllocationRange, Condition, JsonValue, Rule, Serve } from '@flagmarshal/evaluation'

import { attributeOf, conditionOf, operationOf } from './flagd-logic.ts'
import { isList, isObject } from './flagd-read.ts'
import { NotHere } from './imported.ts'

/** The flag that a targeting belongs to. */
export interface TargetedFlag {
  readonly key: string
  readonly variants: readonly string[]
  /** One that is the caller's own default is not among the variants. */
  readonly defaultVariant: string
}

type Branch = Pick<Rule, 'when' | 'serve'>

const BUCKETS = 100_000
const EVERYBODY: Condition = { all: [] }
const TIMESTAMP = '$flagd.timestamp'
const FLAG_KEY = '$flagd.flagKey'
/** Branches that a targeting may become; nested choices multiply nothing, but fill the page. */
const MAX_BRANCHES = 150

/** The branches of a targeting in order; a context that none serves gets the default variant. Throws NotHere. */
export function branchesOf(targeting: JsonValue, flag: TargetedFlag): readonly Branch[] {
  const logic = withKey(targeting, flag.key)
  const branches = choose(logic, flag)
  if (branches.length > MAX_BRANCHES)
    throw new NotHere(`its targeting becomes more than ${MAX_BRANCHES} rules`)
  return branches
}

function choose(logic: JsonValue, flag: TargetedFlag): readonly Branch[] {
  if (logic === null) return [defaultBranch(flag)]
  const name = nameOf(logic)
  if (name !== undefined) return [{ when: EVERYBODY, serve: { variant: variantOf(name, flag) } }]
  const operation = operationOf(logic)
  if (operation?.op === 'if' || operation?.op === '?:') return chooseIf(operation.args, flag)
  if (operation?.op === 'fractional') return fractionalBranches(operation.args, flag) ?? byName(logic, flag)
  return byName(logic, flag)
}

/** `[condition, value, condition, value, …, otherwise]`; a condition alone gives its own value, which is no variant's name. */
function chooseIf(args: readonly JsonValue[], flag: TargetedFlag): readonly Branch[] {
  if (args.length < 2) return byName({ if: [...args] }, flag)
  const branches: Branch[] = []
  for (let i = 0; i + 1 < args.length; i += 2) {
    const when = conditionOf(args[i] ?? null)
    for (const inner of choose(args[i + 1] ?? null, flag))
      branches.push({ ...inner, when: both(when, inner.when) })
  }
  const otherwise = args.length % 2 === 1 ? (args.at(-1) ?? null) : null
  return [...branches, ...choose(otherwise, flag)]
}

function defaultBranch({ defaultVariant }: TargetedFlag): Branch {
  return { when: EVERYBODY, serve: { variant: defaultVariant } }
}

/** A key that is missing serves the default, as flagd does where it hashes flag and targeting key. */
function fractionalBranches(args: readonly JsonValue[], flag: TargetedFlag): readonly Branch[] | undefined {
  const [first] = args
  const own = isList(first)
  const ranges = rangesOf(own ? args : args.slice(1), flag)
  if (ranges === undefined) return undefined
  const by = own ? { salt: flag.key, attribute: 'targetingKey' } : hashedBy(first)
  if (by === undefined) return undefined
  const { salt, attribute } = by
  const allocation: Allocation = { by: attribute, salt, hash: 'flagd', ranges }
  const missing: Condition = {
    any: [{ not: { attribute, op: 'exists' } }, { attribute, op: 'equals', values: [''] }],
  }
  const split: Branch = { when: EVERYBODY, serve: { allocation } }
  // Its parts cover every bucket, so nothing stands after a split.
  if (own) return [{ ...defaultBranch(flag), when: missing }, split]
  // Joined to the salt, what is missing is an empty text, and its bucket is known.
  const number = bucket('flagd', salt, '')
  const found = ranges.find(({ from, to }) => from <= number && number < to)
  return found === undefined ? undefined : [{ when: missing, serve: { variant: found.variant } }, split]
}

/** `{"cat": [text, {"var": attribute}]}`. A `var` alone hashes texts only; JSONLogic keeps that. */
function hashedBy(
  logic: JsonValue | undefined,
): { readonly salt: string; readonly attribute: string } | undefined {
  const operation = logic === undefined ? undefined : operationOf(logic)
  const [salt, variable, ...others] = operation?.op === 'cat' ? operation.args : []
  const attribute = attributeOf(variable)
  if (typeof salt !== 'string' || attribute === undefined || others.length > 0) return undefined
  return { salt, attribute }
}

/** The parts as ranges; undefined where they are no names with weights, or fall between buckets. */
function rangesOf(entries: readonly JsonValue[], flag: TargetedFlag): readonly AllocationRange[] | undefined {
  const parts = entries.map((entry) => {
    const [value, weight = 1, ...others] = isList(entry) ? entry : []
    const name = value === undefined ? undefined : nameOf(value)
    if (name === undefined || typeof weight !== 'number' || others.length > 0) return undefined
    return { name, weight: Math.max(0, weight) }
  })
  const total = parts.reduce((sum, part) => sum + (part?.weight ?? Number.NaN), 0)
  if (!(total > 0)) return undefined
  const ranges: AllocationRange[] = []
  let sum = 0
  for (const part of parts) {
    if (part === undefined) return undefined
    const from = (sum * BUCKETS) / total
    sum += part.weight
    const to = (sum * BUCKETS) / total
    if (!Number.isInteger(to)) return undefined
    if (from < to) ranges.push({ from, to, variant: variantOf(part.name, flag) })
  }
  return ranges
}

/** One rule a variant: does the logic give its name? Whatever gives none serves the default. */
function byName(logic: JsonValue, flag: TargetedFlag): readonly Branch[] {
  const { key, variants } = flag
  const text: JsonValue = { cat: [spelled(logic, key)] }
  const named = variants.map((variant): Branch => ({
    when: { jsonLogic: { '===': [text, variant] } },
    serve: { variant },
  }))
  return [...named, defaultBranch(flag)]
}

/** A fractional without a key hashes flag and targeting key, and gives null where there is none. */
function spelled(logic: JsonValue, key: string): JsonValue {
  if (isList(logic)) return logic.map((it) => spelled(it, key))
  if (!isObject(logic)) return logic
  const { fractional } = logic
  if (isList(fractional) && isList(fractional[0])) {
    const hashed = { cat: [key, { var: ['targetingKey'] }] }
    const parts = fractional.map((it) => spelled(it, key))
    return { if: [{ var: ['targetingKey'] }, { fractional: [hashed, ...parts] }, null] }
  }
  return Object.fromEntries(Object.entries(logic).map(([op, it]) => [op, spelled(it, key)]))
}

/** flagd takes true, false and numbers as the names of variants. */
function nameOf(logic: JsonValue): string | undefined {
  return typeof logic === 'string' || typeof logic === 'boolean' || typeof logic === 'number'
    ? String(logic)
    : undefined
}

function variantOf(name: string, { variants }: TargetedFlag): string {
  if (variants.includes(name)) return name
  throw new NotHere(`its targeting gives "${name}", which is none of its variants`)
}

function both(a: Condition, b: Condition): Condition {
  if ('all' in b && b.all.length === 0) return a
  return { all: [a, b] }
}

/** The logic with the flag's key written out. Throws NotHere for the time. */
function withKey(logic: JsonValue, key: string): JsonValue {
  if (isList(logic)) return logic.map((it) => withKey(it, key))
  if (!isObject(logic)) return logic
  const operation = operationOf(logic)
  const name = operation?.op === 'var' ? operation.args[0] : undefined
  if (name === FLAG_KEY) return key
  if (name === TIMESTAMP) throw new NotHere('it looks at the time, which no evaluation here does')
  return Object.fromEntries(Object.entries(logic).map(([op, it]) => [op, withKey(it, key)]))
}

/** Serves the same whatever the context: nothing can stand after it. */
export function isFinal({ when, serve }: { readonly when: Condition; readonly serve: Serve }): boolean {
  return 'all' in when && when.all.length === 0 && 'variant' in serve
}
