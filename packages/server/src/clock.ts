/**
 * The only place of the server that reads the time.
 */
import { setTimeout as wait } from 'node:timers/promises'

export interface Clock {
  now(): Date
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
}
