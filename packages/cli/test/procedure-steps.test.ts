/** Section III of the procedure by command line: one run from step 1 to its approval, and the engine's rules. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, OUTPUTS, prepareStep, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

const FEATURE = 'new-checkout'

let server: TestServer
let stage: Stage
let run: string
let folder: string
let developer: Caller
let lead: Caller
let operations: Caller
let owner: Caller

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-steps-'))
  developer = callerOf(server, 'shop', stage.developer)
  lead = callerOf(server, 'shop', stage.technicalLead)
  operations = callerOf(server, 'shop', stage.operationsLead)
  owner = callerOf(server, 'shop', stage.productOwner)
  run = await openRun(stage)
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

interface StepShown {
  readonly state: string
  readonly attempt: number
  readonly inputs: readonly { readonly id: string }[]
  readonly outputs: readonly { readonly field: string; readonly filled: boolean }[]
  readonly checks: readonly {
    readonly id: string
    readonly state: string
    readonly availability: string
  }[]
}

interface RunShown {
  readonly state: string
  readonly step: number | null
  readonly status: string
  readonly steps: readonly { readonly number: number; readonly state: string; readonly attempt: number }[]
  readonly approvals: readonly { readonly role: string; readonly voided: unknown }[]
}

const step = (number: number) => developer.json<StepShown>('feature', 'step', FEATURE, String(number))
const shown = () => developer.json<RunShown>('feature', 'show', FEATURE)
const go = (number: number, ...more: readonly string[]) => [
  'feature',
  'decide',
  FEATURE,
  String(number),
  'go',
  '--rationale',
  'as it should be',
  ...more,
]

/** Writes the output of a step from a file. */
async function write(number: number, output: object): Promise<string> {
  const file = path.join(folder, `step-${number}.json`)
  await writeFile(file, JSON.stringify(output))
  return await developer.said('feature', 'step', FEATURE, String(number), '--file', file)
}

const STRATEGY = OUTPUTS[0] ?? {}

describe('step 1', () => {
  it('P-E1 no step is decided before the one before it', async () => {
    expect(await lead.ends(EXIT.conflict, ...go(2))).toContain('step 1')
  })

  it('P-E5 shows purpose, inputs, actions, checks, outputs and who decides', async () => {
    const said = await developer.said('feature', 'step', FEATURE, '1')
    expect(said).toContain('Define')
    expect(said).toMatch(new RegExp(`P-I1 +.* provided +${stage.developer.id}, 20`))
    expect(said).toContain('Actions:')
    expect(said).toMatch(/OUTPUT +TITLE +STATE/)
    expect(said).toMatch(/P-S1-10 +The strategy is consistent/)
    expect(said).toContain(`technical-lead (${stage.technicalLead.id}) decides.`)
  })

  it('P-E8 names its inputs by id', async () => {
    expect((await step(1)).inputs.map((it) => it.id)).toEqual(['P-I1', 'P-I2', 'P-I9', 'P-I10'])
    expect((await step(2)).inputs.map((it) => it.id)).toEqual(['S1', 'P-I2'])
  })

  it('P-E9 a Go names the field that is missing', async () => {
    const { life: _, ...output } = STRATEGY
    expect(await write(1, output)).toMatch(/life .*missing/)
    expect(await lead.ends(EXIT.conflict, ...go(1))).toContain('life')
  })

  it('P-S1-1 … P-S1-8 each field of the strategy is written and shown', async () => {
    await write(1, STRATEGY)
    const filled = (await step(1)).outputs.filter((it) => it.filled).map((it) => it.field)
    expect(filled).toEqual(
      expect.arrayContaining([
        'review',
        'type',
        'approach',
        'layers',
        'rollout',
        'mitigation',
        'targeting',
        'implementation',
        'life',
      ]),
    )
  })

  it('P-S1-9 proposes a strategy, and says why', async () => {
    const { code, out, err } = await developer.call('feature', 'propose', FEATURE, '1')
    expect(code).toBe(EXIT.ok)
    expect(JSON.parse(out)).toMatchObject({ type: 'release' })
    expect(err).toMatch(/^mitigation: /m)
  })

  it('P-S1-10 P-S1-12 an inconsistent strategy and a flag without end fail, each with its rule', async () => {
    const review = { scope: 'x', complexity: 'high', riskLevel: 'high', dependencies: [], userImpact: 'x' }
    const mitigation = { quickDisable: false, rollback: true, monitoring: ['errors'] }
    await write(1, { ...STRATEGY, review, mitigation, life: { owner: 'shop' } })
    const said = await developer.ends(EXIT.invalid, 'feature', 'check', FEATURE, '1')
    expect(said).toMatch(/P-S1-10 .*fail.*quick/)
    expect(said).toMatch(/P-S1-12 .*fail.*day on which it ends/)
    expect(await lead.ends(EXIT.conflict, ...go(1))).toContain('P-S1-10')
  })

  it('P-E10 who holds no role for it decides nothing', async () => {
    expect(await developer.ends(EXIT.access, ...go(1))).toContain('procedure:decide')
    expect(await owner.ends(EXIT.access, ...go(1))).toContain('technical-lead')
  })

  it('P-E3 a No-Go keeps its reason and opens the next attempt', async () => {
    const refuse = ['feature', 'decide', FEATURE, '1', 'no-go', '--rationale', 'the risk is too high']
    expect(await lead.said(...refuse)).toContain('close-action')
    for (const action of ['s1-a1-1', 's1-a1-2', 's1-a1-3'])
      await developer.said('feature', 'close-action', FEATURE, action, '--note', 'done')
    expect(await step(1)).toMatchObject({ state: 'open', attempt: 2 })
  })

  it('P-E2 a Go runs the checks again; an override has a reason and stays visible', async () => {
    await write(1, { ...STRATEGY, life: { owner: 'shop' } })
    expect(await lead.ends(EXIT.conflict, ...go(1))).toContain('P-S1-12')
    await lead.said(...go(1, '--override', 'P-S1-12=the end is set next week'))
    expect(await shown()).toMatchObject({ state: 'open', step: 2 })
    expect(JSON.stringify(await developer.json('feature', 'step', FEATURE, '1'))).toContain(
      'the end is set next week',
    )
  })
})

describe('step 2', () => {
  it('P-S2-6 tests of what existed before block the Go until both are there', async () => {
    const { existingTests: _, ...output } = OUTPUTS[1] ?? {}
    await write(2, output)
    expect(await lead.ends(EXIT.conflict, ...go(2))).toContain('existingTests')
  })

  it('P-E12 what always applies is not set aside', async () => {
    const aside = ['feature', 'evidence', FEATURE, '2', 'P-S2-1', '--not-applicable', 'not needed']
    expect(await lead.ends(EXIT.conflict, ...aside)).toContain('always applies')
  })

  it('P-S2-1 P-S2-3 P-S2-5 P-S2-6 P-S2-8 P-S2-9 P-S2-10 the checks of the flag are run and shown, what no instance shows as unknown', async () => {
    await prepareStep(stage, run, 2)
    const said = await developer.said('feature', 'check', FEATURE, '2')
    for (const id of ['P-S2-1', 'P-S2-2', 'P-S2-3', 'P-S2-4', 'P-S2-6', 'P-S2-9'])
      expect(said).toMatch(new RegExp(`^${id} .* pass`, 'm'))
    for (const id of ['P-S2-5', 'P-S2-8']) expect(said).toMatch(new RegExp(`^${id} .* unknown`, 'm'))
    expect(await developer.said('flag', 'tests', FEATURE)).toMatch(/verification_\w+ +done +yes/)
    expect(await lead.ends(EXIT.conflict, ...go(2))).toContain('P-S2-5')
  })

  it('P-E7 two who decide at once: one wins, one hears a conflict', async () => {
    const because = 'no instance is connected here'
    const over = ['--override', `P-S2-5=${because}`, `P-S2-8=${because}`]
    const both = await Promise.all([lead.call(...go(2, ...over)), lead.call(...go(2, ...over))])
    expect(both.map((it) => it.code).toSorted((a, b) => a - b)).toEqual([EXIT.ok, EXIT.conflict])
  })

  it('P-S2-7 the world hears that flags are ready, and since when is shown', async () => {
    expect(await developer.said('signal', 'list')).toContain('dev.flagmarshal.featureflags.ready')
    expect(await developer.said('feature', 'show', FEATURE)).toMatch(/Feature flags ready +since 20/)
  })

  it('P-E6 the validation point stops the run until somebody acknowledges', async () => {
    expect(await developer.said('feature', 'next', FEATURE)).toContain(`feature ack ${FEATURE} 2`)
    expect(await lead.said('feature', 'ack', FEATURE, '2')).toContain('Step 3')
  })
})

describe('step 3', () => {
  it('P-S3-1 P-S3-10 begins with the default plan and its criteria of success, or with one that is kept as a template', async () => {
    const { code, out } = await developer.call('feature', 'propose', FEATURE, '3')
    expect(code).toBe(EXIT.ok)
    const { plan } = JSON.parse(out) as { plan: Record<string, unknown> & { stages: { name: string }[] } }
    expect(plan.stages.map((it) => it.name)).toEqual(['internal', 'beta', 'gradual', 'full'])
    const said = JSON.stringify(plan['criteria'])
    expect(said).toContain('"feedback":{"least":5,"positive":0.8},"stages":["beta"]')
    expect(said).toMatch(/"severity":"critical"[^}]*"max":0/)
    expect(said).toMatch(/"severity":"major"[^}]*"max":0[^}]*"stages":\["beta"\]/)
    const { environment: _e, treatment: _t, control: _c, ...template } = plan
    const file = path.join(folder, 'template.json')
    await writeFile(file, JSON.stringify(template))
    const create = ['plan-template', 'create', 'careful', '--file', file, '--description', 'slowly']
    await developer.said(...create)
    expect(await developer.said('plan-template', 'list')).toMatch(/careful +careful/)
    expect(await developer.said('feature', 'propose', FEATURE, '3', '--template', 'careful')).toContain(
      'beta',
    )
  })

  it('P-S3-4 a timeline that is too short fails', async () => {
    const timeline = {
      start: '2031-01-06T08:00:00Z',
      expectedCompletion: '2031-01-06T08:00:01Z',
    }
    await write(3, { ...OUTPUTS[2], timeline })
    expect(await developer.ends(EXIT.invalid, 'feature', 'check', FEATURE, '3')).toMatch(/P-S3-4 .*fail/)
    await goThrough(stage, run, 3)
    for (const number of [4, 5]) await goThrough(stage, run, number)
  })

  it.each([3, 4, 5])(
    'each check of step %i is shown; what this version lacks says so and never passes',
    async (n) => {
      const checks = (await step(n)).checks
      const said = await developer.said('feature', 'step', FEATURE, String(n))
      for (const { id, state, availability } of checks) {
        expect(said).toMatch(new RegExp(`^${id} `, 'm'))
        const lacking = availability === 'not_in_this_version'
        expect(state === 'not_in_this_version', id).toBe(lacking && state !== 'not_applicable')
      }
    },
  )

  it('P-E4 changing a finished step makes every later one stale', async () => {
    await write(1, STRATEGY)
    const { steps } = await shown()
    expect(steps.map((it) => it.state).slice(0, 5)).toEqual(['stale', 'stale', 'stale', 'stale', 'stale'])
    await lead.said(...go(1))
    for (const number of [2, 3, 4, 5]) await goThrough(stage, run, number)
    expect(await shown()).toMatchObject({ state: 'open', step: 6 })
  })
})

describe('step 6', () => {
  it('P-S1-11 P-S3-7 P-S6-1 P-S6-2 P-S6-3 P-S6-4 P-S6-7 the documents are built with the sections that must be there', async () => {
    await developer.said('docs', 'build', FEATURE, '--out', folder)
    const names = await readdir(folder)
    const text = async (name: string) => await readFile(path.join(folder, name), 'utf8')
    expect(names).toEqual(
      expect.arrayContaining(['strategy.md', 'flag-configuration.md', 'rollout-plan.md', 'work-plan.md']),
    )
    const configuration = await text('flag-configuration.md')
    for (const section of ['Definition', 'States', 'Targeting', 'System'])
      expect(configuration).toMatch(new RegExp(`^## .*${section}`, 'im'))
    const plan = await text('rollout-plan.md')
    for (const section of ['Stages', 'Go and No-Go', 'Monitoring', 'Rollback'])
      expect(plan).toMatch(new RegExp(`^## .*${section}`, 'im'))
    const all = await Promise.all(names.filter((it) => it.endsWith('.md')).map(text))
    expect(all.join('\n')).toContain('flagmarshal kill new-checkout')
    await developer.said('docs', 'publish', FEATURE)
    const checks = await developer.said('feature', 'check', FEATURE, '6')
    for (const id of ['P-S6-1', 'P-S6-2', 'P-S6-3', 'P-S6-4', 'P-S6-5', 'P-S6-6'])
      expect(checks).toMatch(new RegExp(`^${id} .* pass`, 'm'))
    expect(await developer.said('docs', 'history', FEATURE)).toMatch(/documents +published/)
    await goThrough(stage, run, 6)
  })
})

describe('step 7', () => {
  const approve = (by: Caller, role: string, ...more: readonly string[]) =>
    by.call('approve', FEATURE, '--role', role, ...more)

  it('P-S7-7 approval stays shut until every subject is reviewed by somebody of its group', async () => {
    expect(await developer.ends(EXIT.conflict, 'feature', 'request-approval', FEATURE)).toContain('review')
    const subjects = (
      await developer.json<{ reviews: { group: string; subject: string }[] }>('feature', 'show', FEATURE)
    ).reviews
    for (const { group, subject } of subjects) {
      const by = { technical: lead, operations, business: owner }[group] ?? developer
      await by.said('feature', 'review', FEATURE, '--subject', `${group}/${subject}`)
    }
    await developer.said('feature', 'request-approval', FEATURE)
  })

  it('P-S7-2 P-S7-3 three people approve exactly this bundle, nobody twice and no other hash', async () => {
    const hash = (await developer.said('feature', 'bundle', FEATURE, '--hash')).trim()
    const other = await approve(lead, 'technical-lead', '--hash', '0'.repeat(64))
    expect([other.code, other.err]).toEqual([EXIT.conflict, expect.stringContaining('bundle')])
    expect((await approve(lead, 'operations-lead')).code).toBe(EXIT.access)
    expect((await approve(lead, 'technical-lead', '--hash', hash)).code).toBe(EXIT.ok)
    expect((await approve(operations, 'operations-lead', '--hash', hash)).code).toBe(EXIT.ok)
    expect((await approve(owner, 'product-owner', '--hash', hash)).code).toBe(EXIT.ok)
    expect((await shown()).approvals.map((it) => it.voided)).toEqual([null, null, null])
  })

  it('P-S7-6 P-S7-8 the world hears it, and the record of the approvals is stored', async () => {
    expect(await developer.said('signal', 'list')).toContain('dev.flagmarshal.rolloutplan.approved')
    await expect
      .poll(async () => await developer.said('docs', 'history', FEATURE), { timeout: 20_000 })
      .toMatch(/records +published/)
  })

  it('P-S7-11 what is no change voids nothing', async () => {
    const hash = () => developer.said('feature', 'bundle', FEATURE, '--hash')
    const before = await hash()
    await developer.said('flag', 'on', FEATURE, '--env', 'development', '--serve', 'off')
    await developer.call('kill', FEATURE, '--env', 'development', '--reason', 'a test', '--wait', '0s')
    expect(await hash()).toBe(before)
    expect((await shown()).approvals.map((it) => it.voided)).toEqual([null, null, null])
  })

  it('P-S7-10 a start that is past is refused, with the next possible one', async () => {
    const said = await owner.ends(
      EXIT.conflict,
      'feature',
      'schedule',
      FEATURE,
      '--start',
      '2020-01-01T10:00:00Z',
    )
    expect(said).toContain('is past')
    expect(said).toContain('The next possible start is')
  })

  it('P-S7-4 P-S7-5 P-S7-9 without a ticket system the ticket is set aside, and scheduling completes the run', async () => {
    expect(await developer.said('feature', 'step', FEATURE, '7')).toMatch(
      /P-S7-4 .*not applicable.*no ticket system/,
    )
    expect(await owner.said('feature', 'schedule', FEATURE)).toContain('Completed')
    expect((await shown()).state).toBe('completed')
  })
})
