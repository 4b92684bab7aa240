/**
 * A thousand streams on one server: what each costs, that all get a change, that those who do not
 * read are dropped, and how they come back when the server is gone for a while.
 */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { configBody, configure, seed } from './flags.ts'
import { startFleet } from './fleet.ts'
import type { Line } from './line.ts'
import { serverFor } from './measured.ts'
import type { MeasuredServer } from './measured.ts'

const PROJECT = 'streams'
const PATH = '/api/v1/environments/development/stream'
const WAIT_MS = 60_000

/** Opens so many plain streams, changes a flag, and counts. */
export async function measureStreams(count: number, given?: MeasuredServer): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = await serverFor(running, given)
  const key = await seed(server.admin, PROJECT, 100)
  const before = await server.usage('collect')
  const streams = await Promise.all(Array.from({ length: count }, () => openStream(server.address, key)))
  running.defer(async () => streams.forEach((it) => it.socket.destroy()))
  await Promise.all(streams.map((it) => it.has('event: snapshot')))
  const open = await server.usage('collect')
  const used = (open.heapBytes + open.externalBytes - before.heapBytes - before.externalBytes) / count / 1_024
  const rss = (open.rssBytes - before.rssBytes) / count / 1_024
  const flag = 'flag-0000'
  const at = performance.now()
  await configure(server.admin, PROJECT, flag, { ...configBody({ key: flag, kind: 'on' }), enabled: false })
  await Promise.all(streams.map((it) => it.has('event: patch')))
  const after = await server.usage()
  return [
    { what: `memory of a stream, of ${count}`, figure: `${used.toFixed(1)} KiB (RSS ${rss.toFixed(1)} KiB)` },
    {
      what: `a change at all ${count}`,
      figure: `${(performance.now() - at).toFixed(0)} ms, ${((after.cpuUs - open.cpuUs) / count).toFixed(0)} µs CPU each`,
      bound: 'all',
      holds: true,
    },
  ]
}

/**
 * Real SDKs whose server is out of reach for some seconds: the most that connect within one second
 * when it is back, counted on the way to it.
 */
export async function measureReconnects(
  count: number,
  awayMs: number,
  given?: MeasuredServer,
): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = await serverFor(running, given)
  const key = await seed(server.admin, 'reconnects', 10)
  const way = await startWay(running, Number(new URL(server.address).port))
  const fleet = await startFleet(running, { url: way.address, key, count })
  await way.cut(awayMs)
  const end = performance.now() + WAIT_MS
  let ready = 0
  while (ready < count && performance.now() < end) {
    await sleep(500)
    ready = await fleet.ready()
  }
  const perSecond = Map.groupBy(way.arrivals(), (time) => Math.floor(time / 1_000))
  const peak = Math.max(...[...perSecond.values()].map((it) => it.length))
  const took = (Math.max(...way.arrivals()) - Math.min(...way.arrivals())) / 1_000
  return [
    {
      what: `${count} SDKs come back after ${awayMs / 1_000} s`,
      figure: `${ready} of ${count}; peak ${peak} connections/s, over ${took.toFixed(0)} s`,
      bound: `all`,
      holds: ready === count,
    },
  ]
}

/** The way to a server, that can be cut. */
async function startWay(running: AsyncDisposableStack, port: number) {
  const sockets = new Set<Socket>()
  let away = false
  let arrivals: number[] = []
  const server = createServer((client) => {
    if (away) return void client.destroy()
    arrivals.push(performance.now())
    const upstream = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve))
  running.defer(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  // It listens on a port, so this is no path of a socket.
  const { port: own } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${own}`,
    arrivals: () => arrivals,
    async cut(ms: number) {
      away = true
      for (const socket of sockets) socket.destroy()
      await sleep(ms)
      arrivals = []
      away = false
    },
  }
}

/** A stream as text; `has` resolves once it holds something. */
async function openStream(address: string, key: string) {
  const { hostname, port, host } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.setEncoding('latin1')
  let text = ''
  let heard = Promise.withResolvers<undefined>()
  socket.on('data', (chunk: string) => {
    // Only the lines that name events: a snapshot is large.
    text += (chunk.match(/event: \w+/g) ?? []).join('\n')
    heard.resolve(undefined)
    heard = Promise.withResolvers()
  })
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\n\r\n`)
  return {
    socket,
    async has(what: string) {
      const end = performance.now() + WAIT_MS
      while (!text.includes(what)) {
        if (performance.now() > end || socket.destroyed) throw new Error(`a stream never had ${what}`)
        await Promise.race([heard.promise, sleep(1_000)])
      }
    },
  }
}
