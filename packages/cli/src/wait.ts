/**
 * Waiting for the server to get somewhere.
 */
import { setTimeout as delay } from 'node:timers/promises'

import { usage } from './failure.ts'

/** `500ms`, `10s`, `5m`, `2h` in milliseconds. */
export function duration(text: string): number {
  const [, digits, unit] = /^(\d{1,6})(ms|s|m|h)$/.exec(text) ?? []
  if (digits === undefined)
    throw usage(`"${text}" is no duration.`, 'Use a number with ms, s, m or h, like 10s.')
  return Number(digits) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
}

/**
 * Asks again until `done` holds or the time is over; answers the last thing it was told. Asks at
 * least once, also with no time.
 */
export async function ask<T>(
  read: () => Promise<T>,
  done: (it: T) => boolean,
  { withinMs, everyMs = 250 }: { withinMs: number; everyMs?: number },
): Promise<T> {
  const until = performance.now() + withinMs
  for (;;) {
    const it = await read()
    if (done(it) || performance.now() >= until) return it
    await delay(Math.min(everyMs, Math.max(1, until - performance.now())))
  }
}
