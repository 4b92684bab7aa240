/**
 * Values that a JSON schema accepts, or nearly: what an honest but careless caller would send.
 */
import * as fc from 'fast-check'
import type { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema
type Node = JsonSchema | boolean

/** Things that exist, by the name of the field that may hold them. */
export type Names = Readonly<Record<string, readonly string[]>>

interface Place {
  readonly root: JsonSchema
  readonly names: Names
  /** Of the field that the value goes into. */
  readonly field: string
  readonly depth: number
}

/** Deeper than this, lists are empty and unions take what does not nest. */
const DEEPEST = 6

/** A value of the schema; fields that `names` knows hold mostly what exists. */
export function valueOf(root: JsonSchema, names: Names, field = ''): fc.Arbitrary<unknown> {
  return ofNode(root, { root, names, field, depth: 0 })
}

function ofNode(node: Node, place: Place): fc.Arbitrary<unknown> {
  if (typeof node === 'boolean') return anything
  const known = place.names[place.field]
  const plain = ofSchema(node, place)
  if (known === undefined || known.length === 0 || node.type !== 'string') return plain
  // A key is also what a new thing wants.
  const weight = place.field === 'key' ? 2 : 12
  return fc.oneof({ weight, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: plain })
}

function ofSchema(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return ofReference(schema.$ref, place)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined) return fc.oneof(...options.map((it) => ofNode(it, place)))
  switch (schema.type) {
    case 'object':
      return ofObject(schema, place)
    case 'array':
      return ofArray(schema, place)
    case 'string':
      return ofString(schema)
    case 'integer':
      return ofInteger(schema)
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case undefined:
      return anything
    default:
      throw new Error(`a schema of type ${String(schema.type)}`)
  }
}

/** Built when it is drawn: conditions hold conditions. */
function ofReference(reference: string, place: Place): fc.Arbitrary<unknown> {
  const target = place.root.$defs?.[reference.slice('#/$defs/'.length)]
  if (target === undefined) throw new Error(`no schema ${reference}`)
  if (place.depth > DEEPEST) return fc.constant({ all: [] })
  return fc.constant(null).chain(() => ofNode(target, { ...place, depth: place.depth + 1 }))
}

function ofObject(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  const { properties, required, additionalProperties, propertyNames } = schema
  const depth = place.depth + 1
  if (properties === undefined) {
    const names =
      typeof propertyNames === 'object' ? ofNode(propertyNames, { ...place, field: 'variant' }) : word
    const values = ofNode(additionalProperties ?? true, { ...place, field: '', depth })
    return fc.array(fc.tuple(names, values), { maxLength: 3 }).map((it) => Object.fromEntries(it) as unknown)
  }
  const fields = Object.entries(properties).map(
    ([field, node]) => [field, ofNode(node, { ...place, field, depth })] as const,
  )
  return fc.record(Object.fromEntries(fields), { requiredKeys: required ?? [], noNullPrototype: true })
}

function ofArray(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  if (schema.prefixItems !== undefined) {
    return fc.tuple(...schema.prefixItems.map((it) => ofNode(it, place)))
  }
  const minLength = schema.minItems ?? 0
  const most = Math.min(schema.maxItems ?? 3, Math.max(minLength, place.depth > DEEPEST - 2 ? 0 : 3))
  const { items } = schema
  if (items === undefined || Array.isArray(items)) return fc.constant([])
  const item = ofNode(items, { ...place, depth: place.depth + 1 })
  return fc.array(item, { minLength, maxLength: most })
}

function ofString({ pattern, format, minLength = 0, maxLength = 50 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.oneof(fc.constantFrom(...INSTANTS), instant)
  if (format === 'date') return fc.constantFrom('2026-03-02', '0001-01-01', '9999-12-31', '2024-02-29')
  if (format === 'uri') return fc.constantFrom(...ADDRESSES)
  if (format === 'email') return fc.constantFrom('ann@shop.example', 'a+b@c.io')
  if (pattern !== undefined) return kept(`/${pattern}/`, () => matching(pattern))
  const most = Math.min(maxLength, 50)
  const text = kept(`${minLength} ${most}`, () => fc.string({ unit: 'grapheme', minLength, maxLength: most }))
  const longest = fc.constant('x'.repeat(maxLength))
  return fc.oneof(
    { weight: 5, arbitrary: text },
    { weight: 4, arbitrary: word },
    { weight: 1, arbitrary: longest },
  )
}

/** Some patterns look ahead, which fast-check cannot follow: then words, which some of them accept. */
function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern))
  } catch {
    return word
  }
}

/** Building one for text costs milliseconds, and conditions are built each time that one is drawn. */
function kept(name: string, build: () => fc.Arbitrary<string>): fc.Arbitrary<string> {
  const known = KEPT.get(name) ?? build()
  KEPT.set(name, known)
  return known
}

const KEPT = new Map<string, fc.Arbitrary<string>>()

function ofInteger({ minimum = -1e6, maximum = 1e6 }: JsonSchema): fc.Arbitrary<number> {
  const most = Math.min(maximum, 2 ** 53 - 1)
  const least = Math.max(minimum, -(2 ** 53) + 1)
  const small = fc.integer({ min: least, max: Math.min(most, least + 1000) })
  const any = fc.maxSafeInteger().map((it) => Math.min(most, Math.max(least, it)))
  return fc.oneof(
    { weight: 6, arbitrary: small },
    { weight: 1, arbitrary: any },
    fc.constantFrom(least, most),
  )
}

/** Nothing that the server could call: it refuses its own machine. */
const ADDRESSES = ['http://127.0.0.1:9/a', 'http://[::1]:0/', 'https://%zz@127.0.0.1/', 'https://localhost']

const INSTANTS = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00.000Z',
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2026-03-02T10:00:00.123456789Z',
]
const instant = fc
  .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
  .map((it) => it.toISOString())
const word = fc.constantFrom('ann', 'shop', 'A', 'on', 'targetingKey', 'ünïcode', '𝕏', 'a b', '0', '%', "'")
const anything = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
