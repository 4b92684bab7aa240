/**
 * A server that is a process of its own and dies: it comes back under the same address, in the same
 * folder, on a database that outlives it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'

import { startProcess } from '../../../../tests/support/process.ts'
import type { Ended, ProcessOptions, ServerProcess } from '../../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'

export interface Mortal extends AsyncDisposable {
  /** Its data directory and working directory. */
  readonly folder: string
  /** The same before and after a death. */
  readonly address: string
  readonly admin: Client
  /** The one that runs, or that died last. */
  readonly running: ServerProcess
  /** Ends it, without a word unless the signal says otherwise, and waits for the end. */
  die(signal?: NodeJS.Signals): Promise<Ended>
  /** Starts the next one. */
  rise(): Promise<void>
}

/** Starts it; it may call this machine. Ended and removed with the test. */
export async function startMortal(
  databaseUrl: string,
  { settings: more, ...options }: Partial<ProcessOptions> = {},
): Promise<Mortal> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-mortal-'))
  const settings: Record<string, string> = {
    FLAGMARSHAL_DATA_DIR: folder,
    FLAGMARSHAL_DATABASE_URL: databaseUrl,
    FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_LOG_LEVEL: 'silent',
    FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
    ...more,
  }
  const launch = () => startProcess({ cwd: folder, ...options, settings })
  let running = await launch()
  const { address } = running
  settings['FLAGMARSHAL_PORT'] = new URL(address).port
  const die = async (signal: NodeJS.Signals = 'SIGKILL') => await running.kill(signal)
  return {
    folder,
    address,
    admin: createClient({ server: address, token: ADMIN_TOKEN }),
    get running() {
      return running
    },
    die,
    async rise() {
      running = await launch()
    },
    async [Symbol.asyncDispose]() {
      await die('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As much of a test server as a stage is made with. */
export function peopleOf({
  address,
}: {
  readonly address: string
}): Pick<TestServer, 'address' | 'admin' | 'person' | 'sdkKey'> {
  const admin = createClient({ server: address, token: ADMIN_TOKEN })
  let people = 0
  return {
    address,
    admin,
    async person(...roles) {
      const id = `${roles[0]}-${++people}`
      expectOk(await admin.call('createPerson', { body: { id, name: id, roles } }))
      const body = { name: 'test' }
      const { token } = expectOk(await admin.call('createToken', { params: { person: id }, body }))
      return { id, token, client: createClient({ server: address, token }) }
    },
    async sdkKey(project, environment, kind = 'server') {
      const body = { kind, environment, name: 'test' }
      return expectOk(await admin.call('createKey', { params: { project }, body })).key
    },
  }
}
