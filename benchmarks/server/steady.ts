/**
 * Half of the maximum load for as long as one likes, with a change every second (R22): memory stays
 * flat, nothing fails, and the slowest answers stay as slow as they were.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { applyLoadElsewhere, maximumOf } from './background.ts'
import { configBody, configure, seed } from './flags.ts'
import type { Line } from './line.ts'
import { applyLoad, quantile } from './load.ts'
import { serverFor, startServer } from './measured.ts'
import type { MeasuredServer } from './measured.ts'
import { bulkRequests } from './requests.ts'

const PROJECT = 'steady'
const FLAG = 'flag-0000'
const EVERY_MS = 1_000
const PROBE_MS = 2_000

/** What is asked of it. */
export interface SteadyPace {
  readonly flags: number
  /** After the warm-up. */
  readonly ms: number
  readonly warmUpMs: number
  /** For how long the maximum load is looked for; three seconds unless given. */
  readonly loadMs?: number
  readonly server?: MeasuredServer
}

/** Applies load, changes a flag every second, and compares the beginning with the end. */
export async function measureSteady({
  flags,
  ms,
  warmUpMs,
  loadMs,
  server: given,
}: SteadyPace): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = await serverFor(running, given)
  const key = await seed(server.admin, PROJECT, flags)
  const requests = bulkRequests(key)
  const maximum = await maximumOf(server.address, requests, loadMs)
  const load = await applyLoadElsewhere(running, {
    address: server.address,
    requests,
    connections: 16,
    perSecond: maximum / 2,
  })
  const changes = changeEverySecond(server)
  await sleep(warmUpMs)
  const first = { usage: await server.usage('collect'), p99: await p99Of(server, key) }
  await sleep(Math.max(0, ms - 2 * PROBE_MS))
  const last = { p99: await p99Of(server, key), usage: await server.usage('collect') }
  const made = await changes.stop()
  const { statuses, answers } = await load.stop()
  const failed = answers - (statuses[200] ?? 0)
  const growth = last.usage.heapBytes / first.usage.heapBytes - 1
  const rss = last.usage.rssBytes / 1_048_576
  return [
    {
      what: `memory after ${ms / 1_000} s at half load`,
      figure: `heap ${growth < 0 ? '' : '+'}${(100 * growth).toFixed(1)} %, RSS ${rss.toFixed(0)} MiB`,
      bound: '+5 %',
      holds: growth < 0.05,
    },
    {
      what: `failures of ${answers} answers and ${made} changes`,
      figure: String(failed),
      bound: '0',
      holds: failed === 0,
    },
    {
      what: 'p99 at the beginning and at the end',
      figure: `${first.p99.toFixed(0)} ms, ${last.p99.toFixed(0)} ms`,
      bound: '2× + 20 ms',
      holds: last.p99 <= 2 * first.p99 + 20,
      wall: true,
    },
  ]
}

/** How much a server holds that nobody asks. */
export async function measureIdle(flags: number, idleMs: number, given?: MeasuredServer): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const first = await serverFor(running, given)
  const key = await seed(first.admin, 'idle', flags)
  const server = await startServer(running, {
    databaseUrl: await first.databaseUrl(),
    settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' },
  })
  await applyLoad({ address: server.address, requests: bulkRequests(key), connections: 1, ms: 500 })
  await sleep(idleMs)
  const { rssBytes } = await server.usage()
  const mib = rssBytes / 1_048_576
  return [
    {
      what: `memory of an idle server with ${flags} flags`,
      figure: `${mib.toFixed(0)} MiB`,
      bound: '220 MiB',
      holds: mib < 220,
    },
  ]
}

function changeEverySecond({ admin }: MeasuredServer) {
  const end = new AbortController()
  let made = 0
  const running = (async () => {
    while (!end.signal.aborted) {
      const body = { ...configBody({ key: FLAG, kind: 'on' }), enabled: made % 2 === 1 }
      await configure(admin, PROJECT, FLAG, body)
      made++
      await sleep(EVERY_MS)
    }
  })()
  return {
    async stop(): Promise<number> {
      end.abort()
      await running
      return made
    },
  }
}

/** Beside the load: one client that asks one after the other. */
async function p99Of(server: MeasuredServer, key: string): Promise<number> {
  const { latencies } = await applyLoad({
    address: server.address,
    requests: bulkRequests(key),
    connections: 1,
    ms: PROBE_MS,
  })
  return quantile(latencies, 0.99)
}
