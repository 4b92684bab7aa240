/**
 * One message after the other to the server, the next one as soon as there is something to say. A
 * message that failed is given back, and the next try waits with full jitter.
 */
import { backoffMs, pause } from '@flagmarshal/sdk-server/backoff'
import type { Failure } from '@flagmarshal/sdk-server/endpoint'

const BACKOFF = { baseMs: 250, capMs: 5_000 }
/** A key that is not accepted is tried this often: somebody may mend what stands between. */
const REFUSED_MS = 60_000

/** What is said, and what becomes of it. */
export interface Said<M> {
  /** What there is to say now; undefined for nothing. */
  next(): M | undefined
  /** Never rejects; undefined is success. */
  send(message: M, signal: AbortSignal): Promise<Failure | undefined>
  sent(message: M): void
  /** It may be said again, or is final. */
  failed(message: M, failure: Failure): void
}

export interface Lane {
  /** There is something to say. */
  wake(): void
  /** Says what is left, for as long as this, and ends. */
  close(withinMs: number): Promise<void>
}

/** Starts to speak; asks for something to say at least every `everyMs`. */
export function openLane<M>(said: Said<M>, everyMs: number): Lane {
  const stop = new AbortController()
  let closing = false
  let woken = new AbortController()
  const running = run()

  return {
    wake: () => woken.abort(),
    async close(withinMs) {
      closing = true
      woken.abort()
      const late = setTimeout(() => stop.abort(), withinMs)
      await running
      clearTimeout(late)
      stop.abort()
    },
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted;) {
      woken = new AbortController()
      const message = said.next()
      if (message === undefined) {
        if (closing) return
        await pause(everyMs, woken.signal)
        continue
      }
      const failure = await said.send(message, stop.signal)
      if (failure === undefined) {
        failures = 0
        said.sent(message)
        continue
      }
      said.failed(message, failure)
      failures += 1
      const refusedMs = failure.kind === 'refused' && !closing ? REFUSED_MS : 0
      await pause(refusedMs + backoffMs(BACKOFF, failures, Math.random()), stop.signal)
    }
  }
}
