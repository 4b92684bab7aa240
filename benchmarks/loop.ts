/**
 * The timed loops. Imported once for each workload (`./loop.ts?W1`), so that the call inside stays a
 * call of one function and no workload spoils another one's compiled code.
 */
import type { User } from './workload.ts'

/** Which users, and how many calls. */
export interface Turn {
  readonly users: readonly User[]
  readonly from: number
  readonly calls: number
}

/** What this file exports, whichever copy of it. */
export interface Loops {
  readonly loop: typeof loop
  readonly loopAsync: typeof loopAsync
}

/** Calls that answer at once. Counts the answers that say yes, so that no call can be optimised away. */
export function loop(call: (user: User) => unknown, { users, from, calls }: Turn): number {
  const mask = users.length - 1
  let yes = 0
  for (let i = 0; i < calls; i++) {
    // The mask keeps the place within the ring.
    if (call(users[(from + i) & mask]!)) yes++
  }
  return yes
}

/** Calls that give a promise, each awaited before the next one. */
export async function loopAsync(
  call: (user: User) => unknown,
  { users, from, calls }: Turn,
): Promise<number> {
  const mask = users.length - 1
  let yes = 0
  for (let i = 0; i < calls; i++) {
    if (await call(users[(from + i) & mask]!)) yes++
  }
  return yes
}
