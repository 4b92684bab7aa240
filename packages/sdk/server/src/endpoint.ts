/**
 * One request to the server, with the key and the instance on it, and what its failure means.
 */
import { createDeadline } from './deadline.ts'
import type { Settings } from './settings.ts'

/** Why a request brought nothing. `refused`: the key is not accepted, and trying again will not help. */
export type Failure =
  | { readonly kind: 'refused'; readonly status: number }
  | {
      readonly kind: 'failed'
      readonly why: string
      readonly status?: number
      readonly retryAfterMs?: number
    }

/** Where an instance tells something. */
export type PostPath = '/acks' | '/telemetry' | '/relay' | `/verifications/${string}/answers`

/** What a request needs of the settings. */
export type Reach = Pick<Settings, 'base' | 'key' | 'instanceId' | 'fetch' | 'timings'>

/** A request below the environment's address. */
export interface EndpointRequest {
  readonly path: '/snapshot' | '/stream' | PostPath
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON with POST; without it the request is a GET. */
  readonly body?: unknown
  readonly signal: AbortSignal
}

/** Sends the request. Rejects as `fetch` does when there is no answer. */
export function send(settings: Reach, request: EndpointRequest): Promise<Response> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${settings.key}`,
    'flagmarshal-instance': settings.instanceId,
    ...request.headers,
  }
  if (request.body === undefined) {
    return settings.fetch(settings.base + request.path, { headers, signal: request.signal })
  }
  headers['content-type'] = 'application/json'
  const body = JSON.stringify(request.body)
  return settings.fetch(settings.base + request.path, {
    method: 'POST',
    headers,
    body,
    signal: request.signal,
  })
}

/** Posts a body and tells how it went; `undefined` is success. Never rejects. */
export async function post(
  settings: Reach,
  path: PostPath,
  body: unknown,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const deadline = createDeadline(signal, settings.timings.requestMs)
  try {
    const response = await send(settings, { path, body, signal: deadline.signal })
    await response.body?.cancel()
    return response.ok ? undefined : failureOf(response)
  } catch (error) {
    return { kind: 'failed', why: reasonOf(error) }
  } finally {
    deadline.clear()
  }
}

/** What an answer outside 2xx means. */
export function failureOf(response: Response): Failure {
  const { status } = response
  if (status === 401 || status === 403) return { kind: 'refused', status }
  const failure = { kind: 'failed', why: `the server answered ${status}`, status } as const
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return seconds > 0 ? { ...failure, retryAfterMs: Math.min(seconds, 60) * 1_000 } : failure
}

/** The innermost message: `fetch failed` says nothing, its cause does. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return reasonOf(error.cause)
  // Node reports a refused connection to `localhost` as an AggregateError without a message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ')
  return error.message
}
