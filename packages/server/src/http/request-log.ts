/** What is kept of each request: a measurement, and a line of the log. */
import type { Actor, Log } from '../context.ts'
import { newId } from '../id.ts'
import type { Metrics } from '../metrics.ts'

/** A request that was answered. */
export interface Answered {
  readonly requestId: string
  /** The id of the operation; `none` where there was none. */
  readonly operation: string
  readonly method: string
  readonly url: string
  readonly status: number
  readonly ms: number
  readonly actor: Actor | undefined
}

/** Asked for so often that a line for each that went well would be all there is in the log: they are counted. */
const FREQUENT = new Set(['getHealth', 'getReadiness', 'evaluateFlag', 'evaluateFlags', 'getSnapshot'])

/** One line a request: no query, no headers, no body, because they may hold secrets. */
export function noteRequest(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  it: Answered,
): void {
  const { requestId, operation, method, status, ms, actor } = it
  metrics.httpSeconds.observe({ operation, method, status }, ms / 1_000)
  const level = FREQUENT.has(operation) && status < 400 ? 'debug' : 'info'
  if (!log.isLevelEnabled(level)) return
  const line = { requestId, operation, method, path: it.url.split('?')[0], status }
  log[level](
    { ...line, ms: Math.round(ms * 10) / 10, actor: actor && `${actor.kind}:${actor.id}` },
    'request',
  )
}

/** The id that the caller gave it, or a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{8,64}$/.test(header) ? header : newId('request')
}
