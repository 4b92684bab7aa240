/** Section V of the procedure by command line: what is computed of a run, who is told, how it ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from '../../server/test/support/clock.ts'
import { startMail } from '../../server/test/support/mail.ts'
import {
  approvedRun,
  openRun,
  OUTPUTS,
  prepareStep,
  setStage,
  start,
} from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'

const FEATURE = 'new-checkout'
const DAY_MS = 86_400_000

const clock = createTestClock()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ clock, settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
})
afterAll(() => server.close())

interface Lines {
  readonly done: readonly { readonly verdict: string }[]
  readonly validation: readonly { readonly id: string; readonly verdict: string }[]
}

describe('a run that is approved', () => {
  it('P-O4 P-V1 P-V2 P-V3 P-DoD P-A1 P-A3 P-D1 P-O1 P-EX1 shows what is computed of it, and completes', async () => {
    const stage = await setStage(server, 'approved')
    const developer = callerOf(server, 'approved', stage.developer)
    const owner = callerOf(server, 'approved', stage.productOwner)
    await approvedRun(stage)
    const { out } = await developer.call('--json', 'feature', 'done', FEATURE)
    const { done, validation }: Lines = JSON.parse(out).result
    expect([done.length, validation.length]).toEqual([10, 11])
    // What nobody has proven is never shown as met: the drill of the rollback had no instance.
    expect(new Set([...done, ...validation].map((it) => it.verdict))).toContain('overridden')

    const said = await developer.said('feature', 'show', FEATURE)
    for (const title of ['Feature flags', 'Rollout plan approved', 'Monitoring configured'])
      expect(said).toMatch(new RegExp(`${title}.* since 20`, 'i'))
    const { links } = await developer.json<{ links: { kind: string }[] }>('feature', 'show', FEATURE)
    expect(links.map((it) => it.kind)).toEqual(expect.arrayContaining(['flag', 'documents', 'approvals']))
    for (const kind of ['strategy', 'plan', 'approvals', 'flags']) {
      const tail = await developer.said('audit', 'tail', '--feature', FEATURE, '--kind', kind)
      expect(tail).toMatch(
        { strategy: /run\.go/, plan: /run\.go/, approvals: /run\.approve/ }[kind] ?? /flag\.create/,
      )
    }
    for (const output of ['flag-configuration', 'rollout-plan', 'rollback-procedures'])
      expect(await developer.said('feature', 'outputs', FEATURE, output)).toMatch(/state +approved/)

    expect(await owner.said('feature', 'schedule', FEATURE)).toContain('Completed')
    const ended = await developer.said('feature', 'show', FEATURE)
    expect(ended).toMatch(/exit +completed since/)
    expect(ended).toContain(`told ${stage.technicalLead.id}`)
    expect(ended).toContain('by nobody: no channel takes it')
  })
})

describe('a run that nobody moves', () => {
  it('P-EX2 P-EX4 P-EX5 is shown as blocked with reason, act and who was told; a mail that failed is shown', async () => {
    await using post = await startMail({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode: 550 })),
    })
    const stage = await setStage(server, 'blocked')
    const admin = callerOf(server, 'blocked')
    const developer = callerOf(server, 'blocked', stage.developer)
    const settings = ['host=127.0.0.1', `port=${post.port}`, 'security=none', 'from=flags@shop.example']
    const to = 'to=["all@shop.example"]'
    await admin.said('channel', 'create', 'post', '--kind', 'mail', '--setting', ...settings, to)
    const params = { project: 'blocked' }
    const contacts = { 'Feature Development Team': 'team@shop.example' }
    await server.admin.call('writePolicy', { params, body: { contacts }, ifMatch: 1 })
    const run = await openRun(stage)
    await prepareStep(stage, run, 1)
    clock.advance(4 * DAY_MS)
    const blocked = () => developer.said('feature', 'show', FEATURE)
    await expect
      .poll(blocked, { timeout: 20_000 })
      .toMatch(/told Feature Development Team +failed by post: 127\.0\.0\.1 answered 550/)
    const said = await blocked()
    expect(said).toMatch(/exit +blocked since .*Step 1/)
    expect(said).toMatch(/required +.*Decide it/)
    expect(await developer.said('delivery', 'list', '--state', 'dead')).toContain('procedure.blocked')
    const decide = ['feature', 'decide', FEATURE, '1', 'go', '--rationale', 'good']
    await callerOf(server, 'blocked', stage.technicalLead).said(...decide)
    expect(await blocked()).not.toContain('blocked since')
  })
})

describe('a run that is aborted', () => {
  it('P-EX3 P-EX6 needs cause and lessons, closes the gate and leaves its flag as debt; P-S1-12 so does an end that has passed', async () => {
    const stage = await setStage(server, 'aborted')
    const developer = callerOf(server, 'aborted', stage.developer)
    const lead = callerOf(server, 'aborted', stage.technicalLead)
    const run = await openRun(stage)
    const endsOn = clock.now().toISOString().slice(0, 10)
    const life = { owner: 'shop', endsOn, retirement: 'everybody has it' }
    await prepareStep(stage, run, 1, { ...OUTPUTS[0], life })
    expect(await developer.said('flag', 'debt')).toContain('Nothing here yet.')
    clock.advance(DAY_MS)
    expect(await developer.said('flag', 'debt')).toMatch(/new-checkout +shop .*it was to end on/)
    const abort = ['feature', 'abort', FEATURE, '--cause', 'other', '--lessons', 'ask earlier']
    expect(await lead.ends(EXIT.invalid, ...abort)).toContain('needs a text')
    expect(await lead.said(...abort, '--detail', 'it is sold')).toContain('Aborted')
    expect(await developer.said('flag', 'debt')).toMatch(/its run was aborted: other: it is sold/)
    expect(await developer.said('flag', 'lifecycle')).toMatch(/new-checkout +remove +not in 30 days/)
    const asked = await developer.said('flag', 'clean-up', 'new-checkout')
    expect(asked).toMatch(/The flag new-checkout of .* should go: its run was aborted/)
    expect(await developer.said('feature', 'show', FEATURE)).toMatch(/exit +aborted since/)
    await developer.ends(EXIT.gateClosed, 'gate', 'check', FEATURE)
  })

  it('P-EX6 a changed deployment approach offers the abort', async () => {
    const stage = await setStage(server, 'changed')
    const lead = callerOf(server, 'changed', stage.technicalLead)
    await openRun(stage)
    const value = JSON.stringify({ approach: 'blue-green' })
    await lead.said('feature', 'inputs', FEATURE, '--set', 'P-I7', '--value', value)
    expect(await lead.said('feature', 'next', FEATURE)).toContain(`feature abort ${FEATURE}`)
  })
})

describe('the rest of what the server knows', () => {
  it('is there by command line: projects, segments, instances, automations, broken gates, monitoring', async () => {
    const stage = await setStage(server, 'rest')
    const admin = callerOf(server, 'rest')
    const developer = callerOf(server, 'rest', stage.developer)
    const operations = callerOf(server, 'rest', stage.operationsLead)
    await start(stage)
    expect(await admin.said('project', 'show')).toContain('production (protected)')
    expect(await admin.said('ready')).toContain('"ready": true')
    await developer.said('segment', 'create', 'staff', '--include', 'ada', 'grace')
    expect(await developer.said('segment', 'list')).toMatch(/staff +staff +.*production \(2\)/)
    expect(await developer.said('segment', 'show', 'staff')).toMatch(/production +– +2 +0 +1/)
    expect(await developer.said('instance', 'list', '--env', 'production')).toContain('Nothing here yet.')
    expect(await developer.said('flag', 'edit', FEATURE, '--owner', 'pay')).toContain('revision 2')
    expect(await developer.said('flag', 'monitoring', FEATURE, '--env', 'production')).toMatch(/status +off/)
    await admin.said('token', 'automation', 'ci')
    const [token] = await admin.json<readonly { id: string }[]>('token', 'automations')
    await admin.said('token', 'revoke', token?.id ?? '', '--automation')
    expect(await admin.said('token', 'automations')).toContain('Nothing here yet.')
    await operations.said('gate', 'break', FEATURE, '--reason', 'orders are lost')
    expect(await developer.said('gate', 'broken', FEATURE)).toMatch(/open +orders are lost/)
    expect(await developer.said('feature', 'next', FEATURE)).toContain(`gate review ${FEATURE} glass_`)
    expect(await developer.said('feature', 'reports')).toContain('Nothing here yet.')
  })
})
