/**
 * A time limit on a request, besides being aborted from outside.
 *
 * `AbortSignal.any` would do the same, but what it returns stays registered with its sources until it
 * is collected, and here one source lives as long as the process.
 */

/** A signal that aborts with its parent, or when the time is up. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Starts the time anew. */
  refresh(): void
  /** Gives up both reasons to abort. To be called when the request is over. */
  clear(): void
}

/** A deadline in `ms` milliseconds. Keeps no process alive. */
export function createDeadline(parent: AbortSignal, ms: number): Deadline {
  const controller = new AbortController()
  const abort = (): void => controller.abort(parent.reason)
  const timer = setTimeout(() => controller.abort(new Error(`nothing came for ${ms} ms`)), ms)
  timer.unref()
  if (parent.aborted) abort()
  parent.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    refresh: () => void timer.refresh(),
    clear() {
      clearTimeout(timer)
      parent.removeEventListener('abort', abort)
    },
  }
}
