import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import {
  addFeature,
  createApprovals,
  decisions,
  edit,
  place,
  QUICK,
  served,
  show,
  start,
  until,
} from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const approvals = createApprovals()
let server: TestServer
let lead: TestPerson

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
  lead = await server.person('operations-lead')
})
afterAll(() => server.close())

const [STAGE] = QUICK.stages
const body = { reason: 'because of the test' }
const half = (it: { position: { percent: number } | null; state: string }) =>
  it.state === 'running' && it.position?.percent === 50

/** A rollout with traffic, at its first exposure unless something else is waited for. */
async function underway(
  name: string,
  plan: RolloutPlanInput | (() => RolloutPlanInput) = QUICK,
  wait = true,
) {
  const at = { ...(await place(server, name)), server }
  await addFeature(at)
  const traffic = await startTraffic(at)
  const run = approvals.approve(name, typeof plan === 'function' ? plan() : plan)
  const id = await start(at, run)
  if (wait) await until(at, id, (it) => it.exposedAt !== null)
  return { at, id, run, traffic, params: { project: at.project, rollout: id } }
}

async function signals({ project }: Place): Promise<string[]> {
  const query = { limit: '1000' }
  const { items } = expectOk(await server.admin.call('listSignals', { params: { project }, query }))
  return items.map((it) => it.type.replace('dev.flagmarshal.rollout.', '')).toReversed()
}

const kinds = async (at: Place, id: string) => (await decisions(at, id)).map((it) => it.kind)

describe.concurrent('people inside a rollout', { timeout: 300_000 }, () => {
  test('P-S3-2 P-X4 a critical report about the feature rolls it back, and the alert is sent', async () => {
    const report = { id: 'issues', role: 'report', onFail: 'roll-back' } as const
    const { at, id, traffic } = await underway('reported', {
      ...QUICK,
      criteria: [...QUICK.criteria, report],
    })
    const params = { project: at.project, feature: at.flag }
    const said = { kind: 'data-loss', severity: 'critical', text: 'Orders are gone' } as const
    expectOk(await lead.client.call('createReport', { params, body: said }))
    const done = await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    expect(done.cause).toEqual({
      kind: 'report',
      sentence: 'roll back: issues: 1 open issues, critical; at most 0',
    })
    expect(await signals(at)).toContain('rolledback')
  })

  test('an open incident freezes: no advance, not by hand either; turning off is always possible', async () => {
    const { at, id, params, traffic } = await underway('frozen')
    const incident = { kind: 'incident', severity: 'major', text: 'The database is slow' } as const
    const project = { project: at.project }
    const { id: report } = expectOk(
      await lead.client.call('createProjectReport', { params: project, body: incident }),
    )
    const held = await until(at, id, (it) => it.state === 'held')
    expect(held).toMatchObject({ hold: { reason: 'incident' }, incident: { report } })
    for (const act of ['advanceRollout', 'resumeRollout'] as const) {
      expect(expectProblem(await server.admin.call(act, { params, body }))).toMatchObject({
        code: 'incident-open',
      })
    }
    const over = { project: at.project, report }
    expectOk(await lead.client.call('resolveReport', { params: over, body }))
    await until(at, id, half)
    expectOk(await lead.client.call('createProjectReport', { params: project, body: incident }))
    await until(at, id, (it) => it.hold?.reason === 'incident')
    expectOk(await server.admin.call('rollbackRollout', { params, body }))
    await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    expect(await kinds(at, id)).toEqual([
      'scheduled',
      'observe',
      'advance',
      'hold',
      'continue',
      'hold',
      'roll-back',
      'verified',
    ])
  })

  test('an approval inside a stage is given for what the evidence says, by a lead, and advances it', async () => {
    const manual = { ...QUICK, stages: [{ ...STAGE!, advance: 'manual' as const }] }
    const { at, id, params, traffic } = await underway('approved', manual)
    const early = { params, body: { ...body, evidence: 'unseen' } }
    expect(expectProblem(await lead.client.call('approveRollout', early)).code).toBe('evidence-changed')
    const waiting = await until(at, id, (it) => it.hold?.reason === 'approval')
    const evidence = waiting.approval?.evidence ?? ''
    const wish = { params, body: { ...body, evidence } }
    expect(expectProblem(await server.admin.call('approveRollout', wish)).code).toBe('role-needed')
    const given = expectOk(await lead.client.call('approveRollout', wish))
    expect(given.approval ?? { given: { holds: true } }).toMatchObject({ given: { holds: true } })
    await until(at, id, (it) => it.position?.percent === 100)
    const log = await decisions(at, id)
    expect(log.find((it) => it.kind === 'approve')).toMatchObject({
      by: lead.id,
      numbers: { roles: ['operations-lead'], evidence, bundleHash: 'hash of run_approved' },
    })
    await traffic.stop()
  })

  test('a criterion that is set aside does not keep it from advancing; harm of another rolls back', async () => {
    const slow = { id: 'slow', role: 'guardrail', source: { kind: 'telemetry', counts: 'slow' } } as const
    // Nothing is slow in this traffic; a ceiling that far below cannot be shown in any time.
    const far = { ...slow, ceiling: 0.000_001, onFail: 'hold' as const }
    const { at, id, params, traffic } = await underway('override', {
      ...QUICK,
      criteria: [...QUICK.criteria, far],
    })
    const wish = { criterion: 'slow', until: new Date(Date.now() + 3_600_000).toISOString(), ...body }
    expect(expectProblem(await server.admin.call('overrideRollout', { params, body: wish })).code).toBe(
      'role-needed',
    )
    const shown = expectOk(await lead.client.call('overrideRollout', { params, body: wish }))
    expect(shown.overrides).toMatchObject([{ criterion: 'slow', by: lead.id }])
    await until(at, id, (it) => it.state === 'completed')
    await traffic.stop()
    expect(await kinds(at, id)).toContain('override')
  })

  test('P-X3 a pause for a time ends by itself', async () => {
    const { at, id, params, traffic } = await underway('paused')
    const wish = { ...body, until: new Date(Date.now() + 1_500).toISOString() }
    const paused = expectOk(await lead.client.call('pauseRollout', { params, body: wish }))
    expect(paused.paused).toMatchObject({ by: lead.id, until: wish.until })
    await until(at, id, half)
    await traffic.stop()
    expect((await kinds(at, id)).slice(3, 5)).toEqual(['pause', 'continue'])
    const past = { params, body: { ...body, until: new Date(0).toISOString() } }
    expect(expectProblem(await lead.client.call('pauseRollout', past)).code).toBe('until-is-past')
  })

  test('P-X5 P-S3-4 a checkpoint asks, a missed one holds, and whoever looks lets it go on', async () => {
    const long = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 300_000 }] }
    const soon = () => [new Date(Date.now() + 4_000).toISOString()]
    const plan = () => ({ ...long, reviews: { checkpoints: soon(), graceMs: 1_000 } })
    const { at, id, params, traffic } = await underway('reviewed', plan, false)
    const held = await until(at, id, (it) => it.state === 'held')
    expect(held).toMatchObject({ hold: { reason: 'review' }, review: { review: 'checkpoint', due: true } })
    const wish = { params, body: { outcome: 'continue' as const, reason: 'The numbers are fine' } }
    expectOk(await lead.client.call('reviewRollout', wish))
    expect(await show(at, id)).toMatchObject({ hold: null, review: null })
    await until(at, id, half)
    const [kept] = (await decisions(at, id)).filter((it) => it.kind === 'review')
    expect(kept).toMatchObject({ by: lead.id, numbers: { outcome: 'continue' } })
    expect(JSON.stringify(kept?.numbers), 'what was to be seen is kept').toContain('errors: exposed')
    const again = { params, body: { outcome: 'roll-back' as const, reason: 'Not good after all' } }
    expectOk(await lead.client.call('reviewRollout', again))
    await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    const said = await signals(at)
    for (const verb of ['review.due', 'held', 'reviewed', 'resumed', 'rolledback'])
      expect(said).toContain(verb)
  })

  test('a plan that is changed holds, and goes on with its evidence once it is approved and taken over', async () => {
    const slowly = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 8_000 }] }
    const { at, id, run, params, traffic } = await underway('adopted', slowly)
    const before = await until(at, id, (it) => (it.bake?.windows ?? 0) >= 3 && half(it))
    expect(expectProblem(await lead.client.call('adoptRolloutPlan', { params, body })).code).toBe(
      'plan-unchanged',
    )
    approvals.change(run, { ...slowly, stages: [{ ...STAGE!, increments: [50, 75, 100] }] })
    const after = expectOk(await lead.client.call('adoptRolloutPlan', { params, body }))
    expect(after).toMatchObject({ planVersion: 2, bundleHash: 'hash of run_adopted, changed' })
    expect(after.position).toMatchObject({ increment: 1, increments: 3, percent: 50 })
    expect(after.bake?.windows, 'it does not begin again').toBeGreaterThanOrEqual(before.bake?.windows ?? 99)
    await until(at, id, (it) => it.position?.percent === 75)
    await traffic.stop()
    const moved = { ...QUICK, treatment: 'off', control: 'on' }
    approvals.change(run, moved)
    expect(expectProblem(await lead.client.call('adoptRolloutPlan', { params, body })).code).toBe(
      'plan-needs-new-attempt',
    )
  })

  test('harm after 100 % rolls back, also what was kept out; a new attempt exposes the same people first', async () => {
    const at = { ...(await place(server, 'watched')), server }
    let share = 0
    const traffic = await startTraffic(at, { badShare: (variant) => (variant === 'on' ? share : 0.002) })
    const run = approvals.approve('watched', { ...QUICK, holdback: 5, watchMs: 60_000 })
    const id = await start(at, run)
    await until(at, id, (it) => it.position?.percent === 95)
    const done = await until(at, id, (it) => it.state === 'completed')
    expect(done).toMatchObject({ exposure: { share: 1 }, watchedUntil: expect.any(String) })
    const first = (await served(at)).rules[0]
    share = 0.3
    await until(at, id, (it) => it.state === 'rolled_back')
    expect((await kinds(at, id)).slice(-3)).toEqual(['complete', 'roll-back', 'verified'])
    share = 0
    const next = await start(at, run)
    await until(at, next, (it) => it.exposedAt !== null)
    const salts = [first, (await served(at)).rules[0]].map(
      (rule) => JSON.stringify(rule).match(/"salt":"(.+?)"/)?.[1],
    )
    expect(salts[0]).toBeDefined()
    expect(salts[1], 'the same people').toBe(salts[0])
    await traffic.stop()
  })

  test('P-V3 nothing starts while the flag system is not accessible, and it starts once it is', async () => {
    const at = await place(server, 'unfit')
    const run = approvals.approve('unfit', QUICK, new Date(Date.now() + 1_000))
    approvals.unfit(run, true)
    const params = { project: at.project }
    const refused = expectProblem(await server.admin.call('startRollout', { params, body: { run } }))
    expect(refused.code).toBe('flag-system-inaccessible')
    approvals.unfit(run, false)
    const id = await start(at, run)
    approvals.unfit(run, true)
    await until(at, id, (it) => it.lastTickAt !== null)
    expect(await show(at, id)).toMatchObject({ state: 'scheduled' })
    approvals.unfit(run, false)
    await until(at, id, (it) => it.state === 'observing')
  })

  test('P-S4-12 a change from outside alerts at once, and once; silent rollback (Flagger #1816): each of them alerts, to the control only (#1898, #1931)', async () => {
    const { at, id, params, traffic } = await underway('alerts')
    await edit(at, { fallthrough: { variant: 'on' } })
    await until(at, id, (it) => it.hold?.reason === 'conflict')
    expectOk(await server.admin.call('rollbackRollout', { params, body }))
    await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    const said = await signals(at)
    expect(said.filter((it) => it === 'edited')).toHaveLength(1)
    expect(said.filter((it) => it === 'rolledback')).toHaveLength(1)
    const rule = (await served(at)).rules.find((it) => it.rollout !== undefined)
    expect(rule, 'rolled back to the control, nothing else').toMatchObject({
      serve: { exposure: { variant: 'off' } },
    })
  })

  test('no rollback while waiting for approval (Flagger #1801), abort always accepted (Argo #4461)', async () => {
    const manual = { ...QUICK, stages: [{ ...STAGE!, advance: 'manual' as const }] }
    const at = await place(server, 'waiting')
    let share = 0
    const traffic = await startTraffic(at, { badShare: (variant) => (variant === 'on' ? share : 0.002) })
    const id = await start(at, approvals.approve('waiting', manual))
    await until(at, id, (it) => it.hold?.reason === 'approval')
    share = 0.5
    await until(at, id, (it) => it.state === 'rolled_back')
    await traffic.stop()
    // Once the numbers are no Go any more the wait for an approval ends by itself ('continue'); nobody is added.
    const decided = await kinds(at, id)
    expect(decided.slice(-2)).toEqual(['roll-back', 'verified'])
    expect(decided.slice(decided.indexOf('hold'))).not.toContain('advance')
    const other = await place(server, 'aborted')
    const held = await start(other, approvals.approve('aborted'))
    await until(other, held, (it) => it.state === 'observing')
    const params = { project: other.project, rollout: held }
    expectOk(await server.admin.call('pauseRollout', { params, body }))
    expect(expectOk(await server.admin.call('abortRollout', { params, body })).state).toBe('aborted')
  })

  test('P-X1 an approval that is void by the time of the transaction raises nobody', async () => {
    const { at, id, run, traffic } = await underway('revoked')
    approvals.revokeInside(run)
    expect(await until(at, id, (it) => it.state === 'held')).toMatchObject({ hold: { reason: 'unapproved' } })
    await traffic.stop()
    expect(await kinds(at, id)).toEqual(['scheduled', 'observe', 'advance', 'hold'])
  })
})
