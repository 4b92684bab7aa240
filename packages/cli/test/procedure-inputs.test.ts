/** Sections I and II of the procedure by command line: definition, trigger, inputs, work plan. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  INPUTS,
  junit,
  reviewPlan,
  setStage,
  start,
  uploadFile,
} from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import type { ExitCode } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

const FEATURE = 'new-checkout'
/** Of nothing that was ever uploaded. */
const NOWHERE = { kind: 'upload', hash: '0'.repeat(64) }

let server: TestServer
let stage: Stage
let folder: string
let admin: Caller
let developer: Caller
let lead: Caller
let operations: Caller

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-ids-'))
  admin = callerOf(server, 'shop')
  developer = callerOf(server, 'shop', stage.developer)
  lead = callerOf(server, 'shop', stage.technicalLead)
  operations = callerOf(server, 'shop', stage.operationsLead)
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

interface InputShown {
  readonly id: string
  readonly state: string
  readonly checked: string | null
  readonly findings: readonly string[]
  readonly remediation: { readonly id: string; readonly path: string; readonly dueAt: string | null }
}

interface RunShown {
  readonly state: string
  readonly status: string
  readonly inputs: readonly InputShown[]
  readonly correlationId: string | null
  readonly triggers: readonly { readonly kind: string; readonly state: string; readonly source: string }[]
  readonly workPlan: { readonly hash: string; readonly review: unknown }
  readonly blockers: readonly { readonly message: string }[]
}

async function shown(): Promise<RunShown> {
  return await developer.json<RunShown>('feature', 'show', FEATURE)
}

async function inputShown(id: string): Promise<InputShown> {
  const found = (await shown()).inputs.find((it) => it.id === id)
  if (found === undefined) throw new Error(`${id} is not shown`)
  return found
}

/** An input that is shown as missing, cannot be given wrongly, and is there once it is given rightly. */
async function gives(
  id: string,
  wrong: { readonly value: object; readonly ends?: ExitCode; readonly because: string; readonly by?: Caller },
  by: Caller = developer,
): Promise<InputShown> {
  const missing = await inputShown(id)
  expect(['missing', 'coming_due']).toContain(missing.state)
  expect(await developer.said('feature', 'inputs', FEATURE)).toContain(missing.remediation.path)
  const good = INPUTS[id]
  const word =
    good?.attest === undefined
      ? []
      : ['--statement', good.attest.statement, '--reference', good.attest.reference]
  const set = (value: object) => ['feature', 'inputs', FEATURE, '--set', id, '--value', JSON.stringify(value)]
  const said = await (wrong.by ?? by).ends(wrong.ends ?? EXIT.ok, ...set(wrong.value), ...word)
  expect(said).toContain(wrong.because)
  expect((await inputShown(id)).state).not.toBe('provided')
  await by.said(...set(good?.value ?? {}), ...word)
  return await inputShown(id)
}

const PROVIDED = { state: 'provided', findings: [] }

describe('before a run', () => {
  it('P-M1 shows the definition, its owner and source, and where related procedures are found', async () => {
    await admin.said('procedure', 'relate', 'Rollback Procedure', 'https://wiki.shop.example/rollback')
    const said = await developer.said('procedure', 'show')
    expect(said).toContain('Feature Development Team')
    expect(said).toContain('active')
    expect(said).toMatch(/SHA-256 [0-9a-f]{64}/)
    expect(said).toContain('Rollback Procedure: https://wiki.shop.example/rollback')
    expect(await developer.said('procedure', 'related')).toContain('https://wiki.shop.example/rollback')
    const relate = ['procedure', 'relate', 'Rollback Procedure', 'https://elsewhere.example']
    await developer.ends(EXIT.access, ...relate)
  })

  it('P-T3 refuses a feature whose three roles are one person', async () => {
    const all = await server.person('technical-lead', 'operations-lead', 'product-owner')
    const roles = ['--technical-lead', all.id, '--operations-lead', all.id, '--product-owner', all.id]
    const rest = ['--team', 'shop', '--flag', 'other', '--layer', 'backend', '--no-ticket', 'there is none']
    const said = await developer.ends(EXIT.invalid, 'feature', 'new', 'other', ...rest, ...roles)
    expect(said).toContain('three different people')
  })

  it('P-T1 a start carries who says so, what, and the id of the caller', async () => {
    const facts = ['--trigger', 'orchestration=needed', 'acceptance=in_progress', '--source', 'the pipeline']
    await developer.said('feature', 'start', FEATURE, ...facts, '--correlation-id', 'order-7')
    expect(await shown()).toMatchObject({
      state: 'draft',
      correlationId: 'order-7',
      triggers: [
        { kind: 'orchestration', source: 'the pipeline' },
        { kind: 'acceptance', state: 'in_progress' },
      ],
    })
  })

  it('P-R1 … P-R12 each missing input is shown with its way, its owner and its day', async () => {
    const { inputs } = await shown()
    const ways = inputs.filter((it) => it.state !== 'provided').map((it) => it.remediation)
    expect(ways.every((it) => /^P-R\d+$/.test(it.id) && it.path !== '' && it.dueAt !== undefined)).toBe(true)
    const said = await developer.said('feature', 'inputs', FEATURE)
    for (const { id, path: way } of ways) expect(said).toContain(`${id}: ${way}`)
    expect(said).toMatch(/P-R1: .*\[.*by \d{4}-\d\d-\d\d\]/)
  })
})

describe('inputs', () => {
  it('P-I1 needs an acceptance criterion', async () => {
    expect(
      await gives('P-I1', {
        value: { reference: NOWHERE, acceptanceCriteria: [] },
        ends: EXIT.invalid,
        because: '/value/acceptanceCriteria',
      }),
    ).toMatchObject(PROVIDED)
  })
  it('P-I2 fails while the code is not there', async () => {
    expect(
      await gives('P-I2', {
        value: { layers: [{ layer: 'backend', reference: NOWHERE }] },
        because: 'failing',
      }),
    ).toMatchObject(PROVIDED)
  })
  it('P-I3 fails with a test that fails, and names it', async () => {
    const hash = await uploadFile(stage.developer.client, 'shop', junit('red', 2, 1))
    const given = await gives('P-I3', {
      value: { results: [{ kind: 'upload', hash }] },
      because: '1 of 3 tests failed',
    })
    expect(given).toMatchObject(PROVIDED)
  })
  it('P-I4 fails without a reference for alerting', async () => {
    const { alerting: _, ...value } = INPUTS['P-I4']?.value ?? {}
    expect(await gives('P-I4', { value, because: 'alerting' })).toMatchObject(PROVIDED)
  })
  it('P-I5 fails while the runbook is not there', async () => {
    expect(await gives('P-I5', { value: { references: [NOWHERE] }, because: 'failing' })).toMatchObject(
      PROVIDED,
    )
  })
  it('P-T2 P-I6 readiness is refused while the acceptance is in progress, and counts once it is completed', async () => {
    const word = ['--statement', 'I have looked.', '--reference', 'https://shop.example/word']
    const value = JSON.stringify(INPUTS['P-I6']?.value)
    const set = ['feature', 'inputs', FEATURE, '--set', 'P-I6', '--value', value, ...word]
    expect(await developer.said(...set)).toMatch(/P-I6 .*failing.*in progress/)
    await developer.said('feature', 'trigger', FEATURE, 'acceptance=completed')
    expect((await inputShown('P-I6')).state).toBe('provided')
    const unmet = { ...INPUTS['P-I6']?.value, criteria: [{ criterion: 'pays', met: false }] }
    const again = ['feature', 'inputs', FEATURE, '--set', 'P-I6', '--value', JSON.stringify(unmet), ...word]
    expect(await developer.said(...again)).toMatch(/P-I6 .*failing.*pays/)
    await developer.said(...set)
    expect(await inputShown('P-I6')).toMatchObject({ state: 'provided', checked: 'attested' })
  })
  it('P-I7 is one of three approaches, or another with text', async () => {
    expect(
      await gives('P-I7', { value: { approach: 'big-bang' }, ends: EXIT.invalid, because: '/value' }),
    ).toMatchObject(PROVIDED)
  })
  it('P-I8 is observed: without a server key it fails, with one it is there again', async () => {
    expect(await inputShown('P-I8')).toMatchObject({ state: 'provided', checked: 'machine' })
    const [key] = await admin.json<readonly { id: string }[]>('key', 'list')
    await admin.said('key', 'revoke', key?.id ?? '')
    expect(await developer.said('feature', 'inputs', FEATURE)).toMatch(/P-I8 .*failing.*server key/)
    await admin.said('key', 'create', 'again', '--env', 'production')
    expect((await inputShown('P-I8')).state).toBe('provided')
  })
  it('P-I9 is gradual or immediate, with a reason', async () => {
    expect(
      await gives('P-I9', {
        value: { mode: 'sometimes', reason: 'x' },
        ends: EXIT.invalid,
        because: '/value/mode',
      }),
    ).toMatchObject(PROVIDED)
  })
  it('P-I10 is numbers in range', async () => {
    expect(
      await gives('P-I10', {
        value: { maxErrorRateIncrease: -1, maxLatencyIncrease: 10, maxExposedUsers: 5 },
        ends: EXIT.invalid,
        because: '/value/maxErrorRateIncrease',
      }),
    ).toMatchObject(PROVIDED)
  })
  it('P-I11 is accepted by the Operations Lead and by nobody else', async () => {
    expect(
      await gives(
        'P-I11',
        {
          value: INPUTS['P-I11']?.value ?? {},
          ends: EXIT.access,
          because: 'operations-lead',
          by: developer,
        },
        operations,
      ),
    ).toMatchObject(PROVIDED)
  })
  it('P-I12 is shown as coming due, and names the previous version', async () => {
    expect((await inputShown('P-I12')).state).toBe('coming_due')
    const { previousVersion: _, ...value } = INPUTS['P-I12']?.value ?? {}
    const wrong = { value, ends: EXIT.invalid, because: '/value/previousVersion' }
    expect(await gives('P-I12', wrong)).toMatchObject(PROVIDED)
  })
})

describe('the work plan', () => {
  const file = () => path.join(folder, 'work-plan.json')

  it('P-PL1 P-PL5 is drafted with steps, risks and validation points, and has a hash', async () => {
    const said = await developer.said('feature', 'work-plan', FEATURE)
    expect(said).toContain('Rollback Procedure')
    expect(said).toContain('validationPoints')
    expect(said).toMatch(/"hash": "[0-9a-f]{64}"/)
  })

  it('P-PL2 is edited, and hashes to something else', async () => {
    const before = await shown()
    const { content } = await developer.json<{ content: object }>('feature', 'work-plan', FEATURE)
    await writeFile(file(), JSON.stringify({ ...content, notes: 'We begin on Monday.' }))
    expect(await developer.said('feature', 'work-plan', FEATURE, '--file', file())).toContain('on Monday')
    expect((await shown()).workPlan.hash).not.toBe(before.workPlan.hash)
  })

  it('P-PL3 is not reviewed by its author', async () => {
    const review = ['feature', 'review', FEATURE, '--work-plan', 'approved']
    expect(await developer.ends(EXIT.access, ...review)).toContain('is an author of the work')
    expect(await lead.said(...review)).toContain('Step 1')
    expect((await shown()).state).toBe('open')
  })

  it('P-PL4 an edit voids the review', async () => {
    const { content } = await developer.json<{ content: object }>('feature', 'work-plan', FEATURE)
    await writeFile(file(), JSON.stringify({ ...content, notes: 'We begin on Tuesday.' }))
    await developer.said('feature', 'work-plan', FEATURE, '--file', file())
    expect(await shown()).toMatchObject({ state: 'draft', workPlan: { review: null } })
    await lead.said('feature', 'review', FEATURE, '--work-plan', 'approved')
  })
})

describe('an input that is missing', () => {
  it('P-I-HALT halts the run, says why and what to do, and giving it opens the run by itself', async () => {
    const other = await setStage(server, 'halting')
    const caller = callerOf(server, 'halting', other.developer)
    await reviewPlan(other, await start(other))
    const said = await caller.said('feature', 'next', FEATURE)
    expect(said).toMatch(/P-I1 \(.*\) is missing/)
    expect(said).toContain('feature inputs new-checkout --set P-I1')
    const { 'P-I11': monitoring, ...others } = INPUTS
    await writeFile(path.join(folder, 'all.json'), JSON.stringify(others))
    await caller.said('feature', 'inputs', FEATURE, '--file', path.join(folder, 'all.json'))
    expect(await caller.json('feature', 'show', FEATURE)).toMatchObject({ state: 'halted' })
    const by = callerOf(server, 'halting', other.operationsLead)
    await by.said(
      'feature',
      'inputs',
      FEATURE,
      '--set',
      'P-I11',
      '--value',
      JSON.stringify(monitoring?.value),
    )
    expect(await caller.json('feature', 'show', FEATURE)).toMatchObject({ state: 'open', step: 1 })
  })

  it('P-R13 another flag system is recorded by the Technical Lead; its checks are then made by people', async () => {
    const other = await setStage(server, 'elsewhere')
    const caller = callerOf(server, 'elsewhere', other.developer)
    await start(other)
    const alternative = { instead: 'a switch', turnedOffBy: 'the switch', reason: 'there is one' }
    const value = JSON.stringify({ alternative })
    const set = ['feature', 'inputs', FEATURE, '--set', 'P-I8', '--value', value]
    await caller.ends(EXIT.access, ...set)
    const by = callerOf(server, 'elsewhere', other.technicalLead)
    expect(await by.said(...set)).toMatch(/P-I8 .*provided +attested/)
    expect(await caller.said('feature', 'step', FEATURE, '2')).toMatch(/P-S2-4 .*not in this version/)
  })
})
