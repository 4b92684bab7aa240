/**
 * A feature and its people, and the way of a run through the procedure, for tests over HTTP.
 */
import { createHash } from 'node:crypto'

import type { Client } from '@flagmarshal/api'
import type { Publication } from '@flagmarshal/api/document'
import { vi } from 'vitest'

import { expectOk } from '../../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../../tests/support/server.ts'

const url = (path: string) => ({ kind: 'url', url: `https://shop.example/${path}` })

/** A file by its name: its content, and the reference to its upload. */
export interface TestFile {
  readonly name: string
  readonly content: string
}

/** The reference to a file once it is uploaded. */
export function uploaded({ content }: TestFile): { readonly kind: 'upload'; readonly hash: string } {
  return { kind: 'upload', hash: createHash('sha256').update(content).digest('hex') }
}

/** Keeps a file on the server; its hash. */
export async function uploadFile(
  client: Client,
  project: string,
  { name, content }: TestFile,
): Promise<string> {
  const body = { name, content: Buffer.from(content).toString('base64') }
  return expectOk(await client.call('createUpload', { params: { project }, body })).hash
}

/** JUnit results: so many passed, so many failed. */
export function junit(name: string, passed: number, failed = 0): TestFile {
  const cases = Array.from({ length: passed + failed }, (_, index) => {
    const failure = index < failed ? '<failure message="expected 1, got 2"/>' : ''
    return `<testcase classname="${name}" name="case ${index + 1}">${failure}</testcase>`
  })
  const suite = `<testsuite name="${name}" tests="${cases.length}" failures="${failed}">${cases.join('')}</testsuite>`
  return {
    name: `${name}.xml`,
    content: `<?xml version="1.0" encoding="UTF-8"?><testsuites>${suite}</testsuites>`,
  }
}

const paper = (name: string): TestFile => ({ name: `${name}.md`, content: `# ${name}\n` })

/** What the inputs and outputs below refer to; `setStage` uploads it. */
export const FILES = {
  requirements: paper('requirements'),
  code: paper('code'),
  tests: junit('qa', 12),
  logs: paper('logs'),
  metrics: paper('metrics'),
  alerts: paper('alerts'),
  runbook: paper('runbook'),
  ready: paper('ready'),
  deployment: paper('deployment'),
  flagOff: junit('flag-off', 7),
  flagOn: junit('flag-on', 7),
} as const
const file = (name: keyof typeof FILES) => uploaded(FILES[name])

const attest = { statement: 'I have looked at it.', reference: 'https://shop.example/word' }

/** Everything that a run needs, as bodies. */
export const INPUTS: Readonly<Record<string, { value: Record<string, unknown>; attest?: typeof attest }>> = {
  'P-I1': { value: { reference: file('requirements'), acceptanceCriteria: ['pays'] } },
  'P-I2': { value: { layers: [{ layer: 'backend', reference: file('code') }] } },
  'P-I3': { value: { results: [file('tests')] } },
  'P-I4': { value: { logging: file('logs'), metrics: file('metrics'), alerting: file('alerts') } },
  'P-I5': { value: { references: [file('runbook')] } },
  'P-I6': {
    value: {
      reference: file('ready'),
      on: '2026-03-02',
      criteria: [{ criterion: 'pays', met: true }],
      procedures: [{ name: 'QA', result: 'passed' }],
    },
    attest,
  },
  'P-I7': { value: { approach: 'canary' } },
  'P-I9': { value: { mode: 'gradual', reason: 'money is involved' } },
  'P-I10': { value: { maxErrorRateIncrease: 100, maxLatencyIncrease: 100, maxExposedUsers: 20_000 } },
  'P-I11': { value: { accept: 'built-in-telemetry', statement: 'It suffices.' } },
  'P-I12': { value: { reference: file('deployment'), previousVersion: '1.4.2' } },
}

const text = 'as it should be'

/** A day on which no flag of a test has become debt. */
const IN_A_SEASON = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10)

/** The outputs of steps 1 to 6. */
export const OUTPUTS: readonly Record<string, unknown>[] = [
  {
    review: { scope: text, complexity: 'low', riskLevel: 'medium', dependencies: [], userImpact: text },
    type: 'release',
    approach: 'percentage',
    layers: ['backend'],
    bucketBy: { backend: 'targetingKey' },
    rollout: { gradual: true, targetPercents: [25, 50, 100] },
    mitigation: { quickDisable: true, rollback: true, monitoring: ['errors'] },
    targeting: { audience: 'all', segments: [] },
    implementation: { flagSystem: 'Flagmarshal', configuration: text, code: text },
    life: { owner: 'shop', endsOn: IN_A_SEASON, retirement: text },
  },
  {
    flag: 'new-checkout',
    implementation: [{ layer: 'backend', reference: url('code'), summary: text }],
    configuration: text,
    existingTests: { off: file('flagOff').hash, on: file('flagOn').hash },
  },
  {
    review: { business: text, userImpact: text, timeline: text, openTestPoints: text, runbooks: text },
    expectations: { shouldHappen: text, mightGoWrong: text, watch: text },
    monitoring: { keyMetrics: ['errors'], dashboards: text, reviewEveryMinutes: 60 },
    timeline: { expectedCompletion: '2099-01-31T17:00:00Z' },
    plan: {
      treatment: 'on',
      control: 'off',
      windowMs: 500,
      observeWindows: 20,
      stages: [{ name: 'everybody', increments: [25, 50, 100], bakeMs: 15_000, maxMs: 300_000 }],
      criteria: [
        { id: 'errors', role: 'guardrail', source: { kind: 'telemetry', counts: 'bad' }, ceiling: 0.02 },
      ],
      phi: 2,
      phiReason: text,
      absoluteOnly: { by: text, reason: text },
      holdback: 0,
      demo: true,
    },
  },
  {
    review: { logging: text, metrics: text, alerting: text, logQuery: { absent: text } },
    metrics: [{ criterion: 'errors', kind: 'errors', source: 'built-in-telemetry', metric: 'bad' }],
    without: [
      { kind: 'response-time', reason: 'Nobody waits longer: the work is the same.' },
      { kind: 'engagement', reason: 'Nobody does anything else than before.' },
      { kind: 'business', reason: 'The orders are counted by the shop itself.' },
    ],
    dashboards: [{ name: text, refreshSeconds: 30 }],
    alerts: [{ criterion: 'errors', condition: text, channel: text, person: 'operations-lead' }],
    flagMonitoring: { status: text, usage: text, impact: text },
  },
  {
    triggers: [
      { class: 'critical', event: text, bound: { report: 'data-loss', severity: 'major' } },
      { class: 'performance', event: text, bound: { person: 'operations-lead' } },
      { class: 'user-impact', event: text, bound: { criterion: 'errors' } },
    ],
    quickDisable: { steps: [text], verify: text, watchMinutes: 30 },
    codeRollback: {
      steps: [text],
      targetVersion: '1.4.2',
      verify: text,
      watchMinutes: 30,
      byHand: text,
    },
    dataRollback: { supported: false, reason: text },
    handover: {
      procedure: 'Rollback Procedure',
      definition: { id: 'rollback', version: 2 },
      reference: url('rollback'),
    },
  },
  {
    documents: ['flag-configuration', 'rollout-plan', 'runbook-updates', 'flag-reference'].map(
      (document) => ({ document, reference: url(document) }),
    ),
  },
]

/** As much of a server as a stage is made with. */
type StageServer = Pick<TestServer, 'address' | 'admin' | 'person' | 'sdkKey'>

/** A project with a flag, a server key, a feature and the people of its run. */
export interface Stage {
  readonly server: StageServer
  readonly project: string
  readonly feature: string
  readonly developer: TestPerson
  /** Who vouches where no machine looks; the developer unless it is somebody else. */
  readonly witness?: TestPerson
  readonly technicalLead: TestPerson
  readonly operationsLead: TestPerson
  readonly productOwner: TestPerson
}

type Ticket = { readonly key: string; readonly url: string } | { readonly none: string }

/** Sets one up; `project` must be new on the server. `both` is Technical Lead and one of the Operations Leads. */
export async function setStage(
  server: StageServer,
  project: string,
  both?: TestPerson,
  ticket: Ticket = { none: 'no ticket system' },
): Promise<Stage> {
  expectOk(await server.admin.call('createProject', { body: { key: project, name: project } }))
  await server.sdkKey(project, 'production')
  const developer = await server.person('developer')
  const technicalLead = both ?? (await server.person('technical-lead'))
  const operationsLead = await server.person('operations-lead')
  const productOwner = await server.person('product-owner')
  for (const it of Object.values(FILES)) await uploadFile(developer.client, project, it)
  const stage = {
    server,
    project,
    feature: 'new-checkout',
    developer,
    technicalLead,
    operationsLead,
    productOwner,
  }
  await addFeature(stage, { both, ticket })
  return stage
}

/** The flag and the feature of a stage, with the code that asks for the flag. */
export async function addFeature(
  { project, feature, developer, technicalLead, operationsLead, productOwner }: Stage,
  { both, ticket = { none: 'no ticket system' } }: { both?: TestPerson | undefined; ticket?: Ticket } = {},
): Promise<void> {
  expectOk(
    await developer.client.call('createFlag', {
      params: { project },
      body: {
        key: feature,
        name: 'New checkout',
        kind: 'release',
        valueType: 'boolean',
        variants: { on: true, off: false },
        offVariant: 'off',
        layers: ['backend'],
        owner: 'shop',
      },
    }),
  )
  expectOk(
    await developer.client.call('writeReferences', {
      params: { project, flag: feature },
      body: {
        repo: 'https://git.example/shop',
        sha: '4f1c2d9'.padEnd(40, '0'),
        refs: [{ file: 'src/order.ts', line: 12, layer: 'backend' }],
      },
    }),
  )
  expectOk(
    await developer.client.call('createFeature', {
      params: { project },
      body: {
        key: feature,
        name: 'New checkout',
        team: 'shop',
        ticket,
        roles: {
          technicalLead: [technicalLead.id],
          operationsLead: [operationsLead.id, ...(both === undefined ? [] : [both.id])],
          productOwner: [productOwner.id],
        },
        flag: feature,
        layers: ['backend'],
      },
    }),
  )
}

/** Starts a run in state draft; its id. */
export async function start({ developer, project, feature }: Stage): Promise<string> {
  const body = { triggers: [{ kind: 'feature_ready' as const, state: 'ready' as const, source: 'a test' }] }
  return expectOk(await developer.client.call('startRun', { params: { project, feature }, body })).id
}

/** Gives inputs, all of them unless named. */
export async function provide(
  stage: Stage,
  run: string,
  ids: readonly string[] = Object.keys(INPUTS),
): Promise<void> {
  for (const input of ids) {
    const by = input === 'P-I11' ? stage.operationsLead : stage.developer
    const body = INPUTS[input]
    if (body === undefined) throw new Error(`no input ${input}`)
    expectOk(await by.client.call('provideInput', { params: { project: stage.project, run, input }, body }))
  }
}

/** Has the work plan reviewed. */
export async function reviewPlan({ technicalLead, project }: Stage, run: string): Promise<void> {
  const body = { verdict: 'approved' as const }
  expectOk(await technicalLead.client.call('reviewWorkPlan', { params: { project, run }, body }))
}

/** A run that stands at step 1. */
export async function openRun(stage: Stage): Promise<string> {
  const run = await start(stage)
  await provide(stage, run)
  await reviewPlan(stage, run)
  return run
}

/** Writes a step's output and attests what this version does not check. */
export async function prepareStep(
  stage: Stage,
  run: string,
  step: number,
  output = OUTPUTS[step - 1],
): Promise<void> {
  const { client } = stage.developer
  const params = { project: stage.project, run, step }
  const witness = stage.witness ?? stage.developer
  if (output !== undefined) expectOk(await client.call('writeStep', { params, body: { output } }))
  if (step === 6) await publishDocuments(stage, run)
  if (step === 2) await verifyFlag(stage, run)
  if (step === 4) await drillAlert(stage, run)
  await attestAll(witness.client, params)
}

/** A verification run, to its end. */
async function verifyFlag({ developer, project }: Stage, run: string): Promise<void> {
  const params = { project, run }
  const body = { trafficMs: 0 }
  const { id } = expectOk(await developer.client.call('startVerification', { params, body }))
  await vi.waitFor(async () => {
    const at = { ...params, verification: id }
    const { state, problem } = expectOk(await developer.client.call('showVerification', { params: at }))
    if (state !== 'done') throw new Error(problem ?? state)
  }, WAITING)
}

/** A fire drill, to its end. */
async function drillAlert({ developer, project }: Stage, run: string): Promise<void> {
  const params = { project, run }
  const body = { kind: 'alert' as const }
  const { id } = expectOk(await developer.client.call('startDrill', { params, body }))
  await vi.waitFor(async () => {
    const at = { ...params, drill: id }
    const { verdict, problem, findings } = expectOk(await developer.client.call('showDrill', { params: at }))
    if (verdict !== 'passed') throw new Error(problem ?? [verdict, ...findings].join('; '))
  }, WAITING)
}

const WAITING = { timeout: 30_000, interval: 20 }

/** What only connected instances can show, overridden by the decider: these tests connect none. */
async function overridesOf(
  { technicalLead, project }: Stage,
  run: string,
  step: number,
): Promise<{ check: string; reason: string }[]> {
  const params = { project, run, step }
  const { items } = expectOk(await technicalLead.client.call('runChecks', { params }))
  return items
    .filter((it) => NEED_INSTANCES.includes(it.id) && it.state === 'unknown')
    .map((it) => ({ check: it.id, reason: 'No instance is connected in this test.' }))
}

/** And P-S5-9: these tests put everything back by hand, unless they name hooks. */
const NEED_INSTANCES = ['P-S5-9', 'P-S2-5', 'P-S2-8', 'P-S4-4', 'P-S4-7', 'P-S4-12', 'P-S4-13', 'P-S5-6']

/** Has the documents published, and waits until they are. */
export async function publishDocuments({ developer, project }: Stage, run: string): Promise<Publication> {
  const params = { project, run }
  const { id } = expectOk(await developer.client.call('publishDocuments', { params }))
  return await vi.waitFor(
    async () => {
      const at = { ...params, publication: id }
      const job = expectOk(await developer.client.call('showPublication', { params: at }))
      if (job.state !== 'published') throw new Error(job.progress)
      return job
    },
    { timeout: 30_000, interval: 50 },
  )
}

/** Attests every required check of a step that this version lacks. */
async function attestAll(
  client: Client,
  params: { readonly project: string; readonly run: string; readonly step: number },
): Promise<void> {
  const { items } = expectOk(await client.call('showChecks', { params }))
  for (const { id } of items.filter((it) => it.state === 'not_in_this_version' && it.required)) {
    expectOk(await client.call('giveEvidence', { params, body: { check: id, ...attest } }))
  }
}

/** Go of a step by whoever must, and the acknowledgement where one is due. */
export async function goThrough(
  stage: Stage,
  run: string,
  step: number,
  output?: Record<string, unknown>,
): Promise<void> {
  await prepareStep(stage, run, step, output)
  const deciders = [
    [stage.technicalLead],
    [stage.technicalLead],
    [stage.operationsLead, stage.productOwner],
    [stage.operationsLead],
    [stage.operationsLead],
    [stage.technicalLead],
  ][step - 1]
  const params = { project: stage.project, run, step }
  for (const { client } of deciders ?? []) {
    const body = { decision: 'go', rationale: text, overrides: await overridesOf(stage, run, step) } as const
    expectOk(await client.call('decideStep', { params, body }))
  }
  if (step === 2 || step === 3 || step === 6) {
    expectOk(await stage.technicalLead.client.call('acknowledgeStep', { params }))
  }
}

/** Reviews every subject and asks for the approvals; the hash to approve. */
export async function askForApproval(stage: Stage, run: string): Promise<string> {
  const params = { project: stage.project, run }
  const by = {
    technical: stage.technicalLead,
    operations: stage.operationsLead,
    business: stage.productOwner,
  }
  const { reviews } = expectOk(await stage.developer.client.call('showRun', { params }))
  for (const { group, subject } of reviews) {
    const reviewer = by[asGroup(group)]
    const body = { group: asGroup(group), subject, verdict: 'reviewed' as const }
    expectOk(await reviewer.client.call('reviewSubject', { params, body }))
  }
  const asked = expectOk(await stage.developer.client.call('requestApproval', { params }))
  return asked.approvalRequest?.bundleHash ?? ''
}

function asGroup(group: string): 'technical' | 'operations' | 'business' {
  if (group === 'technical' || group === 'operations' || group === 'business') return group
  throw new Error(`there is no group ${group}`)
}

/** Steps 1 to 6, reviews, and the three approvals. */
export async function approvedRun(stage: Stage): Promise<{ readonly run: string; readonly hash: string }> {
  const run = await openRun(stage)
  for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
  const hash = await askForApproval(stage, run)
  await approveAll(stage, run, hash)
  return { run, hash }
}

/** The three approvals of a hash. */
export async function approveAll(stage: Stage, run: string, bundleHash: string): Promise<void> {
  const params = { project: stage.project, run }
  const approvers = [
    ['technical-lead', stage.technicalLead],
    ['operations-lead', stage.operationsLead],
    ['product-owner', stage.productOwner],
  ] as const
  for (const [role, { client }] of approvers) {
    expectOk(await client.call('approveRun', { params, body: { role, bundleHash } }))
  }
}

/** Opens the gate of the flag in an emergency; a feature needs a run for it. */
export async function breakOpen({ project, feature, operationsLead }: Stage): Promise<void> {
  const emergency = { reason: 'a test', minutes: 30 }
  const params = { project, feature }
  expectOk(await operationsLead.client.call('breakGlass', { params, body: emergency }))
}

/** Lets everybody in production have it, in an emergency: while a plan is approved nothing else than its rollout may. */
export async function exposeEverybody(stage: Stage): Promise<void> {
  const { project, developer } = stage
  await breakOpen(stage)
  const key = { project, flag: 'new-checkout', environment: 'production' }
  const { revision } = expectOk(await developer.client.call('getFlagConfig', { params: key }))
  const body = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  expectOk(await developer.client.call('configureFlag', { params: key, body, ifMatch: revision }))
}
