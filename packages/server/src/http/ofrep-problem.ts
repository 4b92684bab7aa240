/**
 * A problem as OFREP clients can read it: they look for `key` and `errorCode` in the body of every
 * error, and know 400 and not 422.
 */
import type { Problem } from '@flagmarshal/api/problem'

/** The problem with the members of an OFREP failure, and its status. */
export function ofrepAnswer(
  problem: Problem,
  params: unknown,
): { readonly status: number; readonly body: unknown } {
  const key =
    typeof params === 'object' && params !== null && 'key' in params && typeof params.key === 'string'
      ? params.key
      : ''
  const unreadable = [400, 413, 415, 422].includes(problem.status)
  const status = unreadable && problem.status !== 413 ? 400 : problem.status
  const errorCode = unreadable ? 'INVALID_CONTEXT' : 'GENERAL'
  return { status, body: { ...problem, status, key, errorCode, errorDetails: problem.detail } }
}
