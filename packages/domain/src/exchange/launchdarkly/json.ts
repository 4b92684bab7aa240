/** Members of JSON as they are wanted; null is the same as absent. */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { isList, isObject } from '../flagd-read.ts'
import { NotHere } from '../imported.ts'

/** A text that is not empty. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** An object; empty where there is none. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

/** What JavaScript takes for true. */
export function booleanOf(value: JsonValue | undefined): boolean {
  return Boolean(value)
}

/** A list; empty where there is none. Throws NotHere for anything else. */
export function listOf(value: JsonValue | undefined, what: string): readonly JsonValue[] {
  if (value === undefined || value === null) return []
  if (isList(value)) return value
  throw new NotHere(`${what} are no list`)
}

/** The texts of a list. */
export function textsOf(value: JsonValue | undefined, what: string): readonly string[] {
  return listOf(value, what).filter((it) => typeof it === 'string')
}

/** Whether a value is one that conditions compare with. */
export function isScalar(value: JsonValue): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
