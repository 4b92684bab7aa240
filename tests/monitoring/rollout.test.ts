/**
 * A rollout that is judged by what the real Prometheus has scraped of an application with the real
 * SDK: its regression is seen and rolled back, and an outage of Prometheus decides nothing.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { createExporter } from '@flagmarshal/sdk-middleware'
import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
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
import { installed, startPrometheus } from '../support/prometheus.ts'
import { expectOk, startServer } from '../support/server.ts'

const approvals = createApprovals()
const SCRAPE_MS = 250

/** Counted in Prometheus: failures, and answers that are not fast. */
function planOf(flag: string): RolloutPlanInput {
  const of = `{flag="${flag}"}`
  const prometheus = { kind: 'prometheus' as const, connection: 'main' }
  const guardrail = { role: 'guardrail' as const, ceiling: 0.05 }
  return {
    ...QUICK,
    windowMs: 500,
    // Longer than the test, so that nothing but harm decides.
    stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 600_000, maxMs: 6_000_000 }],
    criteria: [
      {
        ...guardrail,
        id: 'errors',
        source: {
          ...prometheus,
          total: `flagmarshal_requests_total${of}`,
          bad: `flagmarshal_requests_bad_total${of}`,
        },
      },
      {
        ...guardrail,
        id: 'slow',
        onFail: 'hold',
        source: {
          ...prometheus,
          total: `flagmarshal_request_duration_seconds_count${of}`,
          good: `flagmarshal_request_duration_seconds_bucket{flag="${flag}",le="0.5"}`,
        },
      },
    ],
  }
}

/** An application under load, with its metrics where Prometheus can scrape them. */
async function startApplication({ server, key, flag }: Place) {
  const connection = createFlagmarshal({
    url: server.address,
    key,
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
  })
  await OpenFeature.setProviderAndWait(connection.instanceId, connection.provider)
  const client = OpenFeature.getClient(connection.instanceId)
  const exporter = createExporter(connection)
  const metrics = createServer(exporter.handler).listen(0, '127.0.0.1')
  await once(metrics, 'listening')
  let failing = 0
  let shopper = 0
  const request = async (): Promise<void> => {
    const isNew = await client.getBooleanValue(flag, false, { targetingKey: `shopper-${shopper++ % 5_000}` })
    if (isNew && shopper % 100 < failing) throw new Error('the new code is broken')
  }
  const timer = setInterval(() => {
    for (let i = 0; i < 20; i++) runRequest(connection, request).catch(() => undefined)
  }, 50)
  return {
    // A server that listens on TCP has an address and a port.
    target: `127.0.0.1:${(metrics.address() as AddressInfo).port}`,
    /** So many of a hundred requests of the new code fail from now on. */
    fail: (percent: number) => void (failing = percent),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      exporter.close()
      metrics.closeAllConnections()
      metrics.close()
      await connection.close()
    },
  }
}

async function connect({ server, project }: Place, url: string): Promise<void> {
  const settings = { prometheus: { url, scrapeMs: SCRAPE_MS } }
  const body = { key: 'main', kind: 'prometheus' as const, settings }
  expectOk(await server.admin.call('createConnection', { params: { project }, body }))
}

describe.skipIf(!installed('prometheus'))(
  'a rollout judged by a real Prometheus (program: prometheus)',
  () => {
    test('an outage of Prometheus decides nothing, and the regression after it is rolled back', async () => {
      await using server = await startServer({
        rolloutPorts: approvals,
        settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' },
      })
      const at = await place(server, 'search')
      await using application = await startApplication(at)
      await using prometheus = await startPrometheus({
        targets: [application.target],
        scrape: `${SCRAPE_MS}ms`,
      })
      await connect(at, prometheus.url)
      const id = await start(at, approvals.approve('search', planOf('search')))
      const counted = await until(at, id, (it) => it.verdicts.length === 2 && it.state === 'running')
      expect(counted.verdicts.map((it) => it.verdict)).toEqual(['HOLD', 'HOLD'])

      await prometheus.stop()
      const blind = await until(at, id, (it) => it.verdicts.some((one) => one.verdict === 'NO DATA'))
      expect(blind.state).toBe('running')
      expect(blind.verdicts.map((it) => it.sentence).join('\n')).toMatch(/provider error: .*ECONNREFUSED/)
      const before = (await decisions(at, id)).length

      await prometheus.start()
      await until(at, id, (it) => it.verdicts.every((one) => one.verdict !== 'NO DATA'))
      expect(await decisions(at, id), 'the outage decided nothing').toHaveLength(before)

      application.fail(40)
      const ended = await until(at, id, (it) => it.state === 'rolled_back')
      expect(ended.status).toMatch(/^rolled back and verified: .* bad share .* → 0 %/)
      const rolledBack = (await decisions(at, id)).find((it) => it.kind === 'roll-back')
      expect(rolledBack?.sentence).toMatch(/errors: exposed \d+\/\d+ /)
      expect((await show(at, id)).exposure.share).toBe(0)
    })
  },
)
