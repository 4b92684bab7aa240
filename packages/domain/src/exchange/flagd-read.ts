/**
 * A flagd definition as it stands in a file, read: references replaced, metadata merged, each flag by
 * its key. The format's own rules: https://flagd.dev/reference/flag-definitions/.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import type { ReportLine } from './report.ts'

/** A flag of the file. */
export interface ReadFlag {
  readonly key: string
  readonly disabled: boolean
  readonly variants: JsonObject
  /** Absent where the caller's default is meant. */
  readonly defaultVariant?: string
  /** Absent where there is none, and where it is empty. */
  readonly targeting?: JsonValue
  /** The file's, with the flag's own over it. */
  readonly metadata: JsonObject
}

/** References may lead to references this deep. */
const MAX_REFERENCES = 20

/** The flags of a definition; what cannot be read is reported. */
export function readFlagd(definition: JsonObject): {
  readonly flags: readonly ReadFlag[]
  readonly report: readonly ReportLine[]
} {
  const evaluators = objectOf(definition['$evaluators'])
  const shared = objectOf(definition['metadata'])
  const report: ReportLine[] = []
  const flags = entriesOf(definition['flags']).flatMap(([key, value]) => {
    const read = readFlag(key, value, { evaluators, shared })
    if (typeof read !== 'string') return [read]
    report.push({ severity: 'HIGH', entity: `flag ${key}`, message: `It is left out: ${read}.` })
    return []
  })
  if (definition['flags'] === undefined)
    report.push({
      severity: 'HIGH',
      entity: 'file',
      message: 'It has no flags, so it is no flagd definition.',
    })
  return { flags, report }
}

/** Whether a value is an object with members. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is a list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** A flag of a file is named by its place, one of a list by itself. */
function entriesOf(flags: JsonValue | undefined): readonly (readonly [string, JsonValue])[] {
  if (!isList(flags)) return Object.entries(objectOf(flags))
  return flags.map((it, index) => {
    const key = isObject(it) ? it['key'] : undefined
    return [typeof key === 'string' ? key : `number ${index}`, it] as const
  })
}

function readFlag(
  key: string,
  value: JsonValue,
  { evaluators, shared }: { readonly evaluators: JsonObject; readonly shared: JsonObject },
): ReadFlag | string {
  if (!isObject(value)) return 'it is no object'
  const { state, variants, defaultVariant, targeting, metadata } = value
  if (state !== 'ENABLED' && state !== 'DISABLED') return 'its state is neither ENABLED nor DISABLED'
  if (!isObject(variants) || Object.keys(variants).length === 0) return 'it has no variants'
  if (typeof defaultVariant === 'string' && defaultVariant !== '' && !Object.hasOwn(variants, defaultVariant))
    return `its default variant "${defaultVariant}" is none of its variants`
  const resolved = targeting === undefined ? undefined : resolve(targeting, evaluators, 0)
  if (resolved === BROKEN) return 'a $ref of it leads nowhere, or in a circle'
  const empty =
    resolved === undefined || resolved === null || (isObject(resolved) && Object.keys(resolved).length === 0)
  return {
    key,
    disabled: state === 'DISABLED',
    variants,
    ...(typeof defaultVariant === 'string' && defaultVariant !== '' ? { defaultVariant } : {}),
    ...(empty ? {} : { targeting: resolved }),
    metadata: { ...shared, ...objectOf(metadata) },
  }
}

const BROKEN = Symbol('a reference that cannot be followed')

/** The logic with `{"$ref": name}` replaced by the evaluator of that name. */
function resolve(logic: JsonValue, evaluators: JsonObject, depth: number): JsonValue | typeof BROKEN {
  if (depth > MAX_REFERENCES) return BROKEN
  if (isList(logic)) {
    const members = logic.map((it) => resolve(it, evaluators, depth))
    return members.every((it) => it !== BROKEN) ? members : BROKEN
  }
  if (!isObject(logic)) return logic
  const name = logic['$ref']
  if (typeof name === 'string') {
    const found = Object.hasOwn(evaluators, name) ? evaluators[name] : undefined
    return found === undefined ? BROKEN : resolve(found, evaluators, depth + 1)
  }
  const members = Object.entries(logic).map(([op, it]) => [op, resolve(it, evaluators, depth)] as const)
  return members.some(([, it]) => it === BROKEN) ? BROKEN : (Object.fromEntries(members) as JsonObject)
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}
