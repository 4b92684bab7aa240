/** Long lists, worked through without holding up what else the server is asked. */
import { setImmediate as otherWork } from 'node:timers/promises'

/** After so many milliseconds everybody else has a turn. */
const TURN_MS = 5

/** What `work` makes of each, in order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<readonly Result[]> {
  const results: Result[] = []
  let until = performance.now() + TURN_MS
  for (const item of items) {
    results.push(work(item))
    if (performance.now() < until) continue
    await otherWork()
    until = performance.now() + TURN_MS
  }
  return results
}
