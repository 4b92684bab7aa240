/**
 * Names for what GrowthBook knows only as values: the variants of a feature, in the order in which they
 * are met. Booleans are `on` and `off`, a short text is its own name, everything else has the name of its
 * variation, or a number.
 */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'

import { canonical } from '../../audit/canonical.ts'
import { callerDefaultName } from '../imported.ts'

/** The variants of one feature, as they are met. */
export interface Naming {
  /** The name of a value; null is the caller's own default. */
  readonly variantOf: (value: JsonValue, name?: string) => string
  /** What was met, with the name of the caller's default where it was. */
  readonly named: () => { readonly values: JsonObject; readonly own: string | undefined }
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export function naming(): Naming {
  const names = new Map<string, string>()
  const values: [string, JsonValue][] = []
  // No value has this name: it is taken before any of them is.
  const own = callerDefaultName([])
  let asked = false

  function variantOf(value: JsonValue, name?: string): string {
    if (value === null) {
      asked = true
      return own
    }
    const identity = canonical(value)
    const known = names.get(identity)
    if (known !== undefined) return known
    const taken = new Set([own, ...names.values()])
    const made = freeName(wished(value, name), taken)
    names.set(identity, made)
    values.push([made, value])
    return made
  }

  return {
    variantOf,
    named: () => ({ values: Object.fromEntries(values), own: asked ? own : undefined }),
  }
}

function wished(value: JsonValue, name: string | undefined): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string' && NAME.test(value)) return value
  if (typeof value === 'number' && NAME.test(String(value))) return String(value)
  return name !== undefined && NAME.test(name) && !/^\d+$/.test(name) ? name : 'value'
}

function freeName(wish: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wish)) return wish
  let n = 2
  while (taken.has(`${wish.slice(0, 58)}-${n}`)) n++
  return `${wish.slice(0, 58)}-${n}`
}
