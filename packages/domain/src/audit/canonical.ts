/**
 * One text for one JSON value, so that equal values hash equally wherever they were stored.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme): names sorted by UTF-16 code units, numbers and
 * strings as ECMAScript serialises them, no spaces. Values that JSON cannot hold are errors.
 */

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * The canonical text of a value. Members that are undefined are left out, as JSON.stringify does.
 * Throws a TypeError for numbers that are not finite and for anything that JSON cannot hold.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return numeral(value)
  if (Array.isArray(value)) {
    // Lists of texts are long, like a segment's, and the same either way.
    if (value.every((it) => typeof it === 'string')) return JSON.stringify(value)
    return `[${value.map((it) => canonical(it)).join(',')}]`
  }
  if (typeof value !== 'object') throw new TypeError(`JSON cannot hold a ${typeof value}`)
  const members = Object.entries(value).filter(([, it]) => it !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, it]) => `${JSON.stringify(name)}:${canonical(it)}`).join(',')}}`
}

function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON cannot hold ${value}`)
  return JSON.stringify(value)
}
