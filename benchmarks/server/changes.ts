/**
 * How fast a change is everywhere: a toggle at 200 SDKs, through a second server, and a kill, at
 * rest, at half of the maximum load and beyond it. Times are wall time and true for a machine that
 * does nothing else: each line tells how busy the processors were.
 */
import { cpus } from 'node:os'

import { applyLoadElsewhere, maximumOf } from './background.ts'
import { configBody, configure, ENVIRONMENT, ok, seed } from './flags.ts'
import { startFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import type { Line } from './line.ts'
import { quantile } from './load.ts'
import { startServer } from './measured.ts'
import type { MeasuredServer } from './measured.ts'
import { bulkRequests } from './requests.ts'

const PROJECT = 'changes'

export interface ChangesPace {
  readonly sdks: number
  readonly flags: number
  /** Changes of each kind. */
  readonly rounds: number
}

/** Measures toggles and kills. */
export async function measureChanges({ sdks, flags, rounds }: ChangesPace): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const first = await startServer(running, { settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' } })
  const key = await seed(first.admin, PROJECT, flags)
  const second = await startServer(running, {
    databaseUrl: await first.databaseUrl(),
    settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' },
  })
  const near = await startFleet(running, { url: first.address, key, count: sdks })
  const lines = [
    await timeOf('toggle, 200 SDKs: p99', near, rounds, { change: () => toggle(first), limit: 100 }),
    await timeOf('toggle through a second server: p99', near, rounds, {
      change: () => toggle(second),
      limit: 200,
    }),
    await timeOf('kill: p99', near, rounds, { change: () => kill(first), limit: 250 }),
  ]
  const requests = bulkRequests(key)
  const maximum = await maximumOf(first.address, requests)
  const half = applyLoadElsewhere(running, {
    address: first.address,
    requests,
    connections: 32,
    perSecond: maximum / 2,
  })
  lines.push(
    { what: 'maximum load, bulk evaluations', figure: `${maximum.toFixed(0)}/s` },
    await timeOf('kill at half of it: p99', near, rounds, { change: () => kill(first), limit: 250 }),
  )
  await half.stop()
  const beyond = applyLoadElsewhere(running, { address: first.address, requests, connections: 256 })
  lines.push(
    await timeOf('kill in overload: p99', near, rounds, { change: () => kill(first), limit: 500 }),
    await managed('management in overload: p99', first, rounds),
  )
  const { statuses } = await beyond.stop()
  lines.push({ what: 'overload was answered with', figure: JSON.stringify(statuses) })
  return lines
}

async function timeOf(
  what: string,
  fleet: Fleet,
  rounds: number,
  { change, limit }: { readonly change: () => Promise<number>; readonly limit: number },
): Promise<Line> {
  const times: number[] = []
  const before = busyMs()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) times.push(...(await fleet.timed(change)))
  const busy = (busyMs() - before) / (performance.now() - from) / cpus().length
  times.sort((a, b) => a - b)
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  return {
    what,
    figure: `${p99.toFixed(0)} ms (p50 ${p50.toFixed(0)}; CPUs ${(busy * 100).toFixed(0)} %)`,
    bound: `${limit} ms`,
    holds: p99 <= limit,
  }
}

let turns = 0
let kills = 0

/** Turns a flag off, or on again. */
async function toggle({ admin }: MeasuredServer): Promise<number> {
  const key = 'flag-0000'
  return await configure(admin, PROJECT, key, {
    ...configBody({ key, kind: 'on' }),
    enabled: turns++ % 2 === 1,
  })
}

/** Kills one flag after the other that is on. */
async function kill({ admin }: MeasuredServer): Promise<number> {
  // The first of each ten is on for everybody.
  const flag = `flag-${String(10 * (1 + kills++)).padStart(4, '0')}`
  const params = { project: PROJECT, flag, environment: ENVIRONMENT }
  return ok(await admin.call('killFlag', { params, body: { reason: 'measured' } })).revision
}

async function managed(what: string, server: MeasuredServer, rounds: number): Promise<Line> {
  const times: number[] = []
  for (let round = 0; round < rounds * 5; round++) {
    const from = performance.now()
    const params = { project: PROJECT, flag: 'flag-0009', environment: ENVIRONMENT }
    ok(await server.admin.call('getFlagConfig', { params }))
    times.push(performance.now() - from)
  }
  times.sort((a, b) => a - b)
  const p99 = quantile(times, 0.99)
  return { what, figure: `${p99.toFixed(0)} ms`, bound: '500 ms', holds: p99 <= 500 }
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0)
}
