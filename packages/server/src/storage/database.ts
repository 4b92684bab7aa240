/**
 * What the rest of the server sees of PostgreSQL.
 *
 * Isolation is read committed with explicit row locks, always taken in the same order: rollout,
 * flag, chain head. No network call belongs inside a transaction.
 */
import type { Kysely, Transaction } from 'kysely'

import type { Tables } from './tables.ts'

/** An open transaction: what every writing statement takes. */
export type Tx = Transaction<Tables>

/** For statements that may run inside or outside of a transaction. */
export type Queries = Kysely<Tables>

/** Called with the payload of a notification; with undefined when some may have been missed. */
export type Notified = (payload: string | undefined) => void

/** What differs from a usual transaction. */
export interface TransactionOptions {
  /** How long to wait for a lock; 0 waits for ever. */
  readonly lockTimeoutMs?: number
  /** Reads one state of the database throughout, and writes nothing. */
  readonly snapshot?: true
}

export interface Database {
  /** For reading outside of a transaction. */
  readonly kysely: Queries
  /**
   * Runs `work` in one transaction. It is rolled back when `work` throws and when it answers a
   * refusal, so a refused act leaves nothing behind. Waiting for a lock ends after 2 s with an error
   * that the HTTP edge answers with 503.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Listens to a channel, reconnecting until stopped or closed. */
  listen(channel: string, notified: Notified): Promise<Stop>
  /** Ends all connections; what runs finishes first. */
  close(): Promise<void>
}

/** Ends what was started. */
export type Stop = () => Promise<void>
