/** The computed lines of the contract: state changes, validation, done, outputs, extracts, exits. */
import { setTimeout as wait } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  approveAll,
  approvedRun,
  askForApproval,
  exposeEverybody,
  goThrough,
  openRun,
  OUTPUTS,
  prepareStep,
  setStage,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let count = 0
/** How far the clock of the server is ahead. */
let aheadMs = 0

const DAY_MS = 86_400_000

beforeAll(async () => {
  const clock = {
    now: () => new Date(Date.now() + aheadMs),
    sleep: (ms: number, signal: AbortSignal) =>
      wait(Math.min(ms, 100), undefined, { signal }).catch(() => undefined),
  }
  server = await startServer({ clock })
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `contract-${++count}`)

async function show({ project, developer }: Stage, run: string) {
  return expectOk(await developer.client.call('showRun', { params: { project, run } }))
}

async function signalsOf({ project }: Stage) {
  const { items } = expectOk(await server.admin.call('listSignals', { params: { project }, query: {} }))
  return items.map((it) => ({ ...it, type: it.type.replace('dev.flagmarshal.', '') })).toReversed()
}

describe('state changes', () => {
  it('P-O4 say since when, with which evidence; and say at once when they stop being true', async () => {
    const stage = await newStage()
    const { run, hash } = await approvedRun(stage)
    const { milestones } = await show(stage, run)
    expect(milestones.map((it) => [it.id, it.reached, it.since !== null])).toEqual([
      ['flags-ready', true, true],
      ['monitoring-configured', true, true],
      ['plan-approved', true, true],
    ])
    expect(milestones[2]?.evidence).toEqual([hash])
    expect(milestones[1]?.evidence.length).toBeGreaterThan(0)

    const params = { project: stage.project, run, step: 4 }
    const output = { ...OUTPUTS[3], flagMonitoring: { status: 'other', usage: 'other', impact: 'other' } }
    expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
    const lost = await show(stage, run)
    expect(lost.milestones.map((it) => [it.reached, it.since === null])).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ])
    const gate = await stage.developer.client.call('showGate', {
      params: { project: stage.project, feature: stage.feature },
      query: { gate: 'monitoring-configured' },
    })
    expect(expectOk(gate).open).toBe(false)
    expect((await signalsOf(stage)).slice(-2).map((it) => it.type)).toEqual([
      'monitoring.configured.revoked',
      'rolloutplan.approved.revoked',
    ])
  })
})

describe('computed lists', () => {
  it('P-V1 P-V2 validates eleven lines, none of them ticked, and never calls an attested one met', async () => {
    const stage = await newStage()
    const started = await openRun(stage)
    const before = (await show(stage, started)).validation
    expect(before).toHaveLength(11)
    expect(before.some((it) => it.verdict === 'met')).toBe(false)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, started, step)
    await approveAll(stage, started, await askForApproval(stage, started))
    const { validation } = await show(stage, started)
    const verdict = (id: string) => validation.find((it) => it.id === id)
    expect(verdict('flags-work')).toMatchObject({ verdict: 'met', evidence: [expect.any(String)] })
    expect(verdict('technical-review')?.verdict).toBe('met')
    expect(validation.map((it) => it.verdict)).not.toContain('not_met')
    for (const line of validation.filter((it) => it.why.some((why) => why.includes('attested'))))
      expect(line.verdict).toBe('attested')
  })

  it('P-DoD is ten lines, and an override stays an override', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    await goThrough(stage, run, 1)
    await prepareStep(stage, run, 2)
    const { done } = await show(stage, run)
    expect(done).toHaveLength(10)
    expect(done[0]).toMatchObject({ id: 'strategy', verdict: 'met' })
    expect(done.at(-1)).toMatchObject({ id: 'ready', verdict: 'not_met' })
    const output = { ...OUTPUTS[0], approach: 'boolean' }
    expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
    expect((await show(stage, run)).done[0]).toMatchObject({ verdict: 'not_met' })
  })

  it('P-EX1 is completed once the rollout is scheduled: every line of the definition of done is there', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const params = { project: stage.project, run }
    expect((await show(stage, run)).exit).toBeNull()
    const done = expectOk(await stage.operationsLead.client.call('scheduleRun', { params, body: {} }))
    expect(done.done.map((it) => it.verdict)).not.toContain('not_met')
    expect(done.done.at(-1)?.verdict).toBe('met')
    expect(done.exit).toMatchObject({
      state: 'completed',
      notify: expect.arrayContaining([stage.technicalLead.id, 'shop']),
    })
    const completed = (await signalsOf(stage)).at(-1)
    expect(completed).toMatchObject({
      type: 'procedure.completed',
      data: { notify: expect.arrayContaining([stage.productOwner.id, 'shop']) },
    })
  })
})

describe('what others take from a run', () => {
  it('P-A1 links flag, monitoring, documents and approvals', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const { links } = await show(stage, run)
    const kinds = new Set(links.map((it) => it.kind))
    expect(kinds.has('flag') && kinds.has('approvals')).toBe(true)
    const approvals = links.find((it) => it.kind === 'approvals')
    expect(approvals?.address).toContain(run)
  })

  it('P-D2 gives each output by name, with hash, approval and schema', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const get = (output: 'flag-configuration' | 'rollout-plan' | 'rollback-procedures') =>
      stage.developer.client.call('showOutput', { params: { project: stage.project, run, output } })
    expect(expectProblem(await get('rollout-plan')).status).toBe(404)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    expect(expectOk(await get('rollout-plan'))).toMatchObject({ state: 'not_approved', approvals: [] })
    const bundleHash = await askForApproval(stage, run)
    await approveAll(stage, run, bundleHash)
    const flags = expectOk(await get('flag-configuration'))
    expect(flags).toMatchObject({
      state: 'approved',
      bundleHash,
      content: { flag: 'new-checkout', baseline: { flag: 'new-checkout' } },
      schema: { type: 'object' },
    })
    expect(flags.approvals).toHaveLength(3)
    const rollback = expectOk(await get('rollback-procedures'))
    expect(rollback.content).toHaveProperty('quickDisable')
    expect(rollback.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('P-A3 extracts strategy, plan, approvals and flag changes from the audit chain by name', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const extract = async (kind: string) =>
      expectOk(
        await server.admin.call('listAudit', {
          params: { project: stage.project },
          query: { run, kind, limit: '500' },
        }),
      ).items.map((it) => it.action)
    const strategy = await extract('strategy')
    expect(strategy).toContain('run.write-step')
    expect(strategy).toContain('run.go')
    expect((await extract('plan')).filter((it) => it === 'run.go')).toHaveLength(2)
    expect(await extract('approvals')).toEqual([
      'run.request-approval',
      'run.approve',
      'run.approve',
      'run.approve',
    ])
    expect((await extract('flags'))[0]).toBe('flag.create')
    const params = { project: stage.project, run, step: 1 }
    const output = { ...OUTPUTS[0], targeting: { audience: 'beta', segments: [] } }
    expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
    expect((await extract('approvals')).at(-1)).toBe('run.write-step')
  })
})

/** The rollout that waits for its start. */
async function waitingRollout({ project, operationsLead }: Stage): Promise<string> {
  const { items } = expectOk(
    await operationsLead.client.call('listRollouts', { params: { project }, query: {} }),
  )
  return items.find((it) => it.state === 'scheduled')?.id ?? ''
}

describe('scheduling', () => {
  it('P-S7-10 P-S3-4 refuses a start that is past, in a blackout or outside the hours, with the next possible one', async () => {
    const stage = await newStage()
    const { project, operationsLead } = stage
    const { run } = await approvedRun(stage)
    const rollouts = {
      from: '09:00',
      to: '16:00',
      blackouts: [{ from: '2031-01-06T00:00:00Z', to: '2031-01-07T10:00:00Z', reason: 'inventory' }],
    }
    const policy = { zone: 'Europe/Berlin', rollouts }
    expectOk(await server.admin.call('writePolicy', { params: { project }, body: policy, ifMatch: 1 }))
    const params = { project, run }
    const refusal = async (start: string) =>
      expectProblem(await operationsLead.client.call('scheduleRun', { params, body: { start } }))
    expect(await refusal('2020-01-01T10:00:00Z')).toMatchObject({ code: 'start-is-past' })
    expect(await refusal('2031-01-05T05:00:00Z')).toMatchObject({
      code: 'start-is-closed',
      remedy: 'The next possible start is 2031-01-05T08:00:00.000Z.',
    })
    expect(await refusal('2031-01-06T12:00:00Z')).toMatchObject({
      code: 'start-is-closed',
      remedy: 'The next possible start is 2031-01-07T10:00:00.000Z.',
      detail: expect.stringContaining('inventory'),
    })
    const body = { start: '2031-01-07T10:00:00.000Z' }
    const done = expectOk(await operationsLead.client.call('scheduleRun', { params, body }))
    expect(done).toMatchObject({ state: 'completed', schedule: { start: body.start } })
    expect(await waitingRollout(stage)).toMatch(/^rollout_/)
  })

  it('P-S7-10 asks the calendar of a rollout that is started by hand, too', async () => {
    const stage = await newStage()
    const { project, operationsLead } = stage
    const { run } = await approvedRun(stage)
    expectOk(await operationsLead.client.call('scheduleRun', { params: { project, run }, body: {} }))
    const blackouts = [{ from: '2020-01-06T00:00:00Z', to: '2099-01-07T10:00:00Z', reason: 'inventory' }]
    const write = async (rollouts: object, ifMatch: number) =>
      expectOk(await server.admin.call('writePolicy', { params: { project }, body: { rollouts }, ifMatch }))
    await write({ blackouts }, 1)
    const start = async () =>
      await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    expect(expectProblem(await start())).toMatchObject({
      code: 'start-is-closed',
      detail: expect.stringContaining('inventory'),
    })
    await write({}, 2)
    expect(expectOk(await start()).state).toBe('scheduled')
  })

  it('P-S7-10 moves a start inside the approved timeline freely, and asks the Product Owner again outside of it', async () => {
    const stage = await newStage()
    const { project, operationsLead, productOwner } = stage
    const run = await openRun(stage)
    const timeline = {
      start: '2031-01-06T08:00:00Z',
      expectedCompletion: '2031-01-31T08:00:00Z',
    }
    for (const step of [1, 2, 3, 4, 5, 6])
      await goThrough(stage, run, step, step === 3 ? { ...OUTPUTS[2], timeline } : undefined)
    const bundleHash = await askForApproval(stage, run)
    await approveAll(stage, run, bundleHash)
    const params = { project, run }
    const schedule = async (start: string) =>
      expectOk(await operationsLead.client.call('scheduleRun', { params, body: { start } }))
    expect(await schedule('2031-01-07T08:00:00.000Z')).toMatchObject({ state: 'completed' })
    const first = await waitingRollout(stage)
    expect(await schedule('2031-01-08T08:00:00.000Z')).toMatchObject({ state: 'completed' })
    expect(await waitingRollout(stage)).not.toBe(first)
    const outside = await schedule('2031-02-10T08:00:00.000Z')
    expect(outside).toMatchObject({
      state: 'awaiting_approval',
      schedule: { start: '2031-02-10T08:00:00.000Z' },
    })
    expect(outside.approvals.filter((it) => it.voided !== null).map((it) => it.role)).toEqual([
      'product-owner',
    ])
    expect(await waitingRollout(stage)).toBe('')
    const body = { role: 'product-owner' as const, bundleHash }
    const again = expectOk(await productOwner.client.call('approveRun', { params, body }))
    expect(again).toMatchObject({ state: 'completed', schedule: { start: '2031-02-10T08:00:00.000Z' } })
  })
})

describe('exits', () => {
  it('P-EX6 offers the abort when the deployment approach changes, and proves that nobody is exposed', async () => {
    const stage = await newStage()
    const { project, productOwner, developer } = stage
    const run = await openRun(stage)
    const params = { project, run }
    const given = await stage.technicalLead.client.call('provideInput', {
      params: { ...params, input: 'P-I7' },
      body: { value: { approach: 'blue-green' } },
    })
    expect(expectOk(given).nextActions.at(-1)).toMatchObject({
      path: `/api/v1/projects/${project}/runs/${run}/abort`,
    })
    const body = { cause: 'deployment_approach_changed' as const, lessons: 'decide it first' }
    const ended = expectOk(await productOwner.client.call('abortRun', { params, body }))
    expect(ended).toMatchObject({
      exit: { state: 'aborted', reason: 'deployment_approach_changed' },
      abort: { unexposed: ['production: the flag is off'] },
    })
    const aborted = (await signalsOf(stage)).at(-1)
    expect(aborted).toMatchObject({
      type: 'procedure.aborted',
      data: { rollbackRequired: false, notify: expect.arrayContaining([developer.id]) },
    })
  })

  it('P-EX6 refuses to abort while somebody in production gets the feature', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const key = { project: stage.project, flag: 'new-checkout', environment: 'production' }
    await exposeEverybody(stage)
    const params = { project: stage.project, run }
    const body = { cause: 'feature_cancelled' as const, lessons: 'none' }
    const refused = expectProblem(await stage.productOwner.client.call('abortRun', { params, body }))
    expect(refused).toMatchObject({ status: 409, code: 'rollback-required' })
    expect(refused.detail).toContain('production: the flag is on and serves on')
    expectOk(await stage.technicalLead.client.call('killFlag', { params: key, body: { reason: 'to abort' } }))
    expectOk(await stage.productOwner.client.call('abortRun', { params, body }))
  })

  it('P-EX6 cancels a rollout that is scheduled', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const { operationsLead, project } = stage
    const params = { project, run }
    const start = new Date(Date.now() + aheadMs + DAY_MS).toISOString()
    expectOk(await operationsLead.client.call('scheduleRun', { params, body: { start } }))
    const id = await waitingRollout(stage)
    const body = { cause: 'feature_cancelled' as const, lessons: 'none' }
    expectOk(await stage.productOwner.client.call('abortRun', { params, body }))
    const rollout = await operationsLead.client.call('showRollout', { params: { project, rollout: id } })
    expect(expectOk(rollout).state).toBe('aborted')
  })
})

// These move the clock ahead and come last: what the database times by itself stays behind.
describe('time', () => {
  it('P-V3 runs the last checks again while an approved plan waits for its rollout', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const checkedAt = async () => {
      const params = { project: stage.project, run, step: 7 }
      const { items } = expectOk(await stage.developer.client.call('showChecks', { params }))
      return items.find((it) => it.id === 'P-V3')?.at ?? ''
    }
    const before = await checkedAt()
    aheadMs += 2 * 3_600_000
    await vi.waitUntil(async () => (await checkedAt()) > before, { timeout: 10_000, interval: 50 })
    expect(await show(stage, run)).toMatchObject({ state: 'approved' })
  })

  it('P-EX2 P-EX5 is blocked when nobody has acted for a working day, tells who must act, and ends by itself', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    await prepareStep(stage, run, 1)
    expect((await show(stage, run)).exit).toBeNull()
    // Four days hold a working day, whatever today is.
    aheadMs += 4 * DAY_MS
    const blocked = await show(stage, run)
    expect(blocked).toMatchObject({
      state: 'open',
      exit: {
        state: 'blocked',
        status: 'Feature flags or rollout plan incomplete, waiting for approvals',
        notify: expect.arrayContaining([stage.technicalLead.id]),
      },
    })
    expect(blocked.exit?.reason).toContain('Step 1')
    expect(blocked.exit?.requiredAction).toContain('Decide it')
    await vi.waitUntil(async () => (await signalsOf(stage)).some((it) => it.type === 'procedure.blocked'), {
      timeout: 10_000,
      interval: 50,
    })
    const params = { project: stage.project, run, step: 1 }
    const body = { decision: 'go' as const, rationale: 'good' }
    const moved = expectOk(await stage.technicalLead.client.call('decideStep', { params, body }))
    expect(moved.exit).toBeNull()
    const types = (await signalsOf(stage)).map((it) => it.type)
    expect(types.filter((it) => it.startsWith('procedure.blocked'))).toEqual([
      'procedure.blocked',
      'procedure.blocked.revoked',
    ])
  })
})
