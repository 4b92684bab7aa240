/**
 * The pool of connections, as a `Database`.
 */
import { Socket } from 'node:net'

import { isRefusal } from '@flagmarshal/domain/refusal'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool, types } from 'pg'
import type { PoolConfig } from 'pg'

import type { Log } from '../context.ts'
import { failureOf, lostItsTurn } from '../failure.ts'
import type { Failure } from '../failure.ts'
import type { Database, TransactionOptions, Tx } from './database.ts'
import { startListening } from './listen.ts'
import { watchSilence } from './silence.ts'
import type { Tables } from './tables.ts'

/** How many connections one server holds at most, besides those that listen. */
const POOL_SIZE = 12

/** How long a writer waits for another one's lock. */
const LOCK_TIMEOUT_MS = 2_000

/** How often a transaction is begun that finds a lock taken for longer than that, or a deadlock. */
const ATTEMPTS = 3

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
    types: { getTypeParser },
  }
  const open = (more: PoolConfig) => openPool({ ...config, ...more }, log, failed)
  const [kysely, patient] = [open({}), open(PATIENT_POOL)]
  const stops = new Set<() => Promise<void>>()
  stops.add(watchSilence(config, () => endAll(sockets, log)))

  return {
    kysely,
    transaction: (work, options) =>
      transaction(options?.lockTimeoutMs === 0 ? patient : kysely, work, options),
    async listen(channel, notified) {
      const stop = startListening(config, channel, notified, log)
      stops.add(stop)
      return async () => {
        stops.delete(stop)
        await stop()
      }
    },
    async close() {
      await Promise.all([...stops].map((stop) => stop()))
      await Promise.all([kysely.destroy(), patient.destroy()])
    },
  }
}

function openPool(config: PoolConfig, log: Log, failed: TellFailure): Kysely<Tables> {
  const pool = new Pool(config)
  pool.on('error', (error) => log.warn({ why: error.message }, 'an idle database connection was lost'))
  // One that is lost between two statements of a transaction would otherwise end the process: the
  // pool listens to idle connections only. The next statement on it fails by itself.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    log(event) {
      if (event.level === 'error') failed(failureOf(event.error) ?? 'other')
    },
  })
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

/**
 * A database that lives inside an open transaction: what it does is committed with it. Its
 * transactions are savepoints. It is how a whole request is made one transaction.
 */
export function within(tx: Tx, outer: Database): Database {
  let depth = 0
  return {
    kysely: tx,
    async transaction(work) {
      const savepoint = sql.id(`within_${++depth}`)
      await sql`savepoint ${savepoint}`.execute(tx)
      try {
        const result = await work(tx)
        await sql`${sql.raw(isRefusal(result) ? 'rollback to' : 'release')} savepoint ${savepoint}`.execute(
          tx,
        )
        return result
      } catch (error) {
        await sql`rollback to savepoint ${savepoint}`.execute(tx)
        throw error
      }
    },
    listen: (channel, notified) => outer.listen(channel, notified),
    close: () => Promise.reject(new Error('a transaction cannot close its database')),
  }
}

/** Carries a refusal out of a transaction that is rolled back because of it. */
class RolledBack<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super('rolled back')
    this.result = result
  }
}

/**
 * A transaction that lost its turn at a lock begins anew, a few times: under a crowd the one that
 * waited longest would otherwise be refused. Nothing of the failed one is left, so its work may run
 * again. A caller with a limit of its own decides for himself.
 */
async function transaction<T>(
  kysely: Kysely<Tables>,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transactOnce(kysely, work, options)
    } catch (error) {
      const again = lostItsTurn(error) && options.lockTimeoutMs === undefined && attempt < ATTEMPTS
      if (!again) throw error
    }
  }
}

async function transactOnce<T>(
  kysely: Kysely<Tables>,
  work: (tx: Tx) => Promise<T>,
  { lockTimeoutMs, snapshot }: TransactionOptions,
): Promise<T> {
  const begin = kysely.transaction()
  const opening =
    snapshot === undefined ? begin : begin.setIsolationLevel('repeatable read').setAccessMode('read only')
  try {
    return await opening.execute(async (tx) => {
      if (lockTimeoutMs !== undefined) {
        await sql`select set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, true)`.execute(tx)
      }
      const result = await work(tx)
      if (isRefusal(result)) throw new RolledBack(result)
      return result
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.result
    throw error
  }
}

type TypeId = Parameters<typeof types.getTypeParser>[0]

/** int8 as a number; the driver would give a string. */
const getTypeParser: typeof types.getTypeParser = (oid: TypeId, format?: 'text' | 'binary') =>
  oid === types.builtins.INT8 ? safeInteger : types.getTypeParser(oid, format)

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`)
  return value
}
