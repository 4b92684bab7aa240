/**
 * The process of the local PostgreSQL: adopted, started, stopped.
 *
 * It is told apart by `postmaster.pid`, which PostgreSQL writes into the cluster: its first line is
 * the process id. It leads a session of its own, so neither Ctrl-C nor the death of the server ends it.
 */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { open, readFile, rm, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Client, DatabaseError } from 'pg'

import { failureOf } from '../../failure.ts'
import { StartFailure } from '../../start-failure.ts'
import type { Binaries } from './binaries.ts'
import type { Place } from './place.ts'

/** Recovery after a crash can take this long before it answers. */
const START_MS = 60_000
const STOP_MS = 15_000

/** How long the processes of a killed PostgreSQL may take to notice. */
const LEFTOVERS_MS = 10_000
const POLL_MS = 20

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: '5432',
  max_connections: '60',
  shared_buffers: '64MB',
  logging_collector: 'off',
  log_min_messages: 'warning',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** Waits for the one that is running, if one is; false when none is, so that one can be started. */
export async function adopt(place: Place): Promise<boolean> {
  await removeLeftovers(place)
  const pid = await pidIn(pidFile(place))
  if (pid === undefined || !(await isPostgres(pid))) return false
  return await untilItAnswers(place, () => isAlive(pid))
}

/**
 * Removes lock files of a dead PostgreSQL whose process id is taken: by another program after the
 * machine or container was restarted, or by its own remains where nothing reaps them (a container
 * without an init). PostgreSQL takes such an id for its own and would refuse to start. It removes the
 * others itself.
 */
async function removeLeftovers(place: Place): Promise<void> {
  for (const file of [pidFile(place), path.join(place.socket, '.s.PGSQL.5432.lock')]) {
    const pid = await pidIn(file)
    if (pid !== undefined && isAlive(pid) && !(await isPostgres(pid))) await rm(file, { force: true })
  }
}

/** Starts it and waits until it answers. Throws a StartFailure with its last words otherwise. */
export async function start(
  place: Place,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const end = performance.now() + LEFTOVERS_MS
  for (;;) {
    const { size } = await stat(place.logFile).catch(() => ({ size: 0 }))
    const alive = await launch(place, binaries, settings)
    if (await untilItAnswers(place, alive)) return
    // Another server may have been faster: then its PostgreSQL is the one to use.
    if (await adopt(place)) return
    const words = (await readFile(place.logFile, 'utf8').catch(() => '')).slice(size)
    // Its processes outlive a killed PostgreSQL by a moment, and it waits for none of them.
    if (!words.includes('is still in use') || performance.now() > end) throw failed(place, words)
    await sleep(POLL_MS)
  }
}

/** Starts the process; the answer tells whether it still lives. */
async function launch(
  place: Place,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
): Promise<() => boolean> {
  const log = await open(place.logFile, 'a', 0o600)
  const all = { ...SETTINGS, unix_socket_directories: place.socket, ...settings }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(binaries.postgres, ['-D', place.data, ...args], {
    ...place.account,
    cwd: '/',
    env: { LC_ALL: 'C' },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  let failed = false
  child.on('error', (error) => {
    failed = true
    appendFileSync(place.logFile, `FATAL: ${error.message}\n`)
  })
  child.unref()
  await log.close()
  return () => !failed && child.exitCode === null && child.signalCode === null
}

function failed(place: Place, words: string): StartFailure {
  const reasons = words.split('\n').flatMap((line) => /(?:FATAL|PANIC): +(.*)/.exec(line)?.[1] ?? [])
  const why = reasons.at(-1) ?? `see ${place.logFile}`
  return new StartFailure(`The local PostgreSQL in ${place.root} does not start: ${why}`)
}

/** Fast shutdown, waited for. */
export async function stop(place: Place): Promise<void> {
  const pid = await pidIn(pidFile(place))
  if (pid === undefined || !(await isPostgres(pid))) return
  process.kill(pid, 'SIGINT')
  const end = performance.now() + STOP_MS
  while ((await isPostgres(pid)) && (await pidIn(pidFile(place))) === pid) {
    if (performance.now() > end) throw new Error(`the local PostgreSQL (process ${pid}) does not stop`)
    await sleep(POLL_MS)
  }
  // Elsewhere than in the data directory it would be left behind when that is deleted.
  if (!place.socket.startsWith(place.root)) await rmdir(place.socket).catch(() => undefined)
}

function pidFile(place: Place): string {
  return path.join(place.data, 'postmaster.pid')
}

/** The process id on the first line of a lock file. */
async function pidIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
}

/** Whether a process with this id exists; one of another user's counts. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Where the system tells (Linux), a living process must be PostgreSQL; elsewhere it is believed. */
async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return /^\d+ \(postgres\) [^Z]/.test(line)
}

/** False once it is dead, or when it does not answer in time. */
async function untilItAnswers(place: Place, alive: () => boolean): Promise<boolean> {
  const end = performance.now() + START_MS
  // Usually it takes 40 ms; after a crash, with many files to sync, seconds.
  for (let pause = POLL_MS; performance.now() < end; pause = Math.min(pause * 2, 250)) {
    if (await answers(place)) return true
    if (!alive()) return false
    await sleep(pause)
  }
  return false
}

async function answers(place: Place): Promise<boolean> {
  const client = new Client({ connectionString: maintenanceUrl(place), connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const answer = await client.query<{ dir: string; known: boolean }>(
      `select current_setting('data_directory') as dir,
        exists (select from pg_database where datname = 'flagmarshal') as known`,
    )
    if (answer.rows[0]?.dir !== place.data) return false
    if (answer.rows[0].known) return true
    await client.query('create database flagmarshal').catch((error: unknown) => {
      // Another server that starts at the same time has made it.
      if (!(error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505'))) throw error
    })
    return true
  } catch (error) {
    if (failureOf(error) === 'unavailable') return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The database that every cluster has. */
function maintenanceUrl(place: Place): string {
  return place.url.replace('///flagmarshal?', '///postgres?')
}
