/** A whole run by four people over HTTP, and what each gate on its way refuses. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  approveAll,
  approvedRun,
  askForApproval,
  goThrough,
  INPUTS,
  junit,
  openRun,
  OUTPUTS,
  prepareStep,
  provide,
  reviewPlan,
  setStage,
  start,
  uploaded,
  uploadFile,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let count = 0

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `shop-${++count}`)

/** Those of the fire drill are left out: they have tests of their own. */
async function signalsOf({ project }: Stage): Promise<string[]> {
  const signals = expectOk(await server.admin.call('listSignals', { params: { project }, query: {} }))
  const types = signals.items.map((it) => it.type.replace('dev.flagmarshal.', '')).toReversed()
  return types.filter((it) => !it.startsWith('alert.') && !it.startsWith('drill.'))
}

async function gateOf({ project, feature, developer }: Stage, gate: string) {
  return expectOk(await developer.client.call('showGate', { params: { project, feature }, query: { gate } }))
}

describe('a run', () => {
  it('goes from start to completed by the people whose acts these are, and tells what comes next all the way', async () => {
    const stage = await newStage()
    const { project, developer, operationsLead, technicalLead } = stage
    const run = await start(stage)
    const params = { project, run }
    const show = async () => expectOk(await developer.client.call('showRun', { params }))

    expect(await show()).toMatchObject({ state: 'draft', waitsFor: 'work-plan' })
    await provide(stage, run)
    await reviewPlan(stage, run)
    for (const step of [1, 2, 3, 4, 5, 6]) {
      const before = await show()
      expect(before).toMatchObject({ state: 'open', step, waitsFor: 'decision' })
      expect(before.nextActions.map((it) => it.path)).toContain(
        `/api/v1/projects/${project}/runs/${run}/steps/${step}/decision`,
      )
      await goThrough(stage, run, step)
      expect((await gateOf(stage, 'flags-ready')).open).toBe(step >= 2)
    }
    expect(await show()).toMatchObject({ state: 'open', step: 7, waitsFor: 'review' })
    expect((await gateOf(stage, 'plan-approved')).open).toBe(false)

    const hash = await askForApproval(stage, run)
    const asked = await show()
    expect(asked).toMatchObject({
      state: 'awaiting_approval',
      blockers: [{ who: [technicalLead.id] }, {}, {}],
    })
    await approveAll(stage, run, hash)
    expect(await show()).toMatchObject({ state: 'approved', waitsFor: 'schedule', blockers: [] })
    expect(await gateOf(stage, 'plan-approved')).toMatchObject({ open: true, blockers: [], nextActions: [] })

    const bundle = expectOk(await developer.client.call('showBundle', { params }))
    expect(bundle).toMatchObject({ hash, approvedHash: hash, approved: true, differs: [] })

    const done = expectOk(await operationsLead.client.call('scheduleRun', { params, body: {} }))
    expect(done).toMatchObject({ state: 'completed', waitsFor: 'nothing', nextActions: [] })
    expect(done.steps.map((it) => it.state)).toEqual(Array.from({ length: 7 }, () => 'go'))
    expect(await signalsOf(stage)).toEqual([
      'input.missing',
      'featureflags.ready',
      'monitoring.configured',
      'approval.requested',
      'approval.granted',
      'approval.granted',
      'approval.granted',
      'rolloutplan.approved',
      'procedure.completed',
    ])
    const audit = expectOk(await server.admin.call('verifyAudit', { params: { project }, body: undefined }))
    expect(audit.ok).toBe(true)
  })

  it('P-S2-4 keeps each check with its figures as evidence that a Go names and the bundle lists', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await openRun(stage)
    await goThrough(stage, run, 1)
    await goThrough(stage, run, 2)
    const params = { project, run, step: 2 }
    const step = expectOk(await developer.client.call('showStep', { params }))
    const check = step.checks.find((it) => it.id === 'P-S2-4')
    expect(check).toMatchObject({ state: 'pass', facts: { verified: 'engine only' } })
    const decision = step.attempts[0]?.decisions[0]
    expect(decision?.evidence).toContain(check?.evidence)
    const hash = check?.evidence ?? ''
    const kept = expectOk(await developer.client.call('showEvidence', { params: { project, hash } }))
    expect(kept).toMatchObject({ kind: 'check', step: 2, content: { check: 'P-S2-4', state: 'pass' } })
    const { bundle } = expectOk(await developer.client.call('showBundle', { params: { project, run } }))
    expect(JSON.stringify(bundle)).toContain(hash)
  })

  it('is the same run for the same Idempotency-Key, and a second one is refused while it is under way', async () => {
    const stage = await newStage()
    const { project, feature, developer } = stage
    const params = { project, feature }
    const body = {
      triggers: [
        {
          kind: 'orchestration' as const,
          state: 'ready' as const,
          source: 'flow',
          phase: '5: Pre-Deployment',
        },
      ],
      correlationId: 'flow-1',
    }
    const once = { params, body, idempotencyKey: 'start-1' }
    const first = expectOk(await developer.client.call('startRun', once))
    const again = expectOk(await developer.client.call('startRun', once))
    expect(again).toEqual(first)
    expect(first.correlationId).toBe('flow-1')
    const other = await developer.client.call('startRun', { params, body })
    expect(expectProblem(other)).toMatchObject({ status: 409, code: 'run-under-way' })
    const { items } = expectOk(await developer.client.call('listRuns', { params }))
    expect(items.map((it) => it.id)).toEqual([first.id])
  })

  it('P-E7 is the same on another server with the same database', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const params = { project: stage.project, run }
    const here = expectOk(await stage.developer.client.call('showRun', { params }))
    await using other = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
    expect(expectOk(await other.client(stage.developer.token).call('showRun', { params }))).toEqual(here)
  })
})

describe('inputs', () => {
  it('P-I-HALT halts with the remediation of each missing input, and opens by itself', async () => {
    const stage = await newStage()
    const run = await start(stage)
    await reviewPlan(stage, run)
    const params = { project: stage.project, run }
    const halted = expectOk(await stage.developer.client.call('showRun', { params }))
    expect(halted).toMatchObject({ state: 'halted', step: 1, waitsFor: 'inputs' })
    // P-I8 is observed, P-I12 is not due yet.
    expect(halted.blockers.map((it) => it.remedy.split(':')[0])).toEqual([
      'P-R1',
      'P-R5',
      'P-R2',
      'P-R3',
      'P-R6',
      'P-R7',
      'P-R8',
      'P-R9',
      'P-R10',
      'P-R11',
    ])
    expect(halted.inputs.find((it) => it.id === 'P-I12')?.state).toBe('coming_due')
    const early = await stage.developer.client.call('writeStep', {
      params: { ...params, step: 1 },
      body: { output: {} },
    })
    expect(expectProblem(early)).toMatchObject({
      status: 409,
      code: 'run-halted',
      remedy: expect.any(String),
    })

    await provide(
      stage,
      run,
      Object.keys(INPUTS).filter((it) => it !== 'P-I12'),
    )
    expect(expectOk(await stage.developer.client.call('showRun', { params }))).toMatchObject({
      state: 'open',
      step: 1,
    })
    for (const step of [1, 2, 3, 4]) await goThrough(stage, run, step)
    expect(expectOk(await stage.developer.client.call('showRun', { params }))).toMatchObject({
      state: 'halted',
      step: 5,
      blockers: [{ remedy: expect.stringContaining('P-R12') }],
    })
  })

  it('halts again when tests fail later, and says which steps used them', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, input: 'P-I3' }
    const red = junit('qa-again', 11, 1)
    await uploadFile(stage.developer.client, stage.project, red)
    const value = { results: [uploaded(red)] }
    const halted = expectOk(await stage.developer.client.call('provideInput', { params, body: { value } }))
    expect(halted).toMatchObject({ state: 'halted', blockers: [{ code: 'input-failing' }] })
    expect(halted.blockers[0]?.message).toContain(
      '1 of 12 tests failed (qa-again › case 1). Needed by step 3.',
    )
    expect(await signalsOf(stage)).toEqual(['input.missing', 'procedure.halted', 'input.missing'])
  })

  it('P-I8 halts a run when the last server key is revoked, whoever looks first', async () => {
    const stage = await newStage()
    const { project } = stage
    const run = await openRun(stage)
    const { items } = expectOk(await server.admin.call('listKeys', { params: { project } }))
    for (const { id } of items)
      expectOk(await server.admin.call('revokeKey', { params: { project, sdkKey: id } }))
    const seen = expectOk(await stage.developer.client.call('showRun', { params: { project, run } }))
    expect(seen).toMatchObject({ state: 'halted', blockers: [{ remedy: expect.stringContaining('P-R4') }] })
  })

  it('P-T2 refuses readiness while the acceptance is in progress, and takes it once a later fact says completed', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run }
    const fact = { kind: 'acceptance' as const, state: 'in_progress' as const, source: 'Jira' }
    const halted = expectOk(await stage.developer.client.call('recordTrigger', { params, body: fact }))
    expect(halted).toMatchObject({ state: 'halted', blockers: [{ remedy: expect.stringContaining('P-R7') }] })
    const done = await stage.developer.client.call('recordTrigger', {
      params,
      body: { ...fact, state: 'completed' },
    })
    expect(expectOk(done).state).toBe('open')
  })

  it('P-I11 takes the word of the Operations Lead and of nobody else; a wrong shape names its field', async () => {
    const stage = await newStage()
    const run = await start(stage)
    const params = { project: stage.project, run }
    const body = INPUTS['P-I11'] ?? { value: {} }
    const refused = await stage.developer.client.call('provideInput', {
      params: { ...params, input: 'P-I11' },
      body,
    })
    expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'role-needed' })
    const wrong = await stage.developer.client.call('provideInput', {
      params: { ...params, input: 'P-I3' },
      body: { value: { results: [{ kind: 'upload', hash: 'x' }] } },
    })
    const problem = expectProblem(wrong)
    expect(problem.status).toBe(422)
    expect(problem.errors?.map((it) => it.pointer)).toContain('/value/results/0/hash')
    for (const input of ['P-I99', 'constructor']) {
      const strange = await stage.developer.client.call('provideInput', {
        params: { ...params, input },
        body,
      })
      expect(expectProblem(strange).status).toBe(404)
    }
  })
})

describe('deciding', () => {
  it('P-E2 runs the checks again at the decision, and shows an override wherever the step is shown', async () => {
    const stage = await newStage()
    const { project, developer, technicalLead } = stage
    const run = await openRun(stage)
    const params = { project, run, step: 1 }
    const output = { ...OUTPUTS[0], approach: 'boolean' }
    expectOk(await developer.client.call('writeStep', { params, body: { output } }))
    const go = { decision: 'go' as const, rationale: 'good' }
    const refused = expectProblem(await technicalLead.client.call('decideStep', { params, body: go }))
    expect(refused).toMatchObject({ status: 409, code: 'checks-open' })
    expect(refused.detail).toContain('gradual-without-share')
    const overrides = [{ check: 'P-S1-10', reason: 'staged by hand' }]
    const done = expectOk(
      await technicalLead.client.call('decideStep', { params, body: { ...go, overrides } }),
    )
    expect(done.steps[0]).toMatchObject({
      state: 'go',
      overrides: [{ check: 'P-S1-10', by: technicalLead.id }],
    })
  })

  it('P-E7 gives two people who decide at once one winner and one clear conflict', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    for (const step of [1, 2]) await goThrough(stage, run, step)
    await prepareStep(stage, run, 3)
    const params = { project: stage.project, run, step: 3 }
    const body = { decision: 'no-go' as const, rationale: 'not yet' }
    const answers = await Promise.all([
      stage.operationsLead.client.call('decideStep', { params, body }),
      stage.productOwner.client.call('decideStep', { params, body }),
    ])
    expect(answers.filter((it) => it.ok)).toHaveLength(1)
    const lost = answers.find((it) => !it.ok)
    expect(lost !== undefined && expectProblem(lost)).toMatchObject({ status: 409 })
    const step = expectOk(await stage.developer.client.call('showStep', { params }))
    expect(step).toMatchObject({ attempt: 2, attempts: [{ outcome: 'no-go' }, { outcome: null }] })
  })

  it('answers 412 with what is stored to a write with a stale revision, and 422 with the field to a wrong shape', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    const body = { output: OUTPUTS[0] ?? {} }
    const { client } = stage.developer
    expectOk(await client.call('writeStep', { params, body }))
    const stale = await client.call('writeStep', { params, body, ifMatch: 1 })
    expect(expectProblem(stale)).toMatchObject({
      status: 412,
      code: 'stale-version',
      current: { revision: 2, output: { review: OUTPUTS[0]?.['review'] } },
    })
    expectOk(await client.call('writeStep', { params, body, ifMatch: 2 }))
    const ofRun = { project: stage.project, run }
    const { workPlan } = expectOk(await client.call('showRun', { params: ofRun }))
    const written = await client.call('writeWorkPlan', { params: ofRun, body: workPlan.content, ifMatch: 99 })
    expect(expectProblem(written)).toMatchObject({
      status: 412,
      current: { revision: workPlan.revision, hash: workPlan.hash },
    })
    const wrong = await client.call('writeStep', { params, body: { output: { type: 'magic', more: 1 } } })
    expect(
      expectProblem(wrong)
        .errors?.map((it) => it.pointer)
        .toSorted(),
    ).toEqual(['/output/more', '/output/type'])
  })

  it('P-E4 makes every later step stale when a finished one is changed', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    for (const step of [1, 2, 3]) await goThrough(stage, run, step)
    const params = { project: stage.project, run }
    const output = { ...OUTPUTS[0], targeting: { audience: 'beta', segments: [] } }
    expectOk(
      await stage.developer.client.call('writeStep', { params: { ...params, step: 1 }, body: { output } }),
    )
    const seen = expectOk(await stage.developer.client.call('showRun', { params }))
    expect(seen.steps.map((it) => it.state)).toEqual([
      'stale',
      'stale',
      'stale',
      'locked',
      'locked',
      'locked',
      'locked',
    ])
    expect(seen).toMatchObject({ state: 'open', step: 1 })
    expect(await signalsOf(stage)).toEqual([
      'input.missing',
      'featureflags.ready',
      'featureflags.ready.revoked',
    ])
    expect((await gateOf(stage, 'flags-ready')).open).toBe(false)
  })
})

describe('approving', () => {
  it('P-S7-2 lets no person fill two approvals, and no administrator approve', async () => {
    const both = await server.person('technical-lead', 'operations-lead')
    const stage = await setStage(server, `shop-${++count}`, both)
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const bundleHash = await askForApproval(stage, run)
    const params = { project: stage.project, run }
    const approve = (role: 'technical-lead' | 'operations-lead', client = both.client) =>
      client.call('approveRun', { params, body: { role, bundleHash } })
    expectOk(await approve('technical-lead'))
    expect(expectProblem(await approve('operations-lead'))).toMatchObject({ code: 'same-person' })
    expect(expectProblem(await approve('operations-lead', server.admin))).toMatchObject({ status: 403 })
    expectOk(await approve('operations-lead', stage.operationsLead.client))
  })

  it('P-S7-2 takes no approval from an author: not of an output, and not of the flag', async () => {
    const stage = await newStage()
    const { project, technicalLead } = stage
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    await changeFlag(stage, 'development', technicalLead)
    for (const step of [2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const params = { project, run }
    const review = { group: 'technical' as const, subject: 'flags', verdict: 'reviewed' as const }
    const refused = await technicalLead.client.call('reviewSubject', { params, body: review })
    expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'own-work' })
  })

  it('P-S7-3 is voided in the transaction that changes the flag, says so, and can be had again', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const { run, hash } = await approvedRun(stage)
    await changeFlag(stage, 'development')
    const params = { project, run }
    expect(await signalsOf(stage)).toEqual([
      'input.missing',
      'featureflags.ready',
      'monitoring.configured',
      'approval.requested',
      'approval.granted',
      'approval.granted',
      'approval.granted',
      'rolloutplan.approved',
      'approval.stale',
      'approval.stale',
      'approval.stale',
      'featureflags.ready.revoked',
      'monitoring.configured.revoked',
      'rolloutplan.approved.revoked',
    ])
    const reopened = expectOk(await developer.client.call('showRun', { params }))
    expect(reopened).toMatchObject({ state: 'reopened', step: 2 })
    expect(reopened.approvals.every((it) => it.voided !== null)).toBe(true)
    expect(await gateOf(stage, 'plan-approved')).toMatchObject({ open: false, state: 'reopened' })
    const bundle = expectOk(await developer.client.call('showBundle', { params }))
    expect(bundle).toMatchObject({ approved: false, approvedHash: hash })
    expect(bundle.differs.length).toBeGreaterThan(0)

    for (const step of [2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const next = await askForApproval(stage, run)
    expect(next).not.toBe(hash)
    await approveAll(stage, run, next)
    expect(await gateOf(stage, 'plan-approved')).toMatchObject({ open: true })
  })

  it('P-S7-11 is not voided by what is no change: enabling, killing, moving members', async () => {
    const stage = await newStage()
    const { project, technicalLead, developer } = stage
    const { run } = await approvedRun(stage)
    const key = { project, flag: 'new-checkout', environment: 'production' }
    const config = expectOk(await developer.client.call('getFlagConfig', { params: key }))
    const { offVariant, fallthrough } = config
    if ('exposure' in fallthrough) throw new Error('no rollout runs')
    const body = { enabled: true, offVariant, rules: [], fallthrough }
    expectOk(
      await developer.client.call('configureFlag', {
        params: key,
        body,
        ifMatch: config.revision,
      }),
    )
    expectOk(await technicalLead.client.call('killFlag', { params: key, body: { reason: 'a test' } }))
    expect(expectOk(await developer.client.call('showRun', { params: { project, run } })).state).toBe(
      'approved',
    )
  })

  it('keeps a protected environment shut until the plan is approved', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const key = { project, flag: 'new-checkout', environment: 'production' }
    const { revision } = expectOk(await developer.client.call('getFlagConfig', { params: key }))
    const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'off' } }
    const refused = await developer.client.call('configureFlag', {
      params: key,
      body,
      ifMatch: revision,
    })
    expect(expectProblem(refused)).toMatchObject({ status: 409, code: 'gate-closed' })
    const params = { project, feature: stage.feature }
    const confirm = await developer.client.call('confirmGate', { params, body: { gate: 'plan-approved' } })
    expect(expectProblem(confirm)).toMatchObject({
      status: 403,
      code: 'gate-not-open',
      remedy: expect.any(String),
    })
  })

  it('P-E3 sends the plan back with a No-Go of an approver', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    await askForApproval(stage, run)
    const params = { project: stage.project, run }
    const body = { decision: 'no-go' as const, rationale: 'not before the holidays' }
    const back = expectOk(
      await stage.productOwner.client.call('decideStep', { params: { ...params, step: 7 }, body }),
    )
    expect(back).toMatchObject({ state: 'open', step: 7, approvalRequest: null })
    for (const { id } of back.actions) {
      const note = { note: 'we wait until January' }
      expectOk(
        await stage.developer.client.call('closeAction', { params: { ...params, action: id }, body: note }),
      )
    }
    const hash = await askForApproval(stage, run)
    await approveAll(stage, run, hash)
  })

  it('P-EX6 aborts with cause and lessons; the gate closes and a new run may start', async () => {
    const stage = await newStage()
    const { run } = await approvedRun(stage)
    const params = { project: stage.project, run }
    const body = { cause: 'feature_cancelled' as const, lessons: 'ask earlier' }
    expect(expectProblem(await stage.developer.client.call('abortRun', { params, body })).status).toBe(403)
    const ended = expectOk(await stage.productOwner.client.call('abortRun', { params, body }))
    expect(ended).toMatchObject({ state: 'aborted', abort: { lessons: 'ask earlier' } })
    expect((await gateOf(stage, 'plan-approved')).open).toBe(false)
    expect((await signalsOf(stage)).slice(-4)).toEqual([
      'featureflags.ready.revoked',
      'monitoring.configured.revoked',
      'rolloutplan.approved.revoked',
      'procedure.aborted',
    ])
    await start(stage)
  })
})

describe('carrying out', () => {
  it('P-S7-11 keeps approvals while the controller does what was approved; P-X1 takes them when people do more', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead } = stage
    const { run } = await approvedRun(stage)
    const params = { project, run }
    expectOk(await operationsLead.client.call('scheduleRun', { params, body: {} }))
    const started = await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    const { id } = expectOk(started)
    const rolloutState = async () =>
      expectOk(await developer.client.call('showRollout', { params: { project, rollout: id } })).state
    await vi.waitUntil(async () => (await rolloutState()) !== 'scheduled', { timeout: 10_000, interval: 50 })

    const key = { project, flag: 'new-checkout', environment: 'production' }
    const config = expectOk(await developer.client.call('getFlagConfig', { params: key }))
    expect(config).toMatchObject({ enabled: true, rules: [{ rollout: { id } }] })
    expect(expectOk(await developer.client.call('showRun', { params })).state).toBe('completed')
    expect(await gateOf(stage, 'stage:1')).toMatchObject({
      open: false,
      blockers: [{ code: 'stage-not-reached' }],
    })
    const body = { cause: 'feature_cancelled' as const, lessons: 'none' }
    const abort = await operationsLead.client.call('abortRun', { params, body })
    expect(expectProblem(abort)).toMatchObject({ status: 409, code: 'rollback-required' })

    await changeFlag(stage, 'development')
    expect(expectOk(await developer.client.call('showRun', { params })).state).toBe('reopened')
    const again = await operationsLead.client.call('startRollout', { params: { project }, body: { run } })
    expect(expectProblem(again)).toMatchObject({
      code: 'run-not-approved',
      remedy: expect.stringContaining(feature),
    })
  })
})

describe('features and definitions', () => {
  it('P-T3 needs three different people who hold the roles', async () => {
    const stage = await newStage()
    const body = {
      key: 'other',
      name: 'Other',
      team: 'shop',
      ticket: { none: 'none' },
      flag: 'other',
      layers: ['backend' as const],
    }
    const create = async (roles: {
      technicalLead: string[]
      operationsLead: string[]
      productOwner: string[]
    }) =>
      expectProblem(
        await stage.developer.client.call('createFeature', {
          params: { project: stage.project },
          body: { ...body, roles },
        }),
      )
    const all = await server.person('technical-lead', 'operations-lead', 'product-owner')
    const same = { technicalLead: [all.id], operationsLead: [all.id], productOwner: [all.id] }
    expect(await create(same)).toMatchObject({ status: 422, code: 'role-not-held' })
    const wrong = { technicalLead: [stage.developer.id], operationsLead: [all.id], productOwner: [all.id] }
    expect((await create(wrong)).errors?.[0]?.pointer).toBe('/roles/technicalLead/0')
  })

  it('P-M1 shows the definition as data, and refuses what is not there', async () => {
    const stage = await newStage()
    const { client } = stage.developer
    const shown = expectOk(
      await client.call('showProcedure', { params: { procedure: 'feature-flag-rollout' } }),
    )
    expect(shown).toMatchObject({ version: 1, owner: 'Feature Development Team' })
    expect(expectProblem(await client.call('showProcedure', { params: { procedure: 'magic' } })).status).toBe(
      404,
    )
    const params = { project: stage.project, run: 'run_none' }
    expect(expectProblem(await client.call('showRun', { params })).status).toBe(404)
    const step = await client.call('showStep', {
      params: { project: stage.project, run: await start(stage), step: 8 },
    })
    expect(expectProblem(step).status).toBe(404)
  })
})

/** Lets everybody in development have it: a change of the baseline. */
async function changeFlag({ project, developer }: Stage, environment: string, by = developer): Promise<void> {
  const key = { project, flag: 'new-checkout', environment }
  const { revision } = expectOk(await by.client.call('getFlagConfig', { params: key }))
  const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  expectOk(
    await by.client.call('configureFlag', {
      params: key,
      body,
      ifMatch: revision,
    }),
  )
}
