import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { runToEnd, startProcess } from '../../../tests/support/process.ts'
import type { ServerProcess } from '../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'

let folder: string
let dataDir: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-embedded-'))
  // As root, PostgreSQL runs as another user that must be able to enter.
  await chmod(folder, 0o755)
  dataDir = path.join(folder, 'data')
})
afterEach(async () => {
  const pid = await postmaster()
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGINT')
  if (pid !== undefined) await vi.waitUntil(() => !isAlive(pid), { timeout: 10_000 })
  await rm(folder, { recursive: true, force: true })
})

function start(more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  return startProcess({ cwd: folder, settings: settings(more) })
}

function settings(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { FLAGMARSHAL_DATA_DIR: dataDir, FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN, ...more }
}

function clientOf(server: ServerProcess): Client {
  return createClient({ server: server.address, token: ADMIN_TOKEN })
}

async function postmaster(): Promise<number | undefined> {
  const noted = await readFile(path.join(dataDir, 'postgres-location'), 'utf8').catch(() => undefined)
  const root = noted?.trim() ?? path.join(dataDir, 'postgres')
  const text = await readFile(path.join(root, 'data', 'postmaster.pid'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Number(text.split('\n')[0])
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function keysOf(client: Client): Promise<string[]> {
  return expectOk(await client.call('listProjects')).items.map((it) => it.key)
}

test('a normal stop stops PostgreSQL, and the next start finds everything', async () => {
  const first = await start()
  expectOk(await clientOf(first).call('createProject', { body: { key: 'kept', name: 'Kept' } }))
  const pid = await postmaster()
  expect(pid !== undefined && isAlive(pid)).toBe(true)
  expect((await first.kill('SIGTERM')).code).toBe(0)
  expect(await postmaster()).toBeUndefined()
  // It removes its lock file a moment before it ends.
  await vi.waitUntil(() => pid === undefined || !isAlive(pid), { timeout: 10_000 })

  await using second = await start()
  expect(await keysOf(clientOf(second))).toEqual(['kept'])
})

test('PostgreSQL of a killed server lives on and is adopted', async () => {
  const first = await start()
  expectOk(await clientOf(first).call('createProject', { body: { key: 'kept', name: 'Kept' } }))
  const pid = await postmaster()
  await first.kill('SIGKILL')
  expect(pid !== undefined && isAlive(pid)).toBe(true)

  const second = await start()
  expect(await postmaster()).toBe(pid)
  expect(await keysOf(clientOf(second))).toEqual(['kept'])
  expect((await second.kill('SIGTERM')).code).toBe(0)
  expect(await postmaster()).toBeUndefined()
})

test('R5 PostgreSQL that was killed too is started again, with everything that was acknowledged', async () => {
  const first = await start()
  expectOk(await clientOf(first).call('createProject', { body: { key: 'kept', name: 'Kept' } }))
  const pid = await postmaster()
  await first.kill('SIGKILL')
  if (pid !== undefined) process.kill(pid, 'SIGKILL')

  await using second = await start()
  expect(await postmaster()).not.toBe(pid)
  expect(await keysOf(clientOf(second))).toEqual(['kept'])
})

test('a second server on the same data directory is refused, and the first goes on', async () => {
  await using first = await start()
  const second = await runToEnd({ cwd: folder, settings: settings({ FLAGMARSHAL_LOG_LEVEL: 'error' }) })
  expect(second.code).toBe(1)
  expect(second.stderr.trim()).toBe(
    `flagmarshal: Another server (process ${first.pid}) uses the data directory ${dataDir}: stop it, or set FLAGMARSHAL_DATA_DIR to another one.`,
  )
  expect(await keysOf(clientOf(first))).toEqual([])
})

test('of two first starts at once exactly one stays, and it works', async () => {
  const outcomes = await Promise.allSettled([start(), start()])
  const running = outcomes.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
  expect(running).toHaveLength(1)
  for (const server of running) {
    expect(await keysOf(clientOf(server))).toEqual([])
    expect((await server.kill('SIGTERM')).code).toBe(0)
  }
})

test('R1 PostgreSQL that dies under a running server is started again by it', async () => {
  await using server = await start()
  const client = clientOf(server)
  expectOk(await client.call('createProject', { body: { key: 'kept', name: 'Kept' } }))
  const pid = await postmaster()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  // A connection of the killed one may still answer, and one of its pool still fail: both ends are awaited.
  await expect.poll(postmaster, { timeout: 50_000 }).not.toBe(pid)
  await expect.poll(() => keysOf(client).catch(() => []), { timeout: 50_000 }).toEqual(['kept'])
  const second = await runToEnd({ cwd: folder, settings: settings({ FLAGMARSHAL_LOG_LEVEL: 'error' }) })
  expect(second.stderr).toContain('uses the data directory')
})

describe('R5 kill -9 during writes', () => {
  test('loses nothing that was acknowledged, and the chain holds', async () => {
    const acknowledged: string[] = []
    for (let round = 0; round < 5; round++) {
      const server = await start()
      const client = clientOf(server)
      expect(await keysOf(client)).toEqual(expect.arrayContaining(acknowledged))
      const writing = write(client, round, acknowledged)
      await expect
        .poll(() => acknowledged.filter((it) => it.startsWith(`r${round}-`)).length)
        .toBeGreaterThan(5)
      await server.kill('SIGKILL')
      await writing
    }
    await using server = await start()
    const client = clientOf(server)
    const keys = await keysOf(client)
    expect(keys).toEqual(expect.arrayContaining(acknowledged))
    const verdict = expectOk(await client.call('verifyInstallationAudit'))
    expect(verdict).toMatchObject({ ok: true, entries: keys.length })
  }, 90_000)

  async function write(client: Client, round: number, acknowledged: string[]): Promise<void> {
    for (let n = 0; ; n++) {
      const key = `r${round}-${n}`
      const made = await client.call('createProject', { body: { key, name: key } })
      if (!made.ok) return
      acknowledged.push(key)
    }
  }
})

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('PostgreSQL runs as another user, and its files are of nobody else', async () => {
    await using server = await start()
    expect((await fetch(`${server.address}/readyz`)).status).toBe(200)
    const status = await readFile(`/proc/${await postmaster()}/status`, 'utf8')
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe('65534')
  })

  test('below a folder that the other user cannot enter, it lives elsewhere and is found again', async () => {
    await chmod(folder, 0o700)
    const first = await start()
    expectOk(await clientOf(first).call('createProject', { body: { key: 'kept', name: 'Kept' } }))
    const { stdout } = await first.kill('SIGTERM')
    const root = (await readFile(path.join(dataDir, 'postgres-location'), 'utf8')).trim()
    expect(root).toMatch(/^\/var\/lib\/flagmarshal\//)
    expect(stdout).toContain(`it lives in ${root}`)
    expect(existsSync(path.join(root, 'data', 'PG_VERSION'))).toBe(true)

    const second = await start()
    expect(await keysOf(clientOf(second))).toEqual(['kept'])
    expect((await second.kill('SIGTERM')).code).toBe(0)
    await rm(root, { recursive: true })
  })
})

test('a data directory with a long path has its socket in a short one', async () => {
  dataDir = path.join(folder, 'x'.repeat(100), 'data')
  const server = await start()
  expect(await keysOf(clientOf(server))).toEqual([])
  const socket =
    (await readFile(path.join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[4] ?? ''
  expect([socket.startsWith(os.tmpdir()), socket.length < 90]).toEqual([true, true])
  expect((await server.kill('SIGTERM')).code).toBe(0)
  expect(existsSync(socket)).toBe(false)
})
