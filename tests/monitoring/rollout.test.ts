/**
 * Rollouts that are judged by what the real Prometheus has scraped of the real shop: its regression is
 * seen and rolled back, an outage of Prometheus decides nothing, and a mean of values decides like a
 * share of failures.
 */
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { describe, expect, test } from 'vitest'

import {
  createApprovals,
  decisions,
  place,
  QUICK,
  show,
  start,
  until,
} from '../../packages/server/test/support/rollouts.ts'
import type { Place } from '../../packages/server/test/support/rollouts.ts'
import { FAST_SEARCH, startExportingShop } from '../support/exporting-shop.ts'
import { installed, startPrometheus } from '../support/prometheus.ts'
import { expectOk, startServer } from '../support/server.ts'

const approvals = createApprovals()
const SCRAPE_MS = 250

const of = `{flag="${FAST_SEARCH}"}`
const found = `{flag="${FAST_SEARCH}",value="products_found"}`
const prometheus = { kind: 'prometheus' as const, connection: 'main' }
const guardrail = { role: 'guardrail' as const }

/** A search finds more than one product: the sum of what was found is above the number of searches. */
const FOUND = {
  ...prometheus,
  total: `flagmarshal_value_count_total${found}`,
  bad: `flagmarshal_value_sum_total${found}`,
}

/** Counted in Prometheus: failures, answers that are not fast, and what is found. */
const PLAN: RolloutPlanInput = {
  ...QUICK,
  windowMs: 300,
  // Longer than the test, so that nothing but harm decides.
  stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 600_000, maxMs: 6_000_000 }],
  criteria: [
    {
      ...guardrail,
      id: 'errors',
      ceiling: 0.05,
      source: {
        ...prometheus,
        total: `flagmarshal_requests_total${of}`,
        bad: `flagmarshal_requests_bad_total${of}`,
      },
    },
    {
      ...guardrail,
      id: 'slow',
      ceiling: 0.05,
      onFail: 'hold',
      source: {
        ...prometheus,
        total: `flagmarshal_request_duration_seconds_count${of}`,
        good: `flagmarshal_request_duration_seconds_bucket{flag="${FAST_SEARCH}",le="0.5"}`,
      },
    },
    { ...guardrail, id: 'found', ceiling: 0.5, mean: { worse: 'lower' }, onFail: 'hold', source: FOUND },
  ],
}

/** Nobody may find more than one product on average: what the shop does is beyond that. */
const MEAN_PLAN: RolloutPlanInput = {
  ...QUICK,
  windowMs: 300,
  stages: [{ name: 'everybody', increments: [100], bakeMs: 600_000, maxMs: 6_000_000 }],
  criteria: [{ ...guardrail, id: 'found', ceiling: 1, mean: { worse: 'higher' }, source: FOUND }],
}

async function connect({ server, project }: Place, url: string): Promise<void> {
  const settings = { prometheus: { url, scrapeMs: SCRAPE_MS } }
  const body = { key: 'main', kind: 'prometheus' as const, settings }
  expectOk(await server.admin.call('createConnection', { params: { project }, body }))
}

async function open(stack: AsyncDisposableStack) {
  const server = stack.use(
    await startServer({ rolloutPorts: approvals, settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } }),
  )
  const at = await place(server, FAST_SEARCH)
  const shop = stack.use(await startExportingShop(server, at.key))
  const prometheus = stack.use(await startPrometheus({ targets: [shop.target], scrape: `${SCRAPE_MS}ms` }))
  await connect(at, prometheus.url)
  return { at, shop, prometheus }
}

describe.skipIf(!installed('prometheus'))(
  'a rollout judged by a real Prometheus (program: prometheus)',
  () => {
    test('R11 an outage of Prometheus decides nothing (Argo Rollouts aborts at the 5th error) and is no zero (GrowthBook #6679); the regression after it is rolled back', async () => {
      await using stack = new AsyncDisposableStack()
      const { at, shop, prometheus } = await open(stack)
      const id = await start(at, approvals.approve(FAST_SEARCH, PLAN))
      const counted = await until(at, id, (it) => it.verdicts.length === 3 && it.state === 'running')
      expect(counted.verdicts.map((it) => it.verdict)).toEqual(['HOLD', 'HOLD', 'HOLD'])

      await prometheus.stop()
      const blind = await until(at, id, (it) => it.verdicts.some((one) => one.verdict === 'NO DATA'))
      expect(blind.state).toBe('running')
      expect(blind.verdicts.map((it) => it.sentence).join('\n')).toMatch(/provider error: .*ECONNREFUSED/)
      const before = (await decisions(at, id)).length

      await prometheus.start()
      await until(at, id, (it) => it.verdicts.every((one) => one.verdict !== 'NO DATA'))
      expect(await decisions(at, id), 'the outage decided nothing').toHaveLength(before)
      const params = { project: at.project, rollout: id }
      const { points } = expectOk(await at.server.admin.call('showRolloutSeries', { params }))
      const failed = points.flatMap((it) => it.criteria).filter((it) => it.kind === 'provider_error')
      expect(failed.length, 'more than five in a row').toBeGreaterThan(5 * PLAN.criteria.length)
      for (const it of failed) expect(it).toMatchObject({ exposed: null, control: null })

      shop.searchForEverything()
      const ended = await until(at, id, (it) => it.state === 'rolled_back')
      // One request in 500 fails whatever the flag says: it need not come down to nothing.
      expect(ended.status).toMatch(/^rolled back and verified: .* bad share \d.* % → \d/)
      const rolledBack = (await decisions(at, id)).find((it) => it.kind === 'roll-back')
      expect(rolledBack?.sentence).toMatch(/errors: exposed \d+\/\d+ /)
      expect((await show(at, id)).exposure.share).toBe(0)
    })

    test('a mean of more than one is a mean and no bad query, and beyond the last acceptable one it is rolled back', async () => {
      await using stack = new AsyncDisposableStack()
      const { at } = await open(stack)
      const id = await start(at, approvals.approve(FAST_SEARCH, MEAN_PLAN))
      await until(at, id, (it) => it.state === 'rolling_back')
      const rolledBack = (await decisions(at, id)).find((it) => it.kind === 'roll-back')
      expect(rolledBack?.sentence).toMatch(/found: mean 3\.\d+, .*F4: .* the last acceptable being 1/)
    })
  },
)
