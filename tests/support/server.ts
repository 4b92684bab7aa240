/**
 * The server, in this process, on a free port and a database of its own, with a client for each role.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client, Outcome } from '@flagmarshal/api'
import type { Operation } from '@flagmarshal/api/operation'
import type { Role } from '@flagmarshal/domain/access/permission'
import { createApp } from '@flagmarshal/server/app'
import type { AppOptions } from '@flagmarshal/server/app'
import { configOf } from '@flagmarshal/server/config'
import { vi } from 'vitest'

import { execute } from './cluster.ts'
import { createDatabase } from './database.ts'

/** The administrator's token of every test server. */
export const ADMIN_TOKEN = 'fm_admin_test_0123456789'

/** A person of a test, with a token that has all the person's roles. */
export interface TestPerson {
  readonly id: string
  readonly token: string
  readonly client: Client
}

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string
  /** `127.0.0.1:<port>`, where gRPC is served. */
  readonly grpcAddress: string | undefined
  /** Of this server's database, to look at it or to harm it. */
  readonly databaseUrl: string
  /** The bootstrap token's client. */
  readonly admin: Client
  /** A client for another token; without one, for nobody. */
  client(token?: string): Client
  /** A new person with these roles. */
  person(...roles: [Role, ...Role[]]): Promise<TestPerson>
  /** The key of a new SDK key, once all that was written before is served. */
  sdkKey(project: string, environment: string, kind?: 'server' | 'web' | 'edge'): Promise<string>
  close(): Promise<void>
}

/** Settings and parts that differ from the usual. */
export interface TestServerOptions extends AppOptions {
  readonly settings?: Readonly<Record<string, string>>
}

/** Starts it; answers are checked against their schemas. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { settings, ...parts } = options
  const database = await createDatabase()
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-data-'))
  const config = configOf(
    {
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_DATA_DIR: dataDir,
      FLAGMARSHAL_DATABASE_URL: database.url,
      FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
      FLAGMARSHAL_LOG_LEVEL: 'silent',
      ...settings,
    },
    dataDir,
  )
  const app = await createApp(config, { checkAnswers: true, ...parts }).catch(async (error: unknown) => {
    await discard()
    throw error
  })
  const address = await app.listen().catch(async (error: unknown) => {
    await close()
    throw error
  })
  const admin = createClient({ server: address, token: ADMIN_TOKEN })
  let people = 0

  async function discard(): Promise<void> {
    await database[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  }

  async function close(): Promise<void> {
    await app.close()
    await discard()
  }

  return {
    address,
    grpcAddress: app.grpcAddress(),
    databaseUrl: database.url,
    admin,
    client: (token) => createClient({ server: address, ...(token === undefined ? {} : { token }) }),
    async person(...roles) {
      const id = `${roles[0]}-${++people}`
      expectOk(await admin.call('createPerson', { body: { id, name: id, roles } }))
      const made = expectOk(
        await admin.call('createToken', { params: { person: id }, body: { name: 'test' } }),
      )
      return { id, token: made.token, client: createClient({ server: address, token: made.token }) }
    },
    async sdkKey(project, environment, kind = 'server') {
      const body = { kind, environment, name: 'test' }
      const { key } = expectOk(await admin.call('createKey', { params: { project }, body }))
      await untilUpToDate(admin, database.url, { project, environment })
      return key
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The body of an answer that must be a success; the error shows the problem otherwise. */
export function expectOk<O extends Operation>(
  outcome: Outcome<O>,
): Extract<Outcome<O>, { readonly ok: true }>['body'] {
  if (outcome.ok) return outcome.body
  throw new Error(`expected success, got ${JSON.stringify(outcome.problem)}`)
}

/** The problem of an answer that must be one. */
export function expectProblem<O extends Operation>(
  outcome: Outcome<O>,
): Extract<Outcome<O>, { readonly ok: false }>['problem'] {
  if (!outcome.ok) return outcome.problem
  throw new Error(`expected a problem, got success ${JSON.stringify(outcome.body)}`)
}

interface Place {
  readonly project: string
  readonly environment: string
}

/** Waits until a server serves an environment as the database has it; one that was never written to is not waited for. */
async function untilUpToDate(admin: Client, databaseUrl: string, place: Place): Promise<void> {
  const stored = await revisionOf(databaseUrl, place)
  const name = `flagmarshal_environment_revision{project="${place.project}",environment="${place.environment}"}`
  await vi.waitFor(
    async () => {
      const lines = expectOk(await admin.call('getMetrics')).split('\n')
      const served = Number(lines.find((it) => it.startsWith(name))?.slice(name.length) ?? 0)
      if (served < stored) throw new Error(`${name} is ${served} yet, and ${stored} in the database`)
    },
    { timeout: 10_000, interval: 10 },
  )
}

async function revisionOf(databaseUrl: string, { project, environment }: Place): Promise<number> {
  const statement = 'select revision from environment_revisions where project = $1 and environment = $2'
  const [row] = await execute(databaseUrl, statement, [project, environment])
  return Number(row?.['revision'] ?? 0)
}

/** Waits until an environment serves a flag with this value: what was written is announced a moment later. */
export async function untilServed(
  address: string,
  key: string,
  { flag, value }: { readonly flag: string; readonly value: unknown },
): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${address}/ofrep/v1/evaluate/flags/${flag}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
      })
      const text = await answer.text()
      const { value: served }: { value?: unknown } = answer.ok ? JSON.parse(text) : {}
      if (served !== value) throw new Error(`flag ${flag} is not served yet: ${answer.status} ${text}`)
    },
    { timeout: 10_000, interval: 10 },
  )
}
