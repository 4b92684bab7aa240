/** Section IV of the procedure by command line: starting what was approved, and people inside a rollout. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { ADMIN_TOKEN, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { approvedRun, setStage } from '../../server/test/support/procedure.ts'
import { addFeature, createApprovals, place, QUICK } from '../../server/test/support/rollouts.ts'
import { startTraffic } from '../../server/test/support/traffic.ts'
import type { TrafficOptions } from '../../server/test/support/traffic.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'
import type { Ended } from './support/shell.ts'

const [STAGE] = QUICK.stages
const SLOWLY: RolloutPlanInput = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 300_000 }] }
const because = ['--reason', 'because of the test']

const approvals = createApprovals()
let server: TestServer
let lead: TestPerson

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
  lead = await server.person('operations-lead')
})
afterAll(() => server.close())

interface Shown {
  readonly id: string
  readonly state: string
  readonly exposedAt: string | null
  readonly position: { readonly percent: number } | null
  readonly hold: { readonly reason: string } | null
  readonly approval: { readonly evidence: string } | null
  readonly overrides: readonly { readonly criterion: string; readonly by: string }[]
  readonly planVersion: number
}

/** A rollout with traffic, as its lead sees it by command line. */
async function underway(name: string, plan: RolloutPlanInput = SLOWLY, traffic: TrafficOptions = {}) {
  const at = { ...(await place(server, name)), server }
  await addFeature(at)
  const running = await startTraffic(at, traffic)
  const caller = callerOf(server, name, lead)
  const run = approvals.approve(name, plan)
  await callerOf(server, name).said('rollout', 'start', run)
  const show = () => caller.json<Shown>('rollout', 'status', name)
  const until = (fits: (it: Shown) => boolean) =>
    vi.waitUntil(async () => fits(await show()), { timeout: 60_000, interval: 100 })
  return { at, run, caller, show, until, traffic: running }
}

/** The program itself, as a process of its own. */
async function spawned(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const given = { ...process.env, ...env }
  return await new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: given }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

describe.concurrent('people inside a rollout', { timeout: 300_000 }, () => {
  it('P-X3 pause, resume, advance and roll back, each with a reason', async () => {
    const { caller, until, show, traffic } = await underway('steered')
    await until((it) => it.exposedAt !== null)
    await caller.ends(EXIT.usage, 'rollout', 'pause', 'steered')
    await caller.said('rollout', 'pause', 'steered', ...because)
    expect(await show()).toMatchObject({ state: 'paused' })
    await caller.said('rollout', 'resume', 'steered', ...because)
    await caller.said('rollout', 'advance', 'steered', ...because)
    await until((it) => it.position?.percent === 100)
    await caller.said('rollout', 'rollback', 'steered', ...because)
    await until((it) => it.state === 'rolled_back')
    await traffic.stop()
    const log = await caller.said('rollout', 'decisions', 'steered')
    for (const kind of ['pause', 'resume', 'advance', 'roll-back'])
      expect(log).toMatch(new RegExp(`${lead.id} +${kind} .*because of the test`))
  })

  it('P-X3 a pause for a time ends by itself; who exposes nobody yet is aborted', async () => {
    const long = { ...SLOWLY, observeWindows: 5_000 }
    const { caller, until, show, traffic } = await underway('observing', long)
    await until((it) => it.state === 'observing')
    const soon = new Date(Date.now() + 1_500).toISOString()
    await caller.said('rollout', 'pause', 'observing', '--until', soon, ...because)
    await until((it) => it.state === 'observing')
    await caller.ends(EXIT.conflict, 'rollout', 'advance', 'observing', ...because)
    await caller.said('rollout', 'abort', 'observing', ...because)
    expect(await show()).toMatchObject({ state: 'aborted' })
    await traffic.stop()
  })

  it('P-X2 an increment that waits for a person is approved on the evidence that was seen, by a lead', async () => {
    const plan = { ...QUICK, stages: [{ ...STAGE!, advance: 'manual' as const }] }
    const { caller, until, show, traffic } = await underway('manual', plan)
    await until((it) => it.hold?.reason === 'approval')
    const approve = ['rollout', 'approve', 'manual', ...because, '--evidence']
    expect(await caller.ends(EXIT.conflict, ...approve, 'unseen')).toContain('Look at the verdicts again')
    const { approval } = await show()
    const status = await caller.said('rollout', 'status', 'manual')
    expect(status).toContain(`waits for one; evidence ${approval?.evidence}`)
    await callerOf(server, 'manual').ends(EXIT.access, ...approve, approval?.evidence ?? '')
    expect(await caller.said(...approve, approval?.evidence ?? '')).toContain('Approved.')
    await until((it) => it.position?.percent === 100)
    await traffic.stop()
    expect(await caller.said('rollout', 'decisions', 'manual')).toMatch(
      new RegExp(`${lead.id} +approve .*because of the test`),
    )
  })

  it('P-X3 a criterion is set aside for a time, by a lead, and what is approved anew is taken over', async () => {
    const slow = { id: 'slow', role: 'guardrail', source: { kind: 'telemetry', counts: 'slow' } } as const
    // Far below what any traffic of a test can show.
    const far = { ...slow, ceiling: 0.000_001, onFail: 'hold' as const }
    const plan = { ...QUICK, criteria: [...QUICK.criteria, far] }
    const { run, caller, until, show, traffic } = await underway('steered-on', plan)
    await until((it) => it.exposedAt !== null)
    const until_ = new Date(Date.now() + 3_600_000).toISOString()
    const override = [
      'rollout',
      'override',
      'steered-on',
      '--criterion',
      'slow',
      '--until',
      until_,
      ...because,
    ]
    await callerOf(server, 'steered-on').ends(EXIT.access, ...override)
    expect(await caller.said(...override)).toContain(`slow is set aside until ${until_}`)
    expect(await show()).toMatchObject({ overrides: [{ criterion: 'slow', by: lead.id }] })

    const adopt = ['rollout', 'adopt-plan', 'steered-on', ...because]
    expect(await caller.ends(EXIT.conflict, ...adopt)).toContain('follows this plan already')
    approvals.change(run, { ...plan, stages: [{ ...STAGE!, increments: [50, 75, 100] }] })
    await caller.said(...adopt)
    expect(await show()).toMatchObject({ planVersion: 2 })
    await until((it) => it.state === 'completed')
    await traffic.stop()
    const log = await caller.said('rollout', 'decisions', 'steered-on')
    expect(log).toMatch(/override .*because of the test/)
    expect(log).toMatch(/adopt-plan .*because of the test/)
  })

  it('P-X4 a critical report rolls back, and what spoke is in the report', async () => {
    const report = { id: 'issues', role: 'report', onFail: 'roll-back' } as const
    const plan = { ...SLOWLY, criteria: [...SLOWLY.criteria, report] }
    const { caller, until, traffic } = await underway('reported', plan)
    await until((it) => it.exposedAt !== null)
    const said = ['--kind', 'data-loss', '--severity', 'critical', '--text', 'Orders are gone']
    await caller.said('feature', 'report', 'reported', ...said)
    await until((it) => it.state === 'rolled_back')
    await traffic.stop()
    expect(await caller.said('rollout', 'report', 'reported')).toContain('issues: 1 open issues, critical')
  })

  it('P-X5 a checkpoint holds until somebody looks, and the look is kept', async () => {
    const checkpoints = [new Date(Date.now() + 4_000).toISOString()]
    const { caller, until, traffic } = await underway('looked-at', {
      ...SLOWLY,
      reviews: { checkpoints, graceMs: 1_000 },
    })
    await until((it) => it.hold?.reason === 'review')
    expect(await caller.said('rollout', 'status', 'looked-at')).toContain('review')
    const review = ['rollout', 'review', 'looked-at', '--outcome']
    expect(await caller.said(...review, 'continue', '--reason', 'The numbers are fine')).toContain(
      'Reviewed.',
    )
    await until((it) => it.hold === null)
    expect(await caller.said('rollout', 'decisions', 'looked-at')).toMatch(/review .*The numbers are fine/)
    await caller.said(...review, 'roll-back', '--reason', 'Not good after all')
    await until((it) => it.state === 'rolled_back')
    await traffic.stop()
  })

  it('P-X2 P-X4 the program itself moves through the stages and exits 0, and 9 where harm has rolled back', async () => {
    const env = (project: string) => ({
      FLAGMARSHAL_SERVER: server.address,
      FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
      FLAGMARSHAL_PROJECT: project,
    })
    const watch = ['rollout', 'status', '--watch', '--every', '200ms', '--json']
    const good = await underway('good', QUICK)
    const bad = await underway('bad', QUICK, { badShare: (it) => (it === 'on' ? 0.2 : 0.002) })
    const [healthy, harmed] = await Promise.all([
      spawned([...watch, 'good'], env('good')),
      spawned([...watch, 'bad'], env('bad')),
    ])
    await Promise.all([good.traffic.stop(), bad.traffic.stop()])
    const last = ({ out }: Ended) => JSON.parse(out.trim().split('\n').at(-1) ?? '{}')
    expect([healthy.code, healthy.err]).toEqual([EXIT.ok, ''])
    expect(last(healthy)).toMatchObject({ event: 'state', data: { rollout: { state: 'completed' } } })
    expect(harmed.code).toBe(EXIT.notVerified)
    expect(last(harmed).data.rollout.cause).toMatchObject({ kind: 'harm' })
    const none = await spawned(['--json', 'rollout', 'status', 'none'], env('good'))
    expect(none.code).toBe(EXIT.notFound)
    expect(JSON.parse(none.out).problem.remedy).toContain('rollout start none')
  })
})

describe('a rollout of an approved run', () => {
  let real: TestServer
  let developer: Caller

  beforeAll(async () => {
    real = await startServer()
    const stage = await setStage(real, 'shop')
    developer = callerOf(real, 'shop', stage.developer)
    await approvedRun(stage)
  })
  afterAll(() => real.close())

  it('P-X1 does not start once a rule has changed after the approval, and the gate exits 3', async () => {
    const env = {
      FLAGMARSHAL_SERVER: real.address,
      FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
      FLAGMARSHAL_PROJECT: 'shop',
    }
    expect((await spawned(['gate', 'check', 'new-checkout'], env)).code).toBe(EXIT.ok)
    const beside = ['flag', 'on', 'new-checkout', '--serve', 'on', '--env'] as const
    expect(await developer.ends(EXIT.gateClosed, ...beside, 'production')).toContain('its rollout alone')
    expect((await spawned(['gate', 'check', 'new-checkout'], env)).code).toBe(EXIT.ok)
    await developer.said(...beside, 'staging')
    expect((await spawned(['gate', 'check', 'new-checkout'], env)).code).toBe(EXIT.gateClosed)
    const refused = await spawned(['--json', 'rollout', 'start', 'new-checkout'], env)
    expect(refused.code).toBe(EXIT.conflict)
    expect(JSON.parse(refused.out).problem).toMatchObject({ status: 409, remedy: expect.any(String) })
  })
})
