/**
 * Defects of existing rollout controllers that a pure function cannot have: they need several writers,
 * a server that was away, a clock that jumps, or a write that fails. The others are in `defects.test.ts`
 * of the domain.
 */
import { Client as Postgres } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { createApprovals, decisions, place, QUICK, served, show, start, until } from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const approvals = createApprovals()
const clock = createTestClock()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals, clock })
})
afterAll(() => server.close())

const WINDOW_MS = QUICK.windowMs ?? 0
const [STAGE] = QUICK.stages
const half = (it: { position: { percent: number } | null; state: string }) =>
  it.state === 'running' && it.position?.percent === 50
const kinds = async (at: Place, id: string) => (await decisions(at, id)).map((it) => it.kind)

/** Asks the database behind the server's back. */
async function sql(url: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const client = new Postgres({ connectionString: url })
  await client.connect()
  try {
    await client.query(text, [...values])
  } finally {
    await client.end()
  }
}

/** For the rollout, as if the database's clock had gone on by so much at once: nothing else was measured meanwhile. */
async function goOn(url: string, id: string, ms: number): Promise<void> {
  const interval = [id, `${ms} ms`]
  await sql(
    url,
    'update measurements set window_end = window_end - $2::interval where rollout = $1',
    interval,
  )
  await sql(
    url,
    `update rollouts set start_at = start_at - $2::interval, entered_at = entered_at - $2::interval,
       exposed_at = exposed_at - $2::interval, watermark = watermark - $2::interval,
       since = since - $2::interval, next_at = next_at - $2::interval where id = $1`,
    interval,
  )
}

describe('defects that must not exist here: Argo Rollouts, on a server', () => {
  test('R12 a forward jump of the server’s clock ends neither a pause nor a bake time', async () => {
    const at = await place(server, 'jumped')
    const traffic = await startTraffic(at)
    const long = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 600_000, maxMs: 6_000_000 }] }
    const id = await start(at, approvals.approve('jumped', long))
    const before = await until(at, id, half)
    clock.advance(86_400_000)
    await until(at, id, (it) => (it.bake?.windows ?? 0) > (before.bake?.windows ?? 0) + 3)
    expect(await kinds(at, id), 'a day on its clock, and it bakes').toEqual([
      'scheduled',
      'observe',
      'advance',
    ])
    const params = { project: at.project, rollout: id }
    // By the database's clock, which is the only one that counts.
    const body = { reason: 'lunch', until: new Date(Date.now() + 3_600_000).toISOString() }
    const paused = expectOk(await server.admin.call('pauseRollout', { params, body }))
    clock.advance(86_400_000)
    await until(at, id, (it) => (it.watermark ?? '') > (paused.watermark ?? ''))
    await traffic.stop()
    expect(await show(at, id)).toMatchObject({ state: 'paused', position: { percent: 50 } })
  })

  test('R12 a forward jump of the database’s clock is time without data, and no increment follows from it', async () => {
    const at = await place(server, 'leapt')
    const traffic = await startTraffic(at)
    // Ten minutes on, the jump is longer than what is baked.
    const stage = { ...STAGE!, bakeMs: 600_000, maxMs: 6_000_000 }
    const id = await start(at, approvals.approve('leapt', { ...QUICK, stages: [stage] }))
    const before = await until(at, id, (it) => half(it) && (it.bake?.healthy ?? 0) > 3)
    await goOn(server.databaseUrl, id, 600_000)
    const jumped = 600_000 / WINDOW_MS
    const after = await until(at, id, (it) => (it.bake?.windows ?? 0) > jumped && it.state === 'running')
    await traffic.stop()
    const credited = (after.bake?.healthy ?? 0) - (before.bake?.healthy ?? 0)
    expect(credited, 'windows without data are no healthy ones').toBeLessThan(jumped / 10)
    expect(before.bake?.needed).toBeLessThan(jumped)
    const log = await kinds(at, id)
    expect(log.filter((it) => it === 'advance')).toHaveLength(1)
    expect(log).not.toContain('roll-back')
  })
})

describe('defects that must not exist here: Flagger, on a server', () => {
  test('route and status are written together: where one of them cannot be written, neither is', async () => {
    const at = await place(server, 'together')
    const traffic = await startTraffic(at)
    const id = await start(
      at,
      approvals.approve('together', { ...QUICK, stages: [{ ...STAGE!, bakeMs: 600_000, maxMs: 6_000_000 }] }),
    )
    await until(at, id, half)
    const act = {
      params: { project: at.project, rollout: id },
      body: { reason: 'because of the test' },
    }
    const before = await served(at)
    for (const table of ['rollouts', 'flag_configs']) {
      await sql(
        server.databaseUrl,
        `create function broken() returns trigger language plpgsql as $$ begin raise exception 'a test'; end $$;
         create trigger broken before update on ${table} for each row execute function broken()`,
      )
      expect(expectProblem(await server.admin.call('rollbackRollout', act)).status, table).toBe(500)
      await sql(server.databaseUrl, `drop trigger broken on ${table}; drop function broken`)
      expect(await served(at), `${table} broken`).toEqual(before)
      expect(await show(at, id), `${table} broken`).toMatchObject({
        state: 'running',
        position: { percent: 50 },
      })
    }
    expectOk(await server.admin.call('rollbackRollout', act))
    await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    expect(await kinds(at, id)).toEqual(['scheduled', 'observe', 'advance', 'roll-back', 'verified'])
  })
})

test('R7 R12 GrowthBook #6330, Flagger: after a restart with a backlog, two servers at once take one step, and the next one bakes in full', async () => {
  await using database = await createDatabase()
  const launch = () =>
    startServer({ rolloutPorts: approvals, settings: { FLAGMARSHAL_DATABASE_URL: database.url } })
  const first = await launch()
  const at = await place(first, 'backlog')
  const bakeWindows = 10
  const increments = [10, 25, 50, 75, 100]
  const bakeMs = increments.length * bakeWindows * WINDOW_MS
  const id = await start(
    at,
    approvals.approve('backlog', { ...QUICK, stages: [{ ...STAGE!, increments, bakeMs }] }),
  )
  // What every window counts, the two minutes before included: all of them are healthy.
  await sql(
    database.url,
    `insert into measurement_windows (rollout, attempt, window_end, audience, arm, n, bad, slow, treated)
     select $1, 1, to_timestamp((ceil(extract(epoch from now()) * 1000 / $2) + k) * $2 / 1000), 'everybody', arm, 100, 0, 0, 0
     from generate_series(-600, 600) as k, unnest(array['exposed', 'control']) as arm`,
    [id, WINDOW_MS],
  )
  await until(at, id, (it) => it.position?.percent === 10, 20_000)
  await first.close()
  await goOn(database.url, id, 60_000)

  const servers = await Promise.all([launch(), launch()])
  const again: Place = { ...at, server: servers[0] }
  await until(again, id, (it) => it.position?.percent === 50, 20_000)
  const log = await decisions(again, id)
  await Promise.all(servers.map((it) => it.close()))
  const steps = log.filter((it) => it.kind === 'advance').slice(0, 3)
  const to = (increment: number) => ({ decision: { to: { increment } } })
  expect(steps.map((it) => it.numbers)).toMatchObject([to(0), to(1), to(2)])
  const [, second, third] = steps.map((it) => Date.parse(it.at))
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(bakeWindows * WINDOW_MS)
})
