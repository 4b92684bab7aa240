/**
 * The bound: what a tight program on bare `node:http` needs for the same answers. It evaluates every
 * flag for every request and writes the answer of pieces of JSON that were made once. It has neither
 * access control nor an ETag, no limits, no log, and knows its flags beforehand.
 *
 * `GET /bytes/<n>` sends that many bytes, `GET /unchanged` a 304.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { benchFlags, NORDIC } from './flags.ts'
import type { BenchFlag, User } from './flags.ts'

type Answer = (user: User) => string

const BULK = '/ofrep/v1/evaluate/flags'
const flags = benchFlags(Number(process.env['BOUND_FLAGS'] ?? 100))
const answers = flags.map(answerOf)
const byKey = new Map(flags.map(({ key }, index) => [key, answers[index]]))
const bytes = new Map<number, Buffer>()

const server = createServer((request, response) => {
  if (request.method === 'GET') return sendBytes(request, response)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? ''
    const { context }: { context: User } = JSON.parse(body)
    const url = request.url ?? ''
    const text =
      url.length > BULK.length ? (byKey.get(url.slice(BULK.length + 1))?.(context) ?? '') : all(context)
    const answer = Buffer.from(text, 'latin1')
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
    response.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => {
  // The server listens on a port, so this is no path of a socket.
  const { port } = server.address() as AddressInfo
  process.send?.({ address: `http://127.0.0.1:${port}` })
})

function all(user: User): string {
  let text = '{"flags":['
  for (let i = 0; i < answers.length; i++) text += i === 0 ? answers[i]?.(user) : `,${answers[i]?.(user)}`
  return `${text}]}`
}

function answerOf({ key, kind }: BenchFlag): Answer {
  const piece = (value: unknown, variant: string, reason: string) =>
    JSON.stringify({ key, value, variant, reason, metadata: { flagVersion: 1 } })
  const off = piece(false, 'off', kind === 'off' ? 'DISABLED' : 'SPLIT')
  const on = piece(true, 'on', kind === 'on' ? 'STATIC' : 'SPLIT')
  const half = (user: User) => (murmur3(`${key}:${user.targetingKey}`) % 10_000 < 5_000 ? on : off)
  switch (kind) {
    case 'on':
      return () => on
    case 'off':
      return () => off
    case 'half':
      return half
    case 'nordic-half': {
      const miss = piece(false, 'off', 'DEFAULT')
      const countries = new Set(NORDIC)
      return (user) => (countries.has(user.country) && user.plan === 'pro' ? half(user) : miss)
    }
    case 'three': {
      const [a, b, c] = ['a', 'b', 'c'].map((it) => piece(it, it, 'SPLIT'))
      return (user) => {
        const bucket = murmur3(`${key}:${user.targetingKey}`) % 10_000
        return (bucket < 3_400 ? a : bucket < 6_700 ? b : c) ?? ''
      }
    }
  }
}

function sendBytes(request: IncomingMessage, response: ServerResponse): void {
  const count = /^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (count === undefined) {
    response.writeHead(304, { etag: '"1"' })
    response.end()
    return
  }
  const known = bytes.get(Number(count)) ?? Buffer.alloc(Number(count), 'x')
  bytes.set(Number(count), known)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': known.length })
  response.end(known)
}

/** MurmurHash3 x86 32-bit (A. Appleby, public domain) of ASCII text, seed 0. */
function murmur3(text: string): number {
  let hash = 0
  const whole = text.length & ~3
  for (let i = 0; i < whole; i += 4) {
    const block =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24)
    hash ^= mix(block)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = text.length - 1; i >= whole; i--) rest = (rest << 8) | text.charCodeAt(i)
  if (whole < text.length) hash ^= mix(rest)
  hash ^= text.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mix(block: number): number {
  const first = Math.imul(block, 0xcc9e2d51)
  return Math.imul((first << 15) | (first >>> 17), 0x1b873593)
}
