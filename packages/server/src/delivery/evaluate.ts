/**
 * Evaluating for callers that cannot evaluate themselves: OFREP, from memory, never from the
 * database.
 */
import type { OfrepFailure, OfrepSuccess } from '@flagmarshal/api/ofrep'
import type { ErrorCode, EvaluationContext } from '@flagmarshal/evaluation'

import type { EnvironmentState } from './environment-state.ts'

/** The answer with its status, as OFREP has it. */
export type OfrepAnswer =
  | { readonly status: 200; readonly body: OfrepSuccess }
  | { readonly status: 400 | 404; readonly body: OfrepFailure }

/** Evaluates one flag for what was sent as its request. Never throws. */
export function evaluateOver(state: EnvironmentState, key: string, request: unknown): OfrepAnswer {
  const context = contextOf(request)
  if (context === undefined) return failure(key, 'INVALID_CONTEXT', 'the context must be an object')
  const flag = state.compiled().flag(key)
  if (flag === undefined) return failure(key, 'FLAG_NOT_FOUND', 'there is no such flag')

  const { evaluation } = flag.decide(context)
  if ('errorCode' in evaluation) return failure(key, evaluation.errorCode, evaluation.errorMessage)
  const { value, variant, reason } = evaluation
  const metadata = { revision: state.snapshot.revision }
  // The engine's type is read-only all the way down; the wire's is not.
  return { status: 200, body: { key, reason, value: value as OfrepSuccess['value'], variant, metadata } }
}

/** Providers need key and code in the body of every error. */
export function failure(key: string, errorCode: ErrorCode, errorDetails: string): OfrepAnswer {
  const status = errorCode === 'FLAG_NOT_FOUND' ? 404 : 400
  return { status, body: { key, errorCode, errorDetails } }
}

/** Empty where none was sent; undefined where what was sent is none. */
function contextOf(request: unknown): EvaluationContext | undefined {
  if (request === undefined || request === null) return {}
  if (!isObject(request)) return undefined
  const { context } = request
  if (context === undefined || context === null) return {}
  return isObject(context) ? context : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
