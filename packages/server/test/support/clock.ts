/** A clock that can be put forward: whoever sleeps until then wakes at once. */
import type { Clock } from '@flagmarshal/server/clock'

export interface TestClock extends Clock {
  /** Puts it forward. */
  advance(ms: number): void
}

/** The machine's clock, plus what it was put forward. */
export function createTestClock(): TestClock {
  let ahead = 0
  const sleeping = new Set<() => void>()
  const now = () => new Date(Date.now() + ahead)
  return {
    now,
    sleep(ms, signal) {
      const until = now().getTime() + ms
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          sleeping.delete(look)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const look = () => {
          if (now().getTime() >= until) wake()
        }
        const timer = setTimeout(wake, ms)
        sleeping.add(look)
        signal.addEventListener('abort', wake)
        if (signal.aborted) wake()
      })
    },
    advance(ms) {
      ahead += ms
      for (const look of sleeping) look()
    },
  }
}
