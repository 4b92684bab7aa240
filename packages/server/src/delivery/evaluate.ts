/**
 * Evaluating for callers that cannot evaluate themselves: OFREP, from memory, never from the
 * database.
 */
import type { OfrepFailure, OfrepSuccess } from '@flagmarshal/api/ofrep'
import type { EvaluationContext } from '@flagmarshal/evaluation'

import { failure, REASONS } from './answers.ts'
import type { EnvironmentState } from './environment-state.ts'

/** The answer with its status, as OFREP has it. */
export type OfrepAnswer =
  | { readonly status: 200; readonly body: OfrepSuccess; readonly text: string; readonly reason: number }
  | {
      readonly status: 400 | 404
      readonly body: OfrepFailure
      readonly text: string
      readonly reason: number
    }

/** Evaluates one flag for what was sent as its request. Never throws. */
export function evaluateOver(state: EnvironmentState, key: string, request: unknown): OfrepAnswer {
  const context = contextOf(request)
  if (context === undefined) return failed(400, failure(key, 'INVALID_CONTEXT', NO_CONTEXT))
  const flag = state.answers().byKey.get(key)
  if (flag === undefined) return failed(404, failure(key, 'FLAG_NOT_FOUND', 'there is no such flag'))

  const { body, member, reason } = flag.fixed ?? flag.answer(context)
  if ('errorCode' in body) return failed(400, body)
  const { revision } = state.snapshot
  return {
    status: 200,
    body: { ...body, metadata: { revision } },
    text: `${member.slice(1, -1)},"metadata":{"revision":${revision}}}`,
    reason,
  }
}

const ERROR = REASONS.indexOf('ERROR')

function failed(status: 400 | 404, body: OfrepFailure): OfrepAnswer {
  return { status, body, text: JSON.stringify(body), reason: ERROR }
}

/** All flags of an environment for one context. */
export interface BulkAnswer {
  /** The members of `flags` as JSON, with commas between. */
  readonly text: string
  /** How many flags were answered for which reason, by its place in `REASONS`. */
  readonly reasons: Uint32Array
}

/** Evaluates every flag for what was sent as the request; a refusal as text where it has no context. Never throws. */
export function evaluateAll(state: EnvironmentState, request: unknown): BulkAnswer | string {
  const context = contextOf(request)
  if (context === undefined) return NO_CONTEXT
  const reasons = new Uint32Array(REASONS.length)
  let text = ''
  for (const flag of state.answers().all) {
    const { member, reason } = flag.fixed ?? flag.answer(context)
    text += member
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  return { text: text.slice(1), reasons }
}

const NO_CONTEXT = 'the context must be an object'

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
