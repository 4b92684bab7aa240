/** Required inputs with real references: pages, repositories, uploads, and what changes them later. */
import { setTimeout as wait } from 'node:timers/promises'

import { DEFAULT_POLICY, workingDaysLater } from '@flagmarshal/domain/procedure/policy'
import type { Clock } from '@flagmarshal/server/clock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createRepository } from './support/git-repository.ts'
import { servePages } from './support/pages.ts'
import type { Pages } from './support/pages.ts'
import {
  approveAll,
  approvedRun,
  askForApproval,
  FILES,
  goThrough,
  INPUTS,
  junit,
  openRun,
  OUTPUTS,
  prepareStep,
  provide,
  reviewPlan,
  setStage,
  start,
  uploaded,
  uploadFile,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

const HOUR_MS = 3_600_000

let server: TestServer
let pages: Pages
let count = 0
let hour = Promise.withResolvers<void>()

/** Hours pass when a test says so; everything shorter takes its time. */
const clock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    ms === HOUR_MS
      ? Promise.race([
          hour.promise,
          new Promise<void>((ended) => signal.addEventListener('abort', () => ended())),
        ])
      : wait(ms, undefined, { signal }).catch(() => undefined),
}

function anHourPasses(): void {
  const passed = hour
  hour = Promise.withResolvers<void>()
  passed.resolve()
}

beforeAll(async () => {
  pages = await servePages()
  const settings = { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', FLAGMARSHAL_GIT_PROTOCOLS: 'https,http,file' }
  server = await startServer({ settings, clock })
})
afterAll(async () => {
  await server.close()
  await pages[Symbol.asyncDispose]()
})

const newStage = (): Promise<Stage> => setStage(server, `inputs-${++count}`)

interface Given {
  readonly stage: Stage
  readonly attest?: { readonly statement: string; readonly reference: string }
}

/** Gives an input; how it stands then. */
async function give(to: Stage | Given, run: string, input: string, value: object) {
  const { stage, ...word }: Given = 'stage' in to ? to : { stage: to }
  const params = { project: stage.project, run, input }
  const body = { value: { ...value }, ...word }
  return inputIn(expectOk(await stage.developer.client.call('provideInput', { params, body })), input)
}

type Run = Awaited<ReturnType<typeof show>>

async function show({ developer, project }: Stage, run: string) {
  return expectOk(await developer.client.call('showRun', { params: { project, run } }))
}

/** An hour passes unless the last round still runs; where the run stands then. */
async function stateAfterAnHour(stage: Stage, run: string): Promise<string> {
  anHourPasses()
  return (await show(stage, run)).state
}

function inputIn(run: Run, id: string): Run['inputs'][number] {
  const found = run.inputs.find((it) => it.id === id)
  if (found === undefined) throw new Error(`no input ${id}`)
  return found
}

async function signalsOf({ project }: Stage, type: string) {
  const { items } = expectOk(await server.admin.call('listSignals', { params: { project }, query: {} }))
  return items.filter((it) => it.type === `dev.flagmarshal.${type}`)
}

const page = (path: string) => ({ kind: 'url', url: `${pages.address}${path}` })

describe('uploads', () => {
  it('are kept by the hash of their content, once, with the tests in them read', async () => {
    const { project, developer } = await newStage()
    const params = { project }
    const results = junit('upload', 3, 1)
    const body = { name: results.name, content: Buffer.from(results.content).toString('base64') }
    const first = expectOk(await developer.client.call('createUpload', { params, body }))
    expect(first).toMatchObject({
      hash: uploaded(results).hash,
      bytes: results.content.length,
      tests: { format: 'junit', total: 4, failed: 1, failing: ['upload › case 1'] },
    })
    const again = await developer.client.call('createUpload', {
      params,
      body: { ...body, name: 'other.xml' },
    })
    expect(expectOk(again)).toEqual(first)
    const shown = await developer.client.call('showUpload', { params: { project, hash: first.hash } })
    expect(expectOk(shown).content).toBe(body.content)
  })

  it('are at most 5 MiB, and base64', async () => {
    const { project, developer } = await newStage()
    const send = (content: string) =>
      developer.client.call('createUpload', { params: { project }, body: { name: 'a', content } })
    const largest = Buffer.alloc(5 * 1024 * 1024, 'a').toString('base64')
    expect(expectOk(await send(largest)).bytes).toBe(5 * 1024 * 1024)
    expect(expectProblem(await send(`${largest}YWFh`)).status).toBe(422)
    expect(expectProblem(await send('A'.repeat(8_000_000))).status).toBe(413)
    for (const content of ['', 'not base64!', 'YQ']) {
      expect(expectProblem(await send(content))).toMatchObject({ status: 422 })
    }
  })
})

describe('looking', () => {
  it('P-I1 is looked at where it is kept, with hash, size and time as evidence', async () => {
    const stage = await newStage()
    const run = await start(stage)
    pages.set('/requirements', { body: 'A shopper pays.' })
    const value = { reference: page('/requirements'), acceptanceCriteria: ['pays'] }
    const given = await give(stage, run, 'P-I1', value)
    expect(given).toMatchObject({
      state: 'provided',
      checked: 'machine',
      sightings: [
        { place: 'reference', state: 'found', bytes: 15, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    })
  })

  it('P-I2 takes the commit of each layer from its repository', async () => {
    await using repository = await createRepository()
    const commit = await repository.commit('src/order.ts', 'one')
    const stage = await newStage()
    const run = await start(stage)
    const layer = (more: object) => ({
      layers: [
        { layer: 'backend', reference: { kind: 'git', repository: repository.file, commit, ...more } },
      ],
    })
    expect(await give(stage, run, 'P-I2', layer({ path: 'src/order.ts' }))).toMatchObject({
      state: 'provided',
      checked: 'machine',
    })
    expect(await give(stage, run, 'P-I2', layer({ path: 'src/none.ts' }))).toMatchObject({ state: 'failing' })
    expect(await give(stage, run, 'P-I2', layer({ commit: 'b'.repeat(40) }))).toMatchObject({
      state: 'failing',
    })
  })

  it('P-I3 reads results from a URL: red ones, none, and what is no result fail', async () => {
    const stage = await newStage()
    const run = await start(stage)
    const results = async (body: string) => {
      pages.set('/results', { body })
      return await give(stage, run, 'P-I3', { results: [page('/results'), uploaded(FILES.tests)] })
    }
    expect(await results(junit('url', 2).content)).toMatchObject({
      state: 'provided',
      sightings: [{ tests: { total: 2 } }, { tests: { total: 12 } }],
    })
    expect((await results(junit('url', 2, 1).content)).findings).toEqual([
      'results 1: 1 of 3 tests failed (url › case 1)',
    ])
    expect((await results('<testsuites/>')).findings).toEqual(['results 1: no test was run'])
    expect((await results('<html/>')).findings).toEqual(['results 1: it is neither JUnit XML nor CTRF JSON'])
  })

  it('P-I5 is looked at: a page that is gone fails, one that is refused is unknown', async () => {
    const stage = await newStage()
    const run = await start(stage)
    const runbook = async (path: string) => await give(stage, run, 'P-I5', { references: [page(path)] })
    expect(await runbook('/nowhere')).toMatchObject({ state: 'failing' })
    pages.set('/locked', { status: 403 })
    expect(await runbook('/locked')).toMatchObject({ state: 'unknown' })
    pages.set('/moved', { status: 302, headers: { location: 'http://192.0.2.1/' } })
    expect((await runbook('/moved')).findings[0]).toContain('redirects to another host')
    pages.set('/huge', { body: 'x'.repeat(6 * 1024 * 1024) })
    expect(await runbook('/huge')).toMatchObject({ state: 'unknown' })
    pages.set('/runbook', { body: 'Turn it off.' })
    expect(await runbook('/runbook')).toMatchObject({ state: 'provided' })
  })

  it('P-I12 is looked at, and names the previous version', async () => {
    const stage = await newStage()
    const run = await start(stage)
    const lost = { reference: { kind: 'upload', hash: 'c'.repeat(64) }, previousVersion: '1.4.2' }
    expect(await give(stage, run, 'P-I12', lost)).toMatchObject({ state: 'failing' })
    expect(await give(stage, run, 'P-I12', INPUTS['P-I12']?.value ?? {})).toMatchObject({ state: 'provided' })
  })

  it('P-I11 fails while a channel is disabled', async () => {
    const stage = await newStage()
    const { project, operationsLead } = stage
    const kind = 'webhook' as const
    const settings = { url: `${pages.address}/hook` }
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const channel = { kind, settings, secret, subscribes: ['dev.flagmarshal.flag.killed'] }
    expectOk(
      await server.admin.call('createChannel', { params: { project }, body: { key: 'hook', ...channel } }),
    )
    const run = await start(stage)
    await provide(stage, run, ['P-I11'])
    expect(inputIn(await show(stage, run), 'P-I11').state).toBe('provided')
    expectOk(
      await server.admin.call('updateChannel', {
        params: { project, channel: 'hook' },
        body: { ...channel, state: 'disabled' },
        ifMatch: 1,
      }),
    )
    const looked = await operationsLead.client.call('checkInputs', { params: { project, run } })
    expect(inputIn(expectOk(looked), 'P-I11')).toMatchObject({
      state: 'failing',
      findings: expect.arrayContaining([expect.stringContaining('hook is disabled')]),
    })
  })

  it('a Jira issue is looked up with the account of the channel; comments change nothing', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const settings = { site: pages.address, email: 'bot@shop.example' }
    const body = { key: 'jira', kind: 'jira' as const, settings, secret: 'token', subscribes: [] }
    expectOk(await server.admin.call('createChannel', { params: { project }, body }))
    const run = await start(stage)
    const address = '/rest/api/3/issue/SHOP-7?fields=summary,description'
    const issue = (summary: string, more = {}) =>
      pages.set(address, {
        body: JSON.stringify({ key: 'SHOP-7', fields: { summary, description: null }, ...more }),
      })
    issue('Checkout')
    const value = { reference: { kind: 'jira', issue: 'SHOP-7' }, acceptanceCriteria: ['pays'] }
    expect(await give(stage, run, 'P-I1', value)).toMatchObject({
      state: 'provided',
      sightings: [{ state: 'found', note: 'Checkout' }],
    })
    const look = async () =>
      inputIn(expectOk(await developer.client.call('checkInputs', { params: { project, run } })), 'P-I1')
        .state
    issue('Checkout', { self: 'commented' })
    expect(await look()).toBe('provided')
    issue('Checkout in one step')
    expect(await look()).toBe('failing')
    pages.set(address, { status: 503 })
    expect(await look()).toBe('unknown')
  })
})

describe('what cannot be looked at', () => {
  it('P-I-CHECK what cannot be reached is unknown, never a pass; the Technical Lead alone accepts it, with a reason', async () => {
    const stage = await newStage()
    const { project, developer, technicalLead, operationsLead } = stage
    const run = await openRun(stage)
    const value = {
      layers: [
        {
          layer: 'backend',
          reference: { kind: 'git', repository: 'http://127.0.0.1:9/shop', commit: 'd'.repeat(40) },
        },
      ],
    }
    const word = { statement: 'It is merged.', reference: 'https://shop.example/merge' }
    expect(await give({ stage, attest: word }, run, 'P-I2', value)).toMatchObject({
      state: 'unknown',
      checked: 'machine',
    })
    expect(await show(stage, run)).toMatchObject({ state: 'halted', blockers: [{ role: 'technical-lead' }] })
    const params = { project, run, input: 'P-I2' }
    const body = { reason: 'The repository is behind a firewall.' }
    const refused = await operationsLead.client.call('overrideInput', { params, body })
    expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'role-needed' })
    const run_ = expectOk(await technicalLead.client.call('overrideInput', { params, body }))
    expect(run_.state).toBe('open')
    expect(inputIn(run_, 'P-I2')).toMatchObject({
      state: 'provided',
      checked: 'overridden',
      override: { by: technicalLead.id, ...body },
      findings: [expect.stringContaining('cannot be reached')],
    })
    const looked = expectOk(await developer.client.call('checkInputs', { params: { project, run } }))
    expect(inputIn(looked, 'P-I2')).toMatchObject({ state: 'provided', checked: 'overridden' })
  })

  it('what fails cannot be overridden', async () => {
    const stage = await newStage()
    const { project, technicalLead } = stage
    const run = await start(stage)
    const red = junit('red', 1, 1)
    await uploadFile(stage.developer.client, project, red)
    await give(stage, run, 'P-I3', { results: [uploaded(red)] })
    const params = { project, run, input: 'P-I3' }
    const refused = await technicalLead.client.call('overrideInput', { params, body: { reason: 'flaky' } })
    expect(expectProblem(refused)).toMatchObject({ status: 409, code: 'nothing-to-override' })
  })

  it('a Jira issue is unknown while no Jira is connected', async () => {
    const stage = await newStage()
    const run = await start(stage)
    const value = { reference: { kind: 'jira', issue: 'SHOP-7' }, acceptanceCriteria: ['pays'] }
    expect(await give(stage, run, 'P-I1', value)).toMatchObject({
      state: 'unknown',
      findings: ['reference: no Jira is connected to look up SHOP-7'],
    })
  })
})

describe('changes', () => {
  it('P-I-HALT notices a source that changes within the hour, says why, and opens when it is as it was', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    pages.set('/changing', { body: 'one' })
    await give(stage, run, 'P-I1', { reference: page('/changing'), acceptanceCriteria: ['pays'] })
    await goThrough(stage, run, 1)
    pages.set('/changing', { body: 'two' })
    await expect.poll(() => stateAfterAnHour(stage, run)).toBe('halted')
    const halted = await show(stage, run)
    expect(halted.blockers[0]).toMatchObject({ code: 'input-failing' })
    expect(halted.blockers[0]?.message).toMatch(/has changed, from .* to .*Needed by step 1, 3\./)
    expect(halted.steps[0]).toMatchObject({ state: 'stale' })
    pages.set('/changing', { body: 'one' })
    await expect.poll(() => stateAfterAnHour(stage, run)).toBe('open')
  })

  it('a Go is refused while a source has changed; giving the input again accepts what is there', async () => {
    const stage = await newStage()
    const { project, technicalLead } = stage
    const run = await openRun(stage)
    const value = { reference: page('/spec'), acceptanceCriteria: ['pays'] }
    pages.set('/spec', { body: 'one' })
    await give(stage, run, 'P-I1', value)
    await prepareStep(stage, run, 1)
    pages.set('/spec', { status: 404 })
    const params = { project, run, step: 1 }
    const body = { decision: 'go' as const, rationale: 'fine' }
    const refused = await technicalLead.client.call('decideStep', { params, body })
    expect(expectProblem(refused)).toMatchObject({ status: 409, code: 'run-halted' })
    pages.set('/spec', { body: 'two' })
    expect(await give(stage, run, 'P-I1', value)).toMatchObject({ state: 'provided' })
    expectOk(await technicalLead.client.call('decideStep', { params, body }))
  })

  it('approvals are void once the tests that they rested on fail', async () => {
    const stage = await newStage()
    const { project, technicalLead } = stage
    const run = await openRun(stage)
    pages.set('/qa', { body: junit('qa', 5).content })
    await give(stage, run, 'P-I3', { results: [page('/qa')] })
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const bundleHash = await askForApproval(stage, run)
    const approve = (role: 'technical-lead') =>
      technicalLead.client.call('approveRun', { params: { project, run }, body: { role, bundleHash } })
    expectOk(await approve('technical-lead'))
    pages.set('/qa', { body: junit('qa', 4, 1).content })
    expectProblem(await approve('technical-lead'))
    const seen = await show(stage, run)
    expect(seen).toMatchObject({ state: 'halted', approvals: [{ voided: expect.anything() }] })
    expect(inputIn(seen, 'P-I3').findings.join()).toContain('1 of 5 tests failed')
  })
})

describe('remediation', () => {
  it('P-R1 names who gets it and by when, tells them, and can be agreed otherwise', async () => {
    const stage = await newStage()
    const { project, technicalLead, productOwner, developer } = stage
    const run = await start(stage)
    const seen = inputIn(await show(stage, run), 'P-I1')
    expect(seen.remediation).toMatchObject({ id: 'P-R1', owners: [productOwner.id] })
    const due = workingDaysLater(DEFAULT_POLICY, new Date(), 5)
    expect(Math.abs(Date.parse(seen.remediation.dueAt ?? '') - due.getTime())).toBeLessThan(60_000)
    const [signal] = await signalsOf(stage, 'input.missing')
    const { inputs } = Object(signal?.data) as { inputs: unknown[] }
    expect(inputs).toHaveLength(10)
    expect(inputs).toContainEqual(
      expect.objectContaining({ input: 'P-I1', owners: [productOwner.id], remediation: 'P-R1' }),
    )
    const params = { project, run, input: 'P-I1' }
    const body = { owner: 'the requirements team', dueAt: '2099-01-01T00:00:00.000Z' }
    expect(expectProblem(await developer.client.call('agreeRemediation', { params, body })).status).toBe(403)
    const agreed = expectOk(await technicalLead.client.call('agreeRemediation', { params, body }))
    expect(inputIn(agreed, 'P-I1').remediation).toMatchObject({ owners: [body.owner], dueAt: body.dueAt })
    const past = { ...body, dueAt: '2020-01-01T00:00:00.000Z' }
    expect(
      expectProblem(await technicalLead.client.call('agreeRemediation', { params, body: past })),
    ).toMatchObject({
      code: 'due-in-the-past',
    })
  })

  it('P-R1 … P-R12 each missing input blocks with its way; none is left without', async () => {
    const stage = await newStage()
    const run = await start(stage)
    await reviewPlan(stage, run)
    const { inputs, blockers } = await show(stage, run)
    const missing = inputs.filter((it) => it.state !== 'provided')
    expect(missing.filter((it) => it.remediation.owners.length === 0)).toEqual([])
    const ways = blockers.map((it) => it.remedy.split(':')[0])
    expect(missing.filter((it) => it.state !== 'coming_due').map((it) => it.remediation.id)).toEqual(ways)
  })

  it('P-R13 another flag system: checks become a person’s, and no rollout starts by itself', async () => {
    const stage = await newStage()
    const { project, developer, technicalLead } = stage
    const run = await start(stage)
    const params = { project, run, input: 'P-I8' }
    const alternative = {
      instead: 'A switch in the configuration.',
      turnedOffBy: 'Set it to 0.',
      reason: 'No SDK.',
    }
    const body = { value: { alternative } }
    expect(expectProblem(await developer.client.call('provideInput', { params, body })).status).toBe(403)
    const given = expectOk(await technicalLead.client.call('provideInput', { params, body }))
    expect(inputIn(given, 'P-I8')).toMatchObject({
      state: 'provided',
      checked: 'attested',
      value: { alternative },
      by: technicalLead.id,
    })
    await provide(stage, run)
    await reviewPlan(stage, run)
    await goThrough(stage, run, 1)
    const { items } = expectOk(
      await developer.client.call('showChecks', { params: { project, run, step: 2 } }),
    )
    for (const id of ['P-S2-1', 'P-S2-3', 'P-S2-4', 'P-S2-9']) {
      expect(items.find((it) => it.id === id)).toMatchObject({ state: 'not_in_this_version', blocksGo: true })
    }
    expect(items.find((it) => it.id === 'P-S2-2')?.state).toBe('unknown')

    for (const step of [2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    await prepareStep(stage, run, 7)
    await approveAll(stage, run, await askForApproval(stage, run))
    const started = await stage.operationsLead.client.call('startRollout', {
      params: { project },
      body: { run },
    })
    expect(expectProblem(started)).toMatchObject({ status: 409, code: 'alternative-flag-system' })
  })
})

describe('the code around the flag', () => {
  it('P-S2-2 is made from what is uploaded: a layer without a reference, a flag that does not exist', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await openRun(stage)
    await goThrough(stage, run, 1)
    await prepareStep(stage, run, 2)
    const check = async () => {
      const params = { project, run, step: 2 }
      const { items } = expectOk(await developer.client.call('runChecks', { params }))
      return items.find((it) => it.id === 'P-S2-2')
    }
    const upload = async (
      flag: string,
      refs: { file: string; line: number; layer: 'backend' | 'frontend' }[],
    ) =>
      expectOk(
        await developer.client.call('writeReferences', {
          params: { project, flag },
          body: { repo: 'https://git.example/shop', branch: 'main', sha: 'e'.repeat(40), refs },
        }),
      )
    expect(await check()).toMatchObject({ state: 'pass' })
    await upload('new-checkout', [{ file: 'cart.tsx', line: 4, layer: 'frontend' }])
    expect(await check()).toMatchObject({
      state: 'fail',
      findings: ['no code of the layer backend refers to new-checkout'],
    })
    await upload('new-checkout', [{ file: 'order.ts', line: 4, layer: 'backend' }])
    expect(await upload('new-chekout', [{ file: 'order.ts', line: 9, layer: 'backend' }])).toMatchObject({
      known: false,
    })
    expect(await check()).toMatchObject({
      state: 'fail',
      findings: [expect.stringContaining('the flag new-chekout, which does not exist, order.ts:9')],
    })
    await upload('new-chekout', [])
    expect(await check()).toMatchObject({ state: 'pass', facts: { layers: ['backend'] } })
  })

  it('P-S2-6 needs two green results, uploaded, one with the flag off and one with it on', async () => {
    const stage = await newStage()
    const { project, developer } = stage
    const run = await openRun(stage)
    await goThrough(stage, run, 1)
    const red = junit('flag-on-red', 6, 1)
    const on = await uploadFile(developer.client, project, red)
    const check = async (existingTests: { off: string; on: string }) => {
      const params = { project, run, step: 2 }
      const output = { ...OUTPUTS[1], existingTests }
      expectOk(await developer.client.call('writeStep', { params, body: { output } }))
      const { items } = expectOk(await developer.client.call('runChecks', { params }))
      return items.find((it) => it.id === 'P-S2-6')
    }
    const off = uploaded(FILES.flagOff).hash
    expect(await check({ off, on })).toMatchObject({
      state: 'fail',
      findings: [expect.stringContaining('on: 1 of 7 tests failed')],
    })
    expect(await check({ off, on: off })).toMatchObject({ state: 'fail' })
    expect(await check({ off, on: uploaded(FILES.requirements).hash })).toMatchObject({ state: 'fail' })
    expect(await check({ off, on: uploaded(FILES.flagOn).hash })).toMatchObject({
      state: 'pass',
      facts: { off: { total: 7 }, on: { total: 7 } },
    })
  })
})

it('a whole run on uploads ends approved', async () => {
  const stage = await newStage()
  const { run } = await approvedRun(stage)
  expect((await show(stage, run)).inputs.map((it) => it.checked)).toEqual(
    ['P-I1', 'P-I2', 'P-I3', 'P-I4', 'P-I5', 'P-I6', 'P-I7', 'P-I8', 'P-I9', 'P-I10', 'P-I11', 'P-I12'].map(
      (id) => (id === 'P-I6' ? 'attested' : 'machine'),
    ),
  )
})
