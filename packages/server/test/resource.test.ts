/** Resources of services, from a real SDK to the API: P-S4-11. */
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { deleteOldProcessSamples } from '@flagmarshal/server/storage/process-samples'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createApprovals, decisions, place, QUICK, start, until } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const approvals = createApprovals()
const SOON = { timeout: 30_000, interval: 100 }
const params = { project: 'shop', environment: 'production' }
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(async () => await server.close())

const resources = async () => expectOk(await server.admin.call('listResources', { params, query: {} })).items

test('P-S4-11 what a process and its pools use is reported by its SDK and kept by service and instance', async () => {
  await using connection = createFlagmarshal({
    url: server.address,
    key: await server.sdkKey('shop', 'production'),
    environment: 'production',
    application: 'till',
    layers: ['backend'],
    pools: { database: () => ({ size: 8, inUse: 2, waiting: 5 }) },
  })
  await connection.ready()
  await vi.waitFor(async () => expect(await resources()).not.toEqual([]), SOON)
  const found = await resources()
  const of = (resource: string) => found.find((it) => it.resource === resource)
  expect(of('memory')).toMatchObject({ service: 'till', instance: connection.instanceId, unit: 'bytes' })
  expect(of('memory')?.latest).toBeGreaterThan(1e6)
  expect(of('cpu')).toMatchObject({ unit: 'cores' })
  expect(of('pool:database')).toMatchObject({ latest: 0.25, unit: 'share' })
  expect(of('queue:database')).toMatchObject({ latest: 5, highest: 5, unit: 'count' })
  expect(of('event-loop-delay')?.highest).toBeGreaterThan(0)
}, 40_000)

test('P-S4-11 a resource above its limit holds a rollout, and lets it go once it is below', async () => {
  const at = await place(server, 'overload')
  await using stack = new AsyncDisposableStack()
  const traffic = await startTraffic(at)
  stack.defer(() => traffic.stop())
  let cpu = 0.2
  let seq = 0
  const sdk = server.client(at.key)
  // Beside the traffic: an instance that reports what it uses in every window.
  const timer = setInterval(() => {
    const used = { memoryBytes: 1, heapBytes: 1, loopDelaySeconds: 0, loopBusy: 0, pools: [] }
    const nothing = { counts: [], errors: [], codeDefaults: [], fromMs: 0, toMs: 1 }
    const body = { instanceId: 'till', seq: seq++, ...nothing, process: { cpu, ...used } }
    void sdk.call('sendTelemetry', { params: { environment: 'production' }, body }).catch(() => undefined)
  }, 100)
  stack.defer(() => clearInterval(timer))
  const source = { kind: 'resources' as const, resource: 'cpu', limit: 0.8 }
  const plan: RolloutPlanInput = {
    ...QUICK,
    stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 120_000, maxMs: 6_000_000 }],
    criteria: [...QUICK.criteria, { id: 'cpu', role: 'watch', source, onFail: 'hold' }],
  }
  const id = await start(at, approvals.approve('overload', plan))
  const runs = await until(at, id, (it) => it.state === 'running' && it.verdicts.length === 2)
  expect(runs.verdicts.map((it) => it.sentence).join()).toContain('cpu: 0 of 1 instances above 0.8')
  cpu = 0.95
  const held = await until(at, id, (it) => it.state === 'held')
  expect(held.verdicts.map((it) => it.sentence).join()).toContain('1 of 1 instances above 0.8')
  cpu = 0.2
  await until(at, id, (it) => it.state === 'running')
  const kinds = (await decisions(at, id)).map((it) => it.kind)
  expect(kinds).not.toContain('roll-back')
}, 120_000)

test('is forgotten after two days, and asked for where there is such an environment', async () => {
  const nowhere = await server.admin.call('listResources', {
    params: { ...params, environment: 'nowhere' },
    query: {},
  })
  expect(expectProblem(nowhere).status).toBe(404)
  const database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
  try {
    await sql`update process_samples set at = at - interval '3 days'`.execute(database.kysely)
    await deleteOldProcessSamples(database.kysely)
    const { rows } = await sql`select 1 from process_samples`.execute(database.kysely)
    expect(rows).toEqual([])
  } finally {
    await database.close()
  }
})

test('what no process can use is refused, and a pool of nothing breaks no list', async () => {
  const key = await server.sdkKey('shop', 'staging')
  const none = { cpu: 0, memoryBytes: 0, heapBytes: 0, loopDelaySeconds: 0, loopBusy: 0, pools: [] }
  const report = async (used: object) => {
    const body = {
      instanceId: 'strange',
      seq: seq++,
      fromMs: 0,
      toMs: 1,
      counts: [],
      errors: [],
      codeDefaults: [],
    }
    const answer = await fetch(`${server.address}/api/v1/environments/staging/telemetry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, process: { ...none, ...used } }),
    })
    await answer.body?.cancel()
    return answer.status
  }
  let seq = 0
  expect(await report({ memoryBytes: 1e308 })).toBe(422)
  const pool = { name: 'empty', size: 5e-324, inUse: Number.MAX_SAFE_INTEGER, waiting: 0 }
  for (let i = 0; i < 3; i++)
    expect(await report({ memoryBytes: Number.MAX_SAFE_INTEGER, pools: [pool] })).toBe(202)
  const place = { project: 'shop', environment: 'staging' }
  const listed = await server.admin.call('listResources', {
    params: place,
    query: { minutes: '999999999999' },
  })
  expect(expectOk(listed).items.find((it) => it.resource === 'memory')).toMatchObject({
    latest: Number.MAX_SAFE_INTEGER,
  })
})
