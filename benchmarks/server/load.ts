/**
 * Load in a closed loop: so many connections, each with one request under way, over plain sockets,
 * so that the generator costs the machine little beside the server that is measured.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** One request as it goes over the wire. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadOptions {
  readonly address: string
  /** Sent one after the other, from the first again after the last. */
  readonly requests: readonly Request[]
  readonly connections: number
  readonly ms: number
  /** Requests a second that are aimed at, of all connections together; as many as there is room for unless given. */
  readonly perSecond?: number
  /** Ends it before its time. */
  readonly signal?: AbortSignal
}

export interface LoadResult {
  readonly answers: number
  readonly ms: number
  /** How many were answered with which status; 0 for a connection that broke. */
  readonly statuses: Readonly<Record<string, number>>
  /** Times from request to answer, in milliseconds, ascending. */
  readonly latencies: readonly number[]
  /** Of the last answer of each status. */
  readonly samples: Readonly<Record<string, string>>
}

/** Applies load for a while and counts what comes of it. */
export async function applyLoad(options: LoadOptions): Promise<LoadResult> {
  const { address, requests, connections, ms, perSecond, signal } = options
  const wires = requests.map((request) => wireOf(address, request))
  const started = performance.now()
  const end = started + ms
  const statuses: Record<string, number> = {}
  const samples: Record<string, string> = {}
  const latencies: number[] = []
  let sent = 0

  const next = (): Buffer | undefined =>
    performance.now() < end && signal?.aborted !== true ? wires[sent++ % wires.length] : undefined
  const wait = (): number =>
    perSecond === undefined ? 0 : started + (sent * 1_000) / perSecond - performance.now()
  const take = (status: number, head: string, took: number): void => {
    statuses[status] = (statuses[status] ?? 0) + 1
    samples[status] = head
    latencies.push(took)
  }
  await Promise.all(Array.from({ length: connections }, () => loop(address, { next, wait, take })))
  latencies.sort((a, b) => a - b)
  return { answers: latencies.length, ms: performance.now() - started, statuses, samples, latencies }
}

/** The value below which this part (0 to 1) of an ascending list lies. */
export function quantile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.ceil(part * ascending.length) - 1)] ?? Number.NaN
}

/** One connection that asks one thing after the other. */
export interface Wire {
  /** Sends a request; answers the status and the head of the answer. Rejects when the connection breaks. */
  ask(request: Request): Promise<{ readonly status: number; readonly head: string }>
  close(): void
}

/** Opens it. */
export function openWire(address: string): Wire {
  const { hostname, port } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let waiting = Promise.withResolvers<{ readonly status: number; readonly head: string }>()
  const broken = (error: Error) => waiting.reject(error)
  socket.on(
    'data',
    answerReader((status, head) => waiting.resolve({ status, head })),
  )
  socket.on('error', broken)
  socket.on('close', () => broken(new Error('the connection was closed')))
  return {
    ask(request) {
      waiting = Promise.withResolvers()
      socket.write(wireOf(address, request))
      return waiting.promise
    },
    close: () => void socket.destroy(),
  }
}

interface Loop {
  readonly next: () => Buffer | undefined
  readonly wait: () => number
  readonly take: (status: number, head: string, took: number) => void
}

/** How long a connection that broke waits before it is made again. */
const AGAIN_MS = 50

/** One connection until there is nothing more to send; one that breaks is made again. */
function loop(address: string, { next, wait, take }: Loop): Promise<void> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    let socket = open()
    let ended = false
    let sentAt = 0

    function open(): Socket {
      const made = connect({ host: hostname, port: Number(port), noDelay: true }, send)
      const read = answerReader((status, head) => {
        take(status, head, performance.now() - sentAt)
        send()
      })
      made.on('data', read)
      made.on('error', () => made.destroy())
      made.on('close', () => {
        if (ended) return resolve()
        take(0, '', performance.now() - sentAt)
        setTimeout(() => (socket = open()), AGAIN_MS)
      })
      return made
    }

    function send(): void {
      const pause = wait()
      if (pause > 1) return void setTimeout(send, pause)
      const wire = next()
      ended = wire === undefined
      if (wire === undefined) return void socket.destroy()
      sentAt = performance.now()
      socket.write(wire)
    }
  })
}

/** Finds where each answer ends by its `content-length`; one without it has no body. */
function answerReader(answered: (status: number, head: string) => void): (chunk: Buffer) => void {
  let start: Buffer = Buffer.alloc(0)
  let left = -1
  let head = ''
  return (chunk) => {
    if (left >= 0) left -= chunk.length
    else {
      start = start.length === 0 ? chunk : Buffer.concat([start, chunk])
      const end = start.indexOf('\r\n\r\n')
      if (end < 0) return
      head = start.toString('latin1', 0, end)
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0) - (start.length - end - 4)
      start = Buffer.alloc(0)
    }
    if (left > 0) return
    left = -1
    answered(Number(head.slice(9, 12)), head)
  }
}

function wireOf(address: string, { method, path, headers = {}, body = '' }: Request): Buffer {
  const all = {
    host: new URL(address).host,
    ...(body === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}
