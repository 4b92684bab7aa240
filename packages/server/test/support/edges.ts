/** An edge as a process of its own, before a server that can be cut off and killed. */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'

import { layCable } from '../../../../tests/e2e/support/cable.ts'
import type { Cable } from '../../../../tests/e2e/support/cable.ts'
import { createDatabase } from '../../../../tests/support/database.ts'
import type { TestDatabase } from '../../../../tests/support/database.ts'
import { startProcess } from '../../../../tests/support/process.ts'
import type { ServerProcess } from '../../../../tests/support/process.ts'
import { expectOk } from '../../../../tests/support/server.ts'
import { newFlag } from './flags.ts'
import { peopleOf, startMortal } from './mortal.ts'
import type { Mortal } from './mortal.ts'

/** A server process on a database that outlives it, with the project `shop` and the flags `checkout` and `other`. */
export interface Upstream extends AsyncDisposable, ReturnType<typeof peopleOf> {
  readonly database: TestDatabase
  readonly server: Mortal
  /** Key of an edge of an environment. */
  edgeKey(environment?: string): Promise<string>
}

export async function startUpstream(): Promise<Upstream> {
  const database = await createDatabase()
  const server = await startMortal(database.url)
  const people = peopleOf(server)
  expectOk(await people.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  for (const flag of ['checkout', 'other'])
    expectOk(await people.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  return {
    ...people,
    database,
    server,
    edgeKey: (environment = 'development') => people.sdkKey('shop', environment, 'edge'),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** An edge, and the cable between it and its server. */
export interface TestEdge extends AsyncDisposable {
  readonly address: () => string
  readonly folder: string
  readonly cable: Cable
  readonly process: () => ServerProcess
  /** Starts it again in the same folder, after it was killed. */
  restart(): Promise<void>
}

export async function startEdge(
  upstream: Pick<Upstream, 'address'>,
  keys: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<TestEdge> {
  const cable = await layCable(upstream.address)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-edge-'))
  const start = () =>
    startProcess({
      settings: {
        FLAGMARSHAL_UPSTREAM: cable.address,
        FLAGMARSHAL_UPSTREAM_KEYS: keys.join(','),
        FLAGMARSHAL_DATA_DIR: folder,
        FLAGMARSHAL_EDGE_NAME: 'eu-1',
        FLAGMARSHAL_LOG_LEVEL: 'info',
        ...more,
      },
      cwd: folder,
    })
  let running = await start()
  return {
    address: () => running.address,
    folder,
    cable,
    process: () => running,
    async restart() {
      running = await start()
    },
    async [Symbol.asyncDispose]() {
      await running.kill('SIGTERM')
      await cable[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The real SDK, connected to an address; resolves once it has what is served. */
export async function connect(url: string, key: string, application = 'shop'): Promise<Connection> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const connection = createFlagmarshal({
    url,
    key,
    environment: 'development',
    application,
    layers: ['backend'],
    logger: silent,
  })
  await connection.ready()
  return connection
}
