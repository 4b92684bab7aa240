/** Trying a plan on the traffic of the latest days, over HTTP: P-S3-5, P-S3-6, P-S3-8, P-S3-9. */
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { trafficSlice } from '@flagmarshal/evaluation'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { selectSlices } from '@flagmarshal/server/storage/traffic-slices'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, OUTPUTS, prepareStep, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { keepTraffic } from './support/unexposed.ts'

let server: TestServer
let database: ReturnType<typeof openPostgres>
let projects = 0

beforeAll(async () => {
  server = await startServer()
  database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
})
afterAll(async () => {
  await database.close()
  await server.close()
})

const SANE: RolloutPlanInput = {
  treatment: 'on',
  control: 'off',
  observeWindows: 60,
  stages: [{ name: 'everybody', increments: [10, 50, 100], bakeMs: 7_200_000, maxMs: 86_400_000 }],
  criteria: [
    { id: 'errors', role: 'guardrail', source: { kind: 'telemetry', counts: 'bad' }, ceiling: 0.02 },
  ],
  holdback: 0,
}

/** Its ceiling lies below the usual rate of 1 %. */
const TOO_STRICT: RolloutPlanInput = {
  ...SANE,
  criteria: [
    { id: 'errors', role: 'guardrail', source: { kind: 'telemetry', counts: 'bad' }, ceiling: 0.002 },
  ],
}

/** A run that stands at step 3. */
async function atPlan(strategy: Record<string, unknown> = {}): Promise<{ stage: Stage; run: string }> {
  const stage = await setStage(server, `plans-${++projects}`)
  const run = await openRun(stage)
  await goThrough(stage, run, 1, { ...OUTPUTS[0], ...strategy })
  await goThrough(stage, run, 2)
  return { stage, run }
}

const output = (plan: RolloutPlanInput): Record<string, unknown> => ({ ...OUTPUTS[2], plan })

describe('what is kept of the traffic before a rollout', () => {
  it('is counted by slices of the users, of the flags of features alone', async () => {
    const stage = await setStage(server, `plans-${++projects}`)
    const key = await server.sdkKey(stage.project, 'production')
    const slices = [{ slice: trafficSlice('new-checkout', 'ann'), n: 2, bad: 1, slow: 0 }]
    const count = { variant: 'off', arm: 'outside' as const, n: 2, bad: 1, slow: 0, keys: [], slices }
    for (const seq of [1, 2, 2]) {
      const body = {
        instanceId: 'till',
        seq,
        fromMs: 0,
        toMs: 1,
        counts: ['new-checkout', 'another'].map((flag) => ({ ...count, flag })),
        errors: [],
        codeDefaults: [],
      }
      const params = { environment: 'production' }
      expectOk(await server.client(key).call('sendTelemetry', { params, body }))
    }
    const of = async (flag: string) =>
      await selectSlices(
        database.kysely,
        { project: stage.project, environment: 'production', flag, variant: 'off' },
        { from: new Date(0), to: new Date(Date.now() + 600_000) },
      )
    const minutes = await of('new-checkout')
    const sum = (of: 'n' | 'bad') => minutes.flatMap((it) => it[of]).reduce((a, b) => a + b, 0)
    // Report 2 was sent twice and counts once.
    expect([sum('n'), sum('bad')]).toEqual([4, 2])
    expect(minutes[0]?.n[trafficSlice('new-checkout', 'ann')]).toBeGreaterThan(0)
    expect(await of('another')).toEqual([])
  })
})

describe('a plan is tried before anybody decides', () => {
  it('P-S3-6 is unknown without traffic, and says the reach all the same', async () => {
    const { stage, run } = await atPlan()
    const { client } = stage.developer
    const params = { project: stage.project, run }
    const nothing = expectProblem(await client.call('showPlanPower', { params, body: {} }))
    expect(nothing).toMatchObject({ status: 409, code: 'no-plan' })
    const plan = RolloutPlan.parse(SANE)
    const power = expectOk(await client.call('showPlanPower', { params, body: { plan } }))
    expect(power).toMatchObject({ traffic: null, warnings: [] })
    expect(power.steps.map((it) => [it.percent, it.users, it.criteria])).toEqual([
      [10, 2_000, []],
      [50, 10_000, []],
      [100, 20_000, []],
    ])
    const replay = expectOk(await client.call('replayPlan', { params, body: { plan } }))
    expect(replay).toMatchObject({ verdict: 'too-short', refusal: null })
    const { checks, isRefused } = expectOk(await client.call('checkPlan', { params, body: { plan } }))
    expect(isRefused).toBe(false)
    expect(checks.find((it) => it.id === 'P-S3-6')).toMatchObject({ state: 'unknown', required: false })
  })

  it('P-S3-6 says what is seen at the measured traffic, and the duration that would be enough', async () => {
    const { stage, run } = await atPlan()
    await keepTraffic(database, stage.project, { minutes: 240, perMinute: 300, badShare: 0.01 })
    const params = { project: stage.project, run }
    const plan = RolloutPlan.parse({
      ...SANE,
      absoluteOnly: { by: 'a test', reason: 'below the ceiling is enough' },
    })
    const power = expectOk(await stage.developer.client.call('showPlanPower', { params, body: { plan } }))
    expect(power.traffic?.perMinute).toBeCloseTo(300, -1)
    expect(power.traffic?.badShare).toBeCloseTo(0.01, 2)
    expect(power.steps[0]?.criteria[0]?.sentence).toMatch(
      /10× is seen in about \d+ min.*the smallest seen is [\d.]+×.*would be enough/,
    )
    expect(power.warnings[0]).toMatch(
      /^errors: at this traffic a regression of 2 times is seen in about .* would be enough$/,
    )
    await prepareStep(stage, run, 3, output(plan))
    const { items } = expectOk(
      await stage.developer.client.call('runChecks', { params: { ...params, step: 3 } }),
    )
    expect(items.find((it) => it.id === 'P-S3-6')).toMatchObject({ state: 'fail', blocksGo: false })
  })

  it('P-S3-5 refuses a plan whose criteria would have rolled back unchanged traffic; two roles may override it', async () => {
    const { stage, run } = await atPlan()
    await keepTraffic(database, stage.project, { minutes: 240, perMinute: 300, badShare: 0.01 })
    const params = { project: stage.project, run }
    const plan = RolloutPlan.parse(TOO_STRICT)
    const replay = expectOk(await stage.developer.client.call('replayPlan', { params, body: { plan } }))
    expect(replay).toMatchObject({ verdict: 'rolls-back', observedWindows: 60, coarser: false })
    expect(replay.steps.at(-1)).toMatchObject({ percent: 100, control: false, splits: 1, rolledBack: 1 })
    expect(replay.refusal).toMatch(/nothing was changed: at 100 % of stage everybody.*errors.*F2b-harm/)

    await prepareStep(stage, run, 3, output(plan))
    const go = { decision: 'go' as const, rationale: 'it will do' }
    const at = { ...params, step: 3 }
    const refused = await stage.operationsLead.client.call('decideStep', { params: at, body: go })
    expect(expectProblem(refused)).toMatchObject({ code: 'checks-open' })
    expect(expectProblem(refused).detail).toContain('aa-replay')

    const sane = RolloutPlan.parse(SANE)
    const fine = expectOk(await stage.developer.client.call('replayPlan', { params, body: { plan: sane } }))
    expect(fine).toMatchObject({ verdict: 'fine', refusal: null })
    await goThrough(stage, run, 3, output(sane))
  })

  it('an impossible plan is refused by its check and cannot be replayed', async () => {
    const { stage, run } = await atPlan()
    const params = { project: stage.project, run }
    const plan = RolloutPlan.parse({
      ...SANE,
      stages: [{ name: 'half', increments: [50], bakeMs: 7_200_000, maxMs: 86_400_000 }],
    })
    const { client } = stage.developer
    const { isRefused, checks } = expectOk(await client.call('checkPlan', { params, body: { plan } }))
    expect(isRefused).toBe(true)
    expect(checks.find((it) => it.id === 'P-S3-5')?.findings.join()).toContain('last-stage')
    const replay = expectProblem(await client.call('replayPlan', { params, body: { plan } }))
    expect(replay).toMatchObject({ status: 409, code: 'plan-impossible' })
  })
})

describe('a plan is complete', () => {
  it('P-S3-2 needs criteria for Go and No-Go, and P-S3-3 what is monitored and how often', async () => {
    const { stage, run } = await atPlan()
    const params = { project: stage.project, run }
    const { client } = stage.developer
    const watching = { id: 'feedback', role: 'report' as const, max: 3, onFail: 'hold' as const }
    const plan = RolloutPlan.parse({ ...SANE, criteria: [watching] })
    const { checks } = expectOk(await client.call('checkPlan', { params, body: { plan } }))
    expect(checks.find((it) => it.id === 'P-S3-5')?.findings.join()).toContain('no-guardrail')

    const { monitoring: _left, ...without } = output(RolloutPlan.parse(SANE))
    await prepareStep(stage, run, 3, without)
    const go = { decision: 'go' as const, rationale: 'it will do' }
    const at = { ...params, step: 3 }
    const refused = expectProblem(
      await stage.operationsLead.client.call('decideStep', { params: at, body: go }),
    )
    expect(refused).toMatchObject({ code: 'output-incomplete' })
    expect(refused.detail).toContain('monitoring')
  })

  it('P-S3-11 shows beside each percentage the expected share and number of everybody', async () => {
    const { stage, run } = await atPlan()
    const params = { project: stage.project, run }
    const segment = { key: 'staff', name: 'staff', include: ['ann'] }
    expectOk(
      await stage.developer.client.call('createSegment', {
        params: { project: stage.project },
        body: segment,
      }),
    )
    const staff = { id: 'internal', segment: 'staff' }
    const stages = [
      {
        name: 'internal',
        audience: staff,
        increments: [50, 100],
        bakeMs: 7_200_000,
        maxMs: 86_400_000,
        limit: 5,
      },
      ...SANE.stages,
    ]
    const plan = RolloutPlan.parse({ ...SANE, stages })
    const shares = async (internal: number) =>
      await stage.developer.client.call('showPlanPower', {
        params,
        body: { plan, audienceShares: { internal } },
      })
    const { steps } = expectOk(await shares(0.04))
    expect(steps.map((it) => [it.percent, it.share.toFixed(3), it.users])).toEqual([
      [50, '0.020', 400],
      [100, '0.040', 800],
      [10, '0.136', 2_720],
      [50, '0.520', 10_400],
      [100, '1.000', 20_000],
    ])
    const body = { plan, audienceShares: { internal: 0.2 } }
    const { checks } = expectOk(await stage.developer.client.call('checkPlan', { params, body }))
    expect(checks.find((it) => it.id === 'P-S3-5')?.findings.join()).toContain('above its limit of 5 %')
  })
})

describe('the plan is what was asked for', () => {
  const atOnce = {
    ...SANE,
    stages: [{ name: 'everybody', increments: [100], bakeMs: 7_200_000, maxMs: 86_400_000 }],
  }
  const high = { review: { ...(OUTPUTS[0]?.['review'] as object), riskLevel: 'high' } }

  it('P-S3-8 at high risk Operations Lead and Product Owner must both override', async () => {
    const { stage, run } = await atPlan(high)
    await prepareStep(stage, run, 3, output(RolloutPlan.parse(atOnce)))
    const params = { project: stage.project, run, step: 3 }
    const overrides = [{ check: 'P-S3-8', reason: 'The law changes tonight.' }]
    const go = { decision: 'go' as const, rationale: 'it must be' }
    const bare = await stage.operationsLead.client.call('decideStep', { params, body: go })
    expect(expectProblem(bare).detail).toContain('a feature of high risk is exposed to everybody at once')
    expectOk(await stage.operationsLead.client.call('decideStep', { params, body: { ...go, overrides } }))
    const alone = await stage.productOwner.client.call('decideStep', { params, body: go })
    expect(expectProblem(alone).code).toBe('checks-open')
    const both = expectOk(
      await stage.productOwner.client.call('decideStep', { params, body: { ...go, overrides } }),
    )
    expect(both.steps.find((it) => it.number === 3)?.state).toBe('go')
  })

  it('P-S3-8 P-S3-9 holds the plan against the wishes of P-I9', async () => {
    const { stage, run } = await atPlan()
    const { client } = stage.developer
    const params = { project: stage.project, run }
    const value = { mode: 'immediate', reason: 'a contract', deadline: '2026-03-01T00:00:00Z' }
    expectOk(await client.call('provideInput', { params: { ...params, input: 'P-I9' }, body: { value } }))
    await vi.waitFor(
      async () => {
        const proposal = expectOk(
          await client.call('proposeStep', { params: { ...params, step: 3 }, body: { template: 'default' } }),
        )
        expect(proposal.output['review']).toMatchObject({
          timeline: 'It is to be complete by 2026-03-01T00:00:00Z.',
          business: expect.stringContaining('An immediate rollout: a contract'),
        })
      },
      { timeout: 10_000, interval: 20 },
    )
    const { checks } = expectOk(
      await client.call('checkPlan', { params, body: { plan: RolloutPlan.parse(SANE) } }),
    )
    expect(checks.find((it) => it.id === 'P-S3-8')?.findings.join()).toContain(
      'P-I9 asks for an immediate rollout',
    )
  })
})
