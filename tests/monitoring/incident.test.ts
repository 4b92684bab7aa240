/**
 * An alert of the real Alertmanager is an incident: rollouts stay where they are while it lasts, a flag
 * can be turned off all the same, and what was held goes on once the alert is resolved.
 */
import { describe, expect, test } from 'vitest'

import { newFlag } from '../../packages/server/test/support/flags.ts'
import {
  createApprovals,
  decisions,
  place,
  QUICK,
  start,
  until,
} from '../../packages/server/test/support/rollouts.ts'
import { startTraffic } from '../../packages/server/test/support/traffic.ts'
import { installed, startAlertmanager } from '../support/prometheus.ts'
import { expectOk, expectProblem, startServer } from '../support/server.ts'

const approvals = createApprovals()
const [STAGE] = QUICK.stages
const LONG = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 4_000 }] }
const labels = { alertname: 'DatabaseDown', severity: 'critical' }

describe.skipIf(!installed('prometheus-alertmanager'))(
  'an incident freezes (program: prometheus-alertmanager)',
  () => {
    test('an alert that fires holds every rollout of the project, a kill works meanwhile, and the other goes on once it is resolved', async () => {
      await using stack = new AsyncDisposableStack()
      const server = stack.use(await startServer({ rolloutPorts: approvals }))
      const one = await place(server, 'frozen')
      const two = { ...one, flag: 'frozen-too' }
      const params = { project: one.project }
      expectOk(await server.admin.call('createFlag', { params, body: newFlag(two.flag) }))
      const source = { params, body: { key: 'alertmanager' } }
      const { secret } = expectOk(await server.admin.call('createInboundSource', source))
      const inbound = `${server.address}/api/v1/projects/${one.project}/inbound/alertmanager/alertmanager`
      const alertmanager = stack.use(await startAlertmanager(configOf(inbound, secret)))
      const traffic = await Promise.all([one, two].map((it) => startTraffic(it)))
      stack.defer(async () => void (await Promise.all(traffic.map((it) => it.stop()))))
      const ids = await Promise.all([one, two].map((it) => start(it, approvals.approve(it.flag, LONG))))
      const [first = '', second = ''] = ids
      for (const id of ids) await until(one, id, (it) => it.position?.percent === 50)

      const startsAt = new Date().toISOString()
      await post(alertmanager.url, { labels, startsAt })
      for (const id of ids) {
        const held = await until(one, id, (it) => it.state === 'held')
        expect(held).toMatchObject({ hold: { reason: 'incident' }, incident: { severity: 'critical' } })
        const act = { params: { ...params, rollout: id }, body: { reason: 'we are in a hurry' } }
        expect(expectProblem(await server.admin.call('advanceRollout', act)).code).toBe('incident-open')
      }
      const flag = { ...params, flag: one.flag, environment: 'production' }
      const killed = expectOk(
        await server.admin.call('killFlag', { params: flag, body: { reason: 'it may be this' } }),
      )
      await expect
        .poll(async () => {
          const wish = { params: { ...flag, kill: killed.id } }
          return expectOk(await server.admin.call('getKill', wish)).state
        })
        .toBe('verified')
      expect((await until(one, first, (it) => it.state === 'aborted')).cause?.kind).toBe('killed')

      await post(alertmanager.url, { labels, startsAt, endsAt: new Date().toISOString() })
      await until(two, second, (it) => it.state === 'completed')
      const kinds = (await decisions(two, second)).map((it) => it.kind)
      expect(kinds).toEqual(['scheduled', 'observe', 'advance', 'hold', 'continue', 'advance', 'complete'])
    })
  },
)

async function post(alertmanager: string, alert: unknown): Promise<void> {
  const answer = await fetch(`${alertmanager}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  })
  expect(answer.status).toBe(200)
}

/** Everything goes to this server, soon. JSON is YAML. */
function configOf(url: string, credentials: string): string {
  return JSON.stringify({
    route: { receiver: 'flagmarshal', group_wait: '100ms', group_interval: '1s', repeat_interval: '1m' },
    receivers: [
      {
        name: 'flagmarshal',
        webhook_configs: [{ url, send_resolved: true, http_config: { authorization: { credentials } } }],
      },
    ],
  })
}
