/** Long work, carried out without holding up what else the server is asked. */
import { setImmediate as otherWork } from 'node:timers/promises'

import type { Pieces } from '@flagmarshal/domain/pieces'

/** After so many milliseconds everybody else has a turn. */
const TURN_MS = 5

/** What comes of work that says where it may pause. */
export async function inPieces<Result>(work: Pieces<Result>): Promise<Result> {
  for (;;) {
    const until = performance.now() + TURN_MS
    while (performance.now() < until) {
      const { done, value } = work.next()
      if (done === true) return value
    }
    await nextTurn()
  }
}

/** One of its own for each who waits, in their order: what a crowd does must not add up to a long one. */
function nextTurn(): Promise<void> {
  turns = turns.then(() => otherWork())
  return turns
}

let turns: Promise<void> = Promise.resolve()

/** What `work` makes of each, in order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<readonly Result[]> {
  return await inPieces(each(items, work))
}

function* each<Item, Result>(items: readonly Item[], work: (item: Item) => Result): Pieces<Result[]> {
  const results: Result[] = []
  for (const item of items) {
    results.push(work(item))
    yield
  }
  return results
}
