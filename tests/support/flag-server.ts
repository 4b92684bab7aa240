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
export type FlagServerPath = '/snapshot' | '/stream' | '/acks' | '/telemetry'

/** How a route misbehaves: an HTTP status, no answer at all, or an answer that is taken in and never confirmed. */
export type Fault = number | 'hang' | 'lose-answer'

/** What a test sees and does. */
export interface FlagServer {
  readonly url: string
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[]
  readonly acks: Acknowledgement[]
  readonly telemetry: Telemetry[]
  readonly snapshot: Snapshot
  /** Streams that are open. */
  readonly streams: number
  /** Makes a route misbehave until it is set to `undefined`. */
  fault(path: FlagServerPath, fault: Fault | undefined): void
  /** Moves on to the next revision and streams the patch. */
  change(change: Partial<Pick<Snapshot, 'flags' | 'segments' | 'telemetry'>>): void
  /** Moves on and streams nothing, as when a patch is lost on the way. */
  changeUnheard(change: Partial<Pick<Snapshot, 'flags' | 'segments' | 'telemetry'>>): void
  /** Streams nothing but a comment. */
  heartbeat(): void
  dropStreams(): void
  /** Refuses connections until `start`. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server with these flags at revision 1. Reports every 15 s and polling every 200 ms unless `telemetry` says otherwise. */
export async function startFlagServer(
  flags: readonly Flag[],
  options: { readonly segments?: readonly Segment[]; readonly telemetry?: Snapshot['telemetry'] } = {},
): Promise<FlagServer> {
  const requests: FlagServer['requests'] = []
  const acks: Acknowledgement[] = []
  const telemetry: Telemetry[] = []
  const faults = new Map<string, Fault>()
  const open = new Set<ServerResponse>()
  const history: Patch[] = []
  let snapshot: Snapshot = {
    schema: 1,
    project: 'shop',
    environment: 'production',
    revision: 1,
    generatedAt: '2026-01-01T00:00:00Z',
    flags,
    segments: options.segments ?? [],
    telemetry: options.telemetry ?? { flushIntervalMs: 15_000, pollIntervalMs: 200 },
  }
  let server = listenerFor(handle)
  await listen(server, 0)
  // A server that listens on TCP has an address object.
  const { port } = server.address() as AddressInfo

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/api/v1/environments/production', '')
    requests.push({ path, headers: request.headers })
    const fault = faults.get(path)
    const body = await read(request)
    if (fault === 'hang') return
    if (typeof fault === 'number') return void response.writeHead(fault).end()
    if (request.headers.authorization !== 'Bearer fm_server_test') return void response.writeHead(401).end()
    if (path === '/acks') acks.push(JSON.parse(body))
    if (path === '/telemetry') telemetry.push(JSON.parse(body))
    if (fault === 'lose-answer') return void response.destroy()
    if (path === '/snapshot') return answerSnapshot(request, response)
    if (path === '/stream') return answerStream(request, response)
    response.writeHead(path === '/acks' ? 204 : 202).end()
  }

  function answerSnapshot(request: IncomingMessage, response: ServerResponse): void {
    const etag = `"${snapshot.revision}"`
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': 'application/json', etag }).end(JSON.stringify(snapshot))
  }

  function answerStream(request: IncomingMessage, response: ServerResponse): void {
    open.add(response)
    response.once('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const from = Number(request.headers['last-event-id'] ?? NaN)
    const known = from === snapshot.revision || history.some((patch) => patch.from === from)
    if (!known) return writeEvent(response, 'snapshot', snapshot)
    response.write(': go on\n\n')
    for (const patch of history.filter((patch) => patch.from >= from)) writeEvent(response, 'patch', patch)
  }

  function moveOn(change: Partial<Snapshot>): Patch {
    const next = { ...snapshot, ...change, revision: snapshot.revision + 1 }
    const patch = diffSnapshots(snapshot, next)
    snapshot = next
    return patch
  }

  const dropStreams = (): void => {
    for (const response of open) response.destroy()
  }
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    acks,
    telemetry,
    get snapshot() {
      return snapshot
    },
    get streams() {
      return open.size
    },
    fault(path, fault) {
      if (fault === undefined) faults.delete(path)
      else faults.set(path, fault)
    },
    change(change) {
      const patch = moveOn(change)
      history.push(patch)
      for (const response of open) writeEvent(response, 'patch', patch)
    },
    changeUnheard(change) {
      moveOn(change)
      history.length = 0
    },
    heartbeat() {
      for (const response of open) response.write(': heartbeat\n\n')
    },
    dropStreams,
    stop,
    async start() {
      server = listenerFor(handle)
      await listen(server, port)
    },
    [Symbol.asyncDispose]: stop,
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

function listenerFor(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  return createServer((request, response) => {
    void handle(request, response)
  })
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
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
