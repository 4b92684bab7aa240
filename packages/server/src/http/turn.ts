/**
 * Answers that can wait, a few milliseconds of them in each turn of the event loop. Everything else
 * that the server does, a kill above all, takes several turns, one for each answer of the database;
 * while turns stay short it stays fast, however many clients ask for all flags at once (R23).
 *
 * Work is counted and not timed: a machine that is busy with other things is no overload of ours.
 */

export interface Turns {
  /**
   * Does work that can wait: at once where this turn has room for it, else in one of the next, after
   * what came before it; `work` answers what it was. Where too much waits it is refused, in its turn
   * too: refusing costs, and who is refused without a pause comes back without one.
   */
  take(work: () => number, refuse: () => void): void
}

/** How much is done in a turn and may wait for one, in evaluations of one flag. */
export interface Room {
  readonly inATurn: number
  readonly waiting: number
  /** How many are refused in a turn. */
  readonly refused: number
}

/** Evaluations of one flag in bulk are about 0.15 µs each on a present machine: 5 ms in a turn, and 100 ms that wait. */
export const ROOM: Room = { inATurn: 30_000, waiting: 600_000, refused: 50 }

/** What a bulk evaluation costs whatever the number of its flags, in evaluations of one. */
export const WORK_OF_AN_ANSWER = 200

/** Nothing waits yet. */
export function createTurns(room: Room): Turns {
  const line: (() => number)[] = []
  const refusals: (() => void)[] = []
  let done = 0
  /** What one of them was last: those that wait are taken to be alike. */
  let usual = WORK_OF_AN_ANSWER
  let begun = false

  return {
    take(work, refuse) {
      // Runs after everything that arrived in this turn.
      if (!begun) setImmediate(next)
      begun = true
      if (line.length * usual >= room.waiting) refusals.push(refuse)
      else if (line.length > 0 || done >= room.inATurn) line.push(work)
      else carryOut(work)
    },
  }

  function next(): void {
    done = 0
    for (const refuse of refusals.splice(0, room.refused)) refuse()
    while (done < room.inATurn) {
      const work = line.shift()
      if (work === undefined) break
      carryOut(work)
    }
    begun = done > 0 || refusals.length > 0
    if (begun) setImmediate(next)
  }

  function carryOut(work: () => number): void {
    usual = work()
    done += usual
  }
}
