/**
 * R11 over HTTP: a source of metrics that has answered well, and the rollout bakes, begins to answer
 * what is no answer. Whatever that is, nobody more is exposed, the reason is shown, and what the plan
 * says of a criterion that is not seen is done.
 */
import type { ServerResponse } from 'node:http'

import type { Rollout } from '@flagmarshal/api/rollout'
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { startReceiver } from './support/receiver.ts'
import type { Receiver } from './support/receiver.ts'
import { createApprovals, decisions, place, QUICK, start, until } from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'

/** Windows of each kind of garbage; of all kinds together far more than it takes to bake. */
const WINDOWS = howMuch(3, 60)
const BAKED = 15
const LIMIT = { timeout: howMuch(240_000, 1_800_000) }
const WINDOW_MS = 200

const PLAN: RolloutPlanInput = {
  ...QUICK,
  windowMs: WINDOW_MS,
  stages: [{ name: 'everybody', increments: [50, 100], bakeMs: BAKED * WINDOW_MS, maxMs: 6_000_000 }],
  criteria: [
    {
      id: 'errors',
      role: 'guardrail',
      ceiling: 0.05,
      blindBudgetMs: 3_600_000,
      source: {
        kind: 'prometheus',
        connection: 'main',
        total: 'sum by (arm) (increase(requests_total[$window]))',
        bad: 'sum by (arm) (increase(failures_total[$window]))',
      },
    },
  ],
}

/** The series of an answer: the counts of both arms, at the time that was asked for. */
interface Counts {
  readonly exposed: readonly [total: string, bad: string]
  readonly control?: readonly [total: string, bad: string]
  /** Seconds before the time that was asked for. */
  readonly ageS?: number
}

const WELL: Counts = { exposed: ['100', '0'], control: ['100', '0'] }

function vector(time: number, { exposed, control, ageS = 0 }: Counts) {
  const result = Object.entries({ exposed, control }).flatMap(([arm, counts]) =>
    (counts ?? []).map((value, index) => ({
      metric: { arm, flagmarshal_side: index === 0 ? 'total' : 'side' },
      value: [time - ageS, value],
    })),
  )
  return { resultType: 'vector', result }
}

/** Sends an answer of Prometheus with these data. */
function success(response: ServerResponse, data: object, more: object = {}): void {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status: 'success', data, ...more }))
}

type Garbage = (response: ServerResponse, time: number) => void

const counts =
  (them: Counts): Garbage =>
  (response, time) =>
    success(response, vector(time, them))

/** What is said instead of an answer, and how it is called where the rollout shows it. */
const GARBAGE: Readonly<Record<string, readonly [Garbage, reason: RegExp]>> = {
  status500: [(response) => response.writeHead(500).end('<h1>no</h1>'), /provider error/],
  page: [(response) => response.writeHead(200).end('<!doctype html><p>Sign in'), /provider error/],
  cut: [(response) => response.writeHead(200).end('{"status":"success","data":{"resu'), /provider error/],
  nothing: [(response) => response.writeHead(200).end(), /provider error/],
  torn: [(response) => response.destroy(), /provider error/],
  elsewhere: [
    (response) => response.writeHead(302, { location: 'https://login.example/' }).end(),
    /provider error/,
  ],
  binary: [(response) => response.writeHead(200).end(Buffer.alloc(5_000, 0xff)), /provider error/],
  endless: [
    (response) => {
      response.writeHead(200, { 'content-length': '100000000000' }).write('{"status":')
    },
    /provider error/,
  ],
  older: [(response) => success(response, [{ metric: {}, value: [0, '1'] }]), /provider error/],
  scalar: [(response, time) => success(response, { resultType: 'scalar', result: [time, '1'] }), /bad query/],
  half: [
    (response, time) => success(response, vector(time, WELL), { warnings: ['one replica is away'] }),
    /partial/,
  ],
  empty: [(response) => success(response, { resultType: 'vector', result: [] }), /empty/],
  twice: [
    (response, time) => {
      const { resultType, result } = vector(time, WELL)
      success(response, { resultType, result: [...result, ...result] })
    },
    /ambiguous/,
  ],
  nan: [counts({ ...WELL, exposed: ['NaN', '0'] }), /NaN/],
  infinite: [counts({ ...WELL, exposed: ['+Inf', '0'] }), /Infinity/],
  text: [counts({ ...WELL, exposed: ['many', '0'] }), /NaN/],
  negative: [counts({ ...WELL, exposed: ['100', '-40'] }), /-40 bad of 100/],
  below: [counts({ ...WELL, exposed: ['-100', '-200'] }), /bad of/],
  beyond: [counts({ ...WELL, exposed: ['100', '4000'] }), /4000 bad of 100/],
  stale: [counts({ ...WELL, ageS: 3_600 }), /stale/],
}

const approvals = createApprovals()
/** By the first segment of the address that is asked. */
const broken = new Map<string, Garbage>()
let server: TestServer
let source: Receiver

beforeAll(async () => {
  server = await startServer({
    rolloutPorts: approvals,
    settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' },
  })
  source = await startReceiver(({ path, body }, response) => {
    const time = Number(new URLSearchParams(body).get('time'))
    const garbage = broken.get(path.split('/')[1] ?? '') ?? counts(WELL)
    garbage(response, time)
  })
})
afterAll(async () => {
  await server.close()
  await source[Symbol.asyncDispose]()
})

/** A rollout that bakes at 50 % by the good answers of a source of its own. */
async function baking(name: string, plan: RolloutPlanInput = PLAN): Promise<{ at: Place; id: string }> {
  const at = await place(server, name)
  const settings = { prometheus: { url: `${source.url}/${name}`, scrapeMs: 1_000 } }
  const body = { key: 'main', kind: 'prometheus' as const, settings }
  expectOk(await server.admin.call('createConnection', { params: { project: name }, body }))
  const id = await start(at, approvals.approve(name, plan))
  await until(at, id, (it) => it.position?.percent === 50 && (it.bake?.healthy ?? 0) > 0)
  return { at, id }
}

test(
  'R11 whatever a source of metrics answers instead of counts, nobody more is exposed, and the reason is shown',
  LIMIT,
  async (context) => {
    const kinds = Object.entries(GARBAGE)
    const { at, id } = await baking('garbage')
    for (const [kind, [garbage, reason]] of kinds) {
      broken.set('garbage', garbage)
      const seen = ({ verdicts }: Rollout) => verdicts.map((it) => `${it.verdict} ${it.sentence}`).join()
      const first = await until(at, id, (it) => seen(it).startsWith('NO DATA') && reason.test(seen(it)))
      const windows = (first.bake?.windows ?? 0) + WINDOWS
      const after = await until(at, id, (it) => (it.bake?.windows ?? 0) >= windows)
      expect([kind, after.state, after.position?.percent]).toEqual([kind, 'running', 50])
    }
    expect(kinds.length * WINDOWS).toBeGreaterThan(2 * BAKED)
    expect((await decisions(at, id)).map((it) => it.kind)).toEqual(['scheduled', 'observe', 'advance'])
    // It was the garbage: counts bring it to its end.
    broken.delete('garbage')
    await until(at, id, (it) => it.state === 'completed')
    record(context, {
      done: 'answers of a source during a bake time that are HTML, cut off, NaN, negative, stale, without end …',
      times: kinds.length,
      result: `each for ${WINDOWS} windows, of which ${BAKED} in all would do: 0 promotions, each with its reason; completed on counts`,
    })
  },
)

test(
  'R11 a criterion that is not seen for as long as its plan allows holds, or rolls back where the plan says so',
  LIMIT,
  async () => {
    const [errors] = PLAN.criteria
    const blind = (noData: 'hold' | 'roll-back') => ({
      ...PLAN,
      criteria: [{ ...errors!, blindBudgetMs: 1_000, noData }],
    })
    const held = await baking('held', blind('hold'))
    const back = await baking('back', blind('roll-back'))
    for (const name of ['held', 'back']) broken.set(name, counts({ ...WELL, exposed: ['NaN', '0'] }))
    const waits = await until(held.at, held.id, (it) => it.state === 'held')
    expect(waits).toMatchObject({ hold: { reason: 'blind' }, exposure: { share: 0.5 } })
    const gone = await until(back.at, back.id, (it) => it.state === 'rolled_back')
    expect(gone.exposure.share).toBe(0)
    const log = await decisions(back.at, back.id)
    expect(log.find((it) => it.kind === 'roll-back')?.sentence).toMatch(/errors/)
  },
)
