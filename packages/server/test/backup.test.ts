/** R9: a backup is taken while the server runs, and restored elsewhere it is the same installation. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import type { TestDatabase } from '../../../tests/support/database.ts'
import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { brokenPromises } from './support/crash/promises.ts'
import { emptyDatabase } from './support/earlier/database.ts'
import { newFlag } from './support/flags.ts'
import { peopleOf, startMortal } from './support/mortal.ts'
import type { Mortal } from './support/mortal.ts'
import { openRun, setStage } from './support/procedure.ts'
import { SERVED, serveGreeting, writeFlag } from './support/serving.ts'

const PROGRAM = fileURLToPath(new URL('../src/backup.ts', import.meta.url))
const BACKUPS = howMuch(1, 10)
const { project, environment } = SERVED

let folder: string
let file: string
let database: TestDatabase
let server: Mortal
let key: string
const open = new AsyncDisposableStack()

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-backup-'))
  file = path.join(folder, 'flags.backup')
  database = open.use(await createDatabase())
  server = open.use(await startMortal(database.url))
  key = await serveGreeting(server)
  await openRun(await setStage(peopleOf(server), 'paper'))
  expectOk(
    await server.admin.call('createSegment', { params: { project }, body: { key: 'crew', name: 'Crew' } }),
  )
  const body = { reason: 'an "odd" \u{1F600} reason\nof two lines' }
  await writeFlag(server.admin, 'killed')
  const params = { project, environment, flag: 'killed' }
  expectOk(await server.admin.call('killFlag', { params, body }))
  // Nothing moves any more once it is settled.
  const query = { subject: 'killed', order: 'newest' as const, limit: '1' }
  const last = async () =>
    expectOk(await server.admin.call('listAudit', { params: { project }, query })).items[0]?.action
  await vi.waitUntil(async () => (await last()) === 'flag.kill-settled', { timeout: 30_000 })
})
afterAll(async () => {
  await open.disposeAsync()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the program with a database; what it printed, or the one sentence that it refused with. */
async function backup(verb: 'write' | 'restore', url: string, path = file): Promise<string> {
  const env = { PATH: process.env['PATH'], FLAGMARSHAL_DATABASE_URL: url, FLAGMARSHAL_LOG_LEVEL: 'error' }
  const ran = promisify(execFile)(process.execPath, [PROGRAM, verb, path], { cwd: folder, env })
  return await ran.then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) =>
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error),
  )
}

/** Everything that can be compared: what is served, and the heads of both chains. */
async function contentOf(address: string) {
  const admin = createClient({ server: address, token: ADMIN_TOKEN })
  const sdk = createClient({ server: address, token: key })
  const { generatedAt, ...snapshot } = expectOk(await sdk.call('getSnapshot', { params: { environment } }))
  expect(generatedAt).not.toBe('')
  const chains = [await admin.call('verifyInstallationAudit')]
  for (const it of [project, 'paper'])
    chains.push(await admin.call('verifyAudit', { params: { project: it } }))
  const verdicts = chains.map((it) => expectOk(it))
  expect(verdicts.map((it) => it.ok)).toEqual([true, true, true])
  const audit = expectOk(await admin.call('listAudit', { params: { project }, query: { limit: '1000' } }))
  return { snapshot, verdicts, audit: audit.items, flags: await flagsOf(admin) }
}

async function flagsOf(admin: Client) {
  return expectOk(await admin.call('listFlags', { params: { project } })).items
}

test('R9 what was backed up and restored elsewhere serves the same, its chains verify, and it goes on', async (context) => {
  const before = await contentOf(server.address)
  expect(await backup('write', database.url)).toMatch(
    /^The backup is in .*: \d+ rows of \d+ tables, migration \d+\.$/,
  )
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await using other = await emptyDatabase()
  const said = await backup('restore', other.url)
  expect(said).toMatch(/of .* is in the database: \d+ rows/)
  await using restored = await startMortal(other.url)
  expect(await contentOf(restored.address)).toEqual(before)
  expect((await writeFlag(restored.admin, 'after')).status).toBe(201)
  expect(await brokenPromises(other.url)).toEqual([])
  record(context, {
    done: 'backup, and restore into an empty database',
    times: 1,
    result: said.replace(/^.*: /, '') + ' Same snapshot, same audit heads, tokens and keys go on',
  })
})

test(
  'R9 a backup that is taken during writes is one moment, and holds all that was acknowledged before it began',
  { timeout: howMuch(120_000, 900_000) },
  async (context) => {
    const enough = new AbortController()
    let written = 0
    const names: string[] = []
    const writers = Promise.all(
      [0, 1, 2].map(async (writer) => {
        for (let n = 0; !enough.signal.aborted; n++) {
          const name = `during-${writer}-${n}`
          if ((await writeFlag(server.admin, name)).status === 201) names.push(name)
        }
      }),
    )
    for (let n = 0; n < BACKUPS; n++) {
      const known = [...names]
      await backup('write', database.url)
      await using other = await emptyDatabase()
      expect(await backup('restore', other.url)).toContain('is in the database')
      expect(await brokenPromises(other.url)).toEqual([])
      await using restored = await startMortal(other.url)
      const there = new Set((await flagsOf(restored.admin)).map((it) => it.key))
      expect(known.filter((it) => !there.has(it))).toEqual([])
      await contentOf(restored.address)
      written = known.length
    }
    enough.abort()
    await writers
    record(context, {
      done: 'backup during writes, restored and started',
      times: BACKUPS,
      result: `0 of ${written} acknowledged before it lost, 0 half changes, chains verify`,
    })
  },
)

test('R9 half a backup, another file and a database that is in use are refused, and nothing is left', async () => {
  await backup('write', database.url)
  expect(await backup('restore', database.url)).toContain('The database is not empty')
  const whole = await readFile(file)
  const lines = gunzipSync(whole).toString().split('\n')
  const damaged = {
    'cut off in the middle': whole.subarray(0, whole.length / 2),
    'without its end': gzipSync(lines.slice(0, -2).join('\n')),
    'without a row': gzipSync(
      lines
        .toSpliced(
          lines.findLastIndex((it) => it.startsWith('[')),
          1,
        )
        .join('\n'),
    ),
  }
  await using other = await emptyDatabase()
  for (const [how, bytes] of Object.entries(damaged)) {
    const half = path.join(folder, 'half')
    await writeFile(half, bytes)
    expect(await backup('restore', other.url, half), how).toContain('nothing was restored')
  }
  await writeFile(path.join(folder, 'other'), gzipSync('hello\n'))
  expect(await backup('restore', other.url, path.join(folder, 'other'))).toContain('no backup of Flagmarshal')
  expect(await backup('restore', other.url, path.join(folder, 'none'))).not.toContain('is in the database')
  expect(await backup('restore', other.url)).toContain('is in the database')
})

test('R9 the local database is backed up while its server runs', async () => {
  await using local = await startMortal('', { settings: { FLAGMARSHAL_DATABASE_URL: '' } })
  expectOk(await local.admin.call('createProject', { body: { key: 'local', name: 'Local' } }))
  const env = {
    PATH: process.env['PATH'],
    FLAGMARSHAL_DATA_DIR: local.folder,
    FLAGMARSHAL_LOG_LEVEL: 'error',
  }
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'write', file], {
    cwd: folder,
    env,
  })
  expect(stdout).toContain('The backup is in')
  expectOk(await local.admin.call('createFlag', { params: { project: 'local' }, body: newFlag('goes-on') }))
})

test('R9 a backup that became whole is known to the servers, for the alert of backups that nobody makes', async () => {
  const last = async () => {
    const text = await (await fetch(`${server.address}/metrics`)).text()
    return Number(/^flagmarshal_last_backup_timestamp_seconds (\S+)$/m.exec(text)?.[1])
  }
  const before = Date.now() / 1000
  await backup('write', database.url, path.join(folder, 'noted.backup'))
  expect(await last()).toBeGreaterThan(before - 5)
})
