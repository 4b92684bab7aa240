/** R18: what is too large, too long, too many or too slow is answered with what to do, and harms nobody else. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { Problem } from '@flagmarshal/api/problem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer({ requestMs: 400 })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(() => server.close())

const HEADERS = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }

async function post(body: string, path = '/api/v1/projects'): Promise<Problem> {
  const answer = await fetch(`${server.address}${path}`, { method: 'POST', headers: HEADERS, body })
  return Problem.parse(await answer.json())
}

/** Writes these parts to a connection and reads until the server ends it. */
async function raw(
  ...parts: readonly string[]
): Promise<{ readonly status: number; readonly problem: Problem }> {
  const socket = await opened()
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  for (const part of parts) socket.write(part)
  await once(socket, 'close')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), problem: Problem.parse(JSON.parse(body)) }
}

async function opened(): Promise<Socket> {
  const { hostname, port } = new URL(server.address)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Status, code and the field at fault; every one of them says what to do. */
function told({ status, code, errors, remedy, detail }: Problem) {
  expect(remedy?.length, `${code} has no remedy`).toBeGreaterThan(10)
  expect(detail.length).toBeGreaterThan(10)
  return [status, code, errors?.[0]?.pointer]
}

describe('R18 too large a request says which part, how large it may be, and what to do', () => {
  test('R18 a body: 413, with the limit of its operation', async () => {
    const problem = await post(`"${'x'.repeat(1_048_576)}"`)
    expect(told(problem)).toEqual([413, 'body-too-large', ''])
    expect(problem.detail).toContain('1 MiB')
    const [larger] = Object.values<Operation>(operations).filter(
      (it) => (it.bodyBytes ?? 0) > 1_048_576 && it.can !== 'edge:serve',
    )
    if (larger?.bodyBytes === undefined) throw new Error('no operation takes more than 1 MiB')
    const answer = await fetch(server.address + larger.path.replaceAll(/\{\w+\}/g, 'shop'), {
      method: larger.method,
      headers: HEADERS,
      body: `"${'x'.repeat(larger.bodyBytes)}"`,
    })
    const { detail } = Problem.parse(await answer.json())
    expect(detail).toContain(`${larger.bodyBytes / 1_048_576} MiB`)
  })

  test('R18 a body in pieces without an announced length: 413 as soon as it is too much', async () => {
    const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const head = `POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: ${HEADERS.authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const { status } = await raw(head, ...Array.from({ length: 20 }, () => piece))
    expect(status).toBe(413)
  })

  test.each([
    ['more values than are looked at', `[${'0,'.repeat(100_000)}0]`, [413, 'body-too-large', '/1']],
    [
      'deeper than is looked at',
      `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
      [422, 'invalid', `/a${'/0'.repeat(31)}`],
    ],
    ['a name that is too long', `{"${'n'.repeat(257)}":1}`, [422, 'invalid', `/${'n'.repeat(256)}`]],
    ['a name that stands twice', '{"key":"a","name":"A","key":"b"}', [422, 'invalid', '/key']],
    [
      'a name that reaches a prototype',
      '{"key":{"__proto__":{"admin":true}}}',
      [422, 'invalid', '/key/__proto__'],
    ],
    ['NUL', '{"key":"a","name":"\\u0000"}', [422, 'invalid', '/name']],
    ['half a surrogate pair', '{"key":"a","name":"\\ud800"}', [422, 'invalid', '/name']],
  ])('R18 %s', async (_, body, expected) => {
    expect(told(await post(body))).toEqual(expected)
  })

  test('R18 an address: 414, up to the largest that Node reads and beyond', async () => {
    const answer = await fetch(`${server.address}/api/v1/projects?after=${'x'.repeat(9_000)}`, {
      headers: HEADERS,
    })
    expect(told(Problem.parse(await answer.json()))).toEqual([414, 'address-too-long', '#/path'])
    const far = await raw(`GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect([far.status, ...told(far.problem)]).toEqual([414, 414, 'address-too-long', '#/path'])
  })

  test('R18 headers: 431', async () => {
    const { status, problem } = await raw(
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
    )
    expect([status, ...told(problem)]).toEqual([431, 431, 'headers-too-large', '#/header'])
  })
})

describe('R18 too slow a request ends with 408, and nobody else waits for it', () => {
  const begun = `POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: ${HEADERS.authorization}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n`

  test('R18 headers that never end, and a body that never comes', async () => {
    for (const part of [begun, `${begun}\r\n{"key":`]) {
      const { status, problem } = await raw(part)
      expect([status, ...told(problem)]).toEqual([408, 408, 'request-timeout', ''])
    }
  })

  test('R18 a body that drips, on many connections at once', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, opened))
    const ended = sockets.map((socket) => {
      let text = ''
      socket.setEncoding('utf8').on('data', (part: string) => (text += part))
      socket.write(`${begun}\r\n`)
      const drip = setInterval(() => socket.write(' '), 50)
      return once(socket, 'close').then(() => {
        clearInterval(drip)
        return text.split(' ')[1]
      })
    })
    expect((await fetch(`${server.address}/readyz`)).status).toBe(200)
    const statuses = await Promise.all(ended)
    expect(new Set(statuses)).toEqual(new Set(['408']))
  })
})

test('R18 no body, query or path has reached a prototype of the server', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  for (const body of ['{"constructor":{"prototype":{"polluted":1}}}', '{"__proto__":{"polluted":1}}'])
    await post(body)
  for (const query of ['__proto__[polluted]=1', 'constructor.prototype.polluted=1', '__proto__=1']) {
    await fetch(`${server.address}/api/v1/projects?${query}`, { headers: HEADERS })
  }
  // The server runs in this process, so its prototypes are these.
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
  expect('polluted' in {}).toBe(false)
})
