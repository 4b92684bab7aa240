/**
 * A small real HTTP server that speaks the SDK's side of the API, for tests of the SDK alone.
 *
 * It keeps one environment in memory, streams its changes, records what it is sent, and fails in the
 * ways that a test asks for.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { diffSnapshots } from '@flagmarshal/evaluation'
import type { Acknowledgement, Flag, Patch, Segment, Snapshot, Telemetry } from '@flagmarshal/evaluation'

/** The routes, without the environment's prefix. */
type FlagServerPath = '/snapshot' | '/stream' | '/acks' | '/telemetry'

/**
 * How a route misbehaves: an HTTP status, no answer at all, an answer only once the fault is over, or one
 * that is taken in and never confirmed.
 */
type Fault = number | 'hang' | 'hold' | 'lose-answer'

type Change = Partial<Pick<Snapshot, 'flags' | 'segments' | 'telemetry'>>

interface Recorded {
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

const PREFIX = '/api/v1/environments/production'

/** A server with these flags at revision 1. Reports every 15 s and polling every 200 ms unless `telemetry` says otherwise. */
export async function startFlagServer(
  flags: readonly Flag[],
  options: { readonly segments?: readonly Segment[]; readonly telemetry?: Snapshot['telemetry'] } = {},
): Promise<FlagServer> {
  const server = new FlagServer({
    schema: 1,
    project: 'shop',
    environment: 'production',
    revision: 1,
    generatedAt: '2026-01-01T00:00:00Z',
    flags,
    segments: options.segments ?? [],
    telemetry: options.telemetry ?? { flushIntervalMs: 15_000, pollIntervalMs: 200 },
  })
  await server.start()
  return server
}

/** What a test sees and does. */
export class FlagServer {
  readonly requests: Recorded[] = []
  readonly acks: Acknowledgement[] = []
  readonly telemetry: Telemetry[] = []
  snapshot: Snapshot
  readonly #faults = new Map<string, Fault>()
  readonly #holds = new Map<string, PromiseWithResolvers<void>>()
  readonly #streams = new Set<ServerResponse>()
  readonly #history: Patch[] = []
  #server: Server | undefined
  #port = 0

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#streams.size
  }

  /** Makes a route misbehave until it is set to `undefined`. */
  fault(path: FlagServerPath, fault: Fault | undefined): void {
    this.#holds.get(path)?.resolve()
    if (fault === 'hold') this.#holds.set(path, Promise.withResolvers())
    if (fault === undefined) this.#faults.delete(path)
    else this.#faults.set(path, fault)
  }

  /** Moves on to the next revision and streams the patch. */
  change(change: Change): void {
    const patch = this.#moveOn(change)
    this.#history.push(patch)
    for (const response of this.#streams) writeEvent(response, 'patch', patch)
  }

  /** Moves on and streams nothing, as when a patch is lost on the way. */
  changeUnheard(change: Change): void {
    this.#moveOn(change)
    this.#history.length = 0
  }

  /** Streams nothing but a comment. */
  heartbeat(): void {
    for (const response of this.#streams) response.write(': heartbeat\n\n')
  }

  dropStreams(): void {
    for (const response of this.#streams) response.destroy()
  }

  /** Refuses connections until `start`. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    // A server that listens on TCP has an address object.
    this.#port = (server.address() as AddressInfo).port
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(PREFIX, '')
    const { headers } = request
    this.requests.push({ path, headers })
    const fault = this.#faults.get(path)
    const held = this.#holds.get(path)?.promise
    const body = await read(request)
    if (fault === 'hang') return
    if (fault === 'hold') await held
    if (typeof fault === 'number') return void response.writeHead(fault).end()
    if (headers.authorization !== 'Bearer fm_server_test') return void response.writeHead(401).end()
    if (path === '/acks') this.acks.push(JSON.parse(body))
    if (path === '/telemetry') this.telemetry.push(JSON.parse(body))
    if (fault === 'lose-answer') return void response.destroy()
    if (path === '/snapshot') return this.#answerSnapshot(headers['if-none-match'], response)
    if (path === '/stream') return this.#answerStream(headers['last-event-id'], response)
    response.writeHead(path === '/acks' ? 204 : 202).end()
  }

  #answerSnapshot(known: string | undefined, response: ServerResponse): void {
    const etag = `"${this.snapshot.revision}"`
    if (known === etag) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': 'application/json', etag }).end(JSON.stringify(this.snapshot))
  }

  #answerStream(lastEventId: string | string[] | undefined, response: ServerResponse): void {
    this.#streams.add(response)
    response.once('close', () => this.#streams.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const from = Number(lastEventId ?? NaN)
    const isKnown = from === this.snapshot.revision || this.#history.some((patch) => patch.from === from)
    if (!isKnown) return writeEvent(response, 'snapshot', this.snapshot)
    // The SDK does not know this event; it says that the stream lives and that nothing was missed.
    if (from === this.snapshot.revision) response.write(`event: current\ndata: {"revision":${from}}\n\n`)
    for (const patch of this.#history.filter((patch) => patch.from >= from))
      writeEvent(response, 'patch', patch)
  }

  #moveOn(change: Change): Patch {
    const next = { ...this.snapshot, ...change, revision: this.snapshot.revision + 1 }
    const patch = diffSnapshots(this.snapshot, next)
    this.snapshot = next
    return patch
  }
}

/** A boolean flag, off unless `enabled` says otherwise, then served to everybody. */
export function booleanFlag(key: string, overrides: Partial<Flag> = {}): Flag {
  return {
    key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [],
    fallthrough: { variant: 'on' },
    ...overrides,
  }
}

/** A boolean flag under a rollout that exposes `percent` of everybody. */
export function rolloutFlag(key: string, percent: number, keySampleRate = 1): Flag {
  const ranges = percent === 0 ? [] : [{ from: 0, to: percent * 1_000 }]
  return booleanFlag(key, {
    fallthrough: { variant: 'off' },
    rules: [
      {
        id: 'rollout',
        name: 'Rollout',
        when: { all: [] },
        rollout: { id: `${key}-rollout`, attempt: 1, treatment: 'on', control: 'off', keySampleRate },
        serve: {
          exposure: {
            by: 'targetingKey',
            salt: `${key}-exposure`,
            hash: 'murmur3',
            audiences: [{ id: 'everybody', when: { all: [] }, ranges }],
            variant: 'on',
          },
        },
      },
    ],
  })
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function writeEvent(response: ServerResponse, type: string, event: Snapshot | Patch): void {
  response.write(`event: ${type}\nid: ${event.revision}\ndata: ${JSON.stringify(event)}\n\n`)
}
