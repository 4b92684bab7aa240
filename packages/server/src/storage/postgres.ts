/**
 * The pool of connections, as a `Database`.
 */
import { Socket } from 'node:net'

import { Kysely } from 'kysely'
import { Pool } from 'pg'
import type { PoolConfig } from 'pg'

import type { Log } from '../context.ts'
import { failureOf } from '../failure.ts'
import type { Failure } from '../failure.ts'
import type { Database } from './database.ts'
import { connectionsOf } from './dialect.ts'
import { openListening } from './listen.ts'
import { watchSilence } from './silence.ts'
import { createStatementNames } from './statement-names.ts'
import type { Tables } from './tables.ts'
import { transaction } from './transaction.ts'
import type { TransactionParts } from './transaction.ts'

/** How many connections one server holds at most, besides those that listen. */
const POOL_SIZE = 12

/** How long a writer waits for another one's lock. */
const LOCK_TIMEOUT_MS = 2_000

/**
 * Connections of their own for what waits as long as it takes: a kill must not queue behind the crowd
 * of writers that it is to end.
 */
const PATIENT_POOL = { max: 4, connectionTimeoutMillis: 10_000 }

/** How long to wait for a connection, a free one or a new one. */
const CONNECT_TIMEOUT_MS = 1_500

/** Told of each statement and each connection that failed. */
export type TellFailure = (kind: Failure | 'other') => void

/** Opens the pool. Connects at the first use, so it never fails here. */
export function openPostgres(url: string, log: Log, failed: TellFailure = () => undefined): Database {
  const sockets = new Set<Socket>()
  const config: PoolConfig = {
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    stream: () => openSocket(sockets, () => failed('unavailable')),
    application_name: 'flagmarshal',
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 30_000,
  }
  const open = (more: PoolConfig) => openPool({ ...config, ...more }, log, failed)
  const [usual, patient] = [open({}), open(PATIENT_POOL)]
  const listening = openListening(config, log)
  const stopWatching = watchSilence(config, () => endAll(sockets, log))

  return {
    kysely: usual.kysely,
    transaction: (work, options) =>
      transaction(options?.lockTimeoutMs === 0 ? patient : usual, work, options),
    listen: async (channel, notified) => listening.listen(channel, notified),
    async close() {
      await Promise.all([listening.close(), stopWatching()])
      await Promise.all([usual, patient].map(({ kysely }) => kysely.destroy()))
    },
  }
}

function openPool(config: PoolConfig, log: Log, failed: TellFailure): TransactionParts {
  const pool = new Pool(config)
  pool.on('error', (error) => log.warn({ why: error.message }, 'an idle database connection was lost'))
  // One that is lost between two statements of a transaction would otherwise end the process: the
  // pool listens to idle connections only. The next statement on it fails by itself.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const names = createStatementNames()
  const connections = connectionsOf(pool, {
    names,
    failed: (error) => failed(failureOf(error) ?? 'other'),
  })
  return { kysely: new Kysely<Tables>({ dialect: connections.dialect }), connections, names }
}

/** A socket that can be ended from outside: the driver would wait for an answer on it for ever. */
function openSocket(sockets: Set<Socket>, failed: () => void): Socket {
  const socket = new Socket()
  socket.once('error', failed)
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  return socket
}

/** What waits for an answer fails as if the connection had been lost. */
function endAll(sockets: ReadonlySet<Socket>, log: Log): void {
  if (sockets.size > 0) log.warn({ connections: sockets.size }, 'the database is silent; leaving it')
  for (const socket of sockets) socket.destroy()
}
