import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import type { Connection } from './connection.ts'
import type { FlagmarshalOptions } from './settings.ts'

const soon = { timeout: 5_000, interval: 10 }
const warnings: string[] = []
const logger = { error() {}, warn: (text: string) => void warnings.push(text), info() {}, debug() {} }
const stack: AsyncDisposable[] = []
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-cache-'))
  file = path.join(folder, 'flags.json')
  warnings.length = 0
})
afterEach(async () => {
  for (const opened of stack.splice(0).toReversed()) await opened[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function connect(url: string, options: Partial<FlagmarshalOptions> = {}): Connection {
  const connection = createFlagmarshal({
    url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    initTimeoutMs: 2_000,
    cacheFile: file,
    logger,
    ...options,
  })
  stack.push(connection)
  return connection
}

function value(connection: Connection): unknown {
  const answer = connection.evaluate('new-checkout', 'boolean', { targetingKey: 'ada' })
  return 'errorCode' in answer ? answer.errorCode : answer.value
}

async function ready(url: string): Promise<Connection> {
  const connection = connect(url)
  expect(await connection.ready()).toBe('ready')
  return connection
}

/** Leaves the cache file of a connection that got its flags; answers the address of the server that is gone. */
async function leaveCache(): Promise<string> {
  const server = await startFlagServer([booleanFlag('new-checkout')])
  await (await ready(server.url)).close()
  await server.stop()
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ snapshot: { revision: 1 } })
  return server.url
}

describe('R2 the last known good configuration on disk', () => {
  it('is served by a process that starts while the server is gone, and called stale', async () => {
    const connection = connect(await leaveCache())
    expect(value(connection)).toBe(true)
    expect(await connection.ready()).toBe('stale')
    expect(connection.state).toBe('stale')
    expect(warnings.join()).toContain('out of reach')
  })

  it('gives way to the server once it answers, and follows it', async () => {
    const server = await startFlagServer([booleanFlag('new-checkout')])
    stack.push(server)
    await (await ready(server.url)).close()
    await server.stop()
    const connection = connect(server.url)
    expect(await connection.ready()).toBe('stale')
    expect(value(connection)).toBe(true)
    await server.start()
    await expect.poll(() => connection.state, soon).toBe('ready')
    await expect.poll(() => server.acks.at(-1)?.instanceId, soon).toBe(connection.instanceId)
    server.change({ flags: [booleanFlag('new-checkout', { enabled: false })] })
    await expect.poll(() => value(connection), soon).toBe(false)
    await connection.close()
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ snapshot: { revision: 2 } })
  })

  it.each([
    ['cut off', '{"owner":"x","snapsh'],
    ['something else', '[1,2,3]'],
    ['empty', ''],
    ['of another key', JSON.stringify({ owner: 'x', snapshot: { schema: 1 } })],
  ])('a file that is %s is ignored with one warning', async (_, text) => {
    const url = await leaveCache()
    await writeFile(file, text)
    const connection = connect(url, { initTimeoutMs: 50 })
    expect(value(connection)).toBe('PROVIDER_NOT_READY')
    expect(await connection.ready()).toBe('not-ready')
    expect(warnings.filter((it) => it.includes('cache file'))).toHaveLength(1)
  })

  it('of another key or environment is not served', async () => {
    const url = await leaveCache()
    for (const other of [{ key: 'fm_server_other' }, { environment: 'staging' }])
      expect(value(connect(url, { ...other, initTimeoutMs: 50 }))).toBe('PROVIDER_NOT_READY')
  })

  it('that cannot be written harms nothing, and is said once', async () => {
    const server = await startFlagServer([booleanFlag('new-checkout')])
    stack.push(server)
    const connection = connect(server.url, { cacheFile: path.join(folder, 'missing', 'flags.json') })
    expect(await connection.ready()).toBe('ready')
    server.change({ flags: [booleanFlag('new-checkout', { enabled: false })] })
    await expect.poll(() => value(connection), soon).toBe(false)
    await connection.close()
    expect(warnings.filter((it) => it.includes('cannot be written'))).toHaveLength(1)
  })
})
