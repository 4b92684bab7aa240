/**
 * How long to wait before trying again, so that a thousand clients that lost one server do not come
 * back at once.
 */

/** Bounds of the wait, in milliseconds. */
export interface Backoff {
  /** The longest wait after the first failure; doubles with each further one. */
  readonly baseMs: number
  readonly capMs: number
}

/**
 * Milliseconds to wait after `failures` failures in a row (1 or more): full jitter, that is a
 * uniform choice between 0 and the doubled and capped bound. Source: M. Brooker, "Exponential
 * Backoff And Jitter", AWS Architecture Blog, 2015. `random` is in [0, 1).
 */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  const bound = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(failures - 1, 30))
  return random * bound
}

/** Resolves after `ms`, or at once when `signal` aborts. Keeps no process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    timer.unref()
    signal.addEventListener('abort', done)
  })
}
