/**
 * Writing a backup: every row of one moment, while the server goes on. It needs no program beside this
 * one, and reads a database elsewhere as well as the local one.
 */
import { Client, escapeIdentifier } from 'pg'

import type { BackupFigures, Header, TableLine } from './format.ts'
import { columnsOf, tablesInOrder } from './tables.ts'

/** Rows that are fetched at once. */
const BATCH = 500

/** Called with each line, without its end; waited for. */
export type WriteLine = (line: string) => Promise<void>

/** Writes all lines; throws when the database is lost meanwhile. */
export async function writeBackup(url: string, writeLine: WriteLine): Promise<BackupFigures> {
  const client = new Client({ connectionString: url, application_name: 'flagmarshal-backup' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    // Times are written as UTC, whatever the server prefers.
    await client.query("set timezone = 'UTC'")
    await client.query('begin isolation level repeatable read read only')
    const header = await headerOf(client)
    await writeLine(JSON.stringify(header))
    const tables = await tablesInOrder(client)
    let rows = 0
    for (const table of tables) {
      rows += await writeTable(client, table, writeLine)
    }
    await writeLine(JSON.stringify({ end: rows }))
    return { migration: header.migration, tables: tables.length, rows }
  } finally {
    await client.end()
  }
}

/** Tells servers on this database that a backup is whole. */
export async function noteBackup(url: string, { rows }: Pick<BackupFigures, 'rows'>): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'flagmarshal-backup' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(
      `insert into backup_runs (at, rows) values (now(), $1)
       on conflict (id) do update set at = excluded.at, rows = excluded.rows`,
      [rows],
    )
  } finally {
    await client.end()
  }
}

async function headerOf(client: Client): Promise<Header> {
  const answer = await client.query<{ migration: number; at: string }>(
    "select max(number) as migration, to_json(now()) #>> '{}' as at from migrations",
  )
  const { migration, at } = answer.rows[0] ?? { migration: 0, at: '' }
  return { format: 'flagmarshal-backup', version: 1, at, migration }
}

/** Answers how many rows it has. */
async function writeTable(client: Client, table: string, writeLine: WriteLine): Promise<number> {
  const columns = (await columnsOf(client, table)).map((it) => it.name)
  const line: TableLine = { table, columns }
  await writeLine(JSON.stringify(line))
  const texts = columns.map((it) => `${escapeIdentifier(it)}::text`).join(', ')
  await client.query(
    `declare rows cursor for select to_json(array[${texts}])::text as line from ${escapeIdentifier(table)}`,
  )
  let count = 0
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${BATCH} from rows`)
    for (const { line } of rows) await writeLine(line)
    count += rows.length
    if (rows.length < BATCH) break
  }
  await client.query('close rows')
  return count
}
