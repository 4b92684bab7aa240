import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { placeFor } from '@flagmarshal/server/storage/embedded/place'
import * as fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TestContext } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { hasPostgres, startPostgres } from '../../../tests/support/postgres.ts'
import { startProcess } from '../../../tests/support/process.ts'
import type { ServerProcess } from '../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { blindPromises, brokenPromises } from './support/crash/promises.ts'
import { askAgain, emptyBook, furnish, missing, writeUntilGone } from './support/crash/writers.ts'
import type { Book } from './support/crash/writers.ts'

const ROUNDS = howMuch(5, 50)
const LIMIT = { timeout: howMuch(240_000, 3_600_000) }
/** After how many acknowledgements of a round the server is killed, while other writes are under way. */
const KILLED_AFTER = fc.sample(fc.integer({ min: 1, max: 60 }), { numRuns: 2 * ROUNDS, seed: 20_260_302 })

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-crash-'))
  // As root, PostgreSQL runs as another user that must be able to enter.
  await chmod(folder, 0o755)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Store {
  readonly settings: Readonly<Record<string, string>>
  readonly databaseUrl: string
  /** Between the death of the server and its next start. */
  readonly between?: (round: number) => Promise<void>
}

/** Round after round of writing, dying and looking; answers what was acknowledged. The last server is stopped. */
async function survive(store: Store, killedAfter: readonly number[]): Promise<Book> {
  const launch = () =>
    startProcess({ cwd: folder, settings: { FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN, ...store.settings } })
  const adminOf = ({ address }: ServerProcess) => createClient({ server: address, token: ADMIN_TOKEN })
  const book = emptyBook()
  let server = await launch()
  const { run, developer } = await setUp(adminOf(server))
  for (const [round, after] of killedAfter.entries()) {
    const dead = await writeAndDie(server, { book, run, developer, round: `r${round}`, after })
    expect(dead.signal).toBe('SIGKILL')
    await store.between?.(round)
    server = await launch()
    const admin = adminOf(server)
    expect(await missing(admin, run, book)).toEqual([])
    expect(await brokenPromises(store.databaseUrl)).toEqual([])
    expect(expectOk(await admin.call('verifyAudit', { params: { project: 'shop' } }))).toMatchObject({
      ok: true,
    })
    expect(expectOk(await admin.call('verifyInstallationAudit'))).toMatchObject({ ok: true })
    expect(await askAgain(admin, book)).toEqual([])
  }
  expect((await server.kill('SIGTERM')).code).toBe(0)
  return book
}

interface Round {
  readonly book: Book
  readonly run: string
  readonly developer: string
  readonly round: string
  readonly after: number
}

async function writeAndDie(server: ServerProcess, { book, run, developer, round, after }: Round) {
  let acknowledgements = 0
  let dead: ReturnType<ServerProcess['kill']> | undefined
  const client = createClient({ server: server.address, token: ADMIN_TOKEN })
  await writeUntilGone({
    client,
    run: { client: createClient({ server: server.address, token: developer }), id: run },
    round,
    book,
    acknowledged() {
      acknowledgements += 1
      if (acknowledgements >= after) dead ??= server.kill('SIGKILL')
    },
  })
  if (dead === undefined) throw new Error('the server went away by itself')
  return await dead
}

/** A project whose environment is not protected, what is written to, and a run that takes inputs. */
async function setUp(admin: Client): Promise<{ readonly run: string; readonly developer: string }> {
  const environments = [{ key: 'production', name: 'Production', protected: false }]
  const params = { project: 'shop' }
  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop', environments } }))
  await furnish(admin)
  const roles = ['technical-lead', 'operations-lead', 'product-owner', 'developer'] as const
  for (const role of roles) {
    expectOk(await admin.call('createPerson', { body: { id: role, name: role, roles: [role] } }))
  }
  const body = {
    key: 'checkout',
    name: 'Checkout',
    team: 'shop',
    ticket: { none: 'no ticket system' },
    roles: { technicalLead: [roles[0]], operationsLead: [roles[1]], productOwner: [roles[2]] },
    flag: 'checkout',
    layers: ['backend' as const],
  }
  expectOk(await admin.call('createFeature', { params, body }))
  const issued = await admin.call('createToken', { params: { person: 'developer' }, body: { name: 'test' } })
  const triggers = [{ kind: 'feature_ready' as const, state: 'ready' as const, source: 'a test' }]
  const started = await admin.call('startRun', {
    params: { ...params, feature: 'checkout' },
    body: { triggers },
  })
  return { run: expectOk(started).id, developer: expectOk(issued).token }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function recordRounds(context: TestContext, where: string, { flags, kills, asked }: Book): void {
  const result = `0 of ${flags.length} acknowledged flags and ${kills.length} kills lost, 0 half changes, ${asked.size} repeats by key exactly once, both audit chains verify after each round`
  record(context, { done: `kill -9 during writes on ${where}`, times: ROUNDS, result })
}

describe(`R5 kill -9 during writes of all kinds, ${ROUNDS} rounds`, () => {
  test('on the local PostgreSQL, which is adopted or dies too', LIMIT, async (context) => {
    const dataDir = path.join(folder, 'data')
    const { url, data } = await placeFor(dataDir, pino({ level: 'silent' }))
    const postmaster = async () => {
      const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')
      return text === '' ? undefined : Number(text.split('\n')[0])
    }
    const pids: (number | undefined)[] = []
    const between = async (round: number) => {
      const pid = await postmaster()
      pids.push(pid)
      if (pid !== undefined && round % 2 === 1) process.kill(pid, 'SIGKILL')
    }
    const settings = { FLAGMARSHAL_DATA_DIR: dataDir }
    try {
      const book = await survive({ settings, databaseUrl: url, between }, KILLED_AFTER.slice(0, ROUNDS))
      expect(book.flags.length).toBeGreaterThan(10)
      expect(book.kills.length).toBeGreaterThan(ROUNDS)
      // Killed after every second round and started again; adopted otherwise.
      const adopted = pids.slice(1).map((pid, round) => pid === pids[round])
      expect(adopted).toEqual(adopted.map((_, round) => round % 2 === 0))
      expect(await postmaster()).toBeUndefined()
      recordRounds(context, 'the local PostgreSQL, killed too every second time', book)
      await vi.waitUntil(() => pids.every((pid) => pid === undefined || !isAlive(pid)), { timeout: 10_000 })
    } finally {
      const left = await postmaster()
      if (left !== undefined && isAlive(left)) process.kill(left, 'SIGINT')
    }
  })

  test('on a PostgreSQL of its own', LIMIT, async (context) => {
    await using database = hasPostgres ? await startPostgres() : await createDatabase()
    const settings = { FLAGMARSHAL_DATA_DIR: folder, FLAGMARSHAL_DATABASE_URL: database.url }
    const book = await survive({ settings, databaseUrl: database.url }, KILLED_AFTER.slice(ROUNDS))
    expect(book.flags.length).toBeGreaterThan(10)
    recordRounds(context, 'a PostgreSQL of its own', book)
    // Each promise would have been found broken.
    expect(await blindPromises(database.url)).toEqual([])
  })
})
