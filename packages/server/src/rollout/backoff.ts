/** How long a rollout whose tick failed is left alone: twice as long each time, up to half a minute. */
import type { Clock } from '../clock.ts'

const FIRST_MS = 250
const LONGEST_MS = 30_000

export interface Backoff {
  /** Notes a failure; answers after how many milliseconds to try again. */
  failed(id: string): number
  succeeded(id: string): void
  /** Milliseconds until the next try; 0 or less when it may be tried. */
  leftMs(id: string): number
  /** How many rollouts fail at present. */
  failing(): number
}

/** Nothing has failed yet. */
export function createBackoff(clock: Clock): Backoff {
  const failures = new Map<string, { readonly times: number; readonly until: number }>()
  return {
    failed(id) {
      const times = (failures.get(id)?.times ?? 0) + 1
      const againMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1))
      failures.set(id, { times, until: clock.now().getTime() + againMs })
      return againMs
    },
    succeeded: (id) => void failures.delete(id),
    leftMs: (id) => (failures.get(id)?.until ?? 0) - clock.now().getTime(),
    failing: () => failures.size,
  }
}
