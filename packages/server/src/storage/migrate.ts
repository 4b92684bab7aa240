/**
 * Brings the database to the shape that this version needs.
 *
 * Files `migrations/000001.sql` … run in order, each in one transaction that begins by writing its
 * row: a second server that migrates at the same time waits there, finds the row and goes on. They
 * only go forward, and a file that has run is never edited. A file that contains the line
 * `--! breaking` makes servers of older versions refuse the database; the others stay compatible.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

import { Client } from 'pg'

import type { Log } from '../context.ts'
import { StartFailure } from '../start-failure.ts'

interface Migration {
  readonly number: number
  readonly sql: string
  readonly checksum: string
  readonly breaking: boolean
}

interface Applied {
  readonly number: number
  readonly checksum: string
  readonly breaking: boolean
}

const FOLDER = new URL('migrations/', import.meta.url)

/**
 * Runs what has not run yet, up to a migration where one is given. Throws a StartFailure where the
 * database is not one for this version.
 */
export async function migrate(
  url: string,
  log: Log,
  { upTo = Infinity }: { readonly upTo?: number } = {},
): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'flagmarshal-migrate' })
  client.on('error', (error) => log.warn({ why: error.message }, 'the migrating connection was lost'))
  await client.connect()
  try {
    await refuseOldServer(client)
    await createTable(client)
    const applied = await appliedMigrations(client)
    const known = await readMigrations()
    refuseForeign(applied, known)
    for (const migration of known.filter((it) => !applied.has(it.number) && it.number <= upTo)) {
      if (await run(client, migration)) log.info({ migration: migration.number }, 'migrated the database')
    }
  } finally {
    await client.end()
  }
}

/** The migrations of this version, in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{6}\.sql$/.test(name)).toSorted()
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8')
      const checksum = createHash('sha256').update(sql).digest('hex')
      return { number: Number(name.slice(0, 6)), sql, checksum, breaking: /^--! breaking$/m.test(sql) }
    }),
  )
}

async function refuseOldServer(client: Client): Promise<void> {
  const answer = await client.query<{ server_version_num: string; server_version: string }>(
    "select current_setting('server_version_num') as server_version_num, current_setting('server_version') as server_version",
  )
  const row = answer.rows[0]
  if (Number(row?.server_version_num) >= 150_000) return
  throw new StartFailure(
    `The database runs PostgreSQL ${row?.server_version}; Flagmarshal needs 15 or newer.`,
  )
}

/** The lock keeps two first starts from creating the table at once: `if not exists` alone can collide. */
async function createTable(client: Client): Promise<void> {
  await client.query(`
    begin;
    select pg_advisory_xact_lock(4860);
    create table if not exists migrations (
      number integer primary key,
      checksum text not null,
      breaking boolean not null,
      at timestamptz not null default now()
    );
    commit`)
}

async function appliedMigrations(client: Client): Promise<ReadonlyMap<number, Applied>> {
  const answer = await client.query<Applied>('select number, checksum, breaking from migrations')
  return new Map(answer.rows.map((row) => [row.number, row]))
}

function refuseForeign(applied: ReadonlyMap<number, Applied>, known: readonly Migration[]): void {
  const byNumber = new Map(known.map((it) => [it.number, it]))
  for (const row of applied.values()) {
    const ours = byNumber.get(row.number)
    if (ours === undefined && row.breaking) {
      throw new StartFailure(
        `The database was migrated by a newer Flagmarshal (migration ${row.number}): start that version.`,
      )
    }
    if (ours !== undefined && ours.checksum !== row.checksum) {
      throw new StartFailure(
        `Migration ${row.number} of the database is not the one of this version: the file was edited after it ran. Use the version that made this database, or an empty one.`,
      )
    }
  }
}

/** Whether it ran here; false when another server was first. */
async function run(client: Client, migration: Migration): Promise<boolean> {
  await client.query('begin')
  try {
    const claimed = await client.query(
      'insert into migrations (number, checksum, breaking) values ($1, $2, $3) on conflict do nothing',
      [migration.number, migration.checksum, migration.breaking],
    )
    if (claimed.rowCount === 1) await client.query(migration.sql)
    await client.query('commit')
    return claimed.rowCount === 1
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw new Error(`running migration ${migration.number}`, { cause: error })
  }
}
