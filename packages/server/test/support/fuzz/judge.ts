/**
 * Whether an answer to a fuzzed request is one that callers can rely on.
 */
import { OfrepFailure } from '@flagmarshal/api/ofrep'
import { Problem } from '@flagmarshal/api/problem'

import type { FuzzRequest } from './requests.ts'
import type { FuzzAnswer } from './send.ts'

/** What is wrong with the answer; undefined when nothing is. */
export function faultOf(request: FuzzRequest, answer: FuzzAnswer | string): string | undefined {
  if (typeof answer === 'string') return `was not answered: ${answer}`
  const { status, contentType, text } = answer
  if (status >= 500) return `answered ${status} ${text}`
  if (status < 400 || request.method === 'HEAD') return undefined
  const body = parsed(text)
  if (request.path.startsWith('/ofrep/') && OFREP.safeParse(body).success) return undefined
  const problem = Problem.safeParse(body)
  if (!problem.success || !contentType.startsWith('application/problem+json'))
    return `answered ${status} without a problem: ${text.slice(0, 300)}`
  const { errors = [], code } = problem.data
  if (problem.data.status !== status) return `answered ${status} with a problem of ${problem.data.status}`
  if (NAMES_FIELDS.has(status) && !OF_THE_WHOLE.has(code) && errors.length === 0)
    return `answered ${status} without naming a field: ${text.slice(0, 300)}`
  return undefined
}

/** Of all flags at once there is no key to name. */
const OFREP = OfrepFailure.loose().partial({ key: true })

const NAMES_FIELDS: ReadonlySet<number> = new Set([400, 422, 428])

/** The request itself cannot be read, so no field of it is at fault. */
const OF_THE_WHOLE: ReadonlySet<string> = new Set(['bad-request', 'bad-address', 'content-length'])

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
