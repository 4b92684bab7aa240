/**
 * Everything that goes wrong → RFC 9457 problem details: the one function that maps.
 */
import type { Problem } from '@flagmarshal/api/problem'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { failureOf } from '../failure.ts'

/** A field at fault. */
export interface FieldError {
  readonly pointer: string
  readonly message: string
}

/** A problem that the HTTP layer found by itself; thrown and caught inside of it only. */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: string
  readonly more: { readonly remedy?: string; readonly errors?: readonly FieldError[] }
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    detail: string,
    more: HttpProblem['more'] & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail)
    this.status = status
    this.code = code
    const { headers, ...rest } = more
    this.more = rest
    this.headers = headers ?? {}
  }
}

/** Refusals that are not conflicts with the state of a thing (409). Nouns add their codes. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'not-found': 404,
  invalid: 422,
  'role-not-held': 422,
  'stale-version': 412,
  'not-believed': 401,
  'event-not-understood': 422,
  'ticket-unknown': 422,
  'no-project': 400,
  'no-environment': 400,
  'written-too-late': 503,
  'sign-in-refused': 401,
  'link-refused': 403,
  'code-refused': 403,
  'password-wrong': 422,
  'code-wrong': 422,
  'second-factor-needed': 401,
  'proof-needed': 403,
  'too-many-attempts': 429,
  'too-many-evaluations': 429,
  'edge-is-full': 503,
  'sign-in-lost': 403,
  'sign-in-used': 403,
  'provider-refused': 403,
  'notice-refused': 400,
  'person-disabled': 403,
  'person-known': 403,
  'not-known-here': 403,
  'another-person': 403,
  'no-role': 403,
  'proof-too-old': 403,
  forbidden: 403,
  'role-needed': 403,
  'person-needed': 403,
  'own-work': 403,
  'gate-not-open': 403,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'Who you are is not known',
  403: 'You may not do this',
  404: 'There is no such thing',
  405: 'This method does not exist here',
  408: 'The request took too long',
  409: 'This cannot be done now',
  412: 'It has changed since you read it',
  413: 'The request is too large',
  414: 'The address is too long',
  415: 'The content type is not understood',
  422: 'The request is not valid',
  428: 'Say which version you have seen',
  429: 'Too many requests',
  431: 'The headers are too large',
  500: 'Something is wrong with the server',
  503: 'Not possible at the moment',
}

/** A problem with what HTTP needs around it. */
export interface ProblemAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly problem: Problem
}

/** The answer for a refusal or anything thrown. What is not known to be the caller's fault is 500. */
export function problemAnswer(fault: unknown): ProblemAnswer {
  if (isRefusal(fault)) return ofRefusal(fault)
  if (fault instanceof HttpProblem) {
    const { status, code, message, more, headers } = fault
    const { errors, ...rest } = more
    return answer(status, code, message, { ...rest, ...(errors && { errors: [...errors] }) }, headers)
  }
  const failure = failureOf(fault)
  if (failure === 'busy') {
    const remedy = 'Try again in a second.'
    return answer(503, 'busy', 'Another change to the same thing takes too long.', { remedy }, RETRY)
  }
  if (failure === 'unavailable') {
    const remedy = 'Try again shortly. With the same Idempotency-Key a creation is not repeated.'
    return answer(503, 'database-unavailable', 'The database cannot be reached.', { remedy }, RETRY)
  }
  if (failure === 'full') {
    const remedy = 'Make room on the disk of the database. What is served goes on meanwhile.'
    return answer(503, 'database-full', 'The database has no room for this.', { remedy }, RETRY)
  }
  if (failure === 'unstorable') {
    return answer(422, 'invalid', 'The request holds text that cannot be stored.', {})
  }
  return ofFastify(fault) ?? answer(500, 'internal', 'This is a fault of the server; it has been logged.', {})
}

const RETRY = { 'retry-after': '1' }

function ofRefusal(refusal: Refusal): ProblemAnswer {
  const { code, message, remedy, pointer } = refusal
  const errors = refusal.errors ?? (pointer === undefined ? undefined : [{ pointer, message }])
  const more = {
    remedy,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...('current' in refusal ? { current: refusal.current } : {}),
  }
  const headers: Record<string, string> =
    'retryAfterSeconds' in refusal ? { 'retry-after': String(refusal.retryAfterSeconds) } : {}
  return answer(STATUS_OF_CODE[code] ?? 409, code, message, more, headers)
}

/** Fastify's own errors that a caller can cause: https://fastify.dev/docs/latest/Reference/Errors/ */
const FASTIFY: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'content-type', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'content-length', 'The body is not as long as announced.'],
  FST_ERR_BAD_URL: [400, 'bad-address', 'The address is not correctly percent-encoded.'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'address-too-long', 'A part of the address is too long.'],
}

function ofFastify(fault: unknown): ProblemAnswer | undefined {
  if (!(fault instanceof Error) || !('code' in fault)) return undefined
  const known = FASTIFY[String(fault.code)]
  return known && answer(...known, {})
}

// oxlint-disable-next-line max-params -- the parts of one answer, used in this file only
function answer(
  status: number,
  code: string,
  detail: string,
  more: Pick<Problem, 'remedy' | 'errors' | 'current'>,
  headers: Readonly<Record<string, string>> = {},
): ProblemAnswer {
  const type = `urn:flagmarshal:problem:${code}`
  return { status, headers, problem: { type, title: TITLES[status] ?? code, status, code, detail, ...more } }
}
