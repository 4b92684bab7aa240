/**
 * A server with something of everything in it: what a fuzzed request must be able to hit.
 *
 * Five projects, each with flags that have rules, a segment, a feature and a run: one approved with a
 * rollout under way, one at step 3, one in draft, one that waits for approvals, one to abort.
 */
import { createClient } from '@flagmarshal/api'
import type { Operation } from '@flagmarshal/api/operation'
import { KEY_PERMISSIONS } from '@flagmarshal/domain/access/permission'

import { ADMIN_TOKEN, expectOk } from '../../../../../tests/support/server.ts'
import type { TestServer } from '../../../../../tests/support/server.ts'
import { newFlag } from '../flags.ts'
import { acknowledge } from '../instances.ts'
import {
  approvedRun,
  askForApproval,
  goThrough,
  openRun,
  prepareStep,
  setStage,
  start,
} from '../procedure.ts'
import type { Stage } from '../procedure.ts'

/** One project: what exists in it, by the name of the field that may hold it, and who may act there. */
export interface Place {
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Tokens of people. */
  readonly people: readonly string[]
  readonly serverKey: string
  readonly webKey: string
  readonly edgeKey: string
  /** The token of an automation of the project. */
  readonly automation: string
}

export interface World {
  readonly places: readonly Place[]
}

/** What all places have in common. */
const EVERYWHERE: Readonly<Record<string, readonly string[]>> = {
  environment: ['production', 'staging', 'development'],
  flag: ['new-checkout', 'fast-search', 'greeting'],
  key: ['new-checkout', 'fast-search', 'greeting', 'staff'],
  segment: ['staff'],
  feature: ['new-checkout'],
  variant: ['on', 'off'],
  offVariant: ['on', 'off'],
  treatment: ['on'],
  control: ['off'],
  attribute: ['country', 'age', 'targetingKey', 'plan.name'],
  by: ['targetingKey', 'country'],
  targetingKey: ['ann', 'bob', ''],
  country: ['de', 'fr', ''],
  op: ['in', 'exists', 'less-than', 'contains'],
  procedure: ['feature-flag-rollout'],
  input: ['P-I1', 'P-I6', 'P-I8', 'P-I12'],
  step: ['1', '2', '3', '4', '5', '6', '7', '8'],
  check: ['P-S1-1', 'P-S2-4', 'P-S3-10', 'P-S7-1'],
  gate: ['flags-ready', 'plan-approved', 'stage:1'],
  instanceId: ['edge-1'],
  criterion: ['errors'],
  host: ['127.0.0.1'],
}

/** Fills a fresh server. */
export async function createWorld(server: TestServer): Promise<World> {
  const shop = await setStage(server, 'shop')
  const approved = await approvedRun(shop)
  const bank = await setStage(server, 'bank')
  const open = await openRun(bank)
  await goThrough(bank, open, 1)
  await goThrough(bank, open, 2)
  await prepareStep(bank, open, 3)
  const mill = await setStage(server, 'mill')
  const draft = await start(mill)
  const dock = await setStage(server, 'dock')
  const asked = await openRun(dock)
  for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(dock, asked, step)
  await askForApproval(dock, asked)
  const yard = await setStage(server, 'yard')
  const doomed = await openRun(yard)
  await prepareStep(yard, doomed, 1)
  return {
    places: [
      await furnish(shop, approved.run, true),
      await furnish(bank, open),
      await furnish(mill, draft),
      await furnish(dock, asked),
      await furnish(yard, doomed),
    ],
  }
}

/** Whether the address takes its project from an SDK key. */
export function isOfKey({ can, path }: Operation): boolean {
  return KEY_PERMISSIONS.server.includes(can) && !path.includes('{project}')
}

/** Tokens that the operation lets in, as far as a place has some. */
export function tokensFor(operation: Operation, place: Place): readonly string[] {
  if (operation.can === 'edge:serve') return [place.edgeKey]
  if (operation.ofOwnProject === true) return [place.automation]
  if (isOfKey(operation)) return [place.serverKey]
  if (operation.can === 'access:write' || operation.can === 'project:write') return [ADMIN_TOKEN]
  return place.people
}

/** Flags with rules, a segment, keys, an instance, and whatever ids the place has. */
async function furnish(stage: Stage, run: string, rollsOut = false): Promise<Place> {
  const { server, project, developer } = stage
  const { client } = developer
  expectOk(await client.call('createSegment', { params: { project }, body: SEGMENT }))
  for (const key of ['fast-search', 'greeting']) {
    expectOk(await client.call('createFlag', { params: { project }, body: newFlag(key) }))
    const params = { project, flag: key, environment: 'development' }
    expectOk(await client.call('configureFlag', { params, body: CONFIG, ifMatch: 1 }))
  }
  const params = { project, flag: 'greeting', environment: 'development' }
  const kill = expectOk(await client.call('killFlag', { params, body: { reason: 'a test' } })).id
  const link = expectOk(await client.call('createKillLink', { params, body: { expiresInMinutes: 60 } })).id
  const serverKey = await server.sdkKey(project, 'development')
  const webKey = await server.sdkKey(project, 'development', 'web')
  const edgeKey = await server.sdkKey(project, 'development', 'edge')
  const edge = await introduce(server.address, edgeKey)
  await server.sdkKey(project, 'staging')
  const headers = { authorization: `Bearer ${serverKey}`, 'flagmarshal-instance': 'edge-1' }
  await acknowledge(`${server.address}/api/v1/environments/development`, headers, 1)
  const automation = { params: { project }, body: { name: 'ci' } }
  return {
    serverKey,
    webKey,
    edgeKey,
    automation: expectOk(await server.admin.call('createServiceToken', automation)).token,
    people: [developer, stage.technicalLead, stage.operationsLead, stage.productOwner].map((it) => it.token),
    names: {
      ...EVERYWHERE,
      ...(await idsOf(stage, run)),
      ...(await connectOthers(stage)),
      ...(rollsOut ? { rollout: [await rollOut(stage, run)] } : {}),
      project: [project],
      kill: [kill],
      link: [link],
      edge: [edge],
      token: [await eventToken(server, webKey)],
    },
  }
}

/** An edge that has said that it is there. */
async function introduce(server: string, edgeKey: string): Promise<string> {
  const edge = { id: 'edge-of-tests', name: 'eu-1', version: '1' }
  const status = { revision: 1, streams: 0, browserStreams: 0, buffered: 0, turnedAway: 0 }
  const body = { edge, status, signs: [], acknowledgements: [], reports: [] }
  expectOk(await createClient({ server, token: edgeKey }).call('relayFromEdge', { body }))
  return edge.id
}

/** What opens the event stream of the environment of a key. */
async function eventToken({ address }: Pick<TestServer, 'address'>, key: string): Promise<string> {
  const answer = await fetch(`${address}/ofrep/v1/evaluate/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  })
  return /token=([\w-]+)/.exec(await answer.text())?.[1] ?? ''
}

/** What other systems are reached by, and who may call: none of them answers. */
async function connectOthers({
  server,
  project,
  developer,
}: Stage): Promise<Record<string, readonly string[]>> {
  const { admin } = server
  const params = { project }
  const settings = { url: 'https://receiver.shop.example/' }
  const channel = { key: 'others', kind: 'webhook' as const, settings, secret: SECRET, subscribes: [] }
  expectOk(await admin.call('createChannel', { params, body: channel }))
  const prometheus = { url: 'https://prometheus.shop.example' }
  const connection = { key: 'main', kind: 'prometheus' as const, environment: 'production' }
  expectOk(
    await admin.call('createConnection', { params, body: { ...connection, settings: { prometheus } } }),
  )
  const action = { kind: 'http' as const, url: 'https://deploy.shop.example/' }
  const probe = { kind: 'http' as const, url: 'https://deploy.shop.example/version' }
  const target = { action, probe, budgetMs: 1_000 }
  const hook = {
    key: 'back',
    title: 'Puts it back',
    part: 'code' as const,
    production: target,
    staging: target,
    secret: SECRET,
  }
  expectOk(await admin.call('createHook', { params, body: hook }))
  expectOk(await admin.call('createInboundSource', { params, body: { key: 'ci' } }))
  const persona = { name: 'Ada', context: { targetingKey: 'ada' } }
  expectOk(await developer.client.call('savePersona', { params: { project, persona: 'ada' }, body: persona }))
  // Rules and allocations would get ids of their own; so all of them have one hash.
  const draft = {
    kind: 'flag' as const,
    flag: 'greeting',
    environment: 'production',
    why: 'a test',
    config: { ...CONFIG, rules: [], fallthrough: { variant: 'on' } },
  }
  const drafts: string[] = []
  const hashes = new Set<string>()
  for (let n = 0; n < 5; n++) {
    const { id, hash } = expectOk(await developer.client.call('createDraft', { params, body: draft }))
    drafts.push(id)
    hashes.add(hash)
    expectOk(await developer.client.call('requestDraft', { params: { ...params, draft: id } }))
  }
  return {
    draft: drafts,
    draftHash: [...hashes],
    channel: ['others'],
    connection: ['main'],
    hook: ['back'],
    source: ['ci'],
    persona: ['ada'],
  }
}

async function rollOut({ operationsLead: { client }, project }: Stage, run: string): Promise<string> {
  return expectOk(await client.call('startRollout', { params: { project }, body: { run } })).id
}

/** Ids that the server made. Keys and tokens are spare ones: revoking them disturbs nobody. */
async function idsOf(stage: Stage, run: string): Promise<Record<string, readonly string[]>> {
  const { server, project, developer } = stage
  const { items: keys } = expectOk(await server.admin.call('listKeys', { params: { project } }))
  const person = { params: { person: developer.id }, body: { name: 'spare' } }
  const token = expectOk(await server.admin.call('createToken', person)).id
  const { hash } = expectOk(await developer.client.call('showBundle', { params: { project, run } }))
  const shown = expectOk(await developer.client.call('showRun', { params: { project, run } }))
  const params = { project, run, step: 1 }
  const checks = expectOk(await developer.client.call('showChecks', { params })).items
  return {
    run: [run],
    person: [developer.id, stage.technicalLead.id],
    technicalLead: [stage.technicalLead.id],
    operationsLead: [stage.operationsLead.id],
    productOwner: [stage.productOwner.id],
    token: [token],
    sdkKey: keys.filter((it) => it.environment === 'staging').map((it) => it.id),
    bundleHash: [hash],
    hash: checks.flatMap((it) => it.attested?.evidence ?? it.evidence ?? []),
    check: checks.map((it) => it.id),
    subject: shown.reviews.map((it) => it.subject),
  }
}

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

const SEGMENT = {
  key: 'staff',
  name: 'Staff',
  when: { attribute: 'mail', op: 'ends-with' as const, values: ['@shop.example'] },
  include: ['ann'],
  exclude: ['bob'],
}

const CONFIG = {
  enabled: true,
  offVariant: 'off',
  rules: [
    { name: 'staff', when: { segment: 'staff' }, serve: { variant: 'on' } },
    {
      name: 'some',
      when: { any: [{ attribute: 'country', op: 'in' as const, values: ['de', 'fr'] }] },
      serve: { allocation: { ranges: [{ from: 0, to: 20_000, variant: 'on' }] } },
    },
  ],
  fallthrough: { variant: 'off' },
}
