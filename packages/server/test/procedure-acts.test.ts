/** What happens beside the straight way of a run: what a No-Go asks for, comments, emergencies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import type { ConfigInput } from './support/flags.ts'
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

const newStage = (): Promise<Stage> => setStage(server, `acts-${++count}`)

describe('a No-Go', () => {
  it('P-E11 leaves items with owner and due time, asks the experts, and lets the next attempt be decided once all are closed', async () => {
    const stage = await newStage()
    const { project, developer, technicalLead } = stage
    const run = await openRun(stage)
    await prepareStep(stage, run, 1)
    const params = { project, run, step: 1 }
    const decide = (decision: 'go' | 'no-go', rationale: string) =>
      technicalLead.client.call('decideStep', { params, body: { decision, rationale } })
    const refused = expectOk(await decide('no-go', 'the risk is not looked at'))
    expect(refused.actions).toMatchObject([
      { id: 's1-a1-1', kind: 'do', owners: [developer.id], closed: null, step: 1, attempt: 1 },
      { id: 's1-a1-2', kind: 'consult', asked: [technicalLead.id] },
      { id: 's1-a1-3', kind: 'do' },
    ])
    expect(new Date(refused.actions[0]?.due ?? '').getTime()).toBeGreaterThan(Date.now() + 86_400_000)
    expect(refused.blockers[0]).toMatchObject({ code: 'action-open', who: [developer.id] })
    expect(refused.nextActions[0]).toMatchObject({
      method: 'POST',
      path: `/api/v1/projects/${project}/runs/${run}/actions/s1-a1-1/close`,
      command: expect.stringContaining('feature close-action'),
    })
    const signals = expectOk(await server.admin.call('listSignals', { params: { project }, query: {} }))
    expect(signals.items[0]).toMatchObject({
      type: 'dev.flagmarshal.procedure.consulted',
      data: { because: 'the risk is not looked at', notify: [technicalLead.id] },
    })

    const output = { ...OUTPUTS[0], targeting: { audience: 'beta', segments: [] } }
    expectOk(await developer.client.call('writeStep', { params, body: { output } }))
    const early = expectProblem(await decide('go', 'better'))
    expect(early).toMatchObject({ status: 409, code: 'actions-open' })
    const close = (action: string, from?: string) =>
      developer.client.call('closeAction', {
        params: { project, run, action },
        body: { note: `about ${action}`, ...(from === undefined ? {} : { from }) },
      })
    for (const action of ['s1-a1-1', 's1-a1-3']) expectOk(await close(action))
    const answered = expectOk(await close('s1-a1-2', 'Ada'))
    const hash = answered.actions[1]?.closed?.evidence ?? ''
    const kept = expectOk(await developer.client.call('showEvidence', { params: { project, hash } }))
    expect(kept).toMatchObject({ step: 1, content: { answer: 'about s1-a1-2', from: 'Ada' } })
    expect(expectProblem(await close('s1-a1-2')).code).toBe('closed-already')
    expect(expectProblem(await close('s9-a9-9')).status).toBe(404)
    expect(expectOk(await decide('go', 'better')).steps[0]).toMatchObject({ state: 'go', attempt: 2 })
  })
})

describe('comments of the final review', () => {
  it('P-S7-1 keeps everybody from approving until each is resolved, and one that asks for changes is a comment', async () => {
    const stage = await newStage()
    const { project, developer, technicalLead, productOwner } = stage
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const params = { project, run }
    const opened = await productOwner.client.call('comment', {
      params,
      body: { group: 'business', subject: 'impact', text: 'what of gift cards?' },
    })
    expect(expectOk(opened).threads).toMatchObject([{ id: 'c1', resolved: null }])
    const asking = await technicalLead.client.call('reviewSubject', {
      params,
      body: { group: 'technical', subject: 'strategy', verdict: 'changes_requested', comment: 'too bold' },
    })
    expect(expectOk(asking).threads.map((it) => it.comments[0]?.text)).toEqual([
      'what of gift cards?',
      'too bold',
    ])
    const refused = await askForApproval(stage, run).catch((error: unknown) => String(error))
    expect(refused).toContain('comments-open')
    const answer = { thread: 'c1', text: 'they are left out' }
    expectOk(await developer.client.call('comment', { params, body: answer }))
    const resolve = (thread: string, client = developer.client) =>
      client.call('resolveComment', { params: { ...params, thread }, body: { note: 'settled' } })
    expect(expectProblem(await resolve('c1'))).toMatchObject({ status: 403, code: 'role-needed' })
    expectOk(await resolve('c1', productOwner.client))
    expectOk(await resolve('c2', technicalLead.client))
    expect(expectProblem(await resolve('c2', technicalLead.client)).code).toBe('resolved-already')
    expect(await askForApproval(stage, run)).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('an emergency', () => {
  it('P-O3 goes past a closed gate for a limited time, says so everywhere, and stays open until somebody else has looked at it', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead, technicalLead } = stage
    const run = await openRun(stage)
    const params = { project, feature }
    const body = { reason: 'the old checkout loses orders', minutes: 30 }
    expect(expectProblem(await developer.client.call('breakGlass', { params, body })).status).toBe(403)
    const glass = expectOk(await operationsLead.client.call('breakGlass', { params, body }))
    expect(glass).toMatchObject({ gate: 'plan-approved', by: operationsLead.id, review: null })

    const gate = await developer.client.call('showGate', { params, query: { gate: 'plan-approved' } })
    expect(expectOk(gate)).toMatchObject({ open: true, notes: [expect.stringContaining('loses orders')] })
    const key = { project, flag: 'new-checkout', environment: 'production' }
    const { revision } = expectOk(await developer.client.call('getFlagConfig', { params: key }))
    const config = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
    expectOk(await developer.client.call('configureFlag', { params: key, body: config, ifMatch: revision }))
    const shown = expectOk(await developer.client.call('showRun', { params: { project, run } }))
    expect(shown.brokenGlass).toMatchObject([{ id: glass.id, review: null }])
    expect(shown.status).toContain('its review is open')

    const review = (client = operationsLead.client) =>
      client.call('reviewBrokenGlass', {
        params: { ...params, glass: glass.id },
        body: { note: 'it was right' },
      })
    expect(expectProblem(await review())).toMatchObject({ status: 403, code: 'own-work' })
    expectOk(await review(technicalLead.client))
    expect(expectProblem(await review(technicalLead.client)).code).toBe('reviewed-already')
    const { items } = expectOk(await developer.client.call('listBrokenGlass', { params }))
    expect(items).toMatchObject([{ review: { by: technicalLead.id } }])
    const signals = expectOk(await server.admin.call('listSignals', { params: { project }, query: {} }))
    expect(signals.items.map((it) => it.type)).toEqual(
      expect.arrayContaining(['dev.flagmarshal.gate.broken', 'dev.flagmarshal.gate.reviewed']),
    )
    const again = await operationsLead.client.call('breakGlass', { params, body })
    expect(expectProblem(again).code).toBe('gate-open')
  })
})

describe('beside an approved plan', () => {
  it('P-X1 P-O3 no hand exposes anybody; lists of members and what lowers exposure pass, and an emergency does', async () => {
    const stage = await newStage()
    const { project, feature, developer, operationsLead } = stage
    const params = { project }
    const beta = { key: 'beta', name: 'Beta', when: { attribute: 'beta', op: 'exists' as const } }
    expectOk(await developer.client.call('createSegment', { params, body: beta }))
    const key = { project, flag: 'new-checkout', environment: 'production' }
    const configure = async (change: object) => {
      const { revision, enabled, offVariant, rules, fallthrough } = expectOk(
        await developer.client.call('getFlagConfig', { params: key }),
      )
      const body = { enabled, offVariant, rules, fallthrough, ...change } as ConfigInput
      return await developer.client.call('configureFlag', { params: key, body, ifMatch: revision })
    }
    const rules = [{ id: 'beta', name: 'Beta', when: { segment: 'beta' }, serve: { variant: 'on' } }]
    expectOk(await configure({ rules }))
    const { run } = await approvedRun(stage)

    const raises = [
      { enabled: true },
      { enabled: true, fallthrough: { variant: 'on' } },
      { offVariant: 'on', fallthrough: { variant: 'on' } },
    ]
    for (const change of raises)
      expect(expectProblem(await configure(change)), JSON.stringify(change)).toMatchObject({
        status: 409,
        code: 'in-procedure',
        remedy: expect.stringContaining('rollout'),
      })
    const gate = { params: { project, feature }, query: { gate: 'plan-approved' } }
    expect(expectOk(await developer.client.call('showGate', gate)).open, 'a refused edit voids nothing').toBe(
      true,
    )
    const served = async (name: string, value: boolean) => {
      const flag = { project, flag: 'new-checkout' }
      const { revision } = expectOk(await developer.client.call('getFlag', { params: flag }))
      const body = { variants: { on: true, off: false, [name]: value } }
      return await developer.client.call('changeFlag', { params: flag, body, ifMatch: revision })
    }
    expect(expectProblem(await served('off', true)).code).toBe('in-procedure')

    const emergency = { reason: 'orders are lost', minutes: 30 }
    expectOk(
      await operationsLead.client.call('breakGlass', { params: { project, feature }, body: emergency }),
    )
    const again = await operationsLead.client.call('breakGlass', {
      params: { project, feature },
      body: emergency,
    })
    expect(expectProblem(again).code, 'once is enough').toBe('gate-open')
    const start = await operationsLead.client.call('startRollout', { params, body: { run } })
    expect(expectProblem(start).code, 'nothing begins before its review').toBe('glass-unreviewed')
    expectOk(await configure({ enabled: true }))
  })
})

describe('proposals', () => {
  it('P-S1-9 proposes a strategy with reasons that passes its own checks, and leaves what people wrote', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await openRun(stage)
    const params = { project, run, step: 1 }
    const { review, implementation } = OUTPUTS[0] ?? {}
    const begun = { review, implementation }
    expectOk(await developer.client.call('writeStep', { params, body: { output: begun } }))
    const proposal = expectOk(await developer.client.call('proposeStep', { params, body: {} }))
    expect(proposal.output).toMatchObject({ review, type: 'release', approach: 'percentage' })
    expect(proposal.reasons.find((it) => it.field === 'rollout.targetPercents')?.because).toContain('medium')
    expectOk(await developer.client.call('writeStep', { params, body: { output: proposal.output } }))
    const checks = expectOk(await developer.client.call('runChecks', { params }))
    expect(checks.items.filter((it) => it.state === 'fail')).toEqual([])
    const other = await developer.client.call('proposeStep', { params: { ...params, step: 2 }, body: {} })
    expect(expectProblem(other).code).toBe('nothing-to-propose')
  })

  it('P-S3-1 P-S3-9 begins a plan with a template of the installation and fills the review from the inputs', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await openRun(stage)
    const [builtIn] = expectOk(await developer.client.call('listPlanTemplates', {})).items
    expect(builtIn).toMatchObject({ key: 'default', builtIn: true })
    const plan = {
      stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 3_600_000, maxMs: 7_200_000 }],
      criteria: [
        {
          id: 'errors',
          role: 'guardrail' as const,
          source: { kind: 'telemetry' as const, counts: 'bad' as const },
        },
      ],
    }
    const template = { key: 'two-halves', name: 'Two halves', description: 'Half, then all.', plan }
    expectOk(await developer.client.call('createPlanTemplate', { body: template }))
    const again = await developer.client.call('createPlanTemplate', { body: template })
    expect(expectProblem(again).code).toBe('key-taken')
    const params = { project, run, step: 3 }
    const proposal = await developer.client.call('proposeStep', {
      params,
      body: { template: 'two-halves' },
    })
    expect(expectOk(proposal).output).toMatchObject({
      review: {
        openTestPoints: expect.stringMatching(/^[1-9]\d* of [1-9]\d* tests passed/),
        business: expect.stringContaining('money'),
      },
      plan: {
        environment: 'production',
        treatment: 'on',
        control: 'off',
        stages: [{ increments: [50, 100] }],
      },
    })
    const none = await developer.client.call('proposeStep', { params, body: { template: 'none' } })
    expect(expectProblem(none).status).toBe(404)
  })
})
