/** Transactions whose statements are sent ahead, and statements that stay prepared, on a real PostgreSQL. */
import { refuse } from '@flagmarshal/domain/refusal'
import { databaseNow } from '@flagmarshal/server/storage/flags'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { answeredAtCommit } from '@flagmarshal/server/storage/transaction'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

type Database = ReturnType<typeof openPostgres>
type Tx = Parameters<Parameters<Database['transaction']>[0]>[0]

let server: TestServer
let database: Database

beforeAll(async () => {
  server = await startServer()
  database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
})
afterAll(async () => {
  await database.close()
  await server.close()
})
beforeEach(async () => {
  await sql`drop table if exists notes`.execute(database.kysely)
  await sql`create table notes (id integer primary key, text text)`.execute(database.kysely)
})

const write = (tx: Tx, id: number) => sql`insert into notes (id) values (${id})`.execute(tx)

async function notes(): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`select id from notes order by id`.execute(database.kysely)
  return rows.map(({ id }) => id)
}

test('what a transaction leaves unanswered is committed with it', async () => {
  await database.transaction(async (tx) => {
    await write(tx, 1)
    answeredAtCommit(tx, write(tx, 2))
  })
  expect(await notes()).toEqual([1, 2])
})

test('a statement that fails unanswered fails the transaction, for its own reason, and nothing is left of it', async () => {
  const work = database.transaction(async (tx) => {
    await write(tx, 1)
    answeredAtCommit(tx, write(tx, 1))
    return 'done'
  })
  await expect(work).rejects.toThrow(/duplicate key/)
  expect(await notes()).toEqual([])
})

test('what follows a statement that failed unanswered does not hide its reason', async () => {
  const work = database.transaction(async (tx) => {
    answeredAtCommit(tx, write(tx, 1))
    answeredAtCommit(tx, write(tx, 1))
    await write(tx, 2)
  })
  await expect(work).rejects.toThrow(/duplicate key/)
  expect(await notes()).toEqual([])
})

test('a refusal and an error leave nothing behind, however early they come', async () => {
  const refusal = refuse('no', 'No.', 'Do not.')
  expect(await database.transaction(async () => refusal)).toEqual(refusal)
  expect(
    await database.transaction(async (tx) => {
      await write(tx, 1)
      return refusal
    }),
  ).toEqual(refusal)
  await expect(
    database.transaction(async (tx) => {
      await Promise.all([write(tx, 1), write(tx, 2)])
      throw new Error('after all')
    }),
  ).rejects.toThrow('after all')
  expect(await notes()).toEqual([])
})

test('statements that are asked together are carried out in their order', async () => {
  const counts = await database.transaction(async (tx) => {
    const count = async () => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from notes`.execute(tx)
      return rows[0]?.n
    }
    const answers = await Promise.all([count(), write(tx, 1), count(), write(tx, 2), count()])
    return answers.filter((it) => typeof it === 'number')
  })
  expect(counts).toEqual([0, 1, 2])
})

test('a statement after the end of its transaction is refused', async () => {
  let kept: Tx | undefined
  await database.transaction(async (tx) => void (kept = tx))
  await expect(write(kept as Tx, 1)).rejects.toThrow(/after the end/)
  expect(await notes()).toEqual([])
})

test('a table that changes under statements that are prepared costs nobody an answer', async () => {
  const read = (queries: Tx | Database['kysely']) => sql`select * from notes where id > ${0}`.execute(queries)
  for (let round = 0; round < 8; round++) {
    // Twice as many as there are connections, so that all of them have prepared it.
    await Promise.all(Array.from({ length: 24 }, () => read(database.kysely)))
    await Promise.all(Array.from({ length: 24 }, () => database.transaction(read)))
    await sql`alter table notes add column ${sql.ref(`more_${round}`)} text`.execute(database.kysely)
  }
  await sql`insert into notes (id) values (1)`.execute(database.kysely)
  expect((await read(database.kysely)).rows).toEqual([expect.objectContaining({ id: 1, more_7: null })])
})

test('where one of several statements that leave together fails, those behind it are not carried out', async () => {
  const failed: unknown[] = []
  const note = (error: unknown) => void failed.push(error)
  const work = database.transaction(async (tx) => {
    const together = [write(tx, 1), write(tx, 1), write(tx, 2)]
    for (const it of together) it.catch(note)
    await Promise.allSettled(together)
    throw new Error('over')
  })
  await expect(work).rejects.toThrow(/over|duplicate key/)
  expect(failed).toHaveLength(2)
  for (const error of failed) expect(error).toMatchObject({ code: '23505' })
  expect(await notes()).toEqual([])
})

test('a prepared statement works on after it failed, whether in itself or for its values', async () => {
  const divide = async (by: number) => {
    const { rows } = await sql<{ n: number }>`select 12 / ${by}::integer as n`.execute(database.kysely)
    return rows[0]?.n
  }
  const missing = () => sql`select * from nowhere where id = ${1}`.execute(database.kysely)
  for (let round = 0; round < 40; round++) {
    await expect(divide(0)).rejects.toThrow('division by zero')
    await expect(missing()).rejects.toThrow(/does not exist/)
    expect(await divide(4)).toBe(3)
  }
})

test('a number that no number of ours can hold is an error of that statement only', async () => {
  const large = () => sql`select ${'9007199254740993'}::bigint as n`.execute(database.kysely)
  for (let round = 0; round < 6; round++) {
    await expect(large()).rejects.toThrow(/does not fit a number/)
    expect(await notes()).toEqual([])
  }
})

test('all channels are heard on one connection, also those that are added later', async () => {
  const heard: string[] = []
  const listen = async (channel: string) =>
    await database.listen(channel, (payload) => void heard.push(`${channel} ${payload}`))
  const tell = (channel: string) => sql`select pg_notify(${channel}, 'now')`.execute(database.kysely)
  await listen('early')
  await expect.poll(() => heard).toContain('early undefined')
  const stop = await listen('late')
  await expect.poll(() => heard).toContain('late undefined')
  await tell('early')
  await tell('late')
  await expect.poll(() => heard).toEqual(expect.arrayContaining(['early now', 'late now']))
  const listening = sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
    where datname = current_database() and query = 'listen "late"'`
  expect((await listening.execute(database.kysely)).rows).toEqual([{ n: 1 }])
  await stop()
  await tell('late')
  await tell('early')
  await expect.poll(() => heard.filter((it) => it === 'early now')).toHaveLength(2)
  expect(heard.filter((it) => it === 'late now')).toHaveLength(1)
})

test('a pooler that forgets what was prepared is put up with', async () => {
  const deallocate = () => sql`deallocate all`.execute(database.kysely)
  for (let round = 0; round < 8; round++) {
    await Promise.all(Array.from({ length: 24 }, () => databaseNow(database.kysely)))
    await Promise.all(Array.from({ length: 24 }, () => database.transaction(databaseNow)))
    await Promise.all(Array.from({ length: 24 }, deallocate))
  }
  expect(await databaseNow(database.kysely)).toBeInstanceOf(Date)
})
