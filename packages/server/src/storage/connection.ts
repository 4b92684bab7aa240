/**
 * One connection of the pool. Statements are sent without waiting for the answers of those before:
 * what is sent in one turn of the process leaves together, and is carried out in this order.
 */
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { PoolClient, QueryResult as Answer } from 'pg'

import type { StatementNames } from './statement-names.ts'

/** A connection, as Kysely and transactions use it. */
export interface PostgresConnection extends DatabaseConnection {
  /** Sends a statement of its own, without values. */
  send(text: string): Promise<Answer>
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
  const { stream } = client.connection
  let together = false

  return {
    async executeQuery<R>(query: CompiledQuery) {
      try {
        return await ask<R>(query, names.nameOf(query.sql))
      } catch (error) {
        if (names.disowned(error)) return await ask<R>(query)
        failed(error)
        throw error
      }
    },
    async executeOnce<R>(query: CompiledQuery) {
      try {
        return await ask<R>(query, names.nameOf(query.sql))
      } catch (error) {
        failed(error)
        throw error
      }
    },
    // oxlint-disable-next-line require-yield -- nothing asks for it
    async *streamQuery() {
      throw new Error('rows are read at once')
    },
    send(text) {
      gather()
      return client.query(text)
    },
    release: (broken) => client.release(broken),
  }

  async function ask<R>({ sql, parameters }: CompiledQuery, name?: string): Promise<QueryResult<R>> {
    gather()
    const named = name === undefined ? {} : { name }
    return resultOf(await client.query({ text: sql, values: [...parameters], ...named }))
  }

  /** Holds back what is written until this turn is over: each packet wakes the database. */
  function gather(): void {
    if (together) return
    together = true
    stream.cork()
    process.nextTick(() => {
      together = false
      stream.uncork()
    })
  }
}

function resultOf<R>({ command, rowCount, rows }: Answer): QueryResult<R> {
  const counts = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  // Kysely's types say what the rows of its statements are.
  return { rows: rows as R[], ...(counts ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) }
}
