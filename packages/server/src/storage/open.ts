/**
 * The database that the settings name, or the local one in the data directory.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, DatabaseError } from 'pg'

import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { StartFailure } from '../start-failure.ts'
import type { Database } from './database.ts'
import { startEmbedded } from './embedded.ts'
import { openPostgres } from './postgres.ts'
import type { TellFailure } from './postgres.ts'

/** An open database and how to end it. */
export interface Opened {
  readonly database: Database
  readonly url: string
  close(): Promise<void>
}

/** How long a database may take to answer at the start. */
const PATIENCE_MS = 10_000

/** Opens it and waits until it answers; tells of each failure later on. Throws a StartFailure when it does not. */
export async function openDatabase(config: Config, log: Log, failed: TellFailure): Promise<Opened> {
  if (config.databaseUrl !== undefined) {
    await waitFor(config.databaseUrl, log)
    const database = openPostgres(config.databaseUrl, log, failed)
    return { database, url: config.databaseUrl, close: () => database.close() }
  }
  const embedded = await startEmbedded({ dataDir: config.dataDir, log })
  const database = openPostgres(embedded.url, log, failed)
  return {
    database,
    url: embedded.url,
    async close() {
      await database.close()
      await embedded.stop()
    },
  }
}

/** Tries until it answers, and says so; a wrong password or database is not tried again. */
async function waitFor(url: string, log: Log): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (let attempt = 1; ; attempt++) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return
    } catch (error) {
      const hopeless = error instanceof DatabaseError && !error.code?.startsWith('57P')
      const failure = unreachable(url, error)
      if (hopeless || performance.now() > end) throw failure
      if (attempt === 1) log.warn({ why: failure.message, upToMs: PATIENCE_MS }, 'waiting for the database')
    } finally {
      await client.end().catch(() => undefined)
    }
    await sleep(250)
  }
}

/** Names the server and the reason, never the password. */
function unreachable(url: string, error: unknown): StartFailure {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const why = first instanceof Error ? first.message : String(first)
  const { hostname, port, pathname } = parsed(url)
  const where = `${hostname}${port === '' ? '' : `:${port}`}${pathname}`
  return new StartFailure(
    `The database at ${where} that FLAGMARSHAL_DATABASE_URL names cannot be reached: ${why}.`,
    { cause: error },
  )
}

function parsed(url: string): Pick<URL, 'hostname' | 'port' | 'pathname'> {
  return URL.canParse(url) ? new URL(url) : { hostname: '', port: '', pathname: '(unreadable address)' }
}
