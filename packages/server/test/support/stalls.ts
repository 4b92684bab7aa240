/**
 * How long the event loop of this process was busy with one thing. A loop that is late because the
 * machine ran something else is not busy, so the processor time of the same span is held against it.
 */

/** Between two looks. */
const EVERY_MS = 10

export interface Stalls {
  /** Ends watching; the longest, in milliseconds. */
  stop(): number
}

/** Begins to watch; `longer` is called after each stall that was longer than those before. */
export function watchStalls(longer: (ms: number) => void = () => undefined): Stalls {
  let longestMs = 0
  let seen = { at: performance.now(), cpu: process.cpuUsage() }
  const look = () => {
    const at = performance.now()
    const { user, system } = process.cpuUsage(seen.cpu)
    const busyMs = Math.min(at - seen.at - EVERY_MS, (user + system) / 1_000)
    if (busyMs > longestMs) longer(busyMs)
    longestMs = Math.max(longestMs, busyMs)
    seen = { at, cpu: process.cpuUsage() }
  }
  const timer = setInterval(look, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      look()
      return Math.round(longestMs)
    },
  }
}
