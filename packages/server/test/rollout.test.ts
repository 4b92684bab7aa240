import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import type { StreamEvent } from './support/events.ts'
import {
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
import { measuredWindows } from './support/windows.ts'

const approvals = createApprovals()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
})
afterAll(() => server.close())

async function act(
  at: Place,
  rollout: string,
  id: 'pauseRollout' | 'resumeRollout' | 'advanceRollout' | 'rollbackRollout' | 'abortRollout',
) {
  const params = { project: at.project, rollout }
  return await server.admin.call(id, { params, body: { reason: 'because of the test' } })
}

/** Exposed to half of everybody. */
const half = (it: { position: { percent: number } | null; state: string }) =>
  it.state === 'running' && it.position?.percent === 50

test('P-X2 a healthy rollout observes, raises on evidence and reaches everybody', async () => {
  const at = await place(server, 'healthy')
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('healthy'))
  await until(at, id, (it) => it.state === 'observing')
  expect(await served(at)).toMatchObject({
    enabled: true,
    rules: [{ serve: { exposure: { variant: 'off' } }, rollout: { id, attempt: 1 } }],
  })
  expect(await until(at, id, half)).toMatchObject({ exposure: { share: 0.5, basis: 'plan' } })
  expect(await until(at, id, (it) => it.state === 'completed')).toMatchObject({
    exposure: { share: 1 },
    status: 'completed: 100 % of everybody',
    nextAt: null,
  })
  const seldom = (it: StreamEvent) => Object(it.data).telemetry?.flushIntervalMs === 15_000
  await traffic.follower.until((it) => it.event === 'patch' && seldom(it))
  await traffic.stop()

  const log = await decisions(at, id)
  expect(log.map((it) => it.kind)).toEqual(['scheduled', 'observe', 'advance', 'advance', 'complete'])
  expect(log.map((it) => it.seq)).toEqual([1, 2, 3, 4, 5])
  expect(log[4]?.sentence).toMatch(/F2b-safe log e = .*block-abs.*GO \(absolute\)/)
  const again = expectProblem(
    await server.admin.call('startRollout', { params: { project: 'healthy' }, body: { run: 'run_healthy' } }),
  )
  expect(again).toMatchObject({ status: 409, code: 'rollout-completed' })

  const params = { project: at.project, flag: at.flag, environment: 'production' }
  expectOk(await server.admin.call('killFlag', { params, body: { reason: 'not any more' } }))
  expect(await show(at, id), 'a kill later exposes nobody').toMatchObject({
    state: 'completed',
    exposure: { share: 0 },
    status: expect.stringContaining('turned off since'),
  })
})

test('harm rolls back at once, every instance confirms it, and the report says what spoke', async () => {
  const at = await place(server, 'harmful')
  const traffic = await startTraffic(at, { badShare: (variant) => (variant === 'on' ? 0.2 : 0.002) })
  const id = await start(at, approvals.approve('harmful'))
  const rolledBack = await until(at, id, (it) => it.state === 'rolled_back')
  await traffic.stop()
  expect(rolledBack.verification).toMatchObject({
    state: 'verified',
    confirmed: 1,
    total: 1,
    exposure: { gone: true },
  })
  expect(rolledBack.cause).toMatchObject({
    kind: 'harm',
    sentence: expect.stringContaining('worse than the control'),
  })
  expect(rolledBack.verdict).toBe('NO-GO')

  const params = { project: at.project, rollout: id }
  const report = expectOk(await server.admin.call('showRollbackReport', { params }))
  expect(report).toMatchObject({
    result: 'rolled_back',
    cause: { kind: 'harm' },
    recovery: { recovered: true },
  })
  expect(report.exposed.requests).toBeGreaterThan(0)
  expect(report.windows.length).toBeGreaterThan(5)
  expect(await served(at), 'it stays enabled and serves the control to both arms').toMatchObject({
    enabled: true,
    rules: [{ serve: { exposure: { variant: 'off' } } }],
  })
  expect((await decisions(at, id)).map((it) => it.kind).slice(-2)).toEqual(['roll-back', 'verified'])

  const query = { limit: '1000' }
  const signals = expectOk(await server.admin.call('listSignals', { params: { project: at.project }, query }))
  const types = signals.items.map((it) => it.type.replace('dev.flagmarshal.rollout.', '')).toReversed()
  expect(types).toEqual([
    'scheduled',
    'stage.entered',
    'advanced',
    'stage.entered',
    'rolledback',
    'rollback.verified',
  ])
})

test('a new attempt after a rollback keeps the salt and takes the place of the old rule', async () => {
  const at = await place(server, 'again')
  const traffic = await startTraffic(at)
  const run = approvals.approve('again')
  const first = await start(at, run)
  await until(at, first, half)
  const before = await served(at)
  expect(
    expectProblem(await server.admin.call('startRollout', { params: { project: 'again' }, body: { run } })),
  ).toMatchObject({ status: 409, code: 'rollout-running' })
  expectOk(await act(at, first, 'rollbackRollout'))
  expectOk(await act(at, first, 'rollbackRollout'))
  await until(at, first, (it) => it.state === 'rolled_back')

  const second = await start(at, run)
  expect(await until(at, second, half)).toMatchObject({ attempt: 2 })
  await traffic.stop()
  const after = await served(at)
  expect(after.rules).toHaveLength(1)
  expect(after.rules[0]?.rollout).toMatchObject({ id: second, attempt: 2 })
  const saltOf = (rule: (typeof after.rules)[number] | undefined) =>
    rule !== undefined && 'exposure' in rule.serve ? rule.serve.exposure.salt : undefined
  expect(saltOf(after.rules[0])).toBe(saltOf(before.rules[0]))
})

test('without data a rollout never advances: it holds, says why, and goes on when data returns', async () => {
  const at = await place(server, 'silent')
  const traffic = await startTraffic(at)
  const criteria = QUICK.criteria.map((it) => ({ ...it, blindBudgetMs: 1_000 }))
  const id = await start(at, approvals.approve('silent', { ...QUICK, criteria }))
  await until(at, id, half)
  traffic.pause(true)
  const held = await until(at, id, (it) => it.state === 'held')
  expect(held).toMatchObject({ hold: { reason: 'blind' }, exposure: { share: 0.5 } })
  traffic.pause(false)
  await until(at, id, half)
  await traffic.stop()
  const log = (await decisions(at, id)).map((it) => it.kind)
  expect(log).toEqual(['scheduled', 'observe', 'advance', 'hold', 'continue'])
})

test('R13 an edit of the flag from outside is never overwritten: the rollout holds and says who changed what', async () => {
  const at = await place(server, 'edited')
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('edited'))
  await until(at, id, half)
  const edited = await edit(at, { fallthrough: { variant: 'on' } })
  const held = await until(at, id, (it) => it.state === 'held')
  expect(held.hold).toMatchObject({
    reason: 'conflict',
    sentence: expect.stringMatching(/bootstrap.*: fallthrough/),
  })
  expect(await served(at)).toEqual(edited)
  expect(expectProblem(await act(at, id, 'advanceRollout'))).toMatchObject({ code: 'flag-edited-outside' })

  expectOk(await act(at, id, 'resumeRollout'))
  await until(at, id, (it) => it.position?.percent === 100)
  await traffic.stop()
  expect(await served(at)).toMatchObject({ fallthrough: { variant: 'on' } })
})

test('people pause, resume and advance, each with a reason in the audit; a paused rollout stays where it is', async () => {
  const at = await place(server, 'operated')
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('operated'))
  expect(expectProblem(await act(at, id, 'advanceRollout')).status).toBe(409)
  await until(at, id, half)
  expect(expectProblem(await act(at, id, 'abortRollout'))).toMatchObject({ code: 'somebody-is-exposed' })
  expectOk(await act(at, id, 'pauseRollout'))
  const paused = await show(at, id)
  expect(paused).toMatchObject({
    state: 'paused',
    paused: { by: 'bootstrap', reason: 'because of the test' },
  })
  expect(paused.actions.filter((it) => it.allowed).map((it) => it.act)).toEqual([
    'resume',
    'advance',
    'rollback',
  ])
  await until(at, id, (it) => (it.watermark ?? '') > (paused.watermark ?? ''))
  expect(await show(at, id)).toMatchObject({ state: 'paused', position: { percent: 50 } })
  expectOk(await act(at, id, 'resumeRollout'))
  expect(expectOk(await act(at, id, 'advanceRollout'))).toMatchObject({
    position: { percent: 100 },
    exposure: { share: 1 },
  })
  await traffic.stop()

  const query = { kind: 'rollout', subject: id }
  const audit = expectOk(await server.admin.call('listAudit', { params: { project: at.project }, query }))
  expect(audit.items.map((it) => `${it.actor.id} ${it.action}`)).toEqual([
    'bootstrap rollout.start',
    'controller rollout.observe',
    'controller rollout.advance',
    'bootstrap rollout.pause',
    'bootstrap rollout.resume',
    'bootstrap rollout.advance',
  ])
  expect(audit.items[3]?.reason).toBe('because of the test')
  const chain = expectOk(await server.admin.call('verifyAudit', { params: { project: at.project } }))
  expect(chain).toMatchObject({ ok: true })
})

test('a void approval stops every advance, a person’s too, and harm still rolls back', async () => {
  const at = await place(server, 'voided')
  let bad = 0.002
  const traffic = await startTraffic(at, { badShare: (variant) => (variant === 'on' ? bad : 0.002) })
  const run = approvals.approve('voided')
  const id = await start(at, run)
  await until(at, id, half)
  approvals.revoke(run)
  expect(expectProblem(await act(at, id, 'advanceRollout'))).toMatchObject({ code: 'approval-void' })
  const held = await until(at, id, (it) => it.state === 'held')
  expect(held.hold).toMatchObject({ reason: 'unapproved' })
  bad = 0.5
  await until(at, id, (it) => it.state === 'rolling_back')
  await until(at, id, (it) => it.state === 'rolled_back')
  await traffic.stop()
})

test('a kill during a rollout is accepted at once, ends the attempt and leaves nobody to be exposed', async () => {
  const at = await place(server, 'killed')
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('killed'))
  await until(at, id, half)
  const params = { project: at.project, flag: at.flag, environment: 'production' }
  expectOk(await server.admin.call('killFlag', { params, body: { reason: 'it hurts' } }))
  const ended = await until(at, id, (it) => it.state === 'aborted')
  await traffic.stop()
  expect(ended.cause).toMatchObject({
    kind: 'killed',
    sentence: expect.stringContaining('bootstrap: it hurts'),
  })
  expect(await served(at), 'enabling it again exposes nobody').toMatchObject({
    enabled: false,
    rules: [{ serve: { exposure: { variant: 'off' } } }],
  })
})

test('a run that is not approved starts nothing, and a scheduled rollout waits for its time and its approval', async () => {
  const at = await place(server, 'scheduled')
  const params = { project: at.project }
  const refused = expectProblem(
    await server.admin.call('startRollout', { params, body: { run: 'run_none' } }),
  )
  expect(refused.status).toBe(409)
  const run = approvals.approve('scheduled', QUICK, new Date(Date.now() + 3_600_000))
  const id = await start(at, run)
  expect(await show(at, id)).toMatchObject({ state: 'scheduled', position: null, exposure: { share: 0 } })
  expect(await served(at)).toMatchObject({ enabled: false, rules: [] })
  const kill = {
    params: { ...params, flag: at.flag, environment: 'production' },
    body: { reason: 'never mind' },
  }
  expectOk(await server.admin.call('killFlag', kill))
  expectOk(await act(at, id, 'abortRollout'))
  expect(await served(at)).toMatchObject({ enabled: false, rules: [] })
})

test('a tick that fails is tried again, loses no window and stops no other rollout', async () => {
  const [broken, sound] = [await place(server, 'broken'), await place(server, 'sound')]
  const traffic = [await startTraffic(broken), await startTraffic(sound)]
  const run = approvals.approve('broken')
  const first = await start(broken, run)
  await until(broken, first, half)
  approvals.fail(run, true)
  const stuck = await show(broken, first)
  const second = await start(sound, approvals.approve('sound'))
  await until(sound, second, half)
  expect((await show(broken, first)).position).toEqual(stuck.position)
  expect(expectOk(await server.admin.call('getReadiness')).controller).toMatchObject({ ok: true, failing: 1 })
  approvals.fail(run, false)
  await until(broken, first, (it) => it.position?.percent === 100)
  await Promise.all(traffic.map((it) => it.stop()))
  const { gaps } = await measuredWindows(server.databaseUrl, first, QUICK.windowMs ?? 0)
  expect(gaps).toEqual([])
})

test('the process tells its readiness and its metrics', async () => {
  const at = await place(server, 'measured')
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('measured'))
  await until(at, id, half)
  const ready = expectOk(await server.admin.call('getReadiness'))
  expect(ready).toMatchObject({ ready: true, controller: { ok: true } })
  const metrics = expectOk(await server.admin.call('getMetrics'))
  await traffic.stop()
  const labels = `project="measured",rollout="${id}",flag="measured",environment="production"`
  expect(metrics).toContain(`flagmarshal_rollout_state{${labels},state="running"} 1`)
  expect(metrics).toContain(`flagmarshal_rollout_stage{${labels}} 1`)
  expect(metrics).toContain(`flagmarshal_exposure_ratio{${labels}} 0.5`)
  expect(metrics).toMatch(/flagmarshal_guardrail_log_e\{.*criterion="errors",kind="F1r"\}/)
  expect(metrics).toMatch(/flagmarshal_last_tick_timestamp\{.*\} 1\d{9}/)
})
