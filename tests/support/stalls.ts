/**
 * How long the event loop of this process was busy with one thing: the time from one look to the next
 * beyond what lies between them, and no more than the processor time that this thread has had in it.
 * So neither another process on the machine counts nor another thread of this one, which packs, hashes
 * or collects garbage beside the loop; all that keeps the loop from answering does.
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
  let seen = { at: performance.now(), cpu: process.threadCpuUsage() }
  const look = () => {
    const at = performance.now()
    const { user, system } = process.threadCpuUsage(seen.cpu)
    const busyMs = Math.min(at - seen.at - EVERY_MS, (user + system) / 1_000)
    if (busyMs > longestMs) longer(busyMs)
    longestMs = Math.max(longestMs, busyMs)
    seen = { at, cpu: process.threadCpuUsage() }
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
