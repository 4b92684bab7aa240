/**
 * What shoppers have sent, second by second, and whether it is enough to judge a feature by.
 */

/** One second of traffic. `failed`: answered 5xx, or not at all. */
export interface Second {
  readonly checkout: number
  readonly search: number
  readonly requests: number
  readonly failed: number
}

/** Below this many requests a second for a feature, the demo's windows say too little. */
const LEAST_RATE = 200

const AVERAGED_SECONDS = 10

/** Counts until the second is taken. */
export interface Tally {
  count(path: string, status: number): void
  /** The counts since the last time. */
  take(): Second
}

/** A tally at zero. */
export function createTally(): Tally {
  let [checkout, search, requests, failed] = [0, 0, 0, 0]
  return {
    count(path, status) {
      requests += 1
      if (path.startsWith('/checkout')) checkout += 1
      if (path.startsWith('/search')) search += 1
      if (status === 0 || status >= 500) failed += 1
    },
    take() {
      const second = { checkout, search, requests, failed }
      ;[checkout, search, requests, failed] = [0, 0, 0, 0]
      return second
    },
  }
}

/** What is wrong with the traffic of the last ten seconds, in one sentence; `undefined` while it is enough or too young. */
export function shortfall(seconds: readonly Second[]): string | undefined {
  const latest = seconds.slice(-AVERAGED_SECONDS)
  if (latest.length < AVERAGED_SECONDS) return undefined
  for (const kind of ['checkout', 'search'] as const) {
    const rate = latest.reduce((sum, second) => sum + second[kind], 0) / latest.length
    if (rate >= LEAST_RATE) continue
    return `Shoppers got only ${rate.toFixed(0)} ${kind} requests a second answered over ${AVERAGED_SECONDS} s; the demo needs ${LEAST_RATE} to judge a feature in its time. This machine is too busy or too slow for it.`
  }
  return undefined
}
