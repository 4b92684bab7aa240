/**
 * Instants in conditions: RFC 3339 texts, whole dates (midnight UTC), milliseconds since 1970, Dates.
 *
 * A time without an offset is refused: it would mean another instant on each machine.
 */

const RFC3339 = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since 1970; NaN if the value is no instant. Never throws. */
export function instantOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string')
    return value.length <= 40 && RFC3339.test(value) ? Date.parse(iso(value)) : NaN
  try {
    return value instanceof Date ? value.getTime() : Number.NaN
  } catch {
    return Number.NaN
  }
}

/** RFC 3339 allows a blank and small letters, where the language's own format does not. */
function iso(text: string): string {
  return text.replace(' ', 'T').toUpperCase()
}
