/**
 * Reading a context that nobody vouches for.
 *
 * A context comes from a request. It may be null, a proxy, or have getters that throw; reading it
 * must never be the reason why an application fails. Whatever cannot be read is absent.
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

/** The key that is bucketed: a non-empty string, or a finite number as text. `undefined` is a missing key. */
export function bucketingKey(context: EvaluationContext, by: string): string | undefined {
  let value: unknown
  try {
    // The named read is faster than the computed one, and nearly every allocation is by targetingKey.
    value = by === 'targetingKey' ? context.targetingKey : context[by]
  } catch {
    return undefined
  }
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}
