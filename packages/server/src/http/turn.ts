/**
 * How much of the present turn of the event loop has gone into answers that can wait. Everything else
 * that the server does, a kill above all, takes several turns, one for each answer of the database;
 * while turns stay short it stays fast, however many clients ask for all flags at once (R23).
 *
 * Work is counted and not timed: a machine that is busy with other things is no overload of ours.
 */

export interface Turn {
  /** Whether what can wait must wait. */
  isFull(): boolean
  /** Counts work that was done in this turn. */
  add(work: number): void
}

/** Evaluations of one flag in bulk, about 0.15 µs each on a present machine: 15 ms of them. */
export const WORK_OF_A_TURN = 90_000

/** What a bulk evaluation costs whatever the number of its flags, in evaluations of one. */
export const WORK_OF_AN_ANSWER = 200

/** Counts anew in each turn. */
export function createTurn(limit: number): Turn {
  let done = 0
  return {
    isFull: () => done >= limit,
    add(work) {
      // Runs after everything that arrived in this turn.
      if (done === 0) setImmediate(() => (done = 0))
      done += work
    },
  }
}
