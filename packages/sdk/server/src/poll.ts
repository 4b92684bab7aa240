/**
 * Asking for the snapshot: once, and again and again while there is no stream.
 */
import { SNAPSHOT_SCHEMA } from '@flagmarshal/evaluation'
import type { Snapshot } from '@flagmarshal/evaluation'

import { backoffMs, pause } from './backoff.ts'
import type { Closable } from './closable.ts'
import { failureOf, reasonOf, send } from './endpoint.ts'
import type { Failure } from './endpoint.ts'
import type { Settings } from './settings.ts'

/** What a request for the snapshot brought. `unchanged`: the revision that was named is still current. */
export type Fetched =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'unchanged' }
  | Failure

/** What polling tells, and what it must know for it. */
export interface PollTarget {
  /** The revision in memory. */
  readonly revision: () => number | undefined
  /** The interval to keep to, in milliseconds. */
  readonly pollIntervalMs: () => number
  readonly polled: (fetched: Fetched) => void
}

/** Fetches the snapshot unless `revision` is current. Never rejects. */
export async function fetchSnapshot(
  settings: Settings,
  revision: number | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(settings.timings.requestMs)])
  const headers: Record<string, string> = revision === undefined ? {} : { 'if-none-match': `"${revision}"` }
  try {
    const response = await send(settings, { path: '/snapshot', headers, signal: limit })
    if (response.status === 200) return snapshotOf(await response.json())
    await response.body?.cancel()
    return response.status === 304 ? { kind: 'unchanged' } : failureOf(response)
  } catch (error) {
    return { kind: 'failed', why: reasonOf(error) }
  }
}

/** Accepts what the server sent as a snapshot, or says why it is none that this SDK can serve. */
export function snapshotOf(body: unknown): Fetched {
  if (isSnapshot(body)) return { kind: 'snapshot', snapshot: body }
  return { kind: 'failed', why: `the server sent no snapshot of schema ${SNAPSHOT_SCHEMA}` }
}

/**
 * Polls after `firstDelayMs` and then at the target's interval, less up to a fifth of it at random
 * so that instances started together drift apart. While nothing is in memory it asks sooner, with
 * backoff. Ends by itself when the key is refused.
 */
export function startPolling(settings: Settings, target: PollTarget, firstDelayMs: number): Closable {
  const stop = new AbortController()
  void run()
  return { close: () => stop.abort() }

  async function run(): Promise<void> {
    await pause(firstDelayMs, stop.signal)
    for (let failures = 0; !stop.signal.aborted;) {
      const fetched = await fetchSnapshot(settings, target.revision(), stop.signal)
      // An answer that arrives after the stream took over may be older than what the stream brought.
      if (stop.signal.aborted) return
      target.polled(fetched)
      if (fetched.kind === 'refused') return
      failures = fetched.kind === 'failed' ? failures + 1 : 0
      const asked = fetched.kind === 'failed' ? (fetched.retryAfterMs ?? 0) : 0
      await pause(Math.max(asked, waitMs(failures)), stop.signal)
    }
  }

  function waitMs(failures: number): number {
    const interval = target.pollIntervalMs() * (1 - 0.2 * Math.random())
    if (target.revision() !== undefined || failures === 0) return interval
    return Math.min(interval, backoffMs(settings.timings.backoff, failures, Math.random()))
  }
}

function isSnapshot(body: unknown): body is Snapshot {
  return (
    isVersioned(body) &&
    'flags' in body &&
    Array.isArray(body.flags) &&
    'segments' in body &&
    Array.isArray(body.segments) &&
    'telemetry' in body
  )
}

/** Whether a body from the server carries this SDK's schema and a revision. */
export function isVersioned(body: unknown): body is { readonly schema: number; readonly revision: number } {
  return (
    typeof body === 'object' &&
    body !== null &&
    'schema' in body &&
    body.schema === SNAPSHOT_SCHEMA &&
    'revision' in body &&
    typeof body.revision === 'number'
  )
}
