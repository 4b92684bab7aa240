/**
 * What the procedure asks a real Prometheus before a rollout: plans whose criteria are counted there
 * are tried on what it remembers of the traffic in which nobody was exposed, by slices of the users
 * where the counters tell them apart, and by the ceiling alone where they do not; and the rules of the
 * alerts that set a rollback off are looked up.
 */
import type { PlanReplay } from '@flagmarshal/api/plan-check'
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { callerOf } from '../../packages/cli/test/support/caller.ts'
import {
  goThrough,
  openRun,
  OUTPUTS,
  prepareStep,
  setStage,
} from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { installed, startPrometheus } from '../support/prometheus.ts'
import { randomOf } from '../support/random.ts'
import { expectOk, expectProblem, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const MINUTES = 400
const SLICES = 20
const SCRAPE_S = 60
/** 300 requests a minute, 1 % of them bad. */
const [PER_SLICE, BAD] = [15, 0.01]
const LAST_S = Math.floor(Date.now() / 60_000) * 60

let server: TestServer
let stage: Stage
let run: string
let url: string
const open = new AsyncDisposableStack()

/** A counter of one slice: what it was at each scrape. */
interface Counters {
  readonly all: number[]
  readonly bad: number[]
}

/** What each slice counted on one of two instances; the second begins anew in the middle. */
function counted(seed: number, extra: (slice: number, minute: number) => number): Counters[] {
  const random = randomOf(seed)
  return Array.from({ length: SLICES }, (_, slice) => {
    const counters: Counters = { all: [], bad: [] }
    let [all, bad] = [0, 0]
    for (let minute = 0; minute < MINUTES; minute++) {
      const more = extra(slice, minute)
      if (seed === 2 && minute === MINUTES / 2) [all, bad] = [0, 0]
      bad += random.poisson((PER_SLICE * BAD) / 2) + more
      all += random.poisson((PER_SLICE * (1 - BAD)) / 2) + more
      counters.bad.push(bad)
      counters.all.push(all + bad)
    }
    return counters
  })
}

function family(name: string, series: readonly (readonly [labels: string, samples: readonly number[]])[]) {
  const lines = series.flatMap(([labels, samples]) =>
    samples.map(
      (value, index) =>
        `${name}_total{${labels}} ${value} ${LAST_S - (samples.length - 1 - index) * SCRAPE_S}`,
    ),
  )
  return [`# TYPE ${name} counter`, ...lines].join('\n')
}

const instances = (extra: (slice: number, minute: number) => number = () => 0) =>
  ['a', 'b'].map((instance, index) => ({ instance, slices: counted(index + 1, extra) }))
const common = 'job="shop",variant="off",arm="outside"'

function slicedFamilies(name: string, of: ReturnType<typeof instances>): string {
  const series = (what: keyof Counters) =>
    of.flatMap(({ instance, slices }) =>
      slices.map((it, slice) => [`${common},instance="${instance}",slice="${slice}"`, it[what]] as const),
    )
  return `${family(`${name}_requests`, series('all'))}\n${family(`${name}_bad`, series('bad'))}`
}

function wholeFamilies(name: string, of: ReturnType<typeof instances>): string {
  const series = (what: keyof Counters) =>
    of.map(({ instance, slices }) => {
      const sums = slices[0]?.[what].map((_, minute) =>
        slices.reduce((sum, it) => sum + (it[what][minute] ?? 0), 0),
      )
      return [`${common},instance="${instance}"`, sums ?? []] as const
    })
  return `${family(`${name}_requests`, series('all'))}\n${family(`${name}_bad`, series('bad'))}`
}

/** `odd`: from the middle on one of the twenty slices retries, as one user with a broken client does. */
const PAST = () => {
  const usual = instances()
  const odd = instances((slice, minute) => (slice === 7 && minute >= 250 ? 1 : 0))
  return `${slicedFamilies('usual', usual)}\n${wholeFamilies('whole', usual)}\n${slicedFamilies('odd', odd)}\n# EOF\n`
}

function planOf(name: string, settings: Partial<RolloutPlanInput> = {}, ceiling = 0.02): RolloutPlan {
  const source = {
    kind: 'prometheus' as const,
    connection: 'main',
    total: `${name}_requests_total`,
    bad: `${name}_bad_total`,
  }
  return RolloutPlan.parse({
    treatment: 'on',
    control: 'off',
    observeWindows: 60,
    stages: [{ name: 'everybody', increments: [10, 50, 100], bakeMs: 7_200_000, maxMs: 86_400_000 }],
    criteria: [{ id: 'errors', role: 'guardrail', source, ceiling }],
    holdback: 0,
    ...settings,
  } satisfies RolloutPlanInput)
}

/** A rule that another team has. */
const OTHERS = {
  groups: [{ name: 'shop', rules: [{ alert: 'ShopDown', expr: 'sum(usual_requests_total) < 1' }] }],
}

const TRIGGERS = OUTPUTS[4]?.['triggers'] as readonly object[]

async function connect(project: string): Promise<void> {
  const settings = { prometheus: { url, scrapeMs: SCRAPE_S * 1_000 } }
  const body = { key: 'main', kind: 'prometheus' as const, settings }
  expectOk(await server.admin.call('createConnection', { params: { project }, body }))
}

const params = () => ({ project: stage.project, run })
const replay = async (plan: RolloutPlan, audienceShares = {}): Promise<PlanReplay> =>
  expectOk(
    await stage.developer.client.call('replayPlan', { params: params(), body: { plan, audienceShares } }),
  )

describe.skipIf(!installed('prometheus', 'promtool'))(
  'a plan tried on the past of a real Prometheus (program: prometheus)',
  () => {
    beforeAll(async () => {
      const prometheus = open.use(
        await startPrometheus({
          openMetrics: PAST(),
          rules: ['others.yml'],
          files: { 'others.yml': JSON.stringify(OTHERS) },
        }),
      )
      server = open.use(await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } }))
      stage = await setStage(server, 'shop')
      url = prometheus.url
      await connect('shop')
      run = await openRun(stage)
      await goThrough(stage, run, 1)
      await goThrough(stage, run, 2)
    })
    afterAll(async () => await open.disposeAsync())

    test('P-S3-5 leaves a sane plan alone, and refuses one that would have rolled back, with the reason', async () => {
      const fine = await replay(planOf('usual'))
      expect(fine).toMatchObject({ verdict: 'fine', refusal: null, leftCriteria: [], observedWindows: 60 })
      expect(fine.steps.map((it) => [it.percent, it.splits])).toEqual([
        [10, 10],
        [50, 2],
        [100, 1],
      ])
      // Every request of the watched minutes but what instance b had before it began anew.
      const expected = SLICES * PER_SLICE * fine.watchedWindows
      expect(fine.requests / expected).toBeCloseTo(1, 1)

      const strict = await replay(planOf('usual', {}, 0.004))
      expect(strict.refusal).toMatch(
        /nothing was changed: at 100 % of stage everybody, in 1 of 1 ways.*errors.*F2b-harm/,
      )
      const odd = await replay(planOf('odd'))
      expect(odd.refusal).toMatch(/at 10 % of stage everybody, in 1 of 10 ways/)
    })

    test('P-S3-5 refuses the Go of a plan that would have rolled back what Prometheus has counted', async () => {
      await prepareStep(stage, run, 3, { ...OUTPUTS[2], plan: planOf('odd') })
      const go = { decision: 'go' as const, rationale: 'it will do' }
      const { client } = stage.operationsLead
      const refused = await client.call('decideStep', { params: { ...params(), step: 3 }, body: go })
      expect(expectProblem(refused)).toMatchObject({ code: 'checks-open' })
      expect(expectProblem(refused).detail).toMatch(/aa-replay: the plan would have rolled back.*errors/)
    })

    test('P-S3-5 tries a ceiling alone where the counters do not tell users apart, and says so', async () => {
      const plan = planOf('whole')
      const fine = await replay(plan)
      expect(fine).toMatchObject({
        verdict: 'fine',
        steps: [{ percent: 100, control: false, rolledBack: 0 }],
      })
      expect(fine.leftCriteria).toEqual([
        { criterion: 'errors', where: 'compared', why: expect.stringContaining('no label slice') },
      ])
      expect((await replay(planOf('whole', {}, 0.004))).refusal).toContain('at 100 % of stage everybody')
      const watched = await replay(planOf('whole', { holdback: 5 }, 0.004))
      expect(watched.refusal).toContain('while it is watched after 100 %')
      const compared = await replay(planOf('whole', { holdback: 5, watchMs: 0 }))
      expect(compared).toMatchObject({ verdict: 'not-replayed', refusal: null })
    })

    test('P-S3-5 an expression is tried as it is, and what finds nothing is named with its reason', async () => {
      const grouped = (name: string) => `sum by (slice, variant) (increase(${name}_total[$window]))`
      const [criterion] = planOf('usual').criteria
      const source = {
        ...Object(Object(criterion).source),
        total: grouped('odd_requests'),
        bad: grouped('odd_bad'),
      }
      const plan = RolloutPlan.parse({ ...planOf('usual'), criteria: [{ ...Object(criterion), source }] })
      expect((await replay(plan)).refusal).toMatch(/at 10 % of stage everybody, in 1 of 10 ways/)

      const nothing = await replay(planOf('missing'))
      expect(nothing).toMatchObject({ verdict: 'too-short', leftCriteria: [{ where: 'everywhere' }] })
      expect(nothing.leftCriteria[0]?.why).toContain('finds nothing without the feature')
    })

    test('P-S3-5 P-S3-6 a segment is tried with as many users as belong to it, by its list where the plan does not say', async () => {
      const include = Array.from({ length: 3_000 }, (_, nth) => `staff-${nth}`)
      const body = { key: 'staff', name: 'Staff', include }
      expectOk(await stage.developer.client.call('createSegment', { params: { project: 'shop' }, body }))
      const audience = { id: 'internal', segment: 'staff' }
      const internal = {
        name: 'internal',
        audience,
        increments: [50, 100],
        bakeMs: 7_200_000,
        maxMs: 86_400_000,
      }
      const plan = planOf('usual', { stages: [internal, ...planOf('usual').stages] })
      const tried = await replay(plan)
      // 3,000 of 20,000 expected users: three slices of twenty.
      expect(tried.steps[1]).toMatchObject({ name: 'internal', percent: 100, users: 0.15, splits: 6 })
      expect(tried).toMatchObject({ verdict: 'fine', left: [] })
      const power = expectOk(
        await stage.developer.client.call('showPlanPower', { params: params(), body: { plan } }),
      )
      expect(power.steps[0]?.requestsPerMinute).toBeCloseTo(300 * 0.15 * 0.5, 0)
      expect(power.steps[0]?.criteria[0]?.sentence).toMatch(/^at this traffic 1\.3×/)
    })

    test('P-S3-6 says what is seen at the traffic that Prometheus has counted, here and on the command line', async () => {
      const power = expectOk(
        await stage.developer.client.call('showPlanPower', {
          params: params(),
          body: { plan: planOf('usual') },
        }),
      )
      expect(power).toMatchObject({ traffic: null, notEstimated: [] })
      expect(power.criteria).toMatchObject([{ criterion: 'errors', sliced: true }])
      expect(power.criteria[0]?.perMinute).toBeCloseTo(300, -1)
      expect(power.criteria[0]?.share).toBeCloseTo(0.01, 2)
      expect(power.criteria[0]?.phi).toBeLessThan(1.5)
      expect(power.steps[0]?.criteria[0]?.sentence).toMatch(/10× is seen in about \d+ min/)
      await prepareStep(stage, run, 3, { ...OUTPUTS[2], plan: planOf('usual') })
      const cli = callerOf(server, 'shop')
      expect(await cli.said('plan', 'power', 'new-checkout')).toMatch(/errors +\d{3} +1\.?\d* %.* yes/)
      expect(await cli.said('plan', 'replay', 'new-checkout')).toContain('left unchanged traffic alone')
    })

    test('P-S5-1 looks the rule of an alert from outside up where it is loaded, and links it in the evidence', async () => {
      const other = await setStage(server, 'pager')
      const at = { project: other.project, run: await openRun(other), step: 5 }
      for (const step of [1, 2, 3, 4]) await goThrough(other, at.run, step)
      await connect(other.project)
      const triggered = async (alert: string) => {
        const triggers = [...TRIGGERS, { class: 'critical', event: 'down', bound: { alert } }]
        await prepareStep(other, at.run, 5, { ...OUTPUTS[4], triggers })
        const { items } = expectOk(await other.developer.client.call('runChecks', { params: at }))
        return items.find((it) => it.id === 'P-S5-1')
      }
      const nobody = await triggered('ShopDown')
      expect(nobody?.findings.join()).toContain('nothing is connected that could send it')
      const body = { key: 'alertmanager' }
      const params = { project: other.project }
      expectOk(await server.admin.call('createInboundSource', { params, body }))
      const found = await triggered('ShopDown')
      const link = expect.stringContaining('/graph?g0.expr=sum%28usual_requests_total%29')
      expect(found).toMatchObject({
        state: 'pass',
        facts: { alertRules: [{ alert: 'ShopDown', connection: 'main', group: 'shop', link }] },
      })
      expect(await triggered('ShopSlow')).toMatchObject({
        state: 'fail',
        findings: ['no rule of the alert ShopSlow is loaded in main'],
      })
    })
  },
)
