/** How long a rollout whose tick failed is left alone: twice as long each time, up to half a minute. */
import type { Clock } from '../clock.ts'

const FIRST_MS = 250
const LONGEST_MS = 30_000

export interface Backoff {
  /** Notes a failure; answers after how many milliseconds to try again. */
  failed(id: string): number
  succeeded(id: string): void
  /** Those that must still be left alone. */
  waiting(): readonly string[]
  /** Milliseconds until the first of these may be tried again; undefined where there is none. */
  soonestMs(): number | undefined
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
    waiting() {
      const now = clock.now().getTime()
      return [...failures].flatMap(([id, { until }]) => (until > now ? [id] : []))
    },
    soonestMs() {
      const now = clock.now().getTime()
      const left = [...failures.values()].flatMap(({ until }) => (until > now ? [until - now] : []))
      return left.length === 0 ? undefined : Math.min(...left)
    },
    failing: () => failures.size,
  }
}
