/**
 * One connection of the pool. Statements are sent without waiting for the answers of those before:
 * what is asked in one turn of the process leaves together, and is carried out in this order.
 */
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { PoolClient } from 'pg'
import utils from 'pg/lib/utils'

import { batchOf, nothingKept } from './batch.ts'
import type { Answered, Asked } from './batch.ts'
import type { StatementNames } from './statement-names.ts'

/** A connection, as Kysely and transactions use it. */
export interface PostgresConnection extends DatabaseConnection {
  /** Sends a statement of its own, without values; answers what was done: `COMMIT`, or `ROLLBACK` in its place. */
  send(text: string): Promise<string>
  /** The same as `executeQuery`, but never tried again by itself: what fails inside of a transaction ends it. */
  executeOnce<R>(query: CompiledQuery): Promise<QueryResult<R>>
  /** Gives it back to the pool; ends it where it is broken. */
  release(broken?: boolean): void
}

/** What connections of one pool share. */
export interface ConnectionParts {
  readonly names: StatementNames
  /** Told of each statement that failed. */
  readonly failed: (error: unknown) => void
}

/** The connection of a client of the pool. */
export function connectionOf(client: PoolClient, { names, failed }: ConnectionParts): PostgresConnection {
  const kept = nothingKept()
  let waiting: Asked[] = []
  let isBusy = false

  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery) {
      try {
        return resultOf<R>(await ask(sql, parameters, names.nameOf(sql)))
      } catch (error) {
        if (names.disowned(error)) return resultOf<R>(await ask(sql, parameters))
        throw told(error)
      }
    },
    async executeOnce<R>({ sql, parameters }: CompiledQuery) {
      try {
        return resultOf<R>(await ask(sql, parameters, names.nameOf(sql)))
      } catch (error) {
        throw told(error)
      }
    },
    // oxlint-disable-next-line require-yield -- nothing asks for it
    async *streamQuery() {
      throw new Error('rows are read at once')
    },
    send: async (text) => (await ask(text, [], names.nameOf(text))).command,
    release: (broken) => client.release(broken),
  }

  async function ask(text: string, parameters: readonly unknown[], name?: string): Promise<Answered> {
    const values = parameters.map((it) => utils.prepareValue(it))
    return await new Promise((answer, fail) => {
      waiting.push({ text, name, values, answer, fail })
      if (isBusy) return
      isBusy = true
      process.nextTick(submit)
    })
  }

  /** What has come together; what is asked meanwhile leaves when it is answered. */
  function submit(): void {
    const together = waiting
    waiting = []
    client.query(batchOf(together, kept, again))
  }

  function again(): void {
    isBusy = waiting.length > 0
    if (isBusy) submit()
  }

  /** The error with the way to whoever asked, not to the socket. */
  function told(error: unknown): unknown {
    failed(error)
    if (error instanceof Error) Error.captureStackTrace(error)
    return error
  }
}

function resultOf<R>({ command, rowCount, rows }: Answered): QueryResult<R> {
  const counts = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  // Kysely's types say what the rows of its statements are.
  return { rows: rows as R[], ...(counts ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) }
}
