import { ofrepOperations } from '@flagmarshal/api/ofrep'
/**
 * A problem as OFREP clients can read it: they look for `errorCode`, and where one flag was asked for
 * `key`, in the body of every error, and know 400 and not 422.
 */
import type { Problem } from '@flagmarshal/api/problem'

interface OfrepProblem {
  readonly status: number
  readonly body: unknown
}

/** The problem with the members of an OFREP failure, and its status; undefined for other operations. */
export function ofrepAnswer(
  operation: string | undefined,
  problem: Problem,
  params: unknown,
): OfrepProblem | undefined {
  if (operation === undefined || !Object.hasOwn(ofrepOperations, operation)) return undefined
  const unreadable = [400, 413, 415, 422].includes(problem.status)
  const status = unreadable && problem.status !== 413 ? 400 : problem.status
  const errorCode = unreadable ? 'INVALID_CONTEXT' : 'GENERAL'
  return { status, body: { ...problem, status, ...keyOf(params), errorCode, errorDetails: problem.detail } }
}

function keyOf(params: unknown): { readonly key?: string } {
  if (typeof params !== 'object' || params === null || !('key' in params)) return {}
  return typeof params.key === 'string' ? { key: params.key } : {}
}
