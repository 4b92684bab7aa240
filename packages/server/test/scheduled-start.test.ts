/** P-S7-10: a rollout starts at its time, by the database's clock, and only where nothing stands against it then. */
import { expect, test, vi } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk, startServer } from '../../../tests/support/server.ts'
import { approvedRun, setStage } from './support/procedure.ts'
import { createApprovals, decisions, place, QUICK, show, start, until } from './support/rollouts.ts'

const approvals = createApprovals()
const inMs = (ms: number) => new Date(Date.now() + ms)

test('P-S7-10 a scheduled start happens at its time, not before, and at once when the server was away at that time', async () => {
  await using database = await createDatabase()
  const launch = () =>
    startServer({ rolloutPorts: approvals, settings: { FLAGMARSHAL_DATABASE_URL: database.url } })
  const first = await launch()
  const at = await place(first, 'timely')
  const away = await place(first, 'away')
  const [soon, later] = [inMs(1_500), inMs(4_000)]
  const id = await start(at, approvals.approve('timely', QUICK, soon))
  const other = await start(away, approvals.approve('away', QUICK, later))
  expect(await show(at, id)).toMatchObject({ state: 'scheduled', nextAt: soon.toISOString() })
  await until(at, id, (it) => it.state !== 'scheduled')
  const [, observed] = await decisions(at, id)
  const lateMs = Date.parse(observed?.at ?? '') - soon.getTime()
  expect(lateMs).toBeGreaterThanOrEqual(0)
  // It sleeps until then; a look every two seconds would be late by up to that.
  expect(lateMs, 'on a loaded machine, too').toBeLessThan(1_500)
  await first.close()

  await vi.waitUntil(() => Date.now() > later.getTime(), { timeout: 10_000, interval: 20 })
  const second = await launch()
  const again = { ...away, server: second }
  await until(again, other, (it) => it.state !== 'scheduled')
  expect((await decisions(again, other)).map((it) => it.kind)).toEqual(['scheduled', 'observe'])
  await second.close()
})

test('P-S7-10 the calendar is asked at the time of the start: in a blackout it waits, says so once, and starts when it is open', async () => {
  await using server = await startServer({ rolloutPorts: approvals })
  const at = await place(server, 'closed')
  const run = approvals.approve('closed', QUICK, inMs(500))
  const id = await start(at, run)
  approvals.close(run, true)
  const params = { project: at.project }
  const told = async () => {
    const { items } = expectOk(await server.admin.call('listSignals', { params }))
    return items.filter((it) => it.type === 'dev.flagmarshal.rollout.delayed')
  }
  await expect.poll(async () => (await told()).length).toBe(1)
  const ticked = (await show(at, id)).lastTickAt ?? ''
  await until(at, id, (it) => (it.lastTickAt ?? '') > ticked)
  expect(await show(at, id)).toMatchObject({ state: 'scheduled' })
  expect(await told(), 'however often it is asked').toMatchObject([
    { data: { code: 'start-is-closed', page: true, sentence: expect.stringContaining('does not start at') } },
  ])
  approvals.close(run, false)
  await until(at, id, (it) => it.state === 'observing')
})

test('P-V3 is looked at again shortly before a scheduled start, and each hour until then', async () => {
  let aheadMs = 0
  let wake = () => {}
  const clock = {
    now: () => new Date(Date.now() + aheadMs),
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, 50))
        wake = resolve
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
        if (signal.aborted) resolve()
      }),
  }
  await using server = await startServer({ clock })
  const stage = await setStage(server, 'looked')
  const { project, operationsLead } = stage
  const { run } = await approvedRun(stage)
  const params = { project, run }
  const startAt = '2031-01-06T10:00:00.000Z'
  expectOk(await operationsLead.client.call('scheduleRun', { params, body: { start: startAt } }))
  // People's tokens have ended by then.
  const checkedAt = async () => {
    const wish = { params: { ...params, step: 7 } }
    const { items } = expectOk(await server.admin.call('showChecks', wish))
    return items.find((it) => it.id === 'P-V3')?.at ?? ''
  }
  const first = await checkedAt()
  for (const to of [Date.now() + 2 * 3_600_000, Date.parse(startAt) - 90_000, Date.parse(startAt) - 60_000]) {
    const before = await checkedAt()
    aheadMs = to - Date.now()
    wake()
    await vi.waitUntil(async () => (await checkedAt()) > before, { timeout: 10_000, interval: 50 })
  }
  expect((await checkedAt()) > first).toBe(true)
})
