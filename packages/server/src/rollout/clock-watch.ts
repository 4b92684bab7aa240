/**
 * Notices when the database's clock jumps, against a clock of this process that cannot.
 *
 * It only says so. What keeps a jump from promoting anything is that healthy time is counted in
 * windows with requests: a jump forward passes over windows that nothing was counted in, which are
 * unknown, and a jump back leaves no window to fold until the clock has caught up.
 */
import type { Log } from '../context.ts'

/** Two looks may differ by this much for want of precision, or because the process was stopped between two reads. */
const JUMP_MS = 1_000

export interface ClockWatch {
  /** Notes the database's time of this moment. */
  saw(now: Date): void
}

/** Begins to compare; a jump is logged once. */
export function watchClock(log: Log, steady: () => number = () => performance.now()): ClockWatch {
  let before: { readonly database: number; readonly steady: number } | undefined
  return {
    saw(now) {
      const next = { database: now.getTime(), steady: steady() }
      if (before !== undefined) {
        const jumpMs = Math.round(next.database - before.database - (next.steady - before.steady))
        if (Math.abs(jumpMs) > JUMP_MS)
          log.warn({ jumpMs }, 'rollout.clock-jump: the clock of the database jumped')
      }
      before = next
    },
  }
}
