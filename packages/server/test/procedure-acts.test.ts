/** What happens beside the straight way of a run: what a No-Go asks for, comments, emergencies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { openRun, OUTPUTS, prepareStep, setStage } from './support/procedure.ts'
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
