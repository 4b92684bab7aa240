/**
 * A PostgreSQL of its own for tests that break it: Debian's, listening on TCP as a database elsewhere
 * does, with everything flushed to the disk. It can crash, freeze, have a standby and hand over to it.
 * Where Debian's packages are not installed, tests that need it are skipped by name.
 */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { Client } from 'pg'
import { vi } from 'vitest'

import { endWithUs } from './end-with-us.ts'
import { freePort } from './free-port.ts'

const BIN = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1)
const ACCOUNT = accountOf('postgres')

/** Whether there is one to start: its programs, and as root an account that it may run as. */
export const hasPostgres =
  BIN !== undefined && existsSync(path.join(BIN, 'initdb')) && (!isRoot() || ACCOUNT.uid !== undefined)

export interface Postgres extends AsyncDisposable {
  readonly port: number
  /** Of its database, through TCP. */
  readonly url: string
  /** Where its data is. */
  readonly data: string
  /** Ends it as a crash would. */
  crash(): Promise<void>
  /** Starts it again, with its data and on its port. */
  start(): Promise<void>
  /** Whether it can be asked. */
  answers(): Promise<boolean>
  /** Every process of it stops where it is; nothing is answered on its connections. */
  freeze(): void
  thaw(): void
  /** A second one that follows this one, change by change; what is committed from now on is on both. */
  standby(): Promise<Postgres>
  /** Makes a standby the one that is written to. */
  promote(): Promise<void>
}

export interface PostgresOptions {
  /** Where its data goes, in place of the usual folder: an existing, empty one. */
  readonly folder?: string
}

/** A new one, running and empty. */
export async function startPostgres({ folder }: PostgresOptions = {}): Promise<Postgres> {
  const data = path.join(own(folder ?? newFolder()), 'data')
  run('initdb', '--pgdata', data, '--username=flagmarshal', '--auth=trust', '--no-sync', '--encoding=UTF8')
  return await running(data)
}

async function running(data: string): Promise<Postgres> {
  const port = await freePort()
  let child = await launch(data, port)
  const url = `postgresql://flagmarshal@127.0.0.1:${port}/postgres`
  const crash = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGQUIT')
    await ended
  }
  return {
    port,
    url,
    data,
    crash,
    async start() {
      child = await launch(data, port)
    },
    answers: () => answers(url),
    freeze: () => signalAll(child, 'SIGSTOP'),
    thaw: () => signalAll(child, 'SIGCONT'),
    async standby() {
      const copy = path.join(own(newFolder()), 'data')
      const from = ['--host=127.0.0.1', `--port=${port}`, '--username=flagmarshal']
      run('pg_basebackup', '--pgdata', copy, ...from, '--write-recovery-conf', '--checkpoint=fast')
      const second = await running(copy)
      await ask(url, "alter system set synchronous_standby_names = '*'")
      await ask(url, 'select pg_reload_conf()')
      return second
    },
    async promote() {
      await ask(url, 'select pg_promote()')
    },
    async [Symbol.asyncDispose]() {
      signalAll(child, 'SIGCONT')
      await crash()
      await rm(path.dirname(data), { recursive: true, force: true })
    },
  }
}

async function launch(data: string, port: number): Promise<ChildProcess> {
  const socket = path.dirname(data)
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${socket}`, 'max_connections=100']
  const child = spawn(
    program('postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((it) => ['-c', it])],
    { ...ACCOUNT, cwd: '/', stdio: 'ignore' },
  )
  endWithUs(child)
  const url = `postgresql://flagmarshal@127.0.0.1:${port}/postgres`
  await vi.waitUntil(() => answers(url), { timeout: 60_000, interval: 50 })
  return child
}

async function answers(url: string): Promise<boolean> {
  return await ask(url, 'select 1').then(
    () => true,
    () => false,
  )
}

async function ask(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(statement)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The first process, which could make more of them, and then those that it made. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=']).toString().trim().split('\n')
  for (const line of lines) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number)
    if (pid !== undefined && parent === child.pid) signalOne(pid, signal)
  }
}

/** One that has ended since it was listed needs no signal. */
function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function newFolder(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'flagmarshal-postgres-'))
}

/** PostgreSQL refuses to run as root, and its account must be able to enter. */
function own(folder: string): string {
  chmodSync(folder, 0o755)
  if (ACCOUNT.uid !== undefined && ACCOUNT.gid !== undefined) chownSync(folder, ACCOUNT.uid, ACCOUNT.gid)
  return folder
}

function run(name: string, ...args: readonly string[]): void {
  execFileSync(program(name), args, { ...ACCOUNT, cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] })
}

function program(name: string): string {
  if (BIN === undefined) throw new Error('PostgreSQL is not installed')
  return path.join(BIN, name)
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whom root runs it as; nobody in particular where this is not root. */
function accountOf(name: string): { readonly uid?: number; readonly gid?: number } {
  if (!isRoot()) return {}
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return {}
  }
}
