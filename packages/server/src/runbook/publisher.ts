/**
 * The publisher: takes up publications as they come due, one at a time, on every server at once. A
 * row lock decides who takes one; a server that dies leaves it to another.
 */
import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Log } from '../context.ts'
import { newId } from '../id.ts'
import type { DocumentStore } from '../integrations/interfaces.ts'
import type { Database } from '../storage/database.ts'
import { claimPublication, nextPublicationMs, PUBLICATION_CHANNEL } from '../storage/publications.ts'
import { publish } from './publish.ts'

/** The longest sleep: an announcement may be lost. */
const LONGEST_SLEEP_MS = 10_000
const AFTER_FAILURE_MS = 2_000

export interface PublisherParts {
  readonly database: Database
  readonly store: DocumentStore
  readonly clock: Clock
  readonly log: Log
}

export interface Publisher {
  /** Takes up nothing more and waits for what runs. */
  close(): Promise<void>
}

/** Starts it. */
export async function startPublisher({ database, store, clock, log }: PublisherParts): Promise<Publisher> {
  const stopping = new AbortController()
  let wake = new AbortController()
  const stopListening = await database.listen(PUBLICATION_CHANNEL, () => wake.abort())
  const running = loop()
  return {
    async close() {
      stopping.abort()
      await stopListening()
      await running
    },
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController()
      const sleepMs = await work()
      const waking = AbortSignal.any([stopping.signal, wake.signal])
      if (!waking.aborted && sleepMs > 0) await clock.sleep(sleepMs, waking)
    }
  }

  /** Carries out what is due; how long to sleep then. */
  async function work(): Promise<number> {
    try {
      const job = await claimPublication(database.kysely)
      if (job === undefined) {
        const next = await nextPublicationMs(database.kysely)
        return Math.min(LONGEST_SLEEP_MS, Math.max(10, next ?? LONGEST_SLEEP_MS))
      }
      const context = { actor: system('publisher'), requestId: newId('publication'), now: clock.now(), log }
      await publish(context, database, store, job)
      return 0
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'a publication could not be carried out')
      return AFTER_FAILURE_MS
    }
  }
}
