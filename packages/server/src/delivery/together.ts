/** Work that is asked for again and again, done at once while that is seldom, and once for many where it is often. */

/** How often. */
export interface Rate {
  /** In the long run once in so many milliseconds. */
  readonly everyMs: number
  /** After a rest so often at once. */
  readonly burst: number
}

/** Does the work soon after each call; calls that wait are answered by one. */
export function together(work: () => void, { everyMs, burst }: Rate): () => void {
  let allowed = burst
  let countedAt = performance.now()
  let waiting: NodeJS.Timeout | undefined

  function count(): void {
    const now = performance.now()
    allowed = Math.min(burst, allowed + (now - countedAt) / everyMs)
    countedAt = now
  }

  function run(): void {
    waiting = undefined
    count()
    allowed -= 1
    work()
  }

  return () => {
    if (waiting !== undefined) return
    count()
    if (allowed >= 1) run()
    else waiting = setTimeout(run, (1 - allowed) * everyMs).unref()
  }
}
