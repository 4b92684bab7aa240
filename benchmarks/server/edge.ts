/**
 * What an edge needs, piece by piece, so that many of them can be added up (docs/operations/internet-scale.md):
 * CPU time and bytes of an evaluation, a stream, a change and an acknowledgement, and what an
 * acknowledgement costs the server behind it. Nothing here has a bound.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { configBody, configure, ENVIRONMENT, ok, seed } from './flags.ts'
import type { Line } from './line.ts'
import { applyLoad } from './load.ts'
import type { Request } from './load.ts'
import { startMeasured, startServer } from './measured.ts'
import type { Measured, MeasuredServer } from './measured.ts'
import type { Usage } from './probe.ts'

export interface EdgePace {
  readonly streams: number
  readonly changes: number
  readonly ms: number
}

const PROJECT = 'edges'
const FLAGS = 100
const BULK = '/ofrep/v1/evaluate/flags'

/** Measures everything with an environment of 100 flags. */
export async function measureEdge({ streams, changes, ms }: EdgePace): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = await startServer(running)
  const key = await seed(server.admin, PROJECT, FLAGS)
  const edge = await startEdge(running, server)
  const idle = await edge.usage('collect')
  const lines: Line[] = [told('memory of an edge that serves nobody', `${mib(idle.rssBytes)} MiB`)]

  for (const [what, requests] of await evaluations(edge, key)) {
    const before = await edge.usage()
    const { answers, statuses } = await applyLoad({ address: edge.address, requests, connections: 10, ms })
    const us = ((await edge.usage()).cpuUs - before.cpuUs) / answers
    lines.push(told(what, `${us.toFixed(0)} µs CPU (${JSON.stringify(statuses)})`))
  }
  const { eventStreams } = await bulk(edge, key)
  const sdk = `/api/v1/environments/${ENVIRONMENT}/stream`
  const kinds = [
    ['SDK', (n: number) => ({ path: sdk, headers: sdkHeaders(key, n) })],
    ['browser', () => ({ path: eventStreams[0]?.endpoint.requestUri ?? '', headers: {} })],
  ] as const
  for (const [kind, request] of kinds) {
    const before = await edge.usage('collect')
    const open = await Promise.all(
      Array.from({ length: streams }, (_, n) => openStream(edge.address, request(n))),
    )
    const filled = await edge.usage('collect')
    const perStream = (heldBy(filled) - heldBy(before)) / streams / 1_024
    lines.push(told(`memory of a stream (${kind})`, `${perStream.toFixed(1)} KiB`))
    const from = { cpuUs: filled.cpuUs, bytes: sum(open.map((it) => it.bytes())) }
    for (let n = 0; n < changes; n++) await changeAndWait(server, open, n)
    const perChange = ((await edge.usage()).cpuUs - from.cpuUs) / streams / changes
    const bytes = (sum(open.map((it) => it.bytes())) - from.bytes) / streams / changes
    lines.push(
      told(
        `a change, for each stream (${kind})`,
        `${perChange.toFixed(1)} µs CPU, ${bytes.toFixed(0)} bytes`,
      ),
    )
    for (const it of open) it.close()
  }
  lines.push(...(await acknowledgements(edge, server, key, ms)))
  return lines
}

async function startEdge(running: AsyncDisposableStack, server: MeasuredServer): Promise<Measured> {
  const body = { kind: 'edge' as const, environment: ENVIRONMENT, name: 'bench' }
  const made = ok(await server.admin.call('createKey', { params: { project: PROJECT }, body }))
  const folder = await mkdtemp(join(tmpdir(), 'flagmarshal-bench-edge-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  const edge = await startMeasured(running, {
    name: 'the edge',
    program: join(import.meta.dirname, '..', '..', 'packages', 'server', 'src', 'main.ts'),
    cwd: folder,
    env: {
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_UPSTREAM: server.address,
      FLAGMARSHAL_UPSTREAM_KEYS: made.key,
      FLAGMARSHAL_DATA_DIR: folder,
      FLAGMARSHAL_EVALUATIONS_PER_SECOND: '0',
      FLAGMARSHAL_LOG_LEVEL: 'error',
    },
    started: { line: (line) => /^Flagmarshal runs at (http:\S+)/.exec(line)?.[1] },
  })
  while (!(await fetch(`${edge.address}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 50))
  return edge
}

async function bulk(edge: Measured, key: string) {
  const answer = await fetch(edge.address + BULK, evaluation(key, 'u'))
  const body = (await answer.json()) as { eventStreams: { endpoint: { requestUri: string } }[] }
  return { ...body, etag: answer.headers.get('etag') ?? '' }
}

function evaluation(key: string, targetingKey: string) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return { method: 'POST' as const, headers, body: JSON.stringify({ context: { targetingKey } }) }
}

async function evaluations(
  edge: Measured,
  key: string,
): Promise<readonly (readonly [string, readonly Request[]])[]> {
  const { etag } = await bulk(edge, key)
  const all = Array.from({ length: 1_000 }, (_, n) => ({ path: BULK, ...evaluation(key, `user-${n}`) }))
  const one = all.map((it) => ({ ...it, path: `${BULK}/flag-0004` }))
  const asked = evaluation(key, 'u')
  const same = [{ ...asked, path: BULK, headers: { ...asked.headers, 'if-none-match': etag } }]
  return [
    [`all ${FLAGS} flags for one user`, all],
    ['one flag for one user', one],
    ['the same again: 304', same],
  ]
}

function sdkHeaders(key: string, n: number): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}`, 'flagmarshal-instance': `bench-${n}` }
}

interface OpenStream {
  readonly bytes: () => number
  readonly close: () => void
  /** Resolves with the next byte after now. */
  readonly next: () => Promise<void>
}

/** A stream over a plain socket, open once its first bytes are there. */
async function openStream(
  address: string,
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
): Promise<OpenStream> {
  const { hostname, port, host } = new URL(address)
  const socket: Socket = connect(Number(port), hostname)
  let bytes = 0
  let waiting: (() => void)[] = []
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (const wake of waiting.splice(0)) wake()
    waiting = []
  })
  socket.on('error', () => undefined)
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const next = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))
  const first = next()
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  await first
  return { bytes: () => bytes, close: () => socket.destroy(), next }
}

async function changeAndWait(
  { admin }: MeasuredServer,
  open: readonly OpenStream[],
  n: number,
): Promise<void> {
  const told = Promise.all(open.map((it) => it.next()))
  await configure(
    admin,
    PROJECT,
    'flag-0000',
    configBody({ key: 'flag-0000', kind: n % 2 === 0 ? 'off' : 'on' }),
  )
  await told
}

/** Each from another instance, as after a kill. */
async function acknowledgements(
  edge: Measured,
  server: MeasuredServer,
  key: string,
  ms: number,
): Promise<Line[]> {
  const instance = {
    application: 'bench',
    layers: ['backend'],
    sdk: 'bench',
    sdkVersion: '1',
    mode: 'stream',
  }
  const requests = Array.from({ length: 1_000 }, (_, n): Request => ({
    method: 'POST',
    path: `/api/v1/environments/${ENVIRONMENT}/acks`,
    headers: { ...sdkHeaders(key, n), 'content-type': 'application/json' },
    body: JSON.stringify({ instanceId: `bench-${n}`, revision: 1, instance }),
  }))
  const before = [await edge.usage(), await server.usage()] as const
  const { answers } = await applyLoad({ address: edge.address, requests, connections: 20, ms })
  const after = [await edge.usage(), await server.usage()] as const
  const us = (place: 0 | 1) => ((after[place].cpuUs - before[place].cpuUs) / answers).toFixed(0)
  return [
    told('an acknowledgement, at the edge', `${us(0)} µs CPU`),
    told('the same, at the server behind it', `${us(1)} µs CPU`),
  ]
}

function told(what: string, figure: string): Line {
  return { what, figure }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, it) => all + it, 0)
}

/** Heap and buffers: what the garbage of earlier measurements does not blur. */
function heldBy({ heapBytes, externalBytes }: Usage): number {
  return heapBytes + externalBytes
}

function mib(bytes: number): number {
  return Math.round(bytes / 1_048_576)
}
