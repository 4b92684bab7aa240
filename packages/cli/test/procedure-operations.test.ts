/** Steps 4 and 5 by command line, with applications connected, an alarm that arrives and data that are put back. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Application } from '../../../tests/support/application.ts'
import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { connectTo } from '../../../tests/support/stage-application.ts'
import { HOOK_SECRET, startDataHook } from '../../server/test/support/hooks.ts'
import type { DataHook } from '../../server/test/support/hooks.ts'
import { goThrough, openRun, OUTPUTS, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { startReceiver } from '../../server/test/support/receiver.ts'
import type { Receiver } from '../../server/test/support/receiver.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

const FEATURE = 'new-checkout'

let server: TestServer
let stage: Stage
let folder: string
let receiver: Receiver
let orders: DataHook
let applications: readonly Application[]
let developer: Caller
let operations: Caller

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-operations-'))
  receiver = await startReceiver()
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  orders = await startDataHook(server.databaseUrl)
  stage = await setStage(server, 'shop')
  developer = callerOf(server, 'shop', stage.developer)
  operations = callerOf(server, 'shop', stage.operationsLead)
  applications = await Promise.all([
    connectTo(stage, { environment: 'staging', allowVerification: true }),
    connectTo(stage, { environment: 'production' }),
  ])
  const run = await openRun(stage)
  for (const number of [1, 2, 3]) await goThrough(stage, run, number)
  // Waits for requests of the application, so that both branches are seen.
  await developer.said('flag', 'test', FEATURE)
  await writeFile(path.join(folder, 'logs.txt'), '12:00 checkout: card refused\n12:01 checkout: no stock\n')
  const channel = ['channel', 'create', 'on-call', '--kind', 'webhook', '--setting', `url=${receiver.url}`]
  const secret = path.join(folder, 'secret')
  await writeFile(secret, HOOK_SECRET)
  const takes = ['--secret-file', secret, '--subscribe', 'dev.flagmarshal.alert.*']
  await callerOf(server, 'shop').said(...channel, ...takes)
})
afterAll(async () => {
  await Promise.all(applications.map((it) => it[Symbol.asyncDispose]()))
  await orders[Symbol.asyncDispose]()
  await server.close()
  await receiver[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const check = (number: number) => developer.call('feature', 'check', FEATURE, String(number))

async function write(number: number, output: object): Promise<void> {
  const file = path.join(folder, `step-${number}.json`)
  await writeFile(file, JSON.stringify(output))
  await developer.said('feature', 'step', FEATURE, String(number), '--file', file)
}

/** Step 4 as it should be: the alarm goes to a channel that delivers, and to somebody who exists. */
const monitoring = () => ({
  ...OUTPUTS[3],
  review: {
    logging: 'as it was',
    metrics: 'as they were',
    alerting: 'added',
    logQuery: { query: 'checkout errors', returned: { file: 'logs.txt' } },
  },
  alerts: [
    {
      criterion: 'errors',
      condition: 'too many failures',
      channel: 'on-call',
      person: stage.operationsLead.id,
    },
  ],
})

describe('step 4', () => {
  it('P-S4-1 P-S4-10 names the criterion without a metric, and the one without an alert', async () => {
    await write(4, { ...monitoring(), metrics: [], alerts: [] })
    const { code, out } = await check(4)
    expect(code).toBe(EXIT.invalid)
    expect(out).toMatch(/^P-S4-1 .* fail, blocks Go .*criterion errors has no metric/m)
    expect(out).toMatch(/^P-S4-10 .* fail, blocks Go .*criterion errors has no alert/m)
  })

  it('P-S4-4 P-S4-9 refuses an alert that reaches nobody, and a log query that has returned nothing', async () => {
    const { review } = OUTPUTS[3] as { readonly review: object }
    const [alert] = monitoring().alerts
    await writeFile(path.join(folder, 'lines.txt'), '\n')
    await write(4, {
      ...monitoring(),
      review: { ...review, logQuery: { query: 'checkout errors', returned: { file: 'lines.txt' } } },
      alerts: [{ ...alert, person: 'nobody' }],
    })
    const { code, out } = await check(4)
    expect(code).toBe(EXIT.invalid)
    expect(out).toContain('nobody, whom errors reaches, is neither a person nor a role here')
    expect(out).toContain('the log query "checkout errors" has returned no line')
  })

  it('P-S4-11 resources are levels with a limit, never shares of an arm', async () => {
    const { metrics } = OUTPUTS[3] as { readonly metrics: readonly object[] }
    const cpu = { name: 'cpu', kind: 'resources', source: 'prometheus', connection: 'main' }
    await write(4, {
      ...monitoring(),
      metrics: [...metrics, { ...cpu, counted: { form: 'count', total: 'cpu' } }],
    })
    expect((await check(4)).out).toContain('cpu: resources is no count; it can be level')
  })

  it('P-S4-11 resources come from the SDKs, too: shown by service, against a limit, and named in step 4', async () => {
    const sdk = server.client(await server.sdkKey('shop', 'production'))
    // What an instance that is connected would report later: one that nobody knows would be waited for.
    const at = { project: 'shop', environment: 'production' }
    const { items } = expectOk(await server.admin.call('listInstances', { params: at }))
    const { instanceId = '', description } = items[0] ?? {}
    const pools = [{ name: 'database', size: 10, inUse: 3, waiting: 1 }]
    const process = {
      cpu: 0.31,
      memoryBytes: 2e8,
      heapBytes: 1e8,
      loopDelaySeconds: 0.02,
      loopBusy: 0.4,
      pools,
    }
    const nothing = { counts: [], errors: [], codeDefaults: [], fromMs: 0, toMs: 1 }
    const body = { instanceId, seq: 1_000_000, ...nothing, process }
    expectOk(await sdk.call('sendTelemetry', { params: { environment: 'production' }, body }))
    const resources = ['metric', 'resources', '--env', 'production'] as const
    const shown = await developer.said(...resources)
    expect(shown).toMatch(/ cpu +[\d.]+ .* cores/)
    expect(shown).toMatch(/ pool:database +0\.3 +0\.3 +0\.3 +share/)
    const pool = [
      '--resource',
      'pool:database',
      '--service',
      description?.application ?? '',
      '--limit',
    ] as const
    expect(await developer.said(...resources, ...pool, '0.5')).toContain(instanceId)
    expect(await developer.ends(EXIT.notVerified, ...resources, ...pool, '0.2')).toContain(instanceId)
    expect(await developer.ends(EXIT.usage, ...resources, '--limit', '1')).toContain('needs a resource')

    const { metrics } = OUTPUTS[3] as { readonly metrics: readonly object[] }
    const named = { name: 'cpu of the shop', kind: 'resources', source: 'built-in-telemetry' }
    const counted = { form: 'level', resource: 'cpu', limit: 0.8 }
    await write(4, { ...monitoring(), metrics: [...metrics, { ...named, counted }] })
    expect((await check(4)).out).toMatch(/^P-S4-1 .* pass/m)
    const wrong = { ...named, kind: 'business', counted }
    await write(4, { ...monitoring(), metrics: [...metrics, wrong] })
    expect((await check(4)).out).toContain('business is no level')
  })

  it('P-S4-2 P-S4-13 a dashboard that is refreshed more rarely than it is reviewed fails both', async () => {
    await write(4, { ...monitoring(), dashboards: [{ name: 'Checkout', refreshSeconds: 7_200 }] })
    const { code, out } = await check(4)
    expect(code).toBe(EXIT.invalid)
    for (const id of ['P-S4-2', 'P-S4-13'])
      expect(out).toMatch(new RegExp(`^${id} .* fail, blocks Go .*Checkout is refreshed every 7200 s`, 'm'))
  })

  it('P-S4-4 P-S4-6 nobody is known to be reached until the alarm was raised and its channel has it', async () => {
    await write(4, monitoring())
    expect((await check(4)).out).toMatch(/^P-S4-4 .* unknown, blocks Go .*drill run/m)
    const drill = await developer.said('drill', 'run', FEATURE, 'alert')
    expect(drill).toMatch(/channel on-call: delivered +\d+ ms/)
    expect(receiver.received.map((it) => it.body).join('\n')).toContain('"drill"')
    expect((await check(4)).out).toMatch(/^P-S4-4 .* pass/m)
  })

  it('P-S4-5 P-S4-12 status, usage and impact are shown from a connected instance', async () => {
    await expect
      .poll(() => developer.said('flag', 'monitoring', FEATURE, '--env', 'production'), { timeout: 30_000 })
      .toMatch(/^off +\d+ +0 +0$/m)
    const said = await developer.said('flag', 'monitoring', FEATURE, '--env', 'production')
    expect(said).toMatch(/served +1 of 1 instances have revision \d+/)
    expect(said).toMatch(/silent +no/)
    expect(said).toMatch(/^off +DISABLED +\d+$/m)
    expect(said).toMatch(/^backend +off +\d+$/m)
    expect(said).toMatch(/faults +none/)
    expect(said).toMatch(/exposed +no rollout/)
  })

  it('P-S4-3 P-S4-7 P-S4-9 every check passes once all of it was tried, and the Go is taken', async () => {
    const { code, out } = await check(4)
    expect(code).toBe(EXIT.ok)
    const ids = ['P-S4-1', 'P-S4-2', 'P-S4-3', 'P-S4-4', 'P-S4-6', 'P-S4-7', 'P-S4-9', 'P-S4-10', 'P-S4-12']
    for (const id of [...ids, 'P-S4-13']) expect(out).toMatch(new RegExp(`^${id} .* pass`, 'm'))
    const go = ['feature', 'decide', FEATURE, '4', 'go', '--rationale', 'everything arrives']
    expect(await operations.said(...go)).not.toContain('overrid')
  })
})

const STEP_5 = OUTPUTS[4] as { readonly triggers: readonly object[]; readonly handover: object }
const DATA = {
  supported: true,
  steps: ['put the totals back'],
  integrityCheck: 'checksum of all totals',
  hook: { key: 'orders-back', version: 1 },
  watch: { everySeconds: 300, forSeconds: 3_600 },
}

describe('step 5', () => {
  it('P-S5-1 P-S5-10 names the class without a trigger, what does not exist, and the procedure that is none', async () => {
    const [first] = STEP_5.triggers
    await write(5, {
      ...STEP_5,
      triggers: [{ ...first, bound: { person: 'nobody' } }],
      handover: { ...STEP_5.handover, definition: { id: 'rollback', version: 99 } },
    })
    const { code, out } = await check(5)
    expect(code).toBe(EXIT.invalid)
    expect(out).toMatch(/P-S5-1 .* fail, blocks Go .*no trigger of class performance/)
    expect(out).toContain('nobody, who is neither a person nor a role here')
    expect(out).toMatch(/P-S5-10 .* fail, blocks Go .*there is no procedure rollback in version 99/)
  })

  it('P-S5-4 P-S5-8 P-S5-9 data is put back by a hook that was run on staging, after a person confirmed its plan', async () => {
    const target = { action: { kind: 'http', url: orders.url }, budgetMs: 20_000 }
    const file = path.join(folder, 'hook.json')
    await writeFile(
      file,
      JSON.stringify({ part: 'data', title: 'Orders', production: target, staging: target }),
    )
    const secret = ['--secret-file', path.join(folder, 'secret')]
    await callerOf(server, 'shop').said('hook', 'create', 'orders-back', '--file', file, ...secret)
    await write(5, { ...STEP_5, dataRollback: DATA })
    const before = (await check(5)).out
    expect(before).toMatch(/^P-S5-4 .* pass/m)
    expect(before).toMatch(/^P-S5-8 .* pass/m)
    expect(before).toMatch(/^P-S5-9 .* unknown, blocks Go .*not run on staging yet/m)

    const waiting = await developer.said('hook', 'run', 'orders-back', '--to', '1.4.2')
    const [, id = '', plan = ''] = /hook confirm (\S+) --plan (\w+)/.exec(waiting) ?? []
    const harmed = 'select count(*)::int as n from orders where total = 0'
    expect(await orders.sql(harmed)).toEqual([{ n: 3 }])
    const confirm = ['hook', 'confirm', id, '--plan']
    await developer.ends(EXIT.access, ...confirm, plan)
    await operations.ends(EXIT.conflict, ...confirm, '0'.repeat(64))
    expect(await operations.said(...confirm, plan)).toMatch(/state +succeeded/)
    expect(await orders.sql(harmed)).toEqual([{ n: 0 }])
    expect((await check(5)).out).toMatch(/^P-S5-9 .* pass/m)
  })

  it('P-S5-2 P-S5-3 P-S5-5 P-S5-6 the quick disable is drilled, and every check passes', async () => {
    await developer.said('drill', 'run', FEATURE, 'rollback')
    const { code, out } = await check(5)
    expect(out).toMatch(/^P-S5-2 .* pass/m)
    expect(code, out).toBe(EXIT.ok)
    for (const id of ['P-S5-1', 'P-S5-3', 'P-S5-5', 'P-S5-6', 'P-S5-10'])
      expect(out).toMatch(new RegExp(`^${id} .* pass`, 'm'))
    const go = ['feature', 'decide', FEATURE, '5', 'go', '--rationale', 'it was drilled']
    expect(await operations.said(...go)).not.toContain('overrid')
  })

  it('P-S4-8 P-S5-7 monitoring and rollback leave their documents', async () => {
    await developer.said('docs', 'build', FEATURE, '--out', folder)
    const text = (name: string) => readFile(path.join(folder, name), 'utf8')
    const record = await text('monitoring-record.md')
    for (const section of ['Metrics', 'Dashboards', 'Rules and receivers', 'Proof', 'Gaps'])
      expect(record).toMatch(new RegExp(`^## .*${section}`, 'm'))
    expect(record).toContain(stage.operationsLead.id)
    const procedures = await text('rollback-procedures.md')
    expect(procedures).toContain('put the totals back')
    expect(procedures).toContain('1.4.2')
  })
})
