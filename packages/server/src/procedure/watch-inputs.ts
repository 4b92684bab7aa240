/**
 * Looks at the references of all runs under way every hour, so that a source that changes halts its
 * run although nobody asks.
 */
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import { system } from '../context.ts'
import { newId } from '../id.ts'
import type { Stop } from '../storage/database.ts'
import { selectRunsUnderWay } from '../storage/procedures.ts'
import { lookAtInputs } from './look-at-inputs.ts'
import type { LookingParts } from './provide-input.ts'

const EVERY_MS = 3_600_000

export interface WatchParts extends LookingParts {
  readonly clock: Clock
  readonly log: Log
}

/** Starts; the first round comes after an hour, because each run was looked at when it changed. */
export function watchInputs(parts: WatchParts): Stop {
  const stopping = new AbortController()
  const running = keepLooking(parts, stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}

async function keepLooking(parts: WatchParts, signal: AbortSignal): Promise<void> {
  for (;;) {
    await parts.clock.sleep(EVERY_MS, signal)
    if (signal.aborted) return
    await lookAtRuns(parts, signal)
  }
}

/** One round. A run that cannot be looked at does not keep the others from it. */
async function lookAtRuns(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { database, clock, log } = parts
  try {
    for (const key of await selectRunsUnderWay(database.kysely)) {
      if (signal.aborted) return
      const context = { actor: system('inputs'), requestId: newId('look'), now: clock.now(), log }
      const looked = await lookAtInputs(context, parts, key).catch((error: unknown) => {
        log.warn({ err: error, run: key.run }, 'the inputs of a run could not be looked at')
      })
      if (looked !== undefined && isRefusal(looked)) log.warn({ run: key.run }, looked.message)
    }
  } catch (error) {
    log.warn({ err: error }, 'the runs under way could not be read')
  }
}
