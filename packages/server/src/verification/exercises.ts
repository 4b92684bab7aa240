/**
 * Carrying out verification runs and drills: in the server that accepted them, beside requests.
 *
 * Each has a row with its progress, renewed while it runs. A server that stops ends its own as
 * failed; what a server that died has left behind is ended by another one, which also puts back what
 * had been switched on. Nothing goes on silently, and nothing stays switched on.
 */
import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import type { FlagPorts } from '../flag/ports.ts'
import { newId } from '../id.ts'
import type { Database } from '../storage/database.ts'
import {
  endExercise,
  lockAbandoned,
  lockExercise,
  noteProgress,
  touchExercises,
} from '../storage/exercises.ts'
import type { ExerciseRow } from '../storage/exercises.ts'
import { putBack } from './put-back.ts'

const LOOK_EVERY_MS = 50
const TOUCH_EVERY_MS = 2_000

/** What exercises are carried out with. */
export interface ExerciseParts {
  readonly database: Database
  readonly flagPorts: FlagPorts
  readonly clock: Clock
  readonly log: Log
}

/** One that is being carried out. */
export interface Exercise extends ExerciseParts {
  readonly row: ExerciseRow
  /** Acts in the name of the system, now. */
  context(): Context
  /** Adds a line to the progress. */
  note(what: string): Promise<void>
  /** Asks again until there is an answer; undefined when the time is over. Throws when the server stops. */
  until<T>(look: () => Promise<T | undefined>, withinMs: number): Promise<T | undefined>
}

/** Carries one out to its end and stores that, with `endExercise`. */
export type Work = (exercise: Exercise) => Promise<void>

export interface Exercises {
  /** Begins to carry out an exercise whose row is committed. */
  start(row: ExerciseRow, work: Work): void
  /** Ends those that run, as failed. */
  close(): Promise<void>
}

/** The server is being stopped. */
class Stopped extends Error {}

/** Starts to look for what other servers have left behind. */
export function openExercises(parts: ExerciseParts): Exercises {
  const { database, log, clock } = parts
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  const touching = touch()

  return {
    start(row, work) {
      const done = carryOut(exerciseOf(row), work).finally(() => running.delete(row.id))
      running.set(row.id, done)
    },
    async close() {
      stopping.abort()
      await Promise.all([touching, ...running.values()])
    },
  }

  function exerciseOf(row: ExerciseRow): Exercise {
    return {
      ...parts,
      row,
      context: () => contextOf(parts, row.id),
      note: (what) => noteProgress(database.kysely, row.id, what),
      async until(look, withinMs) {
        const endsAt = clock.now().getTime() + withinMs
        for (;;) {
          if (stopping.signal.aborted) throw new Stopped('the server is being stopped')
          const found = await look()
          if (found !== undefined || clock.now().getTime() >= endsAt) return found
          await clock.sleep(LOOK_EVERY_MS, stopping.signal)
        }
      },
    }
  }

  async function carryOut(exercise: Exercise, work: Work): Promise<void> {
    try {
      await work(exercise)
    } catch (error) {
      if (!(error instanceof Stopped)) log.error({ err: error, exercise: exercise.row.id }, 'exercise failed')
      const problem =
        error instanceof Stopped
          ? 'The server was stopped while it ran. Start it again.'
          : 'The server met an error, which is in its log. Start it again.'
      await giveUp(exercise.row.id, problem).catch((failure: unknown) =>
        log.warn(
          { err: failure, exercise: exercise.row.id },
          'an exercise could not be ended; another look will',
        ),
      )
    }
  }

  async function giveUp(id: string, problem: string): Promise<void> {
    await database.transaction(async (tx) => {
      const row = await lockExercise(tx, id)
      if (row === undefined) return
      await putBack(tx, contextOf(parts, id), parts.flagPorts, row)
      await endExercise(tx, id, { state: 'failed', problem })
    })
  }

  /** Renews what runs here, and ends what has lost its server. */
  async function touch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await touchExercises(database.kysely, [...running.keys()])
        .then(endAbandoned)
        .catch((error: unknown) => log.warn({ err: error }, 'looking after exercises failed'))
      await clock.sleep(TOUCH_EVERY_MS, stopping.signal)
    }
  }

  async function endAbandoned(): Promise<void> {
    await database.transaction(async (tx) => {
      for (const row of await lockAbandoned(tx)) {
        await putBack(tx, contextOf(parts, row.id), parts.flagPorts, row)
        const problem = 'The server that carried it out ended before it was done. Start it again.'
        await endExercise(tx, row.id, { state: 'failed', problem })
      }
    })
  }
}

function contextOf({ clock, log }: ExerciseParts, id: string): Context {
  return {
    actor: system('verification'),
    requestId: newId('task'),
    now: clock.now(),
    log: log.child({ exercise: id }),
  }
}
