import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import type { TestDatabase } from '../../../tests/support/database.ts'
import { startProcess } from '../../../tests/support/process.ts'
import type { ServerProcess } from '../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'

let folder: string
let database: TestDatabase

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-shutdown-'))
  database = await createDatabase()
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function start(): Promise<ServerProcess> {
  const settings = { FLAGMARSHAL_DATABASE_URL: database.url, FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN }
  return startProcess({ cwd: folder, settings })
}

test('a stop ends open streams', async () => {
  const server = await start()
  const admin = createClient({ server: server.address, token: ADMIN_TOKEN })
  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const made = await admin.call('createKey', {
    params: { project: 'shop' },
    body: { kind: 'server', environment: 'staging', name: 'test' },
  })
  const answer = await fetch(`${server.address}/api/v1/environments/staging/stream`, {
    headers: { authorization: `Bearer ${expectOk(made).key}`, 'flagmarshal-instance': 'one' },
  })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const read = answer.text()
  expect((await server.kill('SIGTERM')).code).toBe(0)
  expect(await read).toContain('event:')
})

test('a stop finishes the request that is on its way, and takes no new connection', async () => {
  const server = await start()
  const body = JSON.stringify({ key: 'late', name: 'Late' })
  const socket = await openSocket(server.address)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.write(
    `POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  )
  // The server has read what was sent once it has answered a later request on another connection.
  await fetch(`${server.address}/healthz`)
  const ended = server.kill('SIGTERM')
  await vi.waitUntil(async () => await refusesConnections(server.address), { timeout: 10_000 })
  socket.write(body.slice(10))
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1\.1 201 /)
  expect((await ended).code).toBe(0)
})

test('what is no HTTP gets a problem, and headers that are too large too', async () => {
  await using server = await start()
  for (const [sent, status, code] of [
    ['nonsense\r\n\r\n', 400, 'bad-request'],
    [`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ] as const) {
    const socket = await openSocket(server.address)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.write(sent)
    await once(socket, 'close')
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain(`"code":"${code}"`)
  }
})

async function openSocket(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

async function refusesConnections(address: string): Promise<boolean> {
  try {
    const socket = await openSocket(address)
    socket.destroy()
    return false
  } catch {
    return true
  }
}
