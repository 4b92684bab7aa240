/**
 * Tests of the promises R1 to R23 (`soak/promises.ts`) have a short form, in the suites, and a long
 * one, in `npm run soak`: the same test with other numbers. What each did, how often and with what
 * result goes with it into Vitest's report, from which the soak prints its table.
 */
import type { TestContext } from 'vitest'

/** What a test did to the product, for the table. */
export interface Seen {
  /** What was done, like `kill -9 during writes, embedded PostgreSQL`. */
  readonly done: string
  readonly times: number
  /** The figures, like `0 acknowledged writes lost`. */
  readonly result: string
}

declare module 'vitest' {
  interface TaskMeta {
    seen?: Seen
  }
}

/** Whether this is the long run. */
const LONG = process.env['FLAGMARSHAL_SOAK'] === 'long'

/** A number that the long run has larger. */
export function howMuch(short: number, long: number): number {
  return LONG ? long : short
}

/** Puts it into the report of the test, and on the screen in a long run. */
export function record({ task }: TestContext, seen: Seen): void {
  task.meta.seen = seen
  if (LONG) console.info(`${task.name}\n  ${seen.times} × ${seen.done}: ${seen.result}`)
}
