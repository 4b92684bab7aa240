/**
 * Evaluating for callers that cannot evaluate themselves: OFREP, from memory, never from the
 * database.
 */
import type { OfrepFailure, OfrepSuccess } from '@flagmarshal/api/ofrep'
import type { ErrorCode, Evaluation, EvaluationContext, Reason } from '@flagmarshal/evaluation'

import type { EnvironmentState } from './environment-state.ts'

/** The answer with its status, as OFREP has it. */
export type OfrepAnswer =
  | { readonly status: 200; readonly body: OfrepSuccess }
  | { readonly status: 400 | 404; readonly body: OfrepFailure }

/** Evaluates one flag for what was sent as its request. Never throws. */
export function evaluateOver(state: EnvironmentState, key: string, request: unknown): OfrepAnswer {
  const context = contextOf(request)
  if (context === undefined) return failure(key, 'INVALID_CONTEXT', NO_CONTEXT)
  const flag = state.compiled().flag(key)
  if (flag === undefined) return failure(key, 'FLAG_NOT_FOUND', 'there is no such flag')

  const { evaluation } = flag.decide(context)
  if ('errorCode' in evaluation) return failure(key, evaluation.errorCode, evaluation.errorMessage)
  const metadata = { revision: state.snapshot.revision }
  return { status: 200, body: { ...success(key, evaluation), metadata } }
}

/** All flags of an environment for one context. */
export interface BulkAnswer {
  /** The members of `flags` as JSON, with commas between. */
  readonly text: string
  /** How many flags were answered for which reason. */
  readonly reasons: ReadonlyMap<Reason, number>
}

/** Evaluates every flag for what was sent as the request; a refusal as text where it has no context. Never throws. */
export function evaluateAll(state: EnvironmentState, request: unknown): BulkAnswer | string {
  const context = contextOf(request)
  if (context === undefined) return NO_CONTEXT
  const compiled = state.compiled()
  const reasons = new Map<Reason, number>()
  const texts: string[] = []
  for (const { key } of state.snapshot.flags) {
    const evaluation = compiled.flag(key)?.decide(context).evaluation
    if (evaluation === undefined) continue
    reasons.set(evaluation.reason, (reasons.get(evaluation.reason) ?? 0) + 1)
    texts.push(
      'errorCode' in evaluation
        ? JSON.stringify(failure(key, evaluation.errorCode, evaluation.errorMessage).body)
        : textOf(key, evaluation),
    )
  }
  return { text: texts.join(','), reasons }
}

/** Providers need key and code in the body of every error. */
export function failure(key: string, errorCode: ErrorCode, errorDetails: string): OfrepAnswer {
  const status = errorCode === 'FLAG_NOT_FOUND' ? 404 : 400
  return { status, body: { key, errorCode, errorDetails } }
}

const NO_CONTEXT = 'the context must be an object'

/** A flag has few answers, made when it was compiled, so each is written once. */
const texts = new WeakMap<Evaluation, string>()

function textOf(key: string, evaluation: Evaluation): string {
  const known = texts.get(evaluation)
  if (known !== undefined) return known
  const text = JSON.stringify(success(key, evaluation))
  texts.set(evaluation, text)
  return text
}

function success(key: string, { value, variant, reason }: Evaluation): OfrepSuccess {
  // The engine's type is read-only all the way down; the wire's is not.
  return { key, reason, value: value as OfrepSuccess['value'], variant }
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
