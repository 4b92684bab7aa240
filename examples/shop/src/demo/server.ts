/**
 * The server of the demo: the real program as a child process, on a database that is thrown away.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startChild } from '../process/child.ts'
import type { Child } from '../process/child.ts'

/** A server, and an administrator's token for it. */
export interface ReachedServer {
  readonly url: string
  readonly token: string
  /** Where it is the demo's own. */
  readonly process?: Child
}

/** One that was started for this run. */
export interface RunningServer extends ReachedServer {
  readonly process: Child
}

const START_LIMIT_MS = 60_000
const root = join(import.meta.dirname, '..', '..', '..', '..')
const program = join(root, 'packages', 'server', 'src', 'main.ts')
const endWithStarter = join(import.meta.dirname, '..', 'end-with-starter.ts')

/** Resolves when the server answers. `running` stops it and removes its data. */
export async function startServer(running: AsyncDisposableStack): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'flagmarshal-demo-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  // As root the server runs PostgreSQL as another user, who must be able to reach the data.
  if (process.getuid?.() === 0) await chmod(folder, 0o711)
  const token = `fm_admin_${randomBytes(24).toString('hex')}`
  const server = startChild({
    name: 'the server',
    program,
    cwd: folder,
    execArgv: ['--import', endWithStarter],
    env: {
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_DATA_DIR: join(folder, 'server'),
      FLAGMARSHAL_BOOTSTRAP_TOKEN: token,
      FLAGMARSHAL_LOG_LEVEL: 'warn',
    },
  })
  running.defer(() => server.stop())
  const url = await server.first({ line: addressIn }, START_LIMIT_MS)
  return { url, token, process: server }
}

function addressIn(line: string): string | undefined {
  return /^Flagmarshal runs at (http:\S+)/.exec(line)?.[1]
}
