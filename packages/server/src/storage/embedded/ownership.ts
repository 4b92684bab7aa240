/**
 * Which server owns the local PostgreSQL: the one that holds an advisory lock in it, on a connection
 * that lives as long as the server. The lock dies with the server, however that ends, and there is
 * no file to be left behind.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { Client } from 'pg'

import { failureOf } from '../../failure.ts'
import { StartFailure } from '../../start-failure.ts'
import type { Place } from './place.ts'

/** Any number that nothing else locks. */
const LOCK = 48_600_001

/** A killed server's connection is noticed within milliseconds; this is how long we wait for it. */
const PATIENCE_MS = 3_000

export interface Ownership {
  /** Resolves when the connection, and with it the lock, is gone. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** Takes the lock. Undefined when PostgreSQL went away meanwhile; a StartFailure when another server has it. */
export async function takeOwnership(place: Place, dataDir: string): Promise<Ownership | undefined> {
  const client = new Client({
    connectionString: place.url,
    application_name: `flagmarshal server ${process.pid}`,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  const lost = new Promise<void>((resolve) => client.once('end', () => resolve()))
  try {
    await client.connect()
    const end = performance.now() + PATIENCE_MS
    while (!(await tryLock(client))) {
      if (performance.now() > end) throw await taken(client, dataDir)
      await sleep(50)
    }
    return { lost, release: () => client.end().catch(() => undefined) }
  } catch (error) {
    await client.end().catch(() => undefined)
    if (failureOf(error) === 'unavailable') return undefined
    throw error
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const answer = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK])
  return answer.rows[0]?.locked === true
}

async function taken(client: Client, dataDir: string): Promise<StartFailure> {
  const answer = await client.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and objid = $1 and granted`,
    [LOCK],
  )
  const pid = /\d+$/.exec(answer.rows[0]?.name ?? '')?.[0]
  const who = pid === undefined ? 'Another server' : `Another server (process ${pid})`
  return new StartFailure(
    `${who} uses the data directory ${dataDir}: stop it, or set FLAGMARSHAL_DATA_DIR to another one.`,
  )
}
