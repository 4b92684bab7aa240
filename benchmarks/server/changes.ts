/**
 * How fast a change is everywhere: a toggle at 200 SDKs, through a second server, and a kill, at
 * rest, at half of the maximum load and beyond it. Times are wall time and true for a machine that
 * does nothing else: each line tells how busy the processors were.
 */
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import { applyLoadElsewhere, maximumOf } from './background.ts'
import { configBody, configure, ENVIRONMENT, ok, seed } from './flags.ts'
import { startFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import type { Line } from './line.ts'
import { quantile } from './load.ts'
import type { LoadResult } from './load.ts'
import { serverFor, startServer } from './measured.ts'
import type { MeasuredServer } from './measured.ts'
import { median } from './ratios.ts'
import { bulkRequests } from './requests.ts'

const PROJECT = 'changes'
const WARM_UP = 5
const PAUSE_MS = 250

/** Each with a request under way: more than is let wait, so that some are refused. */
const CROWD = 2_048

export interface ChangesPace {
  readonly sdks: number
  readonly flags: number
  /** Changes of each kind. */
  readonly rounds: number
  /** For how long the maximum load is looked for; three seconds unless given. */
  readonly loadMs?: number
  /** Connections in overload; 2,048 unless given. */
  readonly crowd?: number
  readonly server?: MeasuredServer
}

/** CPU time of the server that a change may take, with its SDKs and their acknowledgements. */
const CPU_LIMIT_MS = 250
/** For how long a kill may wait for its confirmations, and something for the first load. */
const SETTLE_MS = 30_000

/** Measures toggles and kills. */
export async function measureChanges({ sdks, flags, rounds, ...more }: ChangesPace): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const first = await serverFor(running, more.server)
  const key = await seed(first.admin, PROJECT, flags)
  const second = await startServer(running, {
    databaseUrl: await first.databaseUrl(),
    settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' },
  })
  const near = await startFleet(running, { url: first.address, key, count: sdks })
  await everyStreamListed(first, sdks)
  const kills = startKills(first, sdks)
  const at = { fleet: near, server: first, rounds }
  // Two hundred SDKs in four processes compile their first changes at the same time; applications do not.
  const change = () => toggle(first)
  await timeOf('warm-up', { ...at, rounds: Math.min(rounds, WARM_UP) }, { change, limit: Infinity })
  const lines = [
    await timeOf(`toggle, ${sdks} SDKs: p99`, at, { change: () => toggle(first), limit: 100 }),
    await timeOf('toggle through a second server: p99', at, { change: () => toggle(second), limit: 200 }),
    await timeOf('kill: p99', at, { change: kills.next, limit: 250 }),
    await cpuOf('kill: CPU of the server', at, kills.next),
  ]
  const requests = bulkRequests(key)
  const maximum = await maximumOf(first.address, requests, more.loadMs)
  const half = await applyLoadElsewhere(running, {
    address: first.address,
    requests,
    connections: 32,
    perSecond: maximum / 2,
  })
  lines.push(
    { what: 'maximum load, bulk evaluations', figure: `${maximum.toFixed(0)}/s` },
    await timeOf('kill at half of it: p99', at, { change: kills.next, limit: 250 }),
  )
  await half.stop()
  const beyond = await applyLoadElsewhere(running, {
    address: first.address,
    requests,
    connections: more.crowd ?? CROWD,
  })
  lines.push(
    await timeOf('kill in overload: p99', at, { change: kills.next, limit: 500 }),
    await managed('management in overload: p99', first, rounds),
    ...shedding(await beyond.stop()),
    await kills.confirmed(),
  )
  return lines
}

/** A server has made a note of every stream: only then a kill waits for all of them. */
async function everyStreamListed({ admin }: MeasuredServer, sdks: number): Promise<void> {
  const params = { project: PROJECT, environment: ENVIRONMENT }
  await settled(async () => {
    const { items } = ok(await admin.call('listInstances', { params }))
    return items.filter((it) => it.streamOpen).length >= sdks
  })
}

/** Answers once something is so, or when its time is over. */
async function settled(isSo: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + SETTLE_MS
  while (!(await isSo())) {
    if (performance.now() > end) return false
    await sleep(50)
  }
  return true
}

/** Kills one flag after the other that is on, and keeps what was killed. */
function startKills({ admin }: MeasuredServer, sdks: number) {
  const made: { readonly flag: string; readonly kill: string }[] = []
  const named = (flag: string) => ({ project: PROJECT, flag, environment: ENVIRONMENT })
  return {
    next: async (): Promise<number> => {
      // The first of each ten is on for everybody.
      const flag = `flag-${String(10 * (1 + made.length)).padStart(4, '0')}`
      const killed = ok(await admin.call('killFlag', { params: named(flag), body: { reason: 'measured' } }))
      made.push({ flag, kill: killed.id })
      return killed.revision
    },
    /** Whether each is off on all of them, by their own word. */
    confirmed: async (): Promise<Line> => {
      const counts: number[] = []
      for (const { flag, kill } of made) {
        const params = { ...named(flag), kill }
        await settled(async () => ok(await admin.call('getKill', { params })).pending === 0)
        counts.push(ok(await admin.call('getKill', { params })).confirmed)
      }
      const fewest = Math.min(...counts)
      return {
        what: `kills confirmed, of ${made.length}`,
        figure: `off on ${fewest} of ${sdks} at least`,
        bound: 'all',
        holds: fewest === sdks,
      }
    },
  }
}

/** Whether what is beyond the maximum was refused with when to come again, and nothing failed. */
function shedding({ statuses, samples }: LoadResult): Line[] {
  const others = Object.keys(statuses).filter((it) => it !== '200' && it !== '429')
  const told = /\r\nretry-after: \d/i.test(samples[429] ?? '')
  return [
    {
      what: 'overload was answered with',
      figure: JSON.stringify(statuses),
      bound: '200, 429',
      holds: others.length === 0,
    },
    // A machine whose time the others take gets no further than the maximum.
    { what: 'some was refused', figure: told ? 'Retry-After' : 'no', bound: 'some', holds: told, wall: true },
  ]
}

interface Measuring {
  readonly fleet: Fleet
  readonly server: MeasuredServer
  readonly rounds: number
}

/** CPU time that the server takes for a change at all SDKs, their acknowledgements included; the middle of the rounds. */
async function cpuOf(
  what: string,
  { fleet, server, rounds }: Measuring,
  change: () => Promise<number>,
): Promise<Line> {
  const used: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await server.usage()
    await fleet.timed(change)
    used.push(((await server.usage()).cpuUs - before.cpuUs) / 1_000)
  }
  const ms = median(used)
  return { what, figure: `${ms.toFixed(0)} ms`, bound: `${CPU_LIMIT_MS} ms`, holds: ms < CPU_LIMIT_MS }
}

async function timeOf(
  what: string,
  { fleet, rounds }: Measuring,
  { change, limit }: { readonly change: () => Promise<number>; readonly limit: number },
): Promise<Line> {
  const times: number[] = []
  const before = busyMs()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) {
    times.push(...(await fleet.timed(change)))
    // The acknowledgements of one change are no part of the next one.
    await sleep(PAUSE_MS)
  }
  const busy = (busyMs() - before) / (performance.now() - from) / cpus().length
  times.sort((a, b) => a - b)
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  return {
    what,
    figure: `${p99.toFixed(0)} ms (p50 ${p50.toFixed(0)}; CPUs ${(busy * 100).toFixed(0)} %)`,
    bound: `${limit} ms`,
    holds: p99 <= limit,
    wall: true,
  }
}

let turns = 0

/** Turns a flag off, or on again. */
async function toggle({ admin }: MeasuredServer): Promise<number> {
  const key = 'flag-0000'
  return await configure(admin, PROJECT, key, {
    ...configBody({ key, kind: 'on' }),
    enabled: turns++ % 2 === 1,
  })
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
  return { what, figure: `${p99.toFixed(0)} ms`, bound: '500 ms', holds: p99 <= 500, wall: true }
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0)
}
