/** The Model Context Protocol, by its official client against the program itself and a real server. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Client as Api, OperationId } from '@flagmarshal/api'
import { operations } from '@flagmarshal/api/operations'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import {
  approveAll,
  askForApproval,
  exposeEverybody,
  goThrough,
  INPUTS,
  provide,
  reviewPlan,
  setStage,
} from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { createApprovals, place, QUICK, start, until } from '../../server/test/support/rollouts.ts'

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts')
const PROJECT = 'agents'

let server: TestServer
let people: Stage
let agent: Client

beforeAll(async () => {
  server = await startServer()
  people = await setStage(server, PROJECT)
  agent = await connect(server, PROJECT, await serviceToken(server, PROJECT))
})
afterAll(async () => {
  await agent.close()
  await server.close()
})

async function serviceToken(
  at: TestServer,
  project: string,
  kind: 'service' | 'agent' = 'service',
): Promise<string> {
  const body = { name: 'agent', kind }
  return expectOk(await at.admin.call('createServiceToken', { params: { project }, body })).token
}

async function connect(at: Pick<TestServer, 'address'>, project: string, token: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const env = { FLAGMARSHAL_SERVER: at.address, FLAGMARSHAL_PROJECT: project, FLAGMARSHAL_TOKEN: token }
  const command = { command: process.execPath, args: [MAIN, 'mcp'] }
  await client.connect(
    new StdioClientTransport({ ...command, env: { ...env, PATH: process.env['PATH'] ?? '' } }),
  )
  return client
}

/** What a tool answers; one that refuses throws what it says. */
async function use(
  client: Client,
  name: string,
  given: Record<string, unknown>,
): Promise<Record<string, never>> {
  const { isError, structuredContent, content } = await client.callTool({
    name: `flagmarshal_${name}`,
    arguments: given,
  })
  if (isError === true) throw new Error(JSON.stringify(content))
  return structuredContent as Record<string, never>
}

const { feature } = { feature: 'new-checkout' }

/** How the acts of a developer are an agent's, by tools alone: what is no tool, nobody can do here. */
const BY_TOOL: Partial<Record<OperationId, (call: Asked) => readonly [tool: string, given: object]>> = {
  startRun: ({ body }) => ['feature_start', { feature, triggers: body['triggers'] }],
  provideInput: ({ params, body }) => [
    'input_attach',
    { feature, input: params['input'], value: body['value'] },
  ],
  writeStep: ({ params, body }) => ['step_write', { feature, step: params['step'], output: body['output'] }],
  startVerification: () => ['step_run', { feature, what: 'verification' }],
  startDrill: ({ body }) => ['step_run', { feature, what: `${String(body['kind'])}-drill` }],
  publishDocuments: () => ['step_run', { feature, what: 'documents' }],
  requestApproval: () => ['approval_request', { feature }],
  showVerification: ({ params }) => [
    'step_job',
    { feature, what: 'verification', job: params['verification'] },
  ],
  showDrill: ({ params }) => ['step_job', { feature, what: 'drill', job: params['drill'] }],
  showPublication: ({ params }) => ['step_job', { feature, what: 'documents', job: params['publication'] }],
}

/** Operations that no tool sends, whatever token it has: they decide, approve, or raise exposure. */
const NEVER: readonly OperationId[] = [
  'decideStep',
  'acknowledgeStep',
  'reviewSubject',
  'reviewWorkPlan',
  'approveRun',
  'scheduleRun',
  'abortRun',
  'overrideInput',
  'breakGlass',
  'reviewBrokenGlass',
  'startRollout',
  'resumeRollout',
  'advanceRollout',
  'approveRollout',
  'overrideRollout',
  'configureFlag',
  'changeFlag',
  'changeSegment',
  'decideDraft',
  'publishDraft',
  'writePolicy',
]

interface Asked {
  readonly params: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** A developer whose every act goes through the tools; the run is read as people read it. */
function byTools(client: Client, developer: TestPerson, used: Set<string>): TestPerson {
  const call = async (id: OperationId, given: Partial<Asked> = {}): Promise<unknown> => {
    const tool = BY_TOOL[id]
    if (tool === undefined) {
      if (operations[id].method !== 'GET') throw new Error(`no tool does ${id}`)
      return await developer.client.call(id, given)
    }
    const [name, wanted] = tool({ params: {}, body: {}, ...given })
    used.add(name)
    const answer = await use(client, name, { ...wanted })
    const { run, bundleHash, answer: shown } = (answer['result'] ?? answer) as Record<string, unknown>
    const body = shown ?? { id: run, approvalRequest: { bundleHash } }
    return { ok: true, status: 200, body, etag: undefined }
  }
  return { ...developer, client: { ...developer.client, call: call as Api['call'] } }
}

describe('an agent', () => {
  it('is shown tools with schemas and honest hints, resources and prompts', async () => {
    const { tools } = await agent.listTools()
    expect(tools.map((it) => it.name.replace('flagmarshal_', '')).toSorted()).toEqual([
      'approval_request',
      'debt_list',
      'docs_read',
      'feature_get',
      'feature_start',
      'flag_create',
      'flag_explain',
      'input_attach',
      'kill',
      'next',
      'pause',
      'plan_draft',
      'plan_lint',
      'refs_report',
      'rollout_status',
      'search',
      'step_job',
      'step_run',
      'step_write',
      'strategy_propose',
      'work_plan_write',
    ])
    for (const it of tools) {
      expect(it.description, it.name).toMatch(/\w/)
      expect([it.inputSchema.type, it.outputSchema?.type], it.name).toEqual(['object', 'object'])
      const writes = Object.hasOwn(it.inputSchema.properties ?? {}, 'dryRun')
      expect(it.annotations?.readOnlyHint, it.name).toBe(!writes)
    }
    const harsh = tools.filter((it) => it.annotations?.destructiveHint === true)
    expect(harsh.map((it) => it.name)).toEqual(['flagmarshal_kill'])
    expect(harsh[0]?.annotations?.idempotentHint).toBe(true)

    const { resources } = await agent.listResources()
    expect(resources.map((it) => it.uri)).toEqual(
      expect.arrayContaining(['flagmarshal://feature/new-checkout', 'flagmarshal://schema/openapi']),
    )
    const { contents } = await agent.readResource({ uri: 'flagmarshal://schema/procedure' })
    expect(JSON.stringify(contents)).toContain('feature-flag-rollout')
    const { prompts } = await agent.listPrompts()
    expect(prompts.map((it) => it.name)).toEqual(['run_the_procedure', 'stage_review', 'retire_a_flag'])
    const prompt = await agent.getPrompt({ name: 'run_the_procedure', arguments: { feature } })
    expect(JSON.stringify(prompt.messages)).toContain('new-checkout')
  })

  it('says in a dry run exactly what it would send, and sends nothing', async () => {
    const flag = { key: 'dry', name: 'Dry', kind: 'release', valueType: 'boolean', offVariant: 'off' }
    const given = { ...flag, variants: { on: true, off: false }, layers: ['backend'], owner: 'shop' }
    const dry = await use(agent, 'flag_create', { ...given, dryRun: true })
    expect(dry).toEqual({
      done: false,
      requests: [
        { method: 'POST', path: `/api/v1/projects/${PROJECT}/flags`, body: expect.objectContaining(flag) },
      ],
    })
    expect(await use(agent, 'search', { query: 'dry' })).toMatchObject({ flags: [] })
    await use(agent, 'flag_create', { ...given, idempotencyKey: 'made-once' })
    const again = await use(agent, 'flag_create', { ...given, idempotencyKey: 'made-once' })
    expect(again).toMatchObject({ done: true, result: { flag: { key: 'dry' } } })
    expect(await use(agent, 'search', { query: 'dry' })).toMatchObject({ flags: [{ key: 'dry', onIn: [] }] })
  })

  it('takes a run up to asking for its approvals by tools alone; people decide, and three approve', async () => {
    const used = new Set<string>()
    const stage = { ...people, developer: byTools(agent, people.developer, used), witness: people.developer }
    const triggers = [{ kind: 'feature_ready', state: 'ready', source: 'an agent' }]
    const started = await use(agent, 'feature_start', { feature, triggers, idempotencyKey: 'one-run-only' })
    const { run } = started['result'] as unknown as { run: string }
    const halted = await use(agent, 'next', { feature })
    expect(halted).toMatchObject({
      run,
      next: expect.arrayContaining([expect.objectContaining({ tool: 'flagmarshal_input_attach' })]),
    })
    // What a person must vouch for stays a person's.
    const vouched = Object.keys(INPUTS).filter((id) => INPUTS[id]?.attest !== undefined || id === 'P-I11')
    await provide(
      stage,
      run,
      Object.keys(INPUTS).filter((id) => !vouched.includes(id)),
    )
    await use(agent, 'input_attach', { feature, input: 'P-I6', value: INPUTS['P-I6']?.value })
    const unvouched = await use(agent, 'feature_get', { feature })
    expect(unvouched['inputs']).toContainEqual(expect.objectContaining({ id: 'P-I6', state: 'failing' }))
    await provide(people, run, vouched)
    const { content: plan } = expectOk(
      await people.developer.client.call('showRun', { params: { project: PROJECT, run } }),
    ).workPlan
    await use(agent, 'work_plan_write', { feature, plan })
    await reviewPlan(people, run)
    expect(await use(agent, 'strategy_propose', { feature })).toMatchObject({
      output: { type: expect.anything() },
    })
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    expect(await use(agent, 'plan_draft', { feature })).toMatchObject({ output: { plan: expect.anything() } })
    expect(await use(agent, 'plan_lint', { feature })).toMatchObject({ checked: expect.anything() })
    const docs = await use(agent, 'docs_read', { feature, document: 'rollout-plan' })
    expect(docs['markdown']).toContain('# Rollout plan')

    const hash = await askForApproval(stage, run)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect([...used].toSorted()).toEqual([
      'approval_request',
      'input_attach',
      'step_job',
      'step_run',
      'step_write',
    ])
    expect(await use(agent, 'next', { feature })).toMatchObject({
      state: 'awaiting_approval',
      next: expect.arrayContaining([expect.objectContaining({ tool: null })]),
    })
    await approveAll(people, run, hash)
    expect(await use(agent, 'next', { feature })).toMatchObject({ state: 'approved' })
    const refused = use(agent, 'approval_request', { feature })
    await expect(refused).rejects.toThrow(/status/)
  })

  it('has no tool that decides, approves or raises exposure, whatever token it is given', async () => {
    const source = globSync(path.resolve(import.meta.dirname, '../src/mcp/*.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    expect(NEVER.filter((id) => source.includes(`'${id}'`))).toEqual([])
    const sent = [...source.matchAll(/request\('(\w+)'/g)].map((it) => it[1] ?? '')
    const needed = new Set(sent.map((id) => operations[id as OperationId].can))
    expect([...needed].toSorted()).toEqual(['flag:kill', 'flag:write', 'procedure:write', 'rollout:pause'])
    const lead = await connect(server, PROJECT, people.technicalLead.token)
    try {
      for (const name of ['approve', 'decide', 'restore', 'advance', 'start'])
        await expect(use(lead, name, { feature })).rejects.toThrow(/not found/)
    } finally {
      await lead.close()
    }
  })

  it('turns a flag off; what it may not, and what is not there, it is told with the remedy', async () => {
    await exposeEverybody(people)
    const kill = { flag: feature, environment: 'production', reason: 'orders are lost' }
    expect(await use(agent, 'kill', { ...kill, dryRun: true })).toMatchObject({ done: false })
    const at = { flag: feature, environment: 'production', context: { targetingKey: 'ann' } }
    expect(await use(agent, 'flag_explain', at)).toMatchObject({ explanation: { variant: 'on' } })
    expect(await use(agent, 'kill', kill)).toMatchObject({
      done: true,
      result: { kill: { state: expect.any(String) } },
    })
    expect(await use(agent, 'flag_explain', at)).toMatchObject({ explanation: { variant: 'off' } })
    await expect(use(agent, 'kill', { ...kill, flag: 'none' })).rejects.toThrow(/404/)
    await expect(use(agent, 'rollout_status', {})).rejects.toThrow(/Name one of them/)
    expect(await use(agent, 'debt_list', {})).toMatchObject({ debts: [] })
    const viewer = await connect(server, PROJECT, (await server.person('viewer')).token)
    await expect(use(viewer, 'kill', kill)).rejects.toThrow(/403/)
    await viewer.close()
  })
})

it('pauses a rollout, and cannot resume it', async () => {
  const approvals = createApprovals()
  await using real = await startServer({ rolloutPorts: approvals })
  const at = await place(real, 'paused')
  const rollout = await start(at, approvals.approve('paused', { ...QUICK, observeWindows: 600 }))
  await until(at, rollout, (it) => it.state === 'observing')
  const token = await serviceToken(real, 'paused', 'agent')
  const client = await connect(real, 'paused', token)
  try {
    const paused = await use(client, 'pause', { rollout, reason: 'the graphs look odd' })
    expect(paused).toMatchObject({
      result: { rollout: { state: 'paused', paused: { reason: 'the graphs look odd' } } },
    })
    expect(await use(client, 'rollout_status', { rollout })).toMatchObject({ rollout: { state: 'paused' } })
    const resume = { params: { project: 'paused', rollout }, body: { reason: 'on' } }
    expect((await real.client(token).call('resumeRollout', resume)).ok).toBe(false)
  } finally {
    await client.close()
  }
})
