import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createApprovals, decisions, place, QUICK, start, until } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'
import { measuredWindows } from './support/windows.ts'

const approvals = createApprovals()
let first: TestServer
let second: TestServer

beforeAll(async () => {
  first = await startServer({ rolloutPorts: approvals })
  const settings = { FLAGMARSHAL_DATABASE_URL: first.databaseUrl }
  second = await startServer({ rolloutPorts: approvals, settings })
})
afterAll(async () => {
  await second.close()
  await first.close()
})

test('R7 Argo Rollouts #2522: of two servers exactly one makes each tick and each decision, and one that goes away is not missed', async () => {
  const names = ['left', 'right', 'third']
  const places = []
  for (const name of names) places.push(await place(first, name))
  const traffic = await Promise.all(places.map((at) => startTraffic(at)))
  const ids = await Promise.all(places.map((at) => start(at, approvals.approve(at.flag))))
  const running = places.map((at, i) => ({ at, id: ids[i] ?? '' }))

  for (const { at, id } of running) await until(at, id, (it) => it.position?.percent === 50)
  const ticks = await ticksOf(second)
  await second.close()
  for (const { at, id } of running) await until(at, id, (it) => it.state === 'completed')
  await Promise.all(traffic.map((it) => it.stop()))

  expect(ticks, 'the one that was closed had made some of the ticks').toBeGreaterThan(0)
  for (const { at, id } of running) {
    const log = await decisions(at, id)
    expect(log.map((it) => it.kind)).toEqual(['scheduled', 'observe', 'advance', 'advance', 'complete'])
    const audit = expectOk(
      await first.admin.call('listAudit', {
        params: { project: at.project },
        query: { kind: 'rollout', subject: id },
      }),
    )
    expect(audit.items.map((it) => it.action)).toEqual([
      'rollout.start',
      'rollout.observe',
      'rollout.advance',
      'rollout.advance',
      'rollout.complete',
    ])
    const { gaps, windows } = await measuredWindows(first.databaseUrl, id, QUICK.windowMs ?? 0)
    expect(windows).toBeGreaterThan(30)
    expect(gaps, 'each window was folded once, none was left out').toEqual([])
  }
})

test('R7 R13 an act of a person and the ticks of two servers never undo each other', async () => {
  const at = await place(first, 'contended')
  const other = await startServer({
    rolloutPorts: approvals,
    settings: { FLAGMARSHAL_DATABASE_URL: first.databaseUrl },
  })
  const traffic = await startTraffic(at)
  const id = await start(at, approvals.approve('contended'))
  await until(at, id, (it) => it.position?.percent === 50)
  const params = { project: at.project, rollout: id }
  const body = { reason: 'back and forth' }
  for (let i = 0; i < 10; i++) {
    const admin = i % 2 === 0 ? first.admin : other.admin
    expectOk(await admin.call('pauseRollout', { params, body }))
    expectOk(await admin.call('resumeRollout', { params, body }))
  }
  expectOk(await other.admin.call('rollbackRollout', { params, body }))
  await until(at, id, (it) => it.state === 'rolled_back')
  await traffic.stop()
  await other.close()
  const log = (await decisions(at, id)).map((it) => it.kind)
  expect(log).toEqual([
    'scheduled',
    'observe',
    'advance',
    ...Array.from({ length: 10 }, () => ['pause', 'resume']).flat(),
    'roll-back',
    'verified',
  ])
})

async function ticksOf(server: TestServer): Promise<number> {
  const metrics = expectOk(await server.admin.call('getMetrics'))
  const counts = [
    ...metrics.matchAll(/^flagmarshal_rollout_ticks_total\{result="(?:waited|decided)"\} (\d+)/gm),
  ]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}
