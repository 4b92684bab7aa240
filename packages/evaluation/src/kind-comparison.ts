/**
 * Comparisons with an attribute of the context of a kind, by LaunchDarkly's rules: a list holds if one
 * of its elements does, a time is a number of milliseconds or an RFC 3339 time with seconds and offset,
 * and a version has no leading `v` and may leave out numbers before its pre-release (`1.2-beta`).
 */
import type { Reader } from './attribute.ts'
import type { Test } from './condition.ts'
import { kindReader } from './kind-attribute.ts'
import type { Comparison } from './model.ts'
import { parseVersion } from './version.ts'

/** Compiles a comparison with what a reader reads. */
export type Compare = (comparison: Comparison, read: Reader) => Test

/** A value is compared as the only attribute of a context of its own. */
const THE_VALUE: Reader = ({ value }) => value

/** The comparison as a function of the context. Throws an error with the reason if it is malformed. */
export function kindComparison(comparison: Comparison, kind: string, compare: Compare): Test {
  const read = kindReader(kind, comparison.attribute)
  const test = compare(comparison, readerFor(comparison.op))
  const holds = (value: unknown): boolean => test({ value })
  return (context) => {
    const value = read(context)
    if (value === undefined || value === null) return false
    return Array.isArray(value) && comparison.op !== 'exists' ? value.some(holds) : holds(value)
  }
}

function readerFor(op: Comparison['op']): Reader {
  if (op === 'before' || op === 'after') return instantIn
  return op.startsWith('version-') ? versionIn : THE_VALUE
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d(:\d\d)?)/

const instantIn: Reader = ({ value }) => kindInstant(value)
const versionIn: Reader = ({ value }) => kindVersion(value)

/** Milliseconds since 1970, whatever the language makes of a text that begins as a time; `undefined` for what is no time. */
export function kindInstant(value: unknown): number | undefined {
  if (typeof value === 'string') return TIME.test(value) ? Date.parse(value) : undefined
  return typeof value === 'number' ? value : undefined
}

const THREE_NUMBERS = /^\d+\.\d+\.\d+/
const SOME_NUMBERS = /^\d+(\.\d+)?(\.\d+)?/

/** A version with all of its three numbers; `undefined` for what is none. */
export function kindVersion(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.startsWith('v')) return undefined
  // What is only blanks away from a version may begin with v: npm reads it so, and LaunchDarkly with it.
  const bare = value.trim().replace(/^v/, '')
  if (THREE_NUMBERS.test(bare) && parseVersion(bare) !== undefined) return bare
  const found = SOME_NUMBERS.exec(value)
  if (found === null) return undefined
  const [numbers, minor, patch] = found
  const zeros = minor === undefined ? '.0.0' : patch === undefined ? '.0' : ''
  const completed = `${numbers}${zeros}${value.slice(numbers.length)}`.trim()
  return parseVersion(completed) === undefined ? undefined : completed
}
