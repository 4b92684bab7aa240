import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { openEventStream } from './event-stream.ts'
import type { EventStream } from './event-stream.ts'

let server: Server
let address: string
let opened: Promise<EventStream>

beforeEach(async () => {
  const { promise, resolve } = Promise.withResolvers<EventStream>()
  opened = promise
  server = createServer((_, response) => resolve(openEventStream(response, { 'x-extra': 'yes' })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  address = `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

test('events are written in the format of the standard, with the headers that were set', async () => {
  const answer = await fetch(address)
  const stream = await opened
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(answer.headers.get('x-extra')).toBe('yes')
  expect(stream.send({ event: 'patch', data: '{"a":1}', id: '7' })).toBe(true)
  expect(stream.send({ event: 'ping', data: '' })).toBe(true)
  stream.close()
  expect(await answer.text()).toBe('id: 7\nevent: patch\ndata: {"a":1}\n\nevent: ping\ndata: \n\n')
})

test('a stream that has ended says so once, and takes nothing more', async () => {
  const leaving = new AbortController()
  await fetch(address, { signal: leaving.signal })
  const stream = await opened
  const done = vi.fn<() => void>()
  stream.onClose(done)
  leaving.abort()
  await vi.waitUntil(() => done.mock.calls.length > 0)
  expect(stream.send({ event: 'x', data: 'x' })).toBe(false)
  const late = vi.fn<() => void>()
  stream.onClose(late)
  expect([done.mock.calls.length, late.mock.calls.length]).toEqual([1, 1])
})

test('a client that does not read is dropped before it costs much memory', async () => {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const stream = await opened
  const closed = new Promise<void>((resolve) => stream.onClose(resolve))
  const data = 'x'.repeat(64 * 1024)
  let sent = 0
  while (stream.send({ event: 'x', data }) && sent < 10_000) sent++
  expect(sent).toBeLessThan(200)
  await closed
  socket.destroy()
})
