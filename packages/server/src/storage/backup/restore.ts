/**
 * Restoring a backup into a database that holds nothing: first the shape that the backup had, then its
 * rows in one transaction, then what this version has migrated since. Half a backup leaves nothing.
 */
import { Client, escapeIdentifier } from 'pg'

import type { Log } from '../../context.ts'
import { StartFailure } from '../../start-failure.ts'
import { migrate } from '../migrate.ts'
import { EndLine, Header, TableLine } from './format.ts'
import type { BackupFigures } from './format.ts'
import { columnsOf, tablesInOrder } from './tables.ts'

/** Rows that are inserted at once. */
const BATCH = 500

/** Throws a StartFailure for a file that is no whole backup, and for a database that holds something. */
export async function restoreBackup(
  url: string,
  lines: AsyncIterable<string>,
  log: Log,
): Promise<BackupFigures> {
  const reading = lines[Symbol.asyncIterator]()
  const header = headerIn((await reading.next()).value)
  await migrate(url, log, { upTo: header.migration })
  const client = new Client({ connectionString: url, application_name: 'flagmarshal-restore' })
  client.on('error', () => undefined)
  await client.connect()
  let figures: BackupFigures
  try {
    await client.query('begin')
    await refuseOther(client, header)
    figures = await insertAll(client, header, reading)
    await client.query('commit')
  } finally {
    await client.end()
  }
  await migrate(url, log)
  return figures
}

function headerIn(line: string | undefined): Header {
  const header = Header.safeParse(jsonOf(line ?? ''))
  if (header.success) return header.data
  throw new StartFailure('The file is no backup of Flagmarshal.')
}

/** The database must be as old as the backup and hold nothing but what migrations put there. */
async function refuseOther(client: Client, { migration }: Header): Promise<void> {
  const { rows } = await client.query<{ newest: number; used: boolean }>(
    `select (select max(number) from migrations) as newest,
       exists (select from projects) or exists (select from audit_entries) as used`,
  )
  if (rows[0]?.used === true) {
    throw new StartFailure('The database is not empty: a backup is restored into an empty one.')
  }
  if (rows[0]?.newest === migration) return
  throw new StartFailure(
    `The database has migration ${rows[0]?.newest}, and the backup ${migration}: restore it into an empty database, with this version or a newer one.`,
  )
}

async function insertAll(
  client: Client,
  { migration }: Header,
  lines: AsyncIterator<string>,
): Promise<BackupFigures> {
  const tables = await tablesInOrder(client)
  await unguarded(client, tables, async () => {
    for (const table of tables.toReversed()) await client.query(`delete from ${escapeIdentifier(table)}`)
  })
  let [insert, rows, seen] = [noTable, 0, 0]
  let batch: string[] = []
  for (;;) {
    const line = await nextLine(lines)
    if (line.startsWith('[') && batch.push(line) < BATCH) continue
    if (batch.length > 0) await insert(batch)
    rows += batch.length
    batch = []
    if (line.startsWith('[')) continue
    const end = EndLine.safeParse(jsonOf(line))
    if (end.data?.end === rows) break
    const table = TableLine.safeParse(jsonOf(line))
    if (!table.success || !tables.includes(table.data.table)) throw cutOff()
    insert = await inserting(client, table.data)
    seen += 1
  }
  for (const table of tables) await countOn(client, table)
  return { migration, tables: seen, rows }
}

type Insert = (lines: readonly string[]) => Promise<unknown>

const noTable: Insert = () => Promise.reject(cutOff())

/** The next line; one that cannot be read, or is not there, is the end of a damaged file. */
async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const next = await lines.next().catch(() => undefined)
  if (next === undefined || next.done === true) throw cutOff()
  return next.value
}

/** Inserts rows of a table: each value as the text that PostgreSQL gave, read by its own type. */
async function inserting(client: Client, { table, columns }: TableLine): Promise<Insert> {
  const types = new Map((await columnsOf(client, table)).map((it) => [it.name, it.type]))
  const names = columns.map((it) => escapeIdentifier(it)).join(', ')
  const values = columns.map((it, at) => `(line ->> ${at})::${types.get(it) ?? 'text'}`).join(', ')
  const statement = `insert into ${escapeIdentifier(table)} (${names}) overriding system value
    select ${values} from jsonb_array_elements($1::jsonb) as line`
  return async (rows) => await client.query(statement, [`[${rows.join(',')}]`])
}

/** What PostgreSQL counts goes on after the largest that was restored. */
async function countOn(client: Client, table: string): Promise<void> {
  for (const { name } of (await columnsOf(client, table)).filter((it) => it.counted)) {
    const column = escapeIdentifier(name)
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max(${column}), 0) + 1 from ${escapeIdentifier(table)}), false)`,
      [escapeIdentifier(table), name],
    )
  }
}

/** Some tables refuse that their rows are deleted; what a migration put there is what the backup has, too. */
async function unguarded(
  client: Client,
  tables: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  for (const verb of ['disable', 'enable']) {
    for (const table of tables) {
      await client.query(`alter table ${escapeIdentifier(table)} ${verb} trigger user`)
    }
    if (verb === 'disable') await work()
  }
}

function cutOff(): StartFailure {
  return new StartFailure('The backup is cut off or damaged: nothing was restored.')
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
