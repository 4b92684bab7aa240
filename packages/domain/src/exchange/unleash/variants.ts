/**
 * Variants of a feature: what they are called and worth here, and who gets which.
 */
import type {
  Allocation,
  Condition,
  JsonValue,
  Rule,
  Serve,
  ValueType,
  VariantValue,
} from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { attributeOf, isOneOf, joined } from './constraint.ts'
import type { Note } from './constraint.ts'
import type { Feature, Payload, Variant } from './model.ts'
import { cascade, VARIANT_KEYS } from './strategy.ts'

/** What a feature's answers are called here. */
export interface Names {
  readonly valueType: ValueType
  readonly variants: Readonly<Record<string, VariantValue>>
  /** Served where the feature is not enabled. */
  readonly off: string
  /** Served where it is enabled without a variant. */
  readonly on: string
  /** From theirs to ours. */
  readonly ours: ReadonlyMap<string, string>
}

const BUCKETS = 100_000

/** The names of a feature without variants. */
const PLAIN: Names = {
  valueType: 'boolean',
  variants: { on: true, off: false },
  off: 'off',
  on: 'on',
  ours: new Map(),
}

/** What the answers of a feature are called and worth. Throws NotHere for weights that are none. */
export function namesOf(feature: Feature, note: Note): Names {
  const all = [...feature.variants, ...feature.strategies.flatMap((it) => it.variants)]
  if (all.length === 0) return PLAIN
  for (const { name, weight } of all)
    if (!Number.isInteger(weight) || weight < 0)
      throw new NotHere(`its variant ${name} has a weight that is no whole number`)
  const ours = new Map<string, string>()
  for (const { name } of all) {
    const own = ours.get(name) ?? ownName(name, [...ours.values()])
    if (own !== name)
      note('HIGH', `Its variant ${JSON.stringify(name)} is called ${own} here: applications see that name.`)
    ours.set(name, own)
  }
  const taken = [...ours.values()]
  const off = free('disabled', taken)
  const on = free('enabled', taken)
  const valueType = typeOf(all, note)
  const values = new Map<string, VariantValue>()
  for (const { name, payload } of all) {
    const own = ours.get(name) ?? name
    const value = valueOf(name, payload, { valueType, bare: all.every((it) => it.payload === undefined) })
    if (values.has(own) && JSON.stringify(values.get(own)) !== JSON.stringify(value))
      throw new NotHere(`its variant ${name} is worth different things in different strategies`)
    values.set(own, value)
  }
  return { valueType, variants: { ...Object.fromEntries(values), [on]: null, [off]: null }, off, on, ours }
}

function ownName(name: string, taken: readonly string[]): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60)
  return free(plain === '' ? 'variant' : plain, taken)
}

function free(wanted: string, taken: readonly string[]): string {
  let name = wanted
  for (let n = 2; taken.includes(name); n++) name = `${wanted}-${n}`
  return name
}

/** The type that all payloads can have. */
function typeOf(variants: readonly Variant[], note: Note): ValueType {
  const payloads = variants.flatMap((it) => it.payload ?? [])
  if (payloads.length === 0) {
    note('LOW', 'Its variants have no payload: their names are their values.')
    return 'string'
  }
  if (payloads.every(isNumber)) return 'number'
  if (payloads.every((it) => it.type === 'json' && isRecord(parsed(it.value)))) return 'object'
  if (payloads.some((it) => it.type !== 'string'))
    note(
      'MEDIUM',
      'Its payloads are of several types, or of one that no value has here: all of them are texts, and told to be of type string.',
    )
  return 'string'
}

function isNumber({ type, value }: Payload): boolean {
  return type === 'number' && String(Number(value)) === value && Number.isFinite(Number(value))
}

function valueOf(
  name: string,
  payload: Payload | undefined,
  { valueType, bare }: { readonly valueType: ValueType; readonly bare: boolean },
): VariantValue {
  if (payload === undefined) return bare ? name : null
  if (valueType === 'number') return Number(payload.value)
  const object = valueType === 'object' ? parsed(payload.value) : undefined
  return isRecord(object) ? object : payload.value
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function isRecord(value: JsonValue | undefined): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Rules that give those for whom `when` holds their variants. */
export function variantRules(
  variants: readonly Variant[],
  {
    group,
    stickiness = 'default',
    names,
    note,
    rule,
  }: {
    readonly group: string
    readonly stickiness?: string | undefined
    readonly names: Names
    readonly note: Note
    readonly rule: { readonly name: string; readonly when: readonly Condition[] }
  },
): readonly Omit<Rule, 'id'>[] {
  const total = variants.reduce((sum, it) => sum + it.weight, 0)
  const made = (when: readonly Condition[], serve: Serve): Omit<Rule, 'id'> => ({
    name: rule.name,
    when: joined([...rule.when, ...when]),
    serve,
  })
  if (total <= 0) return [made([], { variant: names.on })]
  const nameOf = (variant: Variant): string => names.ours.get(variant.name) ?? variant.name
  const overrides = variants.flatMap((variant) =>
    (variant.overrides ?? []).length === 0
      ? []
      : [
          made(
            [{ any: (variant.overrides ?? []).map((it) => isOneOf(attributeOf(it.contextName), it.values)) }],
            { variant: nameOf(variant) },
          ),
        ],
  )
  const ranges = rangesOf(variants, total, nameOf)
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) return [...overrides, made([], { variant: only.variant })]
  const byAll = stickiness === 'default' || stickiness === 'random'
  const attributes = byAll ? VARIANT_KEYS : [attributeOf(stickiness)]
  note(
    stickiness === 'random' ? 'MEDIUM' : 'LOW',
    stickiness === 'random'
      ? 'Its variants are drawn by lot at each evaluation: here each key keeps its variant.'
      : `Without ${byAll ? 'userId, sessionId and remoteAddress' : stickiness} it is enabled without a variant; Unleash draws a lot.`,
  )
  return [
    ...overrides,
    ...cascade(attributes).map(({ by, when }) =>
      made(when, { allocation: { by, ...scheme(total, group), ranges } }),
    ),
    made([], { variant: names.on }),
  ]
}

function scheme(total: number, group: string): Pick<Allocation, 'hash' | 'salt'> {
  return total === 1_000
    ? { hash: 'unleash-variant', salt: group }
    : { hash: 'unleash-weights', salt: `${total}:${group}` }
}

function rangesOf(
  variants: readonly Variant[],
  total: number,
  nameOf: (variant: Variant) => string,
): Allocation['ranges'] {
  if (total > BUCKETS) throw new NotHere('the weights of its variants are more than 100,000 in all')
  let sum = 0
  return variants.flatMap((variant) => {
    if (variant.weight === 0) return []
    const from = Math.floor((sum * BUCKETS) / total)
    sum += variant.weight
    return [{ from, to: Math.floor((sum * BUCKETS) / total), variant: nameOf(variant) }]
  })
}
