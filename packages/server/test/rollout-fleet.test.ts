/**
 * R7: many accelerated rollouts on two servers, of which one is killed as soon as the other is back, once a
 * second at most. Each decides line by line what the same rollout decides on a server that nobody disturbs.
 * A hundred of them are the long form.
 *
 * A line is what was decided, by whom, from where to where; harm with all its numbers. The numbers of a Go
 * are of the windows that were there at that moment, and a server that was away decides some windows later:
 * on the virtual clock of `npm run simulate`, where nothing is late, they are the same to the last digit.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import type { RolloutDecision } from '@flagmarshal/api/rollout'
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { Client as Postgres } from 'pg'
import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { startProcess } from '../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { newFlag } from './support/flags.ts'
import { QUICK } from './support/rollouts.ts'
import { insertWindows, measuredWindows } from './support/windows.ts'

const FLEET = howMuch(10, 100)
const PROJECT = 'fleet'
const WINDOW_MS = FLEET > 20 ? 1_000 : 500
const [STAGE] = QUICK.stages
const PLAN: RolloutPlanInput = {
  ...QUICK,
  windowMs: WINDOW_MS,
  holdback: 5,
  stages: [{ ...STAGE!, bakeMs: 4 * WINDOW_MS }],
}
/** Every fifth has a regression. */
const isBad = (index: number) => index % 5 === 4
/** Of a good one and of a bad one; what becomes of a rollback hangs on instances, of which there are none. */
const GOOD = ['scheduled', 'observe', 'advance', 'advance', 'complete']
const BAD = ['scheduled', 'observe', 'advance', 'roll-back']
/** As many give one of either kind. */
const UNDISTURBED = 5

test(
  `R7 two servers, one of them killed again and again, make each decision of ${FLEET} rollouts once and alike`,
  { timeout: 400_000 },
  async (context) => {
    await using database = await createDatabase()
    const cwd = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-fleet-'))
    await using leaving = new AsyncDisposableStack()
    leaving.defer(() => rm(cwd, { recursive: true, force: true }))
    const beginsInMs = 5_000 + FLEET * 150
    const variables = {
      FLEET_PLAN: JSON.stringify(PLAN),
      FLEET_START: new Date(Date.now() + beginsInMs).toISOString(),
    }
    const launch = (name: string) => {
      const settings = {
        FLAGMARSHAL_DATA_DIR: path.join(cwd, name),
        FLAGMARSHAL_DATABASE_URL: database.url,
        FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
        FLAGMARSHAL_LOG_LEVEL: 'silent',
      }
      const program = fileURLToPath(new URL('support/fleet-server.ts', import.meta.url))
      return startProcess({ settings, cwd, program, variables })
    }
    const servers = [await launch('left'), await launch('right')]
    leaving.defer(async () => void (await Promise.all(servers.map((it) => it.kill('SIGKILL')))))
    const client = (index: number) =>
      createClient({ server: servers[index]?.address ?? '', token: ADMIN_TOKEN })

    const undisturbed = undisturbedLogs()
    const ids = await startFleet(client(0), database.url, FLEET)
    const overdue = watchOverdue(database.url)
    let kills = 0
    while (!(await allDecided(database.url, FLEET))) {
      // Now the one, now the other, as the digits of pi say.
      const victim = Number('3141592653589793'[kills % 16]) % 2
      const until = Date.now() + 1_000
      await servers[victim]?.kill('SIGKILL')
      kills += 1
      servers[victim] = await launch(victim === 0 ? 'left' : 'right')
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())))
    }

    const takeoverMs = await overdue.stop()
    const calm = await undisturbed
    const breaches = new Set([breachText(calm.bad[3]?.numbers)])
    let decided = 0
    for (const [index, id] of ids.entries()) {
      const log = await logOf(client(0), id)
      const wanted = isBad(index) ? BAD : GOOD
      expect(log.map((it) => it.kind).slice(0, wanted.length)).toEqual(wanted)
      expect(log.slice(0, wanted.length).map(lineOf), 'the log of a server that nobody disturbs').toEqual(
        (isBad(index) ? calm.bad : calm.good).map(lineOf),
      )
      expect(log.map((it) => it.seq)).toEqual(log.map((_, at) => at + 1))
      decided += log.length
      if (isBad(index)) breaches.add(breachText(log[3]?.numbers))
      expect(
        (await measuredWindows(database.url, id, WINDOW_MS)).gaps,
        'no window twice, none left out',
      ).toEqual([])
      const { items } = expectOk(
        await client(0).call('listAudit', {
          params: { project: PROJECT },
          query: { kind: 'rollout', subject: id },
        }),
      )
      const said = items.map((it) => it.action.replace('rollout.', '').replace('start', 'scheduled'))
      expect(said, 'one audit entry a decision').toEqual(log.map((it) => it.kind))
    }
    // A machine that is busy starts the dead one again so slowly that the rollouts are over by then.
    expect(kills).toBeGreaterThan(howMuch(0, 10))
    // A machine that is busy with other tests may keep the living server from its work for longer.
    expect(takeoverMs, 'a dead server is replaced within 10 s').toBeLessThan(howMuch(60_000, 10_000))
    expect([...breaches], 'the same windows give the same breach, to the last digit').toHaveLength(1)
    const chain = expectOk(await client(0).call('verifyAudit', { params: { project: PROJECT } }))
    expect(chain.ok).toBe(true)
    record(context, {
      done: `kill -9 of one of two servers, about every second, over ${FLEET} rollouts`,
      times: kills,
      result: `${decided} decisions, none twice, none missing, none other than undisturbed; no rollout was looked at more than ${takeoverMs} ms after its time (bound 10,000 ms)`,
    })
  },
)

/** The flags, the rollouts, and for each the counts of its windows to come: the same in every run. */
async function startFleet(client: Client, databaseUrl: string, size: number): Promise<string[]> {
  const environments = [{ key: 'production', name: 'Production', protected: false }]
  expectOk(await client.call('createProject', { body: { key: PROJECT, name: PROJECT, environments } }))
  const ids: string[] = []
  const params = { project: PROJECT }
  for (let index = 0; index < size; index += 1) {
    expectOk(await client.call('createFlag', { params, body: newFlag(`flag${index}`) }))
    const { id } = expectOk(await client.call('startRollout', { params, body: { run: `run_flag${index}` } }))
    const bad = isBad(index) ? 30 : 0
    await insertWindows(databaseUrl, id, { windowMs: WINDOW_MS, windows: 1_200, bad })
    ids.push(id)
  }
  return ids
}

/** What one server decides that runs on and on, of a good and of a bad rollout with the same windows. */
async function undisturbedLogs(): Promise<Record<'good' | 'bad', readonly RolloutDecision[]>> {
  const plan = RolloutPlan.parse(PLAN)
  await using server = await startServer({
    rolloutPorts: {
      loadApprovedPlan: (_, __, run) => {
        const flag = run.replace('run_', '')
        return Promise.resolve({ feature: flag, flag, plan, bundleHash: `hash of ${run}` })
      },
    },
  })
  const ids = await startFleet(server.admin, server.databaseUrl, UNDISTURBED)
  while (!(await allDecided(server.databaseUrl, UNDISTURBED)))
    await new Promise((resolve) => setTimeout(resolve, 100))
  const [good, bad] = await Promise.all([0, UNDISTURBED - 1].map((at) => logOf(server.admin, ids[at] ?? '')))
  return { good: (good ?? []).slice(0, GOOD.length), bad: (bad ?? []).slice(0, BAD.length) }
}

async function allDecided(databaseUrl: string, size: number): Promise<boolean> {
  let open = size
  await query(databaseUrl, async (database) => {
    const answer = await database.query<{ open: number }>(
      "select count(*)::int as open from rollouts where state->>'kind' in ('scheduled', 'observing', 'running', 'held')",
    )
    open = answer.rows[0]?.open ?? size
  })
  return open === 0
}

/**
 * Looks again and again at how long after its time any rollout still waits to be looked at: as long as it
 * takes the other server to go on with what a dead one has left.
 */
function watchOverdue(databaseUrl: string) {
  const stopping = new AbortController()
  let longestMs = 0
  const watching = query(databaseUrl, async (database) => {
    while (!stopping.signal.aborted) {
      const { rows } = await database.query<{ ms: string | null }>(
        'select max(extract(epoch from clock_timestamp() - next_at)) * 1000 as ms from rollouts where next_at is not null',
      )
      longestMs = Math.max(longestMs, Number(rows[0]?.ms ?? 0))
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
  return {
    async stop(): Promise<number> {
      stopping.abort()
      await watching
      return Math.round(longestMs)
    },
  }
}

async function query(url: string, work: (database: Postgres) => Promise<void>): Promise<void> {
  const database = new Postgres({ connectionString: url })
  await database.connect()
  try {
    await work(database)
  } finally {
    await database.end()
  }
}

async function logOf(client: Client, rollout: string) {
  const params = { project: PROJECT, rollout }
  return expectOk(await client.call('listRolloutDecisions', { params })).items
}

/** A line of the log without its time and numbers. */
function lineOf({ seq, kind, by, from, to }: RolloutDecision): string {
  return `${seq} ${kind} by ${by}: ${from} → ${to}`
}

/** The numbers of a breach without the time of its window. */
function breachText(numbers: unknown): string {
  return JSON.stringify(numbers).replace(/"windowEnd":"[^"]+"/, '')
}
