/** The built-in evaluator on what telemetry really counts. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createApprovals, place, QUICK, start } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const approvals = createApprovals()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
})
afterAll(() => server.close())

it('P-S4-12 alerts while connected instances say nothing of the flag, and says when they do again', async () => {
  const at = await place(server, 'silent')
  const traffic = await startTraffic(at)
  const params = { project: at.project, flag: at.flag, environment: 'production' }
  const silence = async () => {
    const { alerts } = expectOk(await server.admin.call('showMonitoring', { params }))
    return alerts.find((it) => it.rule === 'usage-silence')?.state ?? 'quiet'
  }
  const usage = async () => expectOk(await server.admin.call('showMonitoring', { params })).usage
  const reasons = async () => (await usage()).reasons.map((it) => `${it.variant} ${it.reason}`)
  await expect.poll(reasons, { timeout: 30_000 }).toContain('off DISABLED')
  const [criterion] = QUICK.criteria
  const criteria = [{ ...criterion!, blindBudgetMs: 3_000 }]
  await start(at, approvals.approve('silent', { ...QUICK, observeWindows: 100_000, criteria }))
  expect(await silence()).toBe('quiet')
  traffic.pause(true)
  await expect.poll(silence, { timeout: 40_000 }).toBe('firing')
  traffic.pause(false)
  await expect.poll(silence, { timeout: 40_000 }).toBe('quiet')
  await traffic.stop()
  const of = { params: { project: at.project }, query: {} }
  const { items } = expectOk(await server.admin.call('listSignals', of))
  const told = items.filter((it) => JSON.stringify(it.data).includes('usage-silence')).map((it) => it.type)
  expect(told.toReversed()).toEqual(['dev.flagmarshal.alert.firing', 'dev.flagmarshal.alert.resolved'])
})

it('P-S4-3 fires the threshold of a criterion once, as a signal, and shows it beside the flag', async () => {
  const at = await place(server, 'noisy')
  const traffic = await startTraffic(at, { badShare: () => 0.2 })
  const day = { ...QUICK, observeWindows: 100_000 }
  await start(at, approvals.approve('noisy', day))

  const firing = async () => {
    const params = { project: at.project }
    const { items } = expectOk(await server.admin.call('listSignals', { params, query: {} }))
    return items.filter((it) => it.type === 'dev.flagmarshal.alert.firing')
  }
  await expect.poll(async () => (await firing()).length, { timeout: 30_000 }).toBe(1)
  const [signal] = await firing()
  expect(signal?.data).toMatchObject({ flag: 'noisy', rule: 'errors', threshold: 0.05 })
  expect(signal?.data).not.toHaveProperty('drill')

  const params = { project: at.project, flag: at.flag, environment: 'production' }
  const found = expectOk(await server.admin.call('showMonitoring', { params }))
  expect(found.alerts).toContainEqual({ rule: 'errors', state: 'firing', since: expect.any(String) })
  expect(found.usage.variants.map((it) => it.variant)).toEqual(['off'])
  expect(found.impact).toMatchObject({ criteria: [{ criterion: 'errors' }] })
  await traffic.stop()
})
