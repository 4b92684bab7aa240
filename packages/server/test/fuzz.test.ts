import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

import { operations } from '@flagmarshal/api/operations'
import { Problem } from '@flagmarshal/api/problem'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { newFlag } from './support/flags.ts'
import { fuzz } from './support/fuzz/run.ts'
import type { FuzzResult } from './support/fuzz/run.ts'
import { createWorld } from './support/fuzz/world.ts'
import type { World } from './support/fuzz/world.ts'

/** About 45 for each operation. */
const REQUESTS = howMuch(9_000, 100_000)
const SEED = 20_260_302

let server: TestServer
let world: World

beforeAll(async () => {
  server = await startServer()
  world = await createWorld(server)
}, 300_000)
afterAll(() => server.close())

describe(`R18 ${REQUESTS} requests with bad input, over all operations`, () => {
  const untouched = membersOfPrototypes()
  let result: FuzzResult

  beforeAll(
    async () => {
      result = await fuzz({ server: server.address, world, count: REQUESTS, seed: SEED })
      const { requests, byStatus, longestStallMs, during } = result
      console.info(
        `fuzz: ${requests} requests: ${JSON.stringify(byStatus)}; longest stall ${longestStallMs} ms, during ${during.join(' ')}`,
      )
    },
    howMuch(300_000, 3_600_000),
  )

  test('each answer is a success or a problem that names the field, never a fault of the server', (context) => {
    expect(result.faults).toEqual([])
    record(context, {
      done: 'requests with bad input, over all operations',
      times: result.requests,
      result: `0 answers of 5xx, 0 crashes, busy for at most ${result.longestStallMs} ms at once`,
    })
  })

  test('the event loop is never busy for 200 ms at once', () => {
    // Processor time of the loop's own thread, so a machine that does other things makes it no longer.
    // The loop also sends the requests and checks the answers: of the server alone it would be less.
    expect(result.longestStallMs).toBeLessThan(200)
  })

  test('they got through to most operations, so that what lies behind the schemas was met too', () => {
    const all = Object.keys(operations).length
    expect(result.requests).toBeGreaterThanOrEqual(REQUESTS)
    expect(result.neverOk.length, result.neverOk.join(', ')).toBeLessThan(all * 0.3)
  })

  test('no prototype has got a member or lost one', () => {
    expect(membersOfPrototypes()).toEqual(untouched)
  })

  test('the audit chains hold', async () => {
    expect(expectOk(await server.admin.call('verifyInstallationAudit'))).toMatchObject({ ok: true })
    for (const { key: project } of expectOk(await server.admin.call('listProjects')).items) {
      expect(expectOk(await server.admin.call('verifyAudit', { params: { project } }))).toMatchObject({
        ok: true,
      })
    }
  })

  test('every environment serves what the database holds', async () => {
    const client = new Client({ connectionString: server.databaseUrl })
    await client.connect()
    const environment = 'development'
    for (const { serverKey, names } of world.places) {
      const stored = await client.query<{ revision: string }>(
        'select revision from environment_revisions where project = $1 and environment = $2',
        [names['project']?.[0], environment],
      )
      const sdk = server.client(serverKey)
      await expect
        .poll(async () => expectOk(await sdk.call('getSnapshot', { params: { environment } })).revision)
        .toBe(Number(stored.rows[0]?.revision))
    }
    await client.end()
  })

  test('the server is well', async () => {
    expect(await (await fetch(`${server.address}/readyz`)).json()).toMatchObject({ ready: true })
    const params = { project: 'shop' }
    expectOk(await server.admin.call('createFlag', { params, body: newFlag('after-all-that') }))
  })
})

describe('R18 what is no HTTP request, or one that contradicts itself, gets a problem', () => {
  const head = 'POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

  test.each([
    ['a line that is none', 'hello\r\n\r\n', 400],
    ['bytes', '\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['a length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n{}`, 400],
    ['chunks that are none', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`, 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', 400],
    ['headers beyond all measure', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['an expectation', `${head}Content-Length: 2\r\nExpect: wonders\r\nConnection: close\r\n\r\n{}`, 401],
    [
      'another protocol',
      'GET /api HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      404,
    ],
    [
      'an address with a host',
      'GET http://evil.example/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      404,
    ],
    ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    const answer = await rawExchange(server.address, bytes)
    const [, found, body = ''] = /^HTTP\/1\.1 (\d+)[^]*?\r\n\r\n([^]*)$/.exec(answer) ?? []
    expect([found, Problem.parse(JSON.parse(unchunked(body))).status]).toEqual([String(status), status])
  })

  test('a tunnel is not opened', async () => {
    expect(await rawExchange(server.address, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('')
  })
})

/** The names of everything that an attacker would add to. */
function membersOfPrototypes(): string[][] {
  return [Object, Array, String, Number, Function].map((it) =>
    Reflect.ownKeys(it.prototype).map(String).toSorted(),
  )
}

/** What comes back on a connection until the server closes it. */
async function rawExchange(server: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(server)
  const socket = connect(Number(port), hostname)
  socket.write(bytes, 'latin1')
  return await text(socket)
}

function unchunked(body: string): string {
  return body.replace(/^[0-9a-f]+\r\n/, '').replace(/\r\n0\r\n\r\n$/, '')
}
