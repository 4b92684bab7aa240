/**
 * Programs whose CPU time and memory are asked for while they run: the server of this repository,
 * and what it is measured against.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { placeFor } from '@flagmarshal/server/storage/embedded/place'
import { pino } from 'pino'

import { startChild } from '../../examples/shop/src/process/child.ts'
import type { Child, Pick } from '../../examples/shop/src/process/child.ts'
import type { Question, Usage } from './probe.ts'

/** A running program. */
export interface Measured {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string
  readonly process: Child
  /** What it has used until now; `collect` lets it clear its garbage first. */
  usage(question?: Question): Promise<Usage>
}

/** The server, and an administrator's client for it. */
export interface MeasuredServer extends Measured {
  readonly admin: Client
  readonly token: string
  /** The folder of its data and of its local PostgreSQL. */
  readonly dataDir: string
  /** Where its local PostgreSQL answers, for a second server. */
  databaseUrl(): Promise<string>
}

export interface ServerOptions {
  /** A database of its own in the data directory unless given. */
  readonly databaseUrl?: string
  readonly settings?: Readonly<Record<string, string>>
  /** Options of Node, like `--cpu-prof`. */
  readonly execArgv?: readonly string[]
}

const START_LIMIT_MS = 60_000
const ANSWER_LIMIT_MS = 30_000
const root = join(import.meta.dirname, '..', '..')

/** Starts the server on a free port; `running` stops it and removes its data. */
export async function startServer(
  running: AsyncDisposableStack,
  { databaseUrl, settings, execArgv = [] }: ServerOptions = {},
): Promise<MeasuredServer> {
  const folder = await mkdtemp(join(tmpdir(), 'flagmarshal-bench-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  // As root the server runs PostgreSQL as another user, who must be able to reach the data.
  if (process.getuid?.() === 0) await chmod(folder, 0o711)
  const dataDir = join(folder, 'server')
  const token = `fm_admin_${randomBytes(24).toString('hex')}`
  const measured = await startMeasured(running, {
    name: 'the server',
    program: join(root, 'packages', 'server', 'src', 'main.ts'),
    cwd: folder,
    // As `npm start` does.
    execArgv: [
      '--max-semi-space-size=8',
      ...execArgv,
      '--import',
      join(root, 'examples', 'shop', 'src', 'end-with-starter.ts'),
    ],
    env: {
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_DATA_DIR: dataDir,
      FLAGMARSHAL_BOOTSTRAP_TOKEN: token,
      // The limit of a key would be what is measured.
      FLAGMARSHAL_EVALUATIONS_PER_SECOND: '0',
      ...(databaseUrl === undefined ? {} : { FLAGMARSHAL_DATABASE_URL: databaseUrl }),
      ...settings,
    },
    started: { line: (line) => /^Flagmarshal runs at (http:\S+)/.exec(line)?.[1] },
  })
  return {
    ...measured,
    dataDir,
    token,
    admin: createClient({ server: measured.address, token }),
    databaseUrl: () => localUrl(dataDir),
  }
}

/** The server that is given, to share it, or one of its own that ends with `running`. */
export async function serverFor(
  running: AsyncDisposableStack,
  given: MeasuredServer | undefined,
): Promise<MeasuredServer> {
  return given ?? (await startServer(running, { settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' } }))
}

/** The place is made already: it is only looked up. */
async function localUrl(dataDir: string): Promise<string> {
  return (await placeFor(dataDir, pino({ level: 'silent' }))).url
}

/** Starts any program of this folder that says its address as its first message. */
export async function startMeasured(
  running: AsyncDisposableStack,
  options: {
    readonly name: string
    readonly program: string
    readonly cwd?: string
    readonly env?: Readonly<Record<string, string>>
    readonly execArgv?: readonly string[]
    readonly started?: Pick<string>
  },
): Promise<Measured> {
  const { started = { message: addressOf }, execArgv = [], ...rest } = options
  const child = startChild({
    ...rest,
    execArgv: [...execArgv, '--expose-gc', '--import', join(import.meta.dirname, 'probe.ts')],
  })
  running.defer(() => child.stop())
  const address = await child.first(started, START_LIMIT_MS)
  return {
    address,
    process: child,
    async usage(question = 'usage') {
      const answer = child.first({ message: usageOf }, ANSWER_LIMIT_MS)
      child.send(question)
      return await answer
    },
  }
}

function addressOf(message: unknown): string | undefined {
  return typeof message === 'object' && message !== null && 'address' in message
    ? String(message.address)
    : undefined
}

function usageOf(message: unknown): Usage | undefined {
  // Our own probe has sent it.
  return typeof message === 'object' && message !== null && 'usage' in message
    ? (message.usage as Usage)
    : undefined
}
