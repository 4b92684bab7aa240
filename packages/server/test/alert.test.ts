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
  expect(found.alerts).toMatchObject([{ rule: 'errors', state: 'firing' }])
  expect(found.usage.variants.map((it) => it.variant)).toEqual(['off'])
  expect(found.impact).toMatchObject({ criteria: [{ criterion: 'errors' }] })
  await traffic.stop()
})
