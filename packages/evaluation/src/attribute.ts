/**
 * Reading a context that nobody vouches for.
 *
 * A context comes from a request. It may be null, a proxy, or have getters that throw; reading it
 * must never be the reason why an application fails. Whatever cannot be read is absent. A flag first
 * reads the context as it is, which is fast, and only if that throws reads it `guarded`.
 */
import type { EvaluationContext } from './model.ts'

/** The value of an attribute, `undefined` where it is absent or cannot be read. Members that every object inherits (`constructor`, `__proto__`, …) are absent. */
export function attribute(context: EvaluationContext, name: string): unknown {
  try {
    const value = context[name]
    // Inherited members that matter are functions and objects, so primitives skip the slow check.
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value
    return Object.hasOwn(context, name) ? value : undefined
  } catch {
    return undefined
  }
}

/** A view of the context from which reading never throws, and finds what `attribute` finds. */
export function guarded(context: EvaluationContext): EvaluationContext {
  return new Proxy<EvaluationContext>(
    {},
    {
      get: (_, name) => (typeof name === 'string' ? attribute(context, name) : undefined),
      getOwnPropertyDescriptor: (_, name) => {
        const value = typeof name === 'string' ? attribute(context, name) : undefined
        return value === undefined ? undefined : { value, configurable: true, enumerable: true }
      },
      ownKeys: () => namesIn(context),
    },
  )
}

/** The names of a context's attributes; none of one that cannot be read. */
export function namesIn(context: EvaluationContext): readonly string[] {
  try {
    return Object.keys(context)
  } catch {
    return []
  }
}

/** Reads an attribute of a context. Throws what reading throws; finds objects and functions that are inherited. */
export type Reader = (context: EvaluationContext) => unknown

/**
 * V8 remembers where objects keep a property at the place in the code that reads it, and forgets when
 * one place reads properties of many names. So the first names of a program get a place each.
 */
const PLACES: readonly ((name: string) => Reader)[] = [
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
  (name) => (context) => context[name],
]
const placed = new Map<string, Reader>()

/** A reader to keep, for whoever compares with scalars. */
export function reader(name: string): Reader {
  const known = placed.get(name)
  if (known !== undefined) return known
  const place = PLACES[placed.size]
  if (place === undefined) return (context) => context[name]
  const read = place(name)
  placed.set(name, read)
  return read
}

/** The key that is bucketed: a non-empty string, or a finite number as text. `undefined` is a missing key, or one that cannot be read. */
export function bucketingKey(context: EvaluationContext, by: string): string | undefined {
  return keyOf(attribute(context, by))
}

/** As `bucketingKey`, to keep; throws what reading throws. */
export function keyReader(by: string): (context: EvaluationContext) => string | undefined {
  if (by === 'targetingKey') return targetingKey
  return keyFrom(reader(by))
}

/** The same of what a reader reads. */
export function keyFrom(read: Reader): (context: EvaluationContext) => string | undefined {
  return (context) => keyOf(read(context))
}

// One function for nearly every allocation, so that V8 compiles it into them.
const targetingKey = (context: EvaluationContext): string | undefined => keyOf(context.targetingKey)

function keyOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : numberAsKey(value)
}

function numberAsKey(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}
