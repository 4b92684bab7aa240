/** What a project settles about how its runs are decided, and what then holds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  approvedRun,
  askForApproval,
  goThrough,
  openRun,
  OUTPUTS,
  prepareStep,
  setStage,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let count = 0

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `policy-${++count}`)

async function settle({ project }: Stage, policy: Record<string, unknown>): Promise<void> {
  const { revision } = expectOk(await server.admin.call('showPolicy', { params: { project } }))
  expectOk(await server.admin.call('writePolicy', { params: { project }, body: policy, ifMatch: revision }))
}

describe('a policy', () => {
  it('is written whole, by revision, by nobody who only works here; and is audited', async () => {
    const stage = await newStage()
    const params = { project: stage.project }
    expect(expectOk(await stage.developer.client.call('showPolicy', { params }))).toMatchObject({
      revision: 1,
      blockedAfterDays: 1,
      changedBy: null,
    })
    const body = { zone: 'Europe/Berlin', rollouts: { from: '09:00', to: '16:00' } }
    const refused = await stage.operationsLead.client.call('writePolicy', { params, body, ifMatch: 1 })
    expect(expectProblem(refused).status).toBe(403)
    const written = expectOk(await server.admin.call('writePolicy', { params, body, ifMatch: 1 }))
    expect(written).toMatchObject({ revision: 2, zone: 'Europe/Berlin', rollouts: { from: '09:00' } })
    const late = await server.admin.call('writePolicy', { params, body, ifMatch: 1 })
    expect(expectProblem(late).status).toBe(412)
    const { items } = expectOk(await server.admin.call('listAudit', { params, query: { kind: 'policy' } }))
    expect(items.map((it) => it.action)).toEqual(['policy.write'])
  })

  it.each([
    ['/zone', { zone: 'Berlin' }],
    ['/rollouts/to', { rollouts: { from: '16:00', to: '09:00' } }],
    ['/experts/0', { experts: ['nobody'] }],
  ])('names the field at fault: %s', async (pointer, body) => {
    const { project } = await newStage()
    const answer = await server.admin.call('writePolicy', { params: { project }, body, ifMatch: 1 })
    expect(expectProblem(answer).errors?.[0]?.pointer).toBe(pointer)
  })
})

describe('what it settles', () => {
  it('P-E10 lets a deputy decide who holds the role, and nobody who does not', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    await prepareStep(stage, run, 1)
    const deputy = await server.person('technical-lead')
    const params = { project: stage.project, run, step: 1 }
    const body = { decision: 'go' as const, rationale: 'good' }
    expect(expectProblem(await deputy.client.call('decideStep', { params, body })).status).toBe(403)
    const developer = { deputies: { 'technical-lead': [stage.developer.id] } }
    const wrong = await server.admin.call('writePolicy', {
      params: { project: stage.project },
      body: developer,
      ifMatch: 1,
    })
    expect(expectProblem(wrong)).toMatchObject({ status: 422, code: 'role-not-held' })
    await settle(stage, { deputies: { 'technical-lead': [deputy.id] } })
    const done = expectOk(await deputy.client.call('decideStep', { params, body }))
    expect(done.steps[0]?.decidedBy).toEqual([deputy.id])
  })

  it('P-S7-7 takes reviews from the people whom the project names for a group', async () => {
    const stage = await newStage()
    const architect = await server.person('viewer', 'developer')
    await settle(stage, { reviewers: { technical: [architect.id] } })
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const params = { project: stage.project, run }
    const body = { group: 'technical' as const, subject: 'strategy', verdict: 'reviewed' as const }
    const refused = await stage.technicalLead.client.call('reviewSubject', { params, body })
    expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'role-needed' })
    expectOk(await architect.client.call('reviewSubject', { params, body }))
  })

  it('P-S7-2 lets two people do the work of three for a stated reason, and says so on every approval and gate', async () => {
    const both = await server.person('technical-lead', 'operations-lead')
    const stage = await setStage(server, `policy-${++count}`, both)
    const { project, feature, productOwner } = stage
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const hash = await askForApproval(stage, run)
    const params = { project, run }
    const approve = (role: 'technical-lead' | 'operations-lead') =>
      both.client.call('approveRun', { params, body: { role, bundleHash: hash } })
    expectOk(await approve('technical-lead'))
    expect(expectProblem(await approve('operations-lead')).code).toBe('same-person')
    await settle(stage, { tooFewPeople: { reason: 'we are two' } })
    const approved = expectOk(await approve('operations-lead'))
    expect(approved.approvals.map((it) => it.relaxed)).toEqual([null, 'we are two'])
    expectOk(
      await productOwner.client.call('approveRun', {
        params,
        body: { role: 'product-owner', bundleHash: hash },
      }),
    )
    const gate = await stage.developer.client.call('showGate', {
      params: { project, feature },
      query: { gate: 'plan-approved' },
    })
    expect(expectOk(gate)).toMatchObject({ open: true, notes: [expect.stringContaining('we are two')] })
  })

  it('P-E10 lets the author decide his step where there are too few people, and says it at the step', async () => {
    const stage = await newStage()
    await settle(stage, { tooFewPeople: { reason: 'we are two' } })
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    const { client } = stage.technicalLead
    expectOk(await client.call('writeStep', { params, body: { output: OUTPUTS[0] ?? {} } }))
    const body = { decision: 'go' as const, rationale: 'good' }
    const done = expectOk(await client.call('decideStep', { params, body }))
    expect(done.relaxations).toEqual([expect.stringContaining('we are two')])
  })

  it('relaxes nothing that was approved by the rules', async () => {
    const stage = await newStage()
    await settle(stage, { tooFewPeople: { reason: 'we are two' } })
    const { run } = await approvedRun(stage)
    const params = { project: stage.project, run }
    expect(expectOk(await stage.developer.client.call('showRun', { params })).relaxations).toEqual([])
  })
})
