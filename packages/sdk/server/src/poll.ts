/**
 * Asking for the snapshot: once, and again and again while there is no stream.
 */
import type { Snapshot } from '@flagmarshal/evaluation'

import { backoffMs, pause } from './backoff.ts'
import type { Closable } from './closable.ts'
import { createDeadline } from './deadline.ts'
import { failureOf, reasonOf, send } from './endpoint.ts'
import type { Failure, Reach } from './endpoint.ts'
import type { Settings } from './settings.ts'
import { parseSnapshot } from './wire.ts'

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
  settings: Reach,
  revision: number | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const deadline = createDeadline(signal, settings.timings.requestMs)
  const headers: Record<string, string> = revision === undefined ? {} : { 'if-none-match': `"${revision}"` }
  try {
    const response = await send(settings, { path: '/snapshot', headers, signal: deadline.signal })
    if (response.status === 200) {
      return { kind: 'snapshot', snapshot: parseSnapshot(await response.json()) }
    }
    await response.body?.cancel()
    return response.status === 304 ? { kind: 'unchanged' } : failureOf(response)
  } catch (error) {
    return { kind: 'failed', why: reasonOf(error) }
  } finally {
    deadline.clear()
  }
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
      tell(fetched)
      if (fetched.kind === 'refused') return
      failures = fetched.kind === 'failed' ? failures + 1 : 0
      const asked = fetched.kind === 'failed' ? (fetched.retryAfterMs ?? 0) : 0
      await pause(Math.max(asked, waitMs(failures)), stop.signal)
    }
  }

  /** Nobody awaits this loop, so what is thrown here would end the application's process. */
  function tell(fetched: Fetched): void {
    try {
      target.polled(fetched)
    } catch (error) {
      settings.logger.error('flagmarshal: a snapshot could not be used', error)
    }
  }

  function waitMs(failures: number): number {
    const interval = target.pollIntervalMs() * (1 - 0.2 * Math.random())
    if (target.revision() !== undefined || failures === 0) return interval
    return Math.min(interval, backoffMs(settings.timings.backoff, failures, Math.random()))
  }
}
