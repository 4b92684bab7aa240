/**
 * Changes a second that are stored, audited and durable, by one client and by eight, and beside them
 * the floor: as many single inserts, each committed, on the same PostgreSQL. CPU time tells what the
 * server itself needs for one.
 */
import { Client } from 'pg'

import { configBody, ENVIRONMENT, ok, seed, several } from './flags.ts'
import type { Line } from './line.ts'
import { openWire } from './load.ts'
import { startServer } from './measured.ts'
import type { MeasuredServer } from './measured.ts'

const PROJECT = 'writes'
const WANTED: Readonly<Record<number, number>> = { 1: 600, 8: 1_000 }

/** Measures so many changes with each number of clients. */
export async function measureWrites(count: number): Promise<Line[]> {
  await using running = new AsyncDisposableStack()
  const server = await startServer(running, { settings: { FLAGMARSHAL_LOG_LEVEL: 'warn' } })
  await seed(server.admin, PROJECT, 20)
  await changeFlags(server, 8, count)
  const lines: Line[] = []
  for (const clients of [1, 8]) {
    const floor = await insert(await server.databaseUrl(), clients, count)
    const before = await server.usage()
    const perSecond = await changeFlags(server, clients, count)
    const cpuMs = ((await server.usage()).cpuUs - before.cpuUs) / count / 1_000
    const wanted = WANTED[clients] ?? 0
    lines.push({
      what: `audited changes, ${clients} at a time`,
      figure: `${perSecond.toFixed(0)}/s (${cpuMs.toFixed(2)} ms CPU; ${((100 * perSecond) / floor).toFixed(0)} % of bare inserts)`,
      bound: `${wanted}/s`,
      holds: perSecond >= wanted,
    })
  }
  return lines
}

/**
 * Turns flags off and on, each worker its own over a connection of its own; answers changes a second.
 * A client that costs as little as it can: it shares the machine with what is measured.
 */
async function changeFlags(
  { admin, address, token }: MeasuredServer,
  clients: number,
  count: number,
): Promise<number> {
  const workers = await Promise.all(
    Array.from({ length: clients }, async (_, worker) => {
      const flag = `flag-${String(worker).padStart(4, '0')}`
      const params = { project: PROJECT, flag, environment: ENVIRONMENT }
      const { revision, enabled } = ok(await admin.call('getFlagConfig', { params }))
      const path = `/api/v1/projects/${PROJECT}/flags/${flag}/environments/${ENVIRONMENT}`
      return { wire: openWire(address), flag, path, revision, enabled }
    }),
  )
  const from = performance.now()
  await several(Array.from({ length: count }), clients, async (_, index) => {
    const worker = workers[index]
    if (worker === undefined) throw new Error(`there is no worker ${index}`)
    worker.enabled = !worker.enabled
    const headers = { authorization: `Bearer ${token}`, 'if-match': `"${worker.revision++}"` }
    const body = JSON.stringify({ ...configBody({ key: worker.flag, kind: 'on' }), enabled: worker.enabled })
    const { status, head } = await worker.wire.ask({ method: 'PUT', path: worker.path, headers, body })
    if (status !== 200) throw new Error(`a change was refused: ${head}`)
  })
  const perSecond = (1_000 * count) / (performance.now() - from)
  for (const { wire } of workers) wire.close()
  return perSecond
}

/** Inserts a row in a transaction of its own, so many times; answers rows a second. */
async function insert(url: string, clients: number, count: number): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      return client
    }),
  )
  try {
    await connections[0]?.query(
      'create table if not exists bench_floor (id bigserial primary key, body text)',
    )
    const from = performance.now()
    await several(Array.from({ length: count }), clients, async (_, worker) => {
      await connections[worker]?.query("insert into bench_floor (body) values (repeat('x', 300))")
    })
    return (1_000 * count) / (performance.now() - from)
  } finally {
    await connections[0]?.query('drop table if exists bench_floor')
    await Promise.all(connections.map((it) => it.end()))
  }
}
