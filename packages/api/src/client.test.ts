import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

import { afterEach, expect, test } from 'vitest'

import { createClient } from './client.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server that answers as told, and its address. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`
}

test('a call becomes method, encoded address, headers and body', async () => {
  let seen: unknown
  const address = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { authorization, 'idempotency-key': key, 'content-type': type } = request.headers
      seen = { method: request.method, url: request.url, authorization, key, type, body }
      response.writeHead(201, { 'content-type': 'application/json', etag: '"1"' }).end('{"key":"shop"}')
    })
  })
  const client = createClient({ server: `${address}/`, token: 'fm_user_x' })
  const made = await client.call('createProject', {
    body: { key: 'shop', name: 'Shop' },
    idempotencyKey: 'k1',
  })
  expect(made).toEqual({ ok: true, status: 201, body: { key: 'shop' }, etag: '"1"' })
  expect(seen).toEqual({
    method: 'POST',
    url: '/api/v1/projects',
    authorization: 'Bearer fm_user_x',
    key: 'k1',
    type: 'application/json',
    body: '{"key":"shop","name":"Shop"}',
  })
  await client.call('listAudit', { params: { project: 'a b/c' }, query: { subject: 'x&y' } })
  expect(seen).toMatchObject({
    method: 'GET',
    url: '/api/v1/projects/a%20b%2Fc/audit?subject=x%26y',
    body: '',
  })
})

test('a problem of the server is the outcome, and so is an answer that is none', async () => {
  const sent = {
    type: 'urn:x',
    title: 'No',
    status: 409,
    code: 'key-taken',
    detail: 'It is taken.',
    remedy: 'Another.',
  }
  const problems = createClient({
    server: await serve((_, response) => response.writeHead(409).end(JSON.stringify(sent))),
  })
  expect(await problems.call('listProjects')).toEqual({ ok: false, problem: sent })
  server?.close()
  const proxy = createClient({ server: await serve((_, response) => response.writeHead(502).end('<html>')) })
  expect(await proxy.call('listProjects')).toMatchObject({
    ok: false,
    problem: { status: 502, code: 'unexpected-answer' },
  })
})

test('a server that cannot be reached, or does not answer in time, is a problem too', async () => {
  const address = await serve(() => undefined)
  const slow = createClient({ server: address, timeoutMs: 50 })
  expect(await slow.call('listProjects')).toMatchObject({ ok: false, problem: { code: 'unreachable' } })
  server?.closeAllConnections()
  server?.close()
  await once(server!, 'close') // serve() has just set it
  const gone = await createClient({ server: address }).call('listProjects')
  expect(gone).toMatchObject({ ok: false, problem: { code: 'unreachable', remedy: expect.any(String) } })
  expect(!gone.ok && gone.problem.detail).toContain(address)
})

test('a stream gives its text as it comes, and ends with the signal', async () => {
  const address = await serve((_, response) => response.writeHead(200).write('event: a\ndata: ä\n\n'))
  const leaving = new AbortController()
  const pieces: string[] = []
  const read = async () => {
    for await (const text of createClient({ server: address }).stream('/x', leaving.signal)) {
      pieces.push(text)
      leaving.abort()
    }
  }
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' })
  expect(pieces).toEqual(['event: a\ndata: ä\n\n'])
})
