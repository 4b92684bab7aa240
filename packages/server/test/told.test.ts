/** P-EX4, P-M1, P-EX6, P-S1-12: who is told of an exit and whether it reached them; what is left behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { startMail } from './support/mail.ts'
import { servePages } from './support/pages.ts'
import {
  approvedRun,
  goThrough,
  INPUTS,
  openRun,
  OUTPUTS,
  prepareStep,
  provide,
  publishDocuments,
  reviewPlan,
  setStage,
  start,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { startReceiver } from './support/receiver.ts'
import { SECRET } from './support/signals.ts'

const DAY_MS = 86_400_000

const clock = createTestClock()
let server: TestServer
let count = 0

beforeAll(async () => {
  server = await startServer({ clock, settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `told-${++count}`)

async function show(stage: Stage, run: string) {
  return expectOk(await stage.developer.client.call('showRun', { params: { project: stage.project, run } }))
}

async function abort(stage: Stage, run: string) {
  const params = { project: stage.project, run }
  const body = { cause: 'feature_cancelled' as const, lessons: 'ask earlier' }
  return expectOk(await stage.productOwner.client.call('abortRun', { params, body }))
}

async function toldOnce(stage: Stage, run: string, name: string) {
  return await expect
    .poll(async () => (await show(stage, run)).exit?.told.find((it) => it.name === name), { timeout: 20_000 })
    .toMatchObject({ state: expect.stringMatching(/delivered|failed/) })
    .then(async () => (await show(stage, run)).exit?.told.find((it) => it.name === name))
}

describe('an exit', () => {
  it('P-EX4 P-M1 is told to each by name, to the owner of the procedure too; each delivery is evidence, a failed one is shown', async () => {
    await using post = await startMail({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('gone') ? Object.assign(new Error('no'), { responseCode: 550 }) : null),
    })
    await using receiver = await startReceiver()
    const stage = await newStage()
    const { project, technicalLead } = stage
    const params = { project }
    const contacts = { 'Feature Development Team': 'team@shop.example', shop: 'gone@shop.example' }
    expectOk(await server.admin.call('writePolicy', { params, body: { contacts }, ifMatch: 1 }))
    const settings = {
      host: '127.0.0.1',
      port: post.port,
      security: 'none' as const,
      from: 'flags@shop.example',
      to: ['everybody@shop.example'],
    }
    const mail = { key: 'post', kind: 'mail' as const, settings, subscribes: [] }
    expectOk(await server.admin.call('createChannel', { params, body: mail }))
    const hook = {
      key: 'hook',
      kind: 'webhook' as const,
      settings: { url: receiver.url },
      secret: SECRET,
      subscribes: ['dev.flagmarshal.input.missing'],
    }
    expectOk(await server.admin.call('createChannel', { params, body: hook }))
    const run = await start(stage)
    await receiver.until(1)
    const aborted = await abort(stage, run)
    expect(aborted.exit?.notify).toContain('Feature Development Team')

    const owner = await toldOnce(stage, run, 'Feature Development Team')
    expect(owner).toMatchObject({ state: 'delivered', how: 'personal', channels: ['post'], why: null })
    expect(post.mails.map((it) => it.to)).toEqual([['team@shop.example']])
    expect(post.mails[0]?.text).toContain('Procedure aborted: new-checkout')
    const team = await toldOnce(stage, run, 'shop')
    expect(team).toMatchObject({ state: 'failed', how: 'personal', why: '127.0.0.1 answered 550' })
    const hash = team?.evidence[0] ?? ''
    const kept = expectOk(await stage.developer.client.call('showEvidence', { params: { project, hash } }))
    expect(kept).toMatchObject({
      kind: 'delivery',
      content: { recipient: 'shop', mailbox: 'gone@shop.example', state: 'dead' },
    })
    // The hook takes only missing inputs; it has heard of this run, so it hears of its end too.
    await receiver.until(2)
    expect(JSON.parse(receiver.received[1]?.body ?? '{}').type).toBe('dev.flagmarshal.procedure.aborted')
    const lead = await toldOnce(stage, run, technicalLead.id)
    expect(lead).toMatchObject({ state: 'delivered', how: 'shared', channels: ['hook'] })
  })

  it('P-EX4 says that nobody was told where there is no channel', async () => {
    const stage = await newStage()
    const { exit } = await abort(stage, await start(stage))
    expect(new Set(exit?.told.map((it) => it.state))).toEqual(new Set(['nobody']))
  })
})

describe('debt', () => {
  it('P-EX6 P-S1-12 lists the flag of an aborted run and one past its end, each with its owner', async () => {
    const stage = await newStage()
    const params = { project: stage.project }
    const debt = async () => expectOk(await stage.developer.client.call('listFlagDebt', { params })).items
    const run = await openRun(stage)
    const life = {
      owner: 'checkout-team',
      endsOn: new Date(clock.now().getTime()).toISOString().slice(0, 10),
    }
    const output = { ...OUTPUTS[0], life }
    const at = { ...params, run, step: 1 }
    expectOk(await stage.developer.client.call('writeStep', { params: at, body: { output } }))
    expect(await debt()).toEqual([])
    clock.advance(DAY_MS)
    expect(await debt()).toMatchObject([
      { flag: 'new-checkout', owner: 'checkout-team', because: 'past_end', references: 1, enabledIn: [] },
    ])
    await abort(stage, run)
    expect(await debt()).toMatchObject([{ because: 'run_aborted', run, feature: 'new-checkout' }])
  })
})

describe('a gate that was passed in an emergency', () => {
  it('P-O3 stays among the next acts until it is reviewed, and keeps the run from being completed', async () => {
    const stage = await newStage()
    const { project, feature, operationsLead, technicalLead, productOwner } = stage
    const { run } = await approvedRun(stage)
    const body = { gate: 'stage:1', reason: 'orders are lost', minutes: 5 }
    const broken = expectOk(
      await operationsLead.client.call('breakGlass', { params: { project, feature }, body }),
    )
    const shown = await show(stage, run)
    expect(shown.blockers).toMatchObject([{ code: 'glass-unreviewed' }])
    expect(shown.blockers[0]?.who).not.toContain(operationsLead.id)
    expect(shown.nextActions.at(-1)?.command).toContain(`gate review ${feature} ${broken.id}`)
    const params = { project, run }
    const schedule = () => productOwner.client.call('scheduleRun', { params, body: {} })
    expect(expectProblem(await schedule())).toMatchObject({ status: 409, code: 'glass-unreviewed' })
    expectOk(
      await technicalLead.client.call('reviewBrokenGlass', {
        params: { project, feature, glass: broken.id },
        body: { note: 'it was right' },
      }),
    )
    expect(expectOk(await schedule()).state).toBe('completed')
  })
})

describe('what a No-Go wants verified', () => {
  it('P-E11 "verify observability" looks at P-I4 and P-I11 anew, and keeps what it saw', async () => {
    await using pages = await servePages()
    pages.set('/logs', { body: 'the logging' })
    const stage = await newStage()
    const { project, developer, operationsLead } = stage
    const run = await start(stage)
    await provide(stage, run)
    const value = { ...INPUTS['P-I4']?.value, logging: { kind: 'url', url: `${pages.address}/logs` } }
    const input = { project, run, input: 'P-I4' }
    expectOk(await developer.client.call('provideInput', { params: input, body: { value } }))
    await reviewPlan(stage, run)
    for (const step of [1, 2, 3]) await goThrough(stage, run, step)
    await prepareStep(stage, run, 4)
    const at = { project, run, step: 4 }
    const refused = expectOk(
      await operationsLead.client.call('decideStep', {
        params: at,
        body: { decision: 'no-go', rationale: 'the alarm is silent' },
      }),
    )
    const item = refused.actions.find((it) => it.kind === 'verify')
    expect(item?.inputs).toEqual(['P-I4', 'P-I11'])
    pages.set('/logs', { status: 404 })
    const params = { project, run, action: item?.id ?? '' }
    const close = () => developer.client.call('closeAction', { params, body: { note: 'looked' } })
    expect(expectProblem(await close())).toMatchObject({ code: 'still-failing' })
    pages.set('/logs', { body: 'the logging' })
    const closed = expectOk(await close()).actions.find((it) => it.id === item?.id)?.closed
    const hash = closed?.evidence ?? ''
    const kept = expectOk(await developer.client.call('showEvidence', { params: { project, hash } }))
    expect(kept.content).toMatchObject({ looked: { 'P-I4': { ok: true }, 'P-I11': { ok: true } } })
  })
})

describe('the policy of the project', () => {
  it('P-I-HALT says in how many working days a missing input is due', async () => {
    const stage = await newStage()
    const params = { project: stage.project }
    const days = (dueAt: string | null | undefined) =>
      (new Date(dueAt ?? '').getTime() - clock.now().getTime()) / DAY_MS
    const run = await start(stage)
    const due = async () => (await show(stage, run)).inputs.find((it) => it.id === 'P-I1')?.remediation.dueAt
    expect(days(await due())).toBeGreaterThan(6)
    expectOk(await server.admin.call('writePolicy', { params, body: { remediationDueDays: 1 }, ifMatch: 1 }))
    expect(days(await due())).toBeLessThan(4)
  })
})

it('P-S6-5 documents are published at once by a server whose clock is days ahead', async () => {
  clock.advance(4 * DAY_MS)
  const stage = await newStage()
  const run = await openRun(stage)
  for (const step of [1, 2, 3, 4, 5]) await goThrough(stage, run, step)
  expect((await publishDocuments(stage, run)).state).toBe('published')
})
