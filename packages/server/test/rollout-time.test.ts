/**
 * R12 with processes: the server's own clock jumps an hour either way, the process is stopped for a
 * while, and nothing is promoted early, nothing forgotten. Both happen in the middle of a bake time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { Rollout } from '@flagmarshal/api/rollout'
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { canShiftClock, createShiftedClock } from './support/clock-shift.ts'
import { peopleOf, startMortal } from './support/mortal.ts'
import { decisions, place, QUICK, start, until } from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { insertWindows, measuredWindows } from './support/windows.ts'

const PAUSED_MS = howMuch(5_000, 60_000)
const HOUR_S = 3_600
const WINDOW_MS = 500
/** An increment within the test would be early: it takes the longer part of an hour. */
const PLAN = {
  ...QUICK,
  windowMs: WINDOW_MS,
  stages: [{ ...QUICK.stages[0]!, bakeMs: 6_000_000, maxMs: 60_000_000 }],
}
const LIMIT = { timeout: howMuch(240_000, 900_000) }

/** A server whose runs are all approved with the plan, and a rollout of it that bakes at 50 %. */
async function baking(name: string, databaseUrl: string, variables: Readonly<Record<string, string>> = {}) {
  const server = await startMortal(databaseUrl, {
    program: fileURLToPath(new URL('support/fleet-server.ts', import.meta.url)),
    variables: { FLEET_PLAN: JSON.stringify(RolloutPlan.parse(PLAN)), ...variables },
  })
  const at = await place(peopleOf(server), name)
  const id = await start(at, `run_${name}`)
  await insertWindows(databaseUrl, id, { windowMs: WINDOW_MS, windows: 3_000 })
  const before = await until(at, id, (it) => it.position?.percent === 50 && (it.bake?.healthy ?? 0) > 5)
  return { server, at, id, before }
}

const isBaking = (it: Rollout) => it.state === 'running' && it.position?.percent === 50

const healthy = (it: Rollout) => it.bake?.healthy ?? 0

/** Bakes on from where it was: nothing was decided, and what was credited is still there. */
async function bakesOn(at: Place, id: string, before: Rollout): Promise<Rollout> {
  const after = await until(at, id, (it) => healthy(it) > healthy(before) + 5)
  expect(isBaking(after)).toBe(true)
  expect((await decisions(at, id)).map((it) => it.kind)).toEqual(['scheduled', 'observe', 'advance'])
  return after
}

/** By how much the date of its answers is ahead of this process's clock, which agrees with the database's. */
async function aheadMs(address: string): Promise<number> {
  const { headers } = await fetch(`${address}/healthz`)
  return Date.parse(headers.get('date') ?? '') - Date.now()
}

test.skipIf(!canShiftClock)(
  'R12 an hour forward and an hour back on the server’s clock promote nothing and lose no bake time',
  LIMIT,
  async (context) => {
    await using database = await createDatabase()
    const clock = createShiftedClock()
    const { server, at, id, before } = await baking('jumpy', database.url, clock.variables)
    await using _ = server
    let seen = before
    let jumps = 0
    for (const seconds of [HOUR_S, 0, -HOUR_S, 0]) {
      clock.shift(seconds)
      jumps += 1
      // It is on that clock: its answers say so.
      await expect
        .poll(async () => Math.abs((await aheadMs(server.address)) - seconds * 1_000), { timeout: 20_000 })
        .toBeLessThan(10_000)
      seen = await bakesOn(at, id, seen)
    }
    // A start on a wrong clock, too.
    clock.shift(HOUR_S)
    await server.die()
    await server.rise()
    seen = await bakesOn(at, id, seen)
    const { gaps } = await measuredWindows(database.url, id, WINDOW_MS)
    expect(gaps, 'every window once').toEqual([])
    record(context, {
      done: 'the server’s clock moved by an hour, forward and back, during a bake time (libfaketime)',
      times: jumps,
      result: `no promotion, ${healthy(seen)} healthy windows credited and none lost`,
    })
  },
)

test(
  `R12 a server that is stopped (SIGSTOP) for ${PAUSED_MS / 1_000} s in a bake time promotes nothing, counts what it missed, and goes on`,
  LIMIT,
  async (context) => {
    await using database = await createDatabase()
    const { server, at, id, before } = await baking('stopped', database.url)
    await using _ = server
    process.kill(server.running.pid, 'SIGSTOP')
    await wait(PAUSED_MS)
    process.kill(server.running.pid, 'SIGCONT')
    const after = await bakesOn(at, id, before)
    const missed = (after.bake?.windows ?? 0) - (before.bake?.windows ?? 0)
    expect(missed, 'the windows of the pause were judged, not skipped').toBeGreaterThan(
      PAUSED_MS / WINDOW_MS / 2,
    )
    const { gaps } = await measuredWindows(database.url, id, WINDOW_MS)
    expect(gaps, 'every window once').toEqual([])
    record(context, {
      done: `SIGSTOP of the server for ${PAUSED_MS / 1_000} s during a bake time`,
      times: 1,
      result: `no promotion, ${missed} windows judged afterwards, healthy ones before it kept (${healthy(before)} of ${healthy(after)})`,
    })
  },
)
