/** The rollback procedure: turning off first, then the steps, on the engine of the rollout procedure. */
import { setTimeout as wait } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { approvedRun, exposeEverybody, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let count = 0

beforeAll(async () => {
  const clock = {
    now: () => new Date(),
    sleep: (ms: number, signal: AbortSignal) =>
      wait(Math.min(ms, 200), undefined, { signal }).catch(() => undefined),
  }
  server = await startServer({ clock })
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `rollback-${++count}`)

describe('a rollback', () => {
  it('P-RB turns the flag off before anything else, follows the approved procedures, and ends with report and follow-up', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead } = stage
    const { run } = await approvedRun(stage)
    const approved = expectOk(
      await developer.client.call('showOutput', {
        params: { project, run, output: 'rollback-procedures' },
      }),
    )
    await exposeEverybody(stage)
    const body = { reason: 'orders are lost' }
    const params = { project, feature }
    const begun = expectOk(await developer.client.call('startRollback', { params, body }))
    expect(begun).toMatchObject({
      state: 'open',
      step: 1,
      reason: 'orders are lost',
      quickDisable: [{ environment: 'production', how: 'kill', state: 'verified' }],
      procedures: { run, hash: approved.hash },
    })
    const key = { project, flag: 'new-checkout', environment: 'production' }
    expect(expectOk(await developer.client.call('getFlagConfig', { params: key })).enabled).toBe(false)

    const again = expectOk(await developer.client.call('startRollback', { params, body }))
    expect(again.id).toBe(begun.id)

    const done = (step: number, more: object, client = operationsLead.client) =>
      client.call('doRollbackStep', {
        params: { project, rollback: begun.id, step },
        body: { outcome: 'done', note: `step ${step}`, ...more },
      })
    expect(expectProblem(await done(1, {}, developer.client)).status).toBe(403)
    expect(expectProblem(await done(2, {})).code).toBe('step-locked')
    expectOk(await done(1, {}))
    const confirmed = expectOk(await done(2, {}))
    expect(confirmed.steps[1]).toMatchObject({
      state: 'go',
      by: operationsLead.id,
      checks: [{ id: 'P-RB-2', state: 'pass' }],
    })
    for (const step of [3, 4, 5]) {
      const more = { outcome: 'not_applicable' as const, note: 'nothing was changed' }
      expect(expectOk(await done(step, more)).steps[step - 1]?.state).toBe('not_applicable')
    }
    const unseen = expectProblem(await done(6, { reference: 'https://shop.example/health' }))
    expect(unseen.detail).toContain('P-RB-6 is unknown')
    expectOk(await done(6, { reference: 'https://shop.example/health', override: 'orders are taken again' }))
    const followUp = { owner: 'Dora', due: '2027-01-15', ticket: 'SHOP-12' }
    const ended = expectOk(await done(7, { followUp }))
    expect(ended).toMatchObject({ state: 'completed', step: null })
    expect(ended.steps[6]?.output).toMatchObject({ followUp })
    const verified = await server.admin.call('verifyAudit', { params: { project }, body: undefined })
    expect(expectOk(verified).ok).toBe(true)
    // The gates go on to speak of the rollout procedure.
    const shown = expectOk(await developer.client.call('showFeature', { params }))
    expect(shown.latestRun?.id).toBe(run)
    expect(expectOk(await developer.client.call('startRollback', { params, body })).id).not.toBe(begun.id)
  })

  it('P-RB rolls a rollout back where one is under way', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead } = stage
    const { run } = await approvedRun(stage)
    const params = { project, run }
    expectOk(await operationsLead.client.call('scheduleRun', { params, body: {} }))
    const started = await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    const { id } = expectOk(started)
    const state = async () =>
      expectOk(await developer.client.call('showRollout', { params: { project, rollout: id } })).state
    await vi.waitUntil(async () => (await state()) !== 'scheduled', { timeout: 10_000, interval: 50 })
    const begun = expectOk(
      await developer.client.call('startRollback', {
        params: { project, feature },
        body: { reason: 'it is slow' },
      }),
    )
    expect(begun.quickDisable).toMatchObject([{ environment: 'production', how: 'rollout', id }])
    expect(['rolling_back', 'rolled_back']).toContain(await state())
  })

  it('P-X4 begins by itself once for a rollout that was rolled back', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead } = stage
    const { run } = await approvedRun(stage)
    const params = { project, run }
    expectOk(await operationsLead.client.call('scheduleRun', { params, body: {} }))
    const started = await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    const { id: rollout } = expectOk(started)
    const at = { project, rollout }
    await vi.waitUntil(
      async () => expectOk(await developer.client.call('showRollout', { params: at })).state !== 'scheduled',
      { timeout: 10_000, interval: 50 },
    )
    expectOk(await operationsLead.client.call('rollbackRollout', { params: at, body: { reason: 'a test' } }))
    const begun = async () => {
      const query = { kind: 'run', limit: '500' }
      const { items } = expectOk(await server.admin.call('listAudit', { params: { project }, query }))
      return items.filter((it) => it.action === 'rollback.start')
    }
    await vi.waitUntil(async () => (await begun()).length > 0, { timeout: 10_000, interval: 50 })
    const again = expectOk(
      await developer.client.call('startRollback', {
        params: { project, feature },
        body: { reason: 'to be sure' },
      }),
    )
    expect(again).toMatchObject({ startedBy: 'procedure', quickDisable: [{ how: 'rollout', id: rollout }] })
    expect(await begun()).toHaveLength(1)
  })

  it('P-RB waits for nothing: a feature without any approved procedure can be rolled back too', async () => {
    const stage = await newStage()
    const { project, feature, developer } = stage
    const begun = await developer.client.call('startRollback', {
      params: { project, feature },
      body: { reason: 'a test' },
    })
    expect(expectOk(begun)).toMatchObject({
      procedures: null,
      quickDisable: [{ how: 'off_already', state: 'off' }],
    })
    const missing = { params: { project, rollback: 'run_none' } }
    expect(expectProblem(await developer.client.call('showRollback', missing)).status).toBe(404)
  })
})
