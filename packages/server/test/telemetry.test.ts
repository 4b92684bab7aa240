import { randomInt } from 'node:crypto'

import type { Snapshot, Telemetry, TelemetryCount } from '@flagmarshal/evaluation'
import type { DeliveryPorts } from '@flagmarshal/server/delivery/ports'
import { readWindows } from '@flagmarshal/server/delivery/windows'
import type { ClosedWindow } from '@flagmarshal/server/delivery/windows'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { databaseClock, selectKeyCounts } from '@flagmarshal/server/storage/telemetry'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, newFlag } from './support/flags.ts'

const WINDOW_MS = 500

/** Stands for the rollouts above: every attempt whose id says so counts in `development`. */
let shortestWindowMs: number | undefined
const deliveryPorts: DeliveryPorts = {
  windowOf: (_, rollout) =>
    Promise.resolve(
      /^rollout_(here|there)/.test(rollout)
        ? {
            project: 'shop',
            environment: rollout.startsWith('rollout_here') ? 'development' : 'staging',
            windowMs: WINDOW_MS,
            treatment: 'on',
          }
        : undefined,
    ),
  shortestWindowMs: () => Promise.resolve(shortestWindowMs),
}

let server: TestServer
let database: ReturnType<typeof openPostgres>
let key: string

beforeAll(async () => {
  server = await startServer({ deliveryPorts })
  database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag('fast') }))
  key = await server.sdkKey('shop', 'development')
})
afterAll(async () => {
  await database.close()
  await server.close()
})

async function send(report: Telemetry): Promise<Response> {
  return await fetch(`${server.address}/api/v1/environments/development/telemetry`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(report),
  })
}

function reportOf(instanceId: string, seq: number, counts: readonly TelemetryCount[]): Telemetry {
  return { instanceId, seq, fromMs: 0, toMs: 1, counts, errors: [], codeDefaults: [] }
}

function counted(rollout: string, more: Partial<TelemetryCount> = {}): TelemetryCount {
  return {
    flag: 'fast',
    variant: 'on',
    arm: 'exposed',
    audience: 'everybody',
    rollout: { id: rollout, attempt: 1 },
    n: 10,
    bad: 1,
    slow: 2,
    keys: [],
    ...more,
  }
}

/** The windows of an attempt from the one that this time lies in, once what has been sent by now is in closed ones. */
async function windowsSince(rollout: string, start: Date): Promise<ClosedWindow[]> {
  const enough = (await databaseClock(database.kysely)).getTime() + WINDOW_MS
  const read = async () => {
    const now = await databaseClock(database.kysely)
    const windows = await readWindows(database.kysely, {
      rollout,
      attempt: 1,
      audiences: ['everybody'],
      windowMs: WINDOW_MS,
      after: new Date(start.getTime() - WINDOW_MS),
      now,
    })
    return { windows, closed: (windows.at(-1)?.end.getTime() ?? 0) >= enough }
  }
  await expect.poll(async () => (await read()).closed, { timeout: 10_000 }).toBe(true)
  return (await read()).windows
}

function sums(windows: readonly ClosedWindow[]) {
  const arms = windows.flatMap((it) => Object.values(it.audiences))
  const of = (arm: 'exposed' | 'control') => ({
    n: arms.reduce((sum, it) => sum + it[arm].n, 0),
    bad: arms.reduce((sum, it) => sum + it[arm].bad, 0),
  })
  return { exposed: of('exposed'), control: of('control') }
}

const unique = (): string => `rollout_here_${randomInt(1e9)}`

test('reports are counted once, in closed windows without a gap, with zeros where nothing came', async () => {
  const rollout = unique()
  const start = await databaseClock(database.kysely)
  const report = reportOf('a', 1, [
    counted(rollout),
    counted(rollout, { arm: 'control', variant: 'off', n: 90, bad: 3 }),
    counted(rollout, { arm: 'outside', variant: 'off', n: 7, bad: 0, slow: 0 }),
  ])
  for (let repeat = 0; repeat < 3; repeat++) expect((await send(report)).status).toBe(202)
  const windows = await windowsSince(rollout, start)

  expect(sums(windows)).toEqual({ exposed: { n: 10, bad: 1 }, control: { n: 90, bad: 3 } })
  expect(windows.reduce((sum, it) => sum + it.outside.n, 0)).toBe(7)
  expect(windows.reduce((sum, it) => sum + it.treated, 0)).toBe(10)
  const ends = windows.map((it) => it.end.getTime())
  expect(ends).toEqual(ends.map((_, index) => (ends[0] ?? 0) + index * WINDOW_MS))
  expect(ends[0]).toBeGreaterThan(start.getTime())
  expect(ends[0]).toBeLessThanOrEqual(start.getTime() + WINDOW_MS)
  expect(windows.at(-1)?.audiences).toEqual({
    everybody: { exposed: { n: 0, bad: 0, slow: 0 }, control: { n: 0, bad: 0, slow: 0 } },
  })
})

test('nothing is lost or counted twice when many instances report at once, and again', async () => {
  const rollout = unique()
  const start = await databaseClock(database.kysely)
  const reports = Array.from({ length: 8 }, (_, instance) =>
    Array.from({ length: 15 }, (_, seq) =>
      reportOf(`many-${instance}`, seq, [
        counted(rollout, { n: 3, bad: 0, slow: 0 }),
        counted(rollout, { arm: 'control', variant: 'off', n: 5, bad: 1, slow: 0 }),
      ]),
    ),
  ).flat()
  const statuses = await Promise.all(
    [...reports, ...reports].map(async (report) => (await send(report)).status),
  )
  expect(new Set(statuses)).toEqual(new Set([202]))
  expect(sums(await windowsSince(rollout, start))).toEqual({
    exposed: { n: 360, bad: 0 },
    control: { n: 600, bad: 120 },
  })
})

test('a window that was read never changes: what comes later counts in a later one', async () => {
  const rollout = unique()
  const start = await databaseClock(database.kysely)
  let sent = 0
  const seen = new Map<number, number>()
  const changed: number[] = []
  const deadline = Date.now() + 6 * WINDOW_MS
  while (Date.now() < deadline) {
    const batch = Array.from({ length: 6 }, () => send(reportOf('steady', ++sent, [counted(rollout)])))
    const windows = await readWindows(database.kysely, {
      rollout,
      attempt: 1,
      audiences: [],
      windowMs: WINDOW_MS,
      after: new Date(start.getTime() - WINDOW_MS),
      now: await databaseClock(database.kysely),
    })
    for (const { end, audiences } of windows) {
      const n = audiences['everybody']?.exposed.n ?? 0
      if ((seen.get(end.getTime()) ?? n) !== n) changed.push(end.getTime())
      seen.set(end.getTime(), n)
    }
    await Promise.all(batch)
  }
  expect(changed).toEqual([])
  expect(sums(await windowsSince(rollout, start)).exposed.n).toBe(sent * 10)
})

test('a key counts in the window and arm of its first appearance, whatever it does later', async () => {
  const rollout = 'rollout_here_first'
  const start = await databaseClock(database.kysely)
  const keys = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, k) => (from + k).toString(16).padStart(16, '0'))
  await send(reportOf('f', 1, [counted(rollout, { arm: 'control', keys: keys(0, 90) })]))
  await expect
    .poll(async () => (await windowsSince(rollout, start)).some(({ keys }) => keys.length > 0), {
      timeout: 10_000,
    })
    .toBe(true)
  // Raised: 40 of the control are exposed now, and 5 new ones on each side.
  await send(
    reportOf('f', 2, [
      counted(rollout, { keys: [...keys(50, 90), ...keys(100, 105)] }),
      counted(rollout, { arm: 'control', keys: [...keys(0, 50), ...keys(105, 110)] }),
    ]),
  )
  const appeared = async () => {
    const windows = await windowsSince(rollout, start)
    return windows.flatMap((window) => window.keys)
  }
  await expect.poll(appeared, { timeout: 10_000 }).toEqual([
    { audience: 'everybody', exposed: 0, control: 90 },
    { audience: 'everybody', exposed: 5, control: 5 },
  ])
})

test('distinct keys are kept once per attempt and arm', async () => {
  const rollout = unique()
  const keys = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => (from + index).toString(16).padStart(16, 'f'))
  await send(reportOf('k', 1, [counted(rollout, { keys: keys(0, 100) })]))
  await send(
    reportOf('k', 2, [
      counted(rollout, { keys: keys(50, 150) }),
      counted(rollout, { arm: 'control', keys: keys(0, 30) }),
    ]),
  )
  expect(await selectKeyCounts(database.kysely, rollout, 1)).toEqual([
    { arm: 'control', keys: 30 },
    { arm: 'exposed', keys: 150 },
  ])
})

test('counts of an attempt that is none, or of another environment, are usage and no evidence', async () => {
  for (const rollout of ['rollout_nowhere', 'rollout_there']) {
    expect((await send(reportOf('u', randomInt(1e9), [counted(rollout)]))).status).toBe(202)
    const rows = await database.kysely
      .selectFrom('measurement_windows')
      .selectAll()
      .where('rollout', '=', rollout)
      .execute()
    expect(rows).toEqual([])
  }
  const usage = await database.kysely
    .selectFrom('usage_minutes')
    .select((select) => select.fn.sum<string>('n').as('n'))
    .where('flag', '=', 'fast')
    .where('variant', '=', 'on')
    .executeTakeFirst()
  expect(Number(usage?.n)).toBeGreaterThanOrEqual(20)
})

test('errors and code defaults are counted by flag', async () => {
  const report = reportOf('e', 1, [])
  const errors = [{ flag: 'fast', code: 'TARGETING_KEY_MISSING', n: 3 }]
  expect((await send({ ...report, errors, codeDefaults: [{ flag: 'fast', n: 4 }] })).status).toBe(202)
  const rows = await database.kysely
    .selectFrom('usage_faults')
    .select(['code', 'n'])
    .orderBy('code')
    .execute()
  expect(rows).toEqual([
    { code: 'CODE_DEFAULT', n: 4 },
    { code: 'TARGETING_KEY_MISSING', n: 3 },
  ])
})

test('a report that cannot be is refused with the place, and counted nowhere', async () => {
  const bad = await send(reportOf('b', 1, [counted(unique(), { n: 1, bad: 2, slow: 0 })]))
  expect(bad.status).toBe(422)
  expect(await bad.json()).toMatchObject({ errors: [{ pointer: '/counts/0/bad' }] })
  const negative = await send(reportOf('b', 1, [counted(unique(), { slow: -1 })]))
  expect(await negative.json()).toMatchObject({ status: 422, errors: [{ pointer: '/counts/0/slow' }] })
})

test('an empty report is a heartbeat', async () => {
  expect((await send(reportOf('heart', 1, []))).status).toBe(202)
  const params = { project: 'shop', environment: 'development' }
  await expect
    .poll(async () => expectOk(await server.admin.call('listInstances', { params })).items)
    .toContainEqual(expect.objectContaining({ instanceId: 'heart', state: 'connected', streamOpen: false }))
})

test('the flush interval is a quarter of the shortest window, told with the next change', async () => {
  shortestWindowMs = 1_000
  const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  const { environmentRevision } = expectOk(
    await server.admin.call('configureFlag', { params: configParams('fast'), body, ifMatch: 1 }),
  )
  const snapshot = async () => {
    const answer = await fetch(`${server.address}/api/v1/environments/development/snapshot`, {
      headers: { authorization: `Bearer ${key}` },
    })
    return (await answer.json()) as Snapshot
  }
  await expect.poll(async () => (await snapshot()).revision).toBe(environmentRevision)
  expect((await snapshot()).telemetry.flushIntervalMs).toBe(250)
})
