import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { createDatabase } from '../../../tests/support/database.ts'
import { runToEnd, startProcess } from '../../../tests/support/process.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-start-'))
  await chmod(folder, 0o755)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs where it must refuse: one sentence on stderr, nothing on stdout but the log, exit code 1. */
async function refusal(settings: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await runToEnd({
    cwd: folder,
    settings: { FLAGMARSHAL_LOG_LEVEL: 'error', ...settings },
  })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  return stderr.trim()
}

describe('what keeps the server from starting is one sentence and exit code 1', () => {
  test('an unknown setting', async () => {
    expect(await refusal({ FLAGMARSHAL_PROT: '1' })).toBe(
      'flagmarshal: FLAGMARSHAL_PROT is no setting. Did you mean FLAGMARSHAL_PORT?',
    )
  })

  test('a taken port', async () => {
    await using database = await createDatabase()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const at = taken.address()
    const port = typeof at === 'object' && at !== null ? at.port : 0
    const settings = { FLAGMARSHAL_DATABASE_URL: database.url, FLAGMARSHAL_PORT: String(port) }
    expect(await refusal(settings)).toContain(`Port ${port} of 127.0.0.1 is taken`)
    await new Promise((resolve) => taken.close(resolve))
  })

  test('a data directory that cannot be written', async () => {
    // A file in the way: even root cannot make a folder there.
    await writeFile(path.join(folder, 'file'), '')
    const dataDir = path.join(folder, 'file', 'data')
    expect(await refusal({ FLAGMARSHAL_DATA_DIR: dataDir })).toContain(
      `The data directory ${dataDir} cannot be written`,
    )
  })

  test('R1 a database that cannot be reached', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const at = closed.address()
    const port = typeof at === 'object' && at !== null ? at.port : 0
    await new Promise((resolve) => closed.close(resolve))
    const url = `postgresql://ann:secret@127.0.0.1:${port}/flags`
    const sentence = await refusal({ FLAGMARSHAL_DATABASE_URL: url })
    expect(sentence).toContain(`The database at 127.0.0.1:${port}/flags`)
    expect(sentence).not.toContain('secret')
  }, 40_000)

  test('a database that does not exist, at once', async () => {
    await using database = await createDatabase()
    const url = database.url.replace(/fm_test_\w+/, 'fm_nowhere')
    expect(await refusal({ FLAGMARSHAL_DATABASE_URL: url })).toContain('fm_nowhere')
  })

  test('a database that a newer version has migrated incompatibly', async () => {
    await using database = await createDatabase()
    await execute(database.url, "insert into migrations values (999999, 'x', true)")
    expect(await refusal({ FLAGMARSHAL_DATABASE_URL: database.url })).toContain('newer Flagmarshal')
  })

  test('a migration that was edited after it ran', async () => {
    await using database = await createDatabase()
    await execute(database.url, "update migrations set checksum = 'x' where number = 1")
    expect(await refusal({ FLAGMARSHAL_DATABASE_URL: database.url })).toContain('Migration 1 of the database')
  })
})

test('the first start makes an administrator token that only this user can read, and keeps it', async () => {
  await using database = await createDatabase()
  const settings = {
    FLAGMARSHAL_DATABASE_URL: database.url,
    FLAGMARSHAL_DATA_DIR: path.join(folder, 'data'),
  }
  const file = path.join(folder, 'data', 'bootstrap-token')
  let token = ''
  for (let start = 1; start <= 2; start++) {
    const server = await startProcess({ cwd: folder, settings })
    token = (await readFile(file, 'utf8')).trim()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const me = await fetch(`${server.address}/api/v1/whoami`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await me.json()).toMatchObject({ kind: 'admin' })
    const { code, stdout } = await server.kill('SIGTERM')
    expect(code).toBe(0)
    expect(stdout).toContain(`The administrator's token is in ${file}`)
    expect(stdout).toContain('npm run flagmarshal -- project create shop')
    expect(stdout).not.toContain(token)
  }
  expect(token).toMatch(/^fm_admin_\w{43}$/)
})

test('two servers that start at once on an empty database migrate it once', async () => {
  await using database = await createDatabase()
  await execute(database.url, 'drop schema public cascade; create schema public')
  const settings = { FLAGMARSHAL_DATABASE_URL: database.url }
  const dirs = await Promise.all(
    ['one', 'two'].map(async (name) => {
      await mkdir(path.join(folder, name))
      return path.join(folder, name)
    }),
  )
  const servers = await Promise.all(dirs.map((cwd) => startProcess({ cwd, settings })))
  for (const server of servers) {
    expect((await fetch(`${server.address}/readyz`)).status).toBe(200)
    expect((await server.kill('SIGTERM')).code).toBe(0)
  }
})

test('a stop ends at once while connections are open, and says what it does', async () => {
  await using database = await createDatabase()
  const server = await startProcess({ cwd: folder, settings: { FLAGMARSHAL_DATABASE_URL: database.url } })
  await fetch(`${server.address}/healthz`)
  const begin = performance.now()
  const { code, stdout } = await server.kill('SIGINT')
  expect(code).toBe(0)
  expect(performance.now() - begin).toBeLessThan(5_000)
  expect(stdout).toContain('"signal":"SIGINT"')
})
