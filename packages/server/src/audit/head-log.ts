/**
 * Writes the heads of all audit chains into the log every hour: whoever keeps the log can show later
 * that a chain was not cut or rewritten.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import { selectHeads } from '../storage/audit.ts'
import type { Database, Stop } from '../storage/database.ts'

const EVERY_MS = 3_600_000

/** Starts; the first line comes at once. */
export function startHeadLog(database: Database, clock: Clock, log: Log): Stop {
  const stopping = new AbortController()
  const running = keepLogging(database, clock, log, stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}

async function keepLogging(database: Database, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const head of await selectHeads(database.kysely)) log.info(head, 'audit.head')
    } catch (error) {
      log.warn({ err: error }, 'the heads of the audit chains could not be read')
    }
    await clock.sleep(EVERY_MS, signal)
  }
}
