/** What step 5 rests on is tried: data is put back on staging in the drill, and another system's procedure is compared. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { HOOK_SECRET, startDataHook } from './support/hooks.ts'
import { goThrough, openRun, OUTPUTS, setStage, uploadFile } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let stage: Stage
let run: string

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  stage = await setStage(server, 'drilled')
  run = await openRun(stage)
  for (const step of [1, 2, 3, 4]) await goThrough(stage, run, step)
})
afterAll(() => server.close())

const DATA = {
  supported: true,
  steps: ['put the totals back'],
  integrityCheck: 'checksum of all totals',
  hook: { key: 'orders-back', version: 1 },
  watch: { everySeconds: 300, forSeconds: 3_600 },
}

async function write(change: Readonly<Record<string, unknown>>): Promise<void> {
  const params = { project: stage.project, run, step: 5 }
  const output = JSON.parse(JSON.stringify({ ...OUTPUTS[4], ...change }))
  expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
}

async function check(id: string) {
  const params = { project: stage.project, run, step: 5 }
  const { items } = expectOk(await stage.developer.client.call('runChecks', { params }))
  return items.find((it) => it.id === id)
}

describe('step 5', () => {
  it('P-S5-9 the drill puts data back on staging once a person has confirmed its plan, and never before', async () => {
    await using orders = await startDataHook(server.databaseUrl)
    const { project, developer, operationsLead } = stage
    const target = { action: { kind: 'http' as const, url: orders.url }, budgetMs: 20_000 }
    const hook = {
      key: 'orders-back',
      title: 'Orders',
      part: 'data' as const,
      production: target,
      staging: target,
      secret: HOOK_SECRET,
    }
    expectOk(await server.admin.call('createHook', { params: { project }, body: hook }))
    await write({ dataRollback: DATA })
    expect(await check('P-S5-9')).toMatchObject({ state: 'unknown' })

    const params = { project, run }
    const drill = async (id: string) =>
      expectOk(await developer.client.call('showDrill', { params: { ...params, drill: id } }))
    const begin = async () =>
      expectOk(await developer.client.call('startDrill', { params, body: { kind: 'rollback' } })).id
    const first = await begin()
    const waits = /hook confirm (\S+) --plan (\w+)/
    const said = async () => (await drill(first)).progress.map((it) => it.what).join('\n')
    await expect.poll(said, { timeout: 30_000 }).toMatch(waits)
    const [, hookRun = '', plan = ''] = waits.exec(await said()) ?? []
    const harmed = 'select count(*)::int as n from orders where total = 0'
    expect(await orders.sql(harmed), 'planned, and nothing else').toEqual([{ n: 3 }])

    const key = { project, hookRun }
    expectOk(await operationsLead.client.call('confirmHookRun', { params: key, body: { plan } }))
    await expect.poll(async () => (await drill(first)).state, { timeout: 30_000 }).toBe('done')
    expect(await said()).toMatch(/hook orders-back, run on staging: /)
    expect(await orders.sql(harmed)).toEqual([{ n: 0 }])
    expect(await check('P-S5-9')).toMatchObject({ state: 'pass' })

    const second = await begin()
    await expect.poll(async () => (await drill(second)).state, { timeout: 30_000 }).toBe('done')
    expect(JSON.stringify((await drill(second)).progress), 'it was shown: planned is enough').toContain(
      'hook orders-back, dry-run on staging',
    )
    await orders.sql('drop table orders')
  })

  it('P-S5-10 the uploaded procedure of another system is read and compared with the steps', async () => {
    const { project, developer } = stage
    const ids = ['assess', 'disable', 'code', 'data', 'health', 'report']
    const upload = (steps: readonly string[]) =>
      uploadFile(developer.client, project, {
        name: 'rollback.json',
        content: JSON.stringify({
          id: 'sre-rollback',
          version: 4,
          title: 'Rollback',
          steps: steps.map((id) => ({ id, title: id, checks: [{ id: `see-${id}`, title: id }] })),
        }),
      })
    const handed = async (hash: string) => {
      const definition = { id: 'sre-rollback', version: 4 }
      const reference = { kind: 'upload', hash }
      await write({ handover: { procedure: 'Rollback of the SRE team', definition, reference } })
      return await check('P-S5-10')
    }
    expect(await handed(await upload(ids))).toMatchObject({ state: 'pass' })
    expect(await handed(await upload(ids.filter((it) => it !== 'data')))).toMatchObject({
      state: 'fail',
      findings: ['it has no step data'],
    })
    expect(await handed('0'.repeat(64))).toMatchObject({ state: 'fail' })
  })
})
