/**
 * What an answer costs the server: OFREP for one flag and for all, and the snapshot, beside the bound
 * that does the same work on bare `node:http`. CPU time of the whole process for each request; the
 * ratio is taken within a round, and the middle of the rounds counts.
 */
import { join } from 'node:path'

import { benchFlags, benchUsers, seed } from './flags.ts'
import type { Line } from './line.ts'
import { applyLoad } from './load.ts'
import type { Request } from './load.ts'
import { startMeasured, startServer } from './measured.ts'
import type { Measured, MeasuredServer } from './measured.ts'
import { median } from './ratios.ts'

export interface EvaluationPace {
  readonly rounds: number
  readonly ms: number
  /** Sizes of environments; 100 and 1,000 unless given. */
  readonly counts?: readonly number[]
  /** By how much a ratio may exceed its bound, where a run is too short to say it exactly; 1 unless given. */
  readonly slack?: number
  readonly server?: MeasuredServer
}

interface Contest {
  readonly what: string
  readonly limit: number
  readonly status: number
  readonly ours: readonly Request[]
  readonly bound: readonly Request[]
}

const CONNECTIONS = 10
const BULK = '/ofrep/v1/evaluate/flags'

/** Measures everything for each size of an environment. */
export async function measureEvaluation(
  pace: EvaluationPace,
  execArgv: readonly string[] = [],
): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = pace.server ?? (await startServer(running, { execArgv }))
  const lines: Line[] = []
  for (const count of pace.counts ?? [100, 1_000]) {
    const key = await seed(server.admin, `bench-${count}`, count)
    const bound = await startMeasured(running, {
      name: 'the bound',
      program: join(import.meta.dirname, 'bound.ts'),
      env: { BOUND_FLAGS: String(count) },
    })
    for (const contest of await contestsOf(server, key, count)) {
      lines.push(await compare({ server, bound }, contest, pace))
    }
  }
  return lines
}

async function contestsOf(server: Measured, key: string, count: number): Promise<Contest[]> {
  const authorization = `Bearer ${key}`
  const headers = { authorization }
  const path = '/api/v1/environments/development/snapshot'
  const ask = async (encoding: string) => {
    const answer = await fetch(`${server.address}${path}`, {
      headers: { ...headers, 'accept-encoding': encoding },
    })
    await answer.arrayBuffer()
    return { etag: answer.headers.get('etag') ?? '', length: answer.headers.get('content-length') ?? '0' }
  }
  const full = await ask('identity')
  const gzip = await ask('gzip')
  const get = (more: Readonly<Record<string, string>>): Request[] => [
    { method: 'GET', path, headers: { ...headers, ...more } },
  ]
  const bytes = (length: string): Request[] => [{ method: 'GET', path: `/bytes/${length}` }]
  const snapshots = [
    { what: 'snapshot', limit: 2, status: 200, ours: get({}), bound: bytes(full.length) },
    {
      what: 'snapshot, gzip',
      limit: 2,
      status: 200,
      ours: get({ 'accept-encoding': 'gzip' }),
      bound: bytes(gzip.length),
    },
    {
      what: 'snapshot, 304',
      limit: 3,
      status: 304,
      ours: get({ 'if-none-match': full.etag }),
      bound: [{ method: 'GET' as const, path: '/unchanged' }],
    },
  ]
  const all = evaluations(headers, () => BULK)
  const one = evaluations(headers, (index) => `${BULK}/${benchFlags(count)[index % count]?.key}`)
  return [
    { what: `bulk of ${count} flags`, limit: count === 100 ? 2.5 : 2, status: 200, ...all },
    ...(count === 100 ? [{ what: 'one flag', limit: 2, status: 200, ...one }] : []),
    ...(count === 1_000 ? snapshots.map((it) => ({ ...it, what: `${it.what}, ${count} flags` })) : []),
  ]
}

function evaluations(headers: Readonly<Record<string, string>>, pathOf: (index: number) => string) {
  const bound = benchUsers(1_000).map((context, index) => ({
    method: 'POST' as const,
    path: pathOf(index),
    body: JSON.stringify({ context }),
  }))
  return { bound, ours: bound.map((request) => ({ ...request, headers })) }
}

async function compare(
  sides: { readonly server: Measured; readonly bound: Measured },
  { what, limit, status, ours, bound }: Contest,
  { rounds, ms, slack = 1 }: EvaluationPace,
): Promise<Line> {
  const cost = (side: Measured, requests: readonly Request[]) => cpuOf(side, requests, { ms, status })
  await cost(sides.server, ours)
  await cost(sides.bound, bound)
  const pairs: { readonly ours: number; readonly bound: number }[] = []
  for (let round = 0; round < rounds; round++) {
    pairs.push({ bound: await cost(sides.bound, bound), ours: await cost(sides.server, ours) })
  }
  const [ourUs, boundUs, ratio] = [
    median(pairs.map((it) => it.ours)),
    median(pairs.map((it) => it.bound)),
    median(pairs.map((it) => it.ours / it.bound)),
  ]
  const figure = `${ourUs.toFixed(0)} µs, ${boundUs.toFixed(0)} µs bare: ${ratio.toFixed(2)}×`
  return { what, figure, bound: `${limit}×`, holds: ratio <= slack * limit }
}

/** CPU microseconds for each request. Throws when one is answered otherwise than it should be. */
async function cpuOf(
  side: Measured,
  requests: readonly Request[],
  { ms, status }: { readonly ms: number; readonly status: number },
): Promise<number> {
  const before = await side.usage()
  const { answers, statuses } = await applyLoad({
    address: side.address,
    requests,
    connections: CONNECTIONS,
    ms,
  })
  const after = await side.usage()
  if (statuses[status] !== answers) throw new Error(`answers by status: ${JSON.stringify(statuses)}`)
  return (after.cpuUs - before.cpuUs) / answers
}
