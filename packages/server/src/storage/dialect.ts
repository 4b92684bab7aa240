/** Kysely's statements on connections of our own. */
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { DatabaseConnection, Dialect } from 'kysely'
import type { Pool, PoolClient } from 'pg'

import { connectionOf } from './connection.ts'
import type { ConnectionParts, PostgresConnection } from './connection.ts'

/** Gives out the connections of a pool. */
export interface Connections {
  /** A free connection. Rejects when there is none in time. */
  take(): Promise<PostgresConnection>
  /** What Kysely needs for statements outside of transactions. */
  readonly dialect: Dialect
}

/** The connections of a pool. */
export function connectionsOf(pool: Pool, parts: ConnectionParts): Connections {
  const known = new WeakMap<PoolClient, PostgresConnection>()
  const take = async (): Promise<PostgresConnection> => {
    const client = await pool.connect()
    const connection = known.get(client) ?? connectionOf(client, parts)
    known.set(client, connection)
    return connection
  }
  return { take, dialect: dialectOf(pool, take) }
}

function dialectOf(pool: Pool, take: () => Promise<PostgresConnection>): Dialect {
  const taken = new WeakMap<DatabaseConnection, PostgresConnection>()
  const elsewhere = () => Promise.reject(new Error('transactions begin in transaction.ts'))
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: async () => undefined,
      async acquireConnection() {
        const connection = await take()
        taken.set(connection, connection)
        return connection
      },
      beginTransaction: elsewhere,
      commitTransaction: elsewhere,
      rollbackTransaction: elsewhere,
      releaseConnection: async (connection) => taken.get(connection)?.release(),
      destroy: () => pool.end(),
    }),
  }
}
