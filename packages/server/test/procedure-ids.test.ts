/** Ids of the procedure whose words have no test elsewhere: what is given is shown, what is wrong is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  approvedRun,
  goThrough,
  INPUTS,
  openRun,
  OUTPUTS,
  prepareStep,
  setStage,
  start,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let count = 0

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `ids-${++count}`)

describe('inputs that are choices', () => {
  it.each([
    ['P-I7', { approach: 'big-bang' }, '/value'],
    ['P-I7', { approach: 'other' }, '/value'],
    ['P-I9', { mode: 'sometimes', reason: 'x' }, '/value/mode'],
    ['P-I9', { mode: 'gradual' }, '/value/reason'],
    ['P-I10', { ...INPUTS['P-I10']?.value, maxExposedUsers: 0 }, '/value/maxExposedUsers'],
  ])('%s refuses %j and names the field', async (input, value, pointer) => {
    const stage = await newStage()
    const params = { project: stage.project, run: await start(stage), input }
    const problem = expectProblem(
      await stage.developer.client.call('provideInput', { params, body: { value } }),
    )
    expect(problem).toMatchObject({ status: 422 })
    expect(problem.errors?.map((it) => it.pointer).join(' ')).toContain(pointer)
  })

  it('P-I7 P-I9 P-I10 are missing with their ways, and are there once they are given', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await start(stage)
    const ways = { 'P-I7': 'P-R8', 'P-I9': 'P-R9', 'P-I10': 'P-R10' } as const
    for (const [input, way] of Object.entries(ways)) {
      const before = expectOk(await developer.client.call('showRun', { params: { project, run } }))
      expect(before.inputs.find((it) => it.id === input)).toMatchObject({
        state: 'missing',
        remediation: { id: way },
      })
      const params = { project, run, input }
      const body = { value: INPUTS[input]?.value ?? {} }
      const after = expectOk(await developer.client.call('provideInput', { params, body }))
      expect(after.inputs.find((it) => it.id === input)).toMatchObject({
        state: 'provided',
        value: body.value,
      })
    }
  })
})

it('P-PL2 P-PL5 the work plan is edited and then has another hash', async () => {
  const stage = await newStage()
  const params = { project: stage.project, run: await start(stage) }
  const { client } = stage.developer
  const { workPlan } = expectOk(await client.call('showRun', { params }))
  const body = { ...workPlan.content, notes: 'We begin on Monday.' }
  const edited = expectOk(await client.call('writeWorkPlan', { params, body })).workPlan
  expect(edited.content.notes).toBe('We begin on Monday.')
  expect(edited.revision).toBe(workPlan.revision + 1)
  expect(edited.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(edited.hash).not.toBe(workPlan.hash)
})

describe('step 1', () => {
  it('P-E5 shows purpose, inputs with where they came from, actions, checks and outputs', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    const step = expectOk(await stage.developer.client.call('showStep', { params }))
    expect(step.purpose).not.toBe('')
    expect(step.actions.length).toBeGreaterThan(0)
    expect(step.checks.map((it) => it.id)).toEqual(['P-S1-10', 'P-S1-12'])
    expect(step.outputs.length).toBeGreaterThan(0)
    expect(step.inputs.map((it) => it.id)).toEqual(['P-I1', 'P-I2', 'P-I9', 'P-I10'])
    expect(JSON.stringify(step.inputs)).toContain(stage.developer.id)
  })

  it('P-S1-1 … P-S1-8 each field of the strategy is needed for the Go, and shown once it is written', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    const fields = [
      'review',
      'type',
      'approach',
      'layers',
      'rollout',
      'mitigation',
      'targeting',
      'implementation',
    ]
    for (const field of fields) {
      const { [field]: _, ...output } = OUTPUTS[0] ?? {}
      const written = expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
      expect(written.outputs.find((it) => it.field === field)).toMatchObject({ filled: false })
      const body = { decision: 'go' as const, rationale: 'good' }
      const problem = expectProblem(await stage.technicalLead.client.call('decideStep', { params, body }))
      expect(problem.detail).toContain(field)
    }
    const body = { output: OUTPUTS[0] ?? {} }
    const whole = expectOk(await stage.developer.client.call('writeStep', { params, body }))
    expect(whole.outputs.filter((it) => fields.includes(it.field)).every((it) => it.filled)).toBe(true)
  })

  it.each([
    [
      'high risk without quick disable',
      {
        review: { scope: 'x', complexity: 'low', riskLevel: 'high', dependencies: [], userImpact: 'x' },
        mitigation: { quickDisable: false, rollback: true, monitoring: ['errors'] },
      },
      'high-risk-without-quick-disable',
    ],
    ['gradual without percentage or targeting', { approach: 'boolean' }, 'gradual'],
    ['an experiment without two variants and a metric', { type: 'experiment' }, 'experiment'],
    ['layers that bucket by different attributes', { layers: ['backend', 'frontend'] }, 'layer'],
  ])('P-S1-10 refuses %s with the id of the rule', async (_, change, rule) => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run, step: 1 }
    const body = { output: { ...OUTPUTS[0], ...change } }
    expectOk(await stage.developer.client.call('writeStep', { params, body }))
    const { items } = expectOk(await stage.developer.client.call('runChecks', { params }))
    const check = items.find((it) => it.id === 'P-S1-10')
    expect(check?.state).toBe('fail')
    expect(JSON.stringify(check)).toContain(rule)
  })
})

it('P-S2-7 the Go of step 2 tells the world, and a later run of it with what changed', async () => {
  const stage = await newStage()
  const run = await openRun(stage)
  await goThrough(stage, run, 1)
  const params = { project: stage.project }
  const types = async () =>
    expectOk(await server.admin.call('listSignals', { params, query: {} })).items.map((it) => it.type)
  expect(await types()).not.toContain('dev.flagmarshal.featureflags.ready')
  await goThrough(stage, run, 2)
  expect(await types()).toContain('dev.flagmarshal.featureflags.ready')
})

it('P-S1-11 P-S3-7 P-S4-8 P-S5-7 the steps leave their documents', async () => {
  const stage = await newStage()
  const run = await openRun(stage)
  for (const step of [1, 2, 3, 4, 5]) await goThrough(stage, run, step)
  await prepareStep(stage, run, 6)
  const params = { project: stage.project, run }
  const { items } = expectOk(await stage.developer.client.call('listDocuments', { params }))
  expect(items.map((it) => it.name)).toEqual(
    expect.arrayContaining(['strategy', 'rollout-plan', 'monitoring-record', 'rollback-procedures']),
  )
})

it('P-S7-5 P-D1 P-EX3 scheduling completes the run, its outputs are there for others, and it can be ended with cause', async () => {
  const stage = await newStage()
  const { run } = await approvedRun(stage)
  const params = { project: stage.project, run }
  const { client } = stage.productOwner
  const done = expectOk(await client.call('scheduleRun', { params, body: {} }))
  expect(done).toMatchObject({ state: 'completed', schedule: { start: null, by: stage.productOwner.id } })
  for (const output of ['flag-configuration', 'rollout-plan', 'rollback-procedures'] as const) {
    const named = await client.call('showOutput', { params: { ...params, output } })
    expect(expectOk(named)).toMatchObject({
      state: 'approved',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  }
  const body = { cause: 'feature_cancelled' as const, lessons: 'ask earlier' }
  const ended = expectOk(await client.call('abortRun', { params, body }))
  expect(ended.exit).toMatchObject({ state: 'aborted', reason: 'feature_cancelled' })
})
