/** The first page of a day, the product's own health, and the lists that people look back in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { follow } from './support/instances.ts'
import { addFeature, openRun, setStage, start } from './support/procedure.ts'
import {
  addFeature as addFeatureOf,
  createApprovals,
  place,
  start as startRollout,
  until,
} from './support/rollouts.ts'

const approvals = createApprovals()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
})
afterAll(() => server.close())

describe('attention', () => {
  it('asks each person for what is theirs, of every project, and shows everybody what is stuck', async () => {
    const first = await setStage(server, 'first')
    const second = await setStage(server, 'second')
    const run = await openRun(first)
    const drafted = await start(second)
    const at = await place(server, 'cart')
    await addFeatureOf({ ...at, server })
    const rollout = await startRollout(at, approvals.approve('cart'))
    const params = { project: 'cart', rollout }
    await until(at, rollout, (it) => it.state !== 'scheduled')
    expectOk(await server.admin.call('pauseRollout', { params, body: { reason: 'a party' } }))

    const lead = expectOk(await first.technicalLead.client.call('showAttention'))
    expect(lead.projects).toBe(3)
    expect(lead.items.map(({ project, kind, state, role }) => ({ project, kind, state, role }))).toEqual([
      { project: 'cart', kind: 'rollout', state: 'paused', role: null },
      { project: 'first', kind: 'run', state: 'open', role: null },
    ])
    expect(lead.items[0]?.title).toContain('paused by')
    expect(lead.items[1]).toMatchObject({
      id: run,
      step: 1,
      waitsFor: 'decision',
      command: expect.stringMatching(/^flagmarshal feature (check|decide) new-checkout 1/),
    })
    expect(lead.rollouts).toMatchObject([{ id: rollout, name: 'cart', state: 'paused' }])
    expect(lead.runs).toMatchObject([
      { project: 'first', run, state: 'open', step: 1, steps: 7 },
      { project: 'second', run: drafted, state: 'draft', step: null },
    ])

    // The same act is somebody else's elsewhere, and what it says of a run is what the run says.
    const developer = expectOk(await second.developer.client.call('showAttention'))
    const seen = expectOk(
      await second.developer.client.call('showRun', { params: { project: 'second', run: drafted } }),
    )
    const mine = seen.nextActions.filter((it) => it.who.includes(second.developer.id))
    expect(developer.items.filter((it) => it.kind === 'run')).toHaveLength(mine.length === 0 ? 0 : 1)
    expect(developer.runs.find((it) => it.run === drafted)?.status).toBe(seen.status)
  })

  it('shows an automation its own project only', async () => {
    const body = { name: 'pipeline' }
    const made = expectOk(
      await server.admin.call('createServiceToken', { params: { project: 'first' }, body }),
    )
    const seen = expectOk(await server.client(made.token).call('showAttention'))
    expect(seen).toMatchObject({ projects: 1, items: [], rollouts: [], runs: [{ project: 'first' }] })
  })

  it('answers for a hundred features under way as it does for one', async () => {
    const many = await setStage(server, 'many')
    await openRun(many)
    for (let i = 0; i < 100; i++) {
      const next = { ...many, feature: `feature-${i}` }
      await addFeature(next)
      await start(next)
    }
    const begun = performance.now()
    const seen = expectOk(await many.developer.client.call('showAttention'))
    const ms = performance.now() - begun
    expect(seen.runs.length).toBeGreaterThan(100)
    console.log(`attention over ${seen.runs.length} runs: ${ms.toFixed(0)} ms`)
    expect(ms).toBeLessThan(2_000)
  })
})

describe('status', () => {
  it('says what runs, what waits and who is connected', async () => {
    const key = await server.sdkKey('first', 'production')
    const instance = await follow(server.address, key, { environment: 'production', acknowledges: true })
    const fleet = async () =>
      expectOk(await server.admin.call('showStatus')).fleet.find(
        (it) => it.project === 'first' && it.environment === 'production',
      )
    await expect.poll(fleet).toMatchObject({ connected: 1, silent: 0, behind: 0, sdks: ['test 1'] })
    await instance.close()
    const status = expectOk(await server.admin.call('showStatus'))
    expect(status.versions).toMatchObject({
      server: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.version,
      database: expect.stringMatching(/^PostgreSQL 1[5-9]/),
    })
    expect(status.versions.migration).toBeGreaterThan(19)
    expect(status.parts.map((it) => it.name).toSorted()).toEqual([
      'controller',
      'database',
      'delivery',
      'dispatcher',
    ])
    expect(status.controller.lastTickAt).not.toBeNull()
  })
})

describe('lists', () => {
  it('P-RB lists the rollbacks of a project, of a feature where it is named', async () => {
    const stage = await setStage(server, 'back')
    const params = { project: 'back' }
    const begun = expectOk(
      await stage.operationsLead.client.call('startRollback', {
        params: { ...params, feature: 'new-checkout' },
        body: { reason: 'orders fail' },
      }),
    )
    const { items } = expectOk(await stage.developer.client.call('listRollbacks', { params }))
    expect(items).toMatchObject([
      { id: begun.id, feature: 'new-checkout', reason: 'orders fail', status: begun.status, step: 1 },
    ])
    const none = await stage.developer.client.call('listRollbacks', { params, query: { feature: 'other' } })
    expect(expectOk(none).items).toEqual([])
    const nowhere = await server.admin.call('listRollbacks', { params: { project: 'nowhere' } })
    expect(expectProblem(nowhere).status).toBe(404)
  })

  it('lists every piece of evidence of a run without its content', async () => {
    const stage = await setStage(server, 'proven')
    const run = await openRun(stage)
    const params = { project: 'proven', run }
    expectOk(await stage.developer.client.call('runChecks', { params: { ...params, step: '1' } }))
    const { items } = expectOk(await stage.developer.client.call('listEvidence', { params }))
    expect(items.length).toBeGreaterThan(1)
    const [newest] = items
    const whole = expectOk(
      await stage.developer.client.call('showEvidence', {
        params: { project: 'proven', hash: newest?.hash ?? '' },
      }),
    )
    expect(whole).toMatchObject({ ...newest })
    expect(newest).not.toHaveProperty('content')
  })
})
