/** Rollbacks that run what was approved: hooks, the watch after them, and what sets them off by itself. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { HOOK_SECRET, hookRunAt, makePrograms, startDataHook } from './support/hooks.ts'
import type { Programs } from './support/hooks.ts'
import { acknowledge } from './support/instances.ts'
import { JIRA, startJira } from './support/jira.ts'
import {
  approveAll,
  askForApproval,
  exposeEverybody,
  goThrough,
  openRun,
  OUTPUTS,
  setStage,
} from './support/procedure.ts'

let server: TestServer
let programs: Programs
let back: string
let count = 0

beforeAll(async () => {
  programs = await makePrograms()
  back = await programs.write('back', '#!/bin/sh\necho "$HOOK_PROJECT $1" >> "$(dirname "$0")/calls"\n')
  server = await startServer({
    settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', FLAGMARSHAL_HOOK_PROGRAMS: back },
  })
})
afterAll(async () => {
  await server.close()
  await programs[Symbol.asyncDispose]()
})

const ticket = { key: JIRA.issue, url: 'https://shop.example/SHOP-7' }

/** A feature whose approved step 5 names these hooks. */
async function approved(more: Record<string, unknown> = {}, dataUrl?: string) {
  const project = `hooked-${++count}`
  const stage = await setStage(server, project, undefined, more['ticket'] === true ? ticket : undefined)
  const command = {
    action: { kind: 'command' as const, program: back, args: ['{version}'] },
    budgetMs: 10_000,
  }
  const target = { ...command, probe: { kind: 'command' as const, program: back, args: ['probe'] } }
  const code = {
    key: 'deploy-back',
    title: 'Back',
    part: 'code' as const,
    production: target,
    staging: target,
  }
  expectOk(await server.admin.call('createHook', { params: { project }, body: code }))
  if (dataUrl !== undefined) {
    const data = { action: { kind: 'http' as const, url: dataUrl }, budgetMs: 20_000 }
    const body = {
      key: 'orders-back',
      title: 'Orders',
      part: 'data' as const,
      production: data,
      staging: { none: 'Staging has no orders.' },
      secret: HOOK_SECRET,
    }
    expectOk(await server.admin.call('createHook', { params: { project }, body }))
  }
  const { codeRollback, triggers } = OUTPUTS[4] as { codeRollback: object; triggers: object[] }
  const output = {
    ...OUTPUTS[4],
    triggers: [...triggers, { class: 'critical', event: 'The shop is down', bound: { alert: 'errors' } }],
    codeRollback: { ...codeRollback, byHand: undefined, hook: { key: 'deploy-back', version: 1 } },
    ...(dataUrl === undefined
      ? {}
      : {
          dataRollback: {
            supported: true,
            steps: ['put the totals back'],
            integrityCheck: 'checksum of all totals',
            hook: { key: 'orders-back', version: 1 },
            watch: { everySeconds: 1, forSeconds: 600 },
          },
        }),
  }
  const run = await openRun(stage)
  for (const step of [1, 2, 3, 4]) await goThrough(stage, run, step)
  const wish = { mode: 'run' as const, target: 'staging' as const, goBackTo: '1.4.2' }
  const tried = await stage.developer.client.call('runHook', {
    params: { project, hook: 'deploy-back' },
    body: wish,
  })
  await hookRunAt(stage.developer.client, project, expectOk(tried).id, 'succeeded')
  await goThrough(stage, run, 5, JSON.parse(JSON.stringify(output)))
  await goThrough(stage, run, 6)
  await approveAll(stage, run, await askForApproval(stage, run))
  return { stage, run, project }
}

let seq = 0

async function report(key: string, variant: string, n: number, bad: number): Promise<void> {
  const answer = await fetch(`${server.address}/api/v1/environments/production/telemetry`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      instanceId: 'edge-1',
      seq: ++seq,
      fromMs: Date.now() - 1_000,
      toMs: Date.now(),
      counts: [{ flag: 'new-checkout', variant, arm: 'outside', n, bad, slow: 0, keys: [] }],
      errors: [],
      codeDefaults: [],
    }),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
}

/** The instance that reports has taken the kill over. */
async function confirmKill(key: string, revision: number): Promise<void> {
  const base = `${server.address}/api/v1/environments/production`
  const headers = { authorization: `Bearer ${key}`, 'flagmarshal-instance': 'edge-1' }
  expect(await acknowledge(base, headers, revision)).toBe(204)
}

describe('a rollback', () => {
  it('P-RB P-D2 P-S5-8 runs exactly the approved hooks, watches the data, opens again when they drift, and ends with a ticket', async () => {
    await using table = await startDataHook(server.databaseUrl)
    await using jira = await startJira()
    const { stage, run, project } = await approved({ ticket: true }, table.url)
    const { developer, operationsLead, feature } = stage
    expectOk(
      await server.admin.call('createChannel', {
        params: { project },
        body: {
          key: 'jira',
          kind: 'jira',
          settings: { site: jira.url, email: JIRA.email, followUpProject: 'SHOP' },
          secret: JIRA.token,
          subscribes: [],
        },
      }),
    )
    const output = { project, run, output: 'rollback-procedures' as const }
    const named = expectOk(await developer.client.call('showOutput', { params: output }))
    // Another version of the hook changes nothing of what was approved.
    const hook = expectOk(await server.admin.call('getHook', { params: { project, hook: 'deploy-back' } }))
    const other = { ...hook.production, action: { kind: 'command' as const, program: back, args: ['never'] } }
    expectOk(
      await server.admin.call('changeHook', {
        params: { project, hook: 'deploy-back' },
        body: { part: 'code', title: 'Other', production: other, staging: other },
        ifMatch: 1,
      }),
    )
    await exposeEverybody(stage)
    const begun = expectOk(
      await developer.client.call('startRollback', {
        params: { project, feature },
        body: { reason: 'totals are 0' },
      }),
    )
    expect(begun.procedures?.hash).toBe(named.hash)
    const at = { project, rollback: begun.id }
    const step = (number: number, more: object = {}) =>
      operationsLead.client.call('doRollbackStep', {
        params: { ...at, step: number },
        body: { outcome: 'done', note: `step ${number}`, ...more },
      })
    const runHook = async (part: 'code' | 'data', mode: 'dry-run' | 'run' = 'run') =>
      expectOk(
        await operationsLead.client.call('runRollbackHook', { params: { ...at, part }, body: { mode } }),
      )

    expectOk(await step(1))
    expectOk(await step(2))
    expect(expectProblem(await step(3)).detail).toContain('no hook has put the code back')
    const code = await runHook('code')
    const backAgain = await hookRunAt(developer.client, project, code.id, 'watching')
    expect(backAgain).toMatchObject({
      hook: 'deploy-back',
      version: 1,
      goesBackTo: '1.4.2',
      purpose: 'rollback',
    })
    expect((await runHook('code')).id, 'it is not run twice').toBe(code.id)
    expectOk(await step(3))

    const data = await runHook('data')
    const planned = await hookRunAt(developer.client, project, data.id, 'awaiting_confirmation')
    expect(expectProblem(await step(4)).detail).toContain('awaiting confirmation')
    const confirm = { params: { project, hookRun: data.id }, body: { plan: planned.plan?.hash ?? '' } }
    expectOk(await operationsLead.client.call('confirmHookRun', confirm))
    await hookRunAt(developer.client, project, data.id, 'watching')
    expect(expectOk(await step(4)).steps[3]).toMatchObject({
      state: 'go',
      checks: [{ id: 'P-RB-4', state: 'pass' }],
    })

    await table.sql('update orders set total = 0 where id = 7')
    const failed = await hookRunAt(developer.client, project, data.id, 'failed')
    expect(failed.problem).toBe('watch: the data are no longer what the rollback left behind')
    const reopened = expectOk(await developer.client.call('showRollback', { params: at }))
    expect(reopened).toMatchObject({ step: 4, state: 'open' })
    const { items } = expectOk(await server.admin.call('listSignals', { params: { project } }))
    expect(items.find((it) => it.type === 'dev.flagmarshal.rollback.reopened')?.data).toMatchObject({
      page: true,
      step: 4,
    })

    expectOk(await step(4, { override: 'the one row was put back by hand' }))
    expectOk(await step(5, { outcome: 'not_applicable' }))
    expectOk(await step(6, { override: 'orders are taken again' }))
    expectOk(await step(7, { followUp: { owner: 'Dora', due: '2027-01-15' } }))
    const review = async () => expectOk(await developer.client.call('reviewRollback', { params: at }))
    await vi.waitUntil(async () => (await review()).followUp?.delivered === 'delivered', { timeout: 20_000 })
    const done = await review()
    expect(done).toMatchObject({ state: 'completed', followUp: { ticket: 'SHOP-101', owner: 'Dora' } })
    expect(done.text).toContain('orders-back version 1, run, failed: watch: the data are no longer')
    expect(jira.issues).toHaveLength(1)
    expect(jira.issues[0]?.fields).toMatchObject({
      labels: ['flagmarshal', `flagmarshal-${begun.id}`],
      duedate: '2027-01-15',
    })
    expect(JSON.stringify(jira.comments)).toContain('Rollback of new-checkout')
    expect(expectOk(await server.admin.call('verifyAudit', { params: { project } })).ok).toBe(true)
    await table.sql('drop table orders')
  })

  it('P-S5-2 P-X4 begins by itself, with the approved code hook, where a kill does not help', async () => {
    const { stage, project } = await approved()
    const { developer, feature } = stage
    const key = await server.sdkKey(project, 'production')
    await exposeEverybody(stage)
    await report(key, 'on', 100, 40)
    const params = { project, flag: 'new-checkout', environment: 'production' }
    const kill = expectOk(
      await developer.client.call('killFlag', { params, body: { reason: 'orders fail' } }),
    )
    expect(kill.recovery).toMatchObject({ state: 'watching' })
    await confirmKill(key, kill.revision)
    await report(key, 'off', 100, 38)
    const read = async () =>
      expectOk(await developer.client.call('getKill', { params: { ...params, kill: kill.id } }))
    expect((await read()).recovery).toMatchObject({ state: 'watching', before: 0.4, after: 0.38 })
    // The time in which it may recover is over.
    await execute(
      server.databaseUrl,
      `update kill_watches set at = at - interval '10 min' where kill = '${kill.id}'`,
    )
    await vi.waitUntil(async () => (await read()).recovery?.state === 'failed', {
      timeout: 20_000,
      interval: 50,
    })
    expect((await read()).recovery?.said).toBe(
      '38 % of the requests are bad, 40 % before: it has not come down',
    )
    const ran = async () => {
      const { items } = expectOk(
        await developer.client.call('listHookRuns', { params: { project, hook: 'deploy-back' } }),
      )
      return items.find((it) => it.purpose === 'rollback')
    }
    await vi.waitUntil(async () => (await ran())?.state === 'watching', { timeout: 20_000, interval: 50 })
    const found = await ran()
    expect(found).toMatchObject({ mode: 'run', target: 'production', startedBy: 'procedure', version: 1 })
    const rollback = { project, rollback: found?.subject ?? '' }
    expect(expectOk(await developer.client.call('showRollback', { params: rollback }))).toMatchObject({
      feature,
      startedBy: 'procedure',
      quickDisable: [{ how: 'kill', id: kill.id, recovery: 'failed' }],
    })
    const { items } = expectOk(await server.admin.call('listSignals', { params: { project } }))
    expect(items.find((it) => it.type === 'dev.flagmarshal.flag.rollback.failed')?.data).toMatchObject({
      page: true,
    })
  })

  it('P-S5-2 shows a kill as recovered once requests are served off and are no longer bad', async () => {
    const { stage, project } = await approved()
    const key = await server.sdkKey(project, 'production')
    await exposeEverybody(stage)
    await report(key, 'on', 100, 40)
    const params = { project, flag: 'new-checkout', environment: 'production' }
    const { client } = stage.developer
    const kill = expectOk(await client.call('killFlag', { params, body: { reason: 'orders fail' } }))
    await confirmKill(key, kill.revision)
    await report(key, 'on', 5, 2)
    await report(key, 'off', 100, 0)
    await execute(server.databaseUrl, `update kill_watches set flush_ms = 500 where kill = '${kill.id}'`)
    const read = async () => expectOk(await client.call('getKill', { params: { ...params, kill: kill.id } }))
    await vi.waitUntil(async () => (await read()).recovery?.state === 'recovered', {
      timeout: 20_000,
      interval: 50,
    })
    expect((await read()).recovery).toMatchObject({
      exposure: { gone: true, requests: 5 },
      before: 0.4,
      after: 0,
      verification: 'verified',
    })
  })

  it('P-X4 begins by a report that is an approved trigger, and by none that is not', async () => {
    const { stage, project } = await approved()
    const { developer, feature } = stage
    await exposeEverybody(stage)
    const tell = (kind: 'complaint' | 'data-loss') =>
      developer.client.call('createReport', {
        params: { project, feature },
        body: { kind, severity: 'critical', text: 'Orders of today are gone.' },
      })
    const enabled = async () => {
      const params = { project, flag: 'new-checkout', environment: 'production' }
      return expectOk(await developer.client.call('getFlagConfig', { params })).enabled
    }
    expectOk(await tell('complaint'))
    expectOk(await tell('data-loss'))
    await vi.waitUntil(async () => !(await enabled()), { timeout: 20_000, interval: 50 })
    const triggered = async () => {
      const { items } = expectOk(await server.admin.call('listSignals', { params: { project } }))
      return items.filter((it) => it.type === 'dev.flagmarshal.rollback.triggered')
    }
    await vi.waitUntil(async () => (await triggered()).length > 0, { timeout: 20_000, interval: 50 })
    expect(await triggered()).toHaveLength(1)
    expect((await triggered())[0]?.data).toMatchObject({ text: 'as it should be: Orders of today are gone.' })
  })
})
