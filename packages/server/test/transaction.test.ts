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

test('a pooler that forgets what was prepared is put up with', async () => {
  const deallocate = () => sql`deallocate all`.execute(database.kysely)
  for (let round = 0; round < 8; round++) {
    await Promise.all(Array.from({ length: 24 }, () => databaseNow(database.kysely)))
    await Promise.all(Array.from({ length: 24 }, () => database.transaction(databaseNow)))
    await Promise.all(Array.from({ length: 24 }, deallocate))
  }
  expect(await databaseNow(database.kysely)).toBeInstanceOf(Date)
})
