/**
 * Transactions. Their beginning travels with the first statement and their end with the last, so one
 * that reads, writes and records is three questions to the database.
 */
import { isRefusal } from '@flagmarshal/domain/refusal'
import { sql, Transaction } from 'kysely'
import type { DatabaseConnection, Kysely } from 'kysely'

import { lostItsTurn } from '../failure.ts'
import type { PostgresConnection } from './connection.ts'
import type { Database, TransactionOptions, Tx } from './database.ts'
import type { Connections } from './dialect.ts'
import type { StatementNames } from './statement-names.ts'
import type { Tables } from './tables.ts'

/** How often a transaction is begun that finds a lock taken for longer than the limit, or a deadlock. */
const ATTEMPTS = 3

/** Where transactions run. */
export interface TransactionParts {
  readonly kysely: Kysely<Tables>
  readonly connections: Connections
  readonly names: StatementNames
}

/** What was sent and is waited for at the commit only. */
const unanswered = new WeakMap<Tx, Promise<unknown>[]>()

/**
 * Leaves a statement of a transaction unanswered until its commit, which follows at once: nothing the
 * transaction still does may depend on it. Where it fails, so does the transaction.
 */
export function answeredAtCommit(tx: Tx, answer: Promise<unknown>): void {
  answer.catch(() => undefined)
  const waiting = unanswered.get(tx)
  if (waiting === undefined) throw new Error('no transaction is open')
  waiting.push(answer)
}

/**
 * A transaction that lost its turn at a lock begins anew, a few times: under a crowd the one that
 * waited longest would otherwise be refused. Nothing of the failed one is left, so its work may run
 * again. A caller with a limit of its own decides for himself.
 */
export async function transaction<T>(
  parts: TransactionParts,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transactOnce(parts, work, options)
    } catch (error) {
      const again = lostItsTurn(error) && options.lockTimeoutMs === undefined
      if (attempt === ATTEMPTS || !(again || parts.names.disowned(error))) throw error
    }
  }
}

async function transactOnce<T>(
  { kysely, connections }: TransactionParts,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const connection = await connections.take()
  const begun = begin(connection, options)
  const { tx, end } = open(kysely, connections, connection)
  const waiting = [begun]
  unanswered.set(tx, waiting)
  let ended = false
  try {
    const result = await work(tx)
    const last = isRefusal(result) ? 'rollback' : 'commit'
    const [done] = await Promise.all([connection.send(last), ...waiting])
    ended = true
    // What PostgreSQL answers to a commit after a statement that failed.
    if (done !== last.toUpperCase()) throw new Error('a statement of the transaction failed')
    return result
  } catch (error) {
    // The first failure is the reason for those that follow it.
    const first = (await Promise.allSettled(waiting)).find((it) => it.status === 'rejected')
    ended ||= await rolledBack(connection)
    throw first === undefined ? error : first.reason
  } finally {
    end()
    connection.release(!ended)
  }
}

/** False where nobody is there any more to do it. */
async function rolledBack(connection: PostgresConnection): Promise<boolean> {
  return await connection.send('rollback').then(
    () => true,
    () => false,
  )
}

/** Sends the beginning, together with the first statement: where it fails, the database skips what came with it. */
async function begin(
  connection: PostgresConnection,
  { lockTimeoutMs, snapshot }: TransactionOptions,
): Promise<void> {
  const reading = snapshot === undefined ? '' : ' isolation level repeatable read read only'
  const sent = [`begin${reading}`]
  if (lockTimeoutMs !== undefined) sent.push(`set local lock_timeout = ${lockTimeoutMs}`)
  await Promise.all(sent.map((text) => connection.send(text)))
}

/** A transaction on a connection. After `end` all statements are refused, because others use the connection then. */
function open(
  kysely: Kysely<Tables>,
  { dialect }: Connections,
  connection: PostgresConnection,
): { readonly tx: Tx; readonly end: () => void } {
  let over = false
  const inside: DatabaseConnection = {
    async executeQuery(query) {
      if (over) throw new Error('a statement came after the end of its transaction')
      return await connection.executeOnce(query)
    },
    streamQuery: (query, rows) => connection.streamQuery(query, rows),
  }
  const executor = kysely.getExecutor().withConnectionProvider({
    provideConnection: (consumer) => consumer(inside),
  })
  const tx: Tx = new Transaction<Tables>({
    config: { dialect },
    dialect,
    driver: dialect.createDriver(),
    executor,
  })
  return { tx, end: () => (over = true) }
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
