import type { FlagGate } from '@flagmarshal/domain/flag/enable'
import type { Snapshot } from '@flagmarshal/evaluation'
import type { DeliveryPorts } from '@flagmarshal/server/delivery/ports'
import type { FlagPorts, FlagsChanged } from '@flagmarshal/server/flag/ports'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

/** Stands for the features above: the gate is what a test makes it. */
let gate: FlagGate = { kind: 'open', by: 'broken-glass' }
const changes: FlagsChanged[] = []
const flagPorts: FlagPorts = {
  gateOf: () => Promise.resolve(gate),
  isHeard: () => Promise.resolve(true),
  onFlagChanged: (_tx, _context, change) => Promise.resolve(void changes.push(change)),
}
const deliveryPorts: DeliveryPorts = {
  windowOf: () => Promise.resolve(undefined),
  shortestWindowMs: () => Promise.resolve(undefined),
}

let server: TestServer
const project = { project: 'shop' }

beforeAll(async () => {
  server = await startServer({ flagPorts, deliveryPorts })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await server.admin.call('createFlag', { params: project, body: newFlag('guarded') }))
})
beforeEach(() => {
  gate = { kind: 'open', by: 'broken-glass' }
  changes.length = 0
})
afterAll(() => server.close())

const segmentParams = (segment: string, environment = 'production') => ({ ...project, segment, environment })

async function createSegment(key: string, content: object = {}) {
  return expectOk(
    await server.admin.call('createSegment', { params: project, body: { key, name: key, ...content } }),
  )
}

test('a segment is the same in every environment at first, and differs after a change of one', async () => {
  const staff = { attribute: 'email', op: 'ends-with' as const, values: ['@shop.example'] }
  const made = await createSegment('staff', { when: staff, include: ['u1', 'u1', 'u2'] })
  expect(made.environments).toHaveLength(3)
  for (const it of made.environments)
    expect(it).toMatchObject({ when: staff, include: ['u1', 'u2'], exclude: [], revision: 1 })

  const params = segmentParams('staff', 'staging')
  const changed = expectOk(
    await server.admin.call('changeSegment', { params, body: { exclude: ['u1'] }, ifMatch: 1 }),
  )
  expect(changed).toEqual({ environment: 'staging', include: [], exclude: ['u1'], revision: 2 })
  const late = await server.admin.call('changeSegment', { params, body: {}, ifMatch: 1 })
  expect(expectProblem(late)).toMatchObject({ status: 412, current: changed })
  const { items } = expectOk(await server.admin.call('listSegments', { params: project }))
  expect(items.find((it) => it.key === 'staff')?.environments).toMatchObject([
    { environment: 'development', included: 2, excluded: 0 },
    { environment: 'staging', included: 0, excluded: 1 },
    { environment: 'production', included: 2, excluded: 0 },
  ])
})

test('a segment that refers to what is not there, or to itself, is refused', async () => {
  const unknown = { key: 'odd', name: 'Odd', when: { not: { segment: 'nobody-made' } } }
  const first = await server.admin.call('createSegment', { params: project, body: unknown })
  expect(expectProblem(first)).toMatchObject({
    status: 422,
    errors: [{ pointer: '/when/not/segment' }],
  })
  await createSegment('outer', { when: { all: [] } })
  await createSegment('inner', { when: { segment: 'outer' } })
  const circle = await server.admin.call('changeSegment', {
    params: segmentParams('outer'),
    body: { when: { any: [{ segment: 'inner' }] } },
    ifMatch: 1,
  })
  expect(expectProblem(circle)).toMatchObject({
    status: 422,
    detail: expect.stringContaining('contain itself'),
  })
  const self = { key: 'self', name: 'Self', when: { segment: 'self' } }
  const alone = await server.admin.call('createSegment', { params: project, body: self })
  expect(expectProblem(alone).status).toBe(422)
})

test('of two changes that would close a circle together one is refused', async () => {
  await createSegment('left', { when: { all: [] } })
  await createSegment('right', { when: { all: [] } })
  const change = async (segment: string, to: string) =>
    await server.admin.call('changeSegment', {
      params: segmentParams(segment),
      body: { when: { segment: to } },
      ifMatch: 1,
    })
  const answers = await Promise.all([change('left', 'right'), change('right', 'left')])
  expect(answers.filter((it) => it.ok)).toHaveLength(1)
})

test('a gate is asked where a protected environment would serve something else, and decides', async () => {
  gate = { kind: 'closed', feature: 'checkout', blockers: ['two approvals are missing'], running: true }
  const params = configParams('guarded', 'production')
  const refused = await server.admin.call('configureFlag', { params, body: EVERYBODY_ON, ifMatch: 1 })
  expect(expectProblem(refused)).toMatchObject({
    status: 409,
    code: 'gate-closed',
    detail: expect.stringContaining('two approvals are missing'),
    remedy: expect.stringContaining('flagmarshal gate check checkout'),
  })
  await configure(server, 'guarded', EVERYBODY_ON)
  gate = { kind: 'open', by: 'broken-glass' }
  await configure(server, 'guarded', EVERYBODY_ON, 'production')
  gate = { kind: 'closed', feature: 'checkout', blockers: [], running: true }
  const edit = { ...EVERYBODY_ON, rules: [{ name: 'All', when: { all: [] }, serve: { variant: 'on' } }] }
  const editing = await server.admin.call('configureFlag', { params, body: edit, ifMatch: 2 })
  expect(expectProblem(editing).code).toBe('gate-closed')
  await configure(server, 'guarded', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } }, 'production')
  await configure(server, 'guarded', { ...edit, enabled: false }, 'production')
})

test('condition and lists of a segment are behind the gate of the flags by which they would expose somebody', async () => {
  const beta = await createSegment('beta', { when: { all: [] } })
  await createSegment('wide', { when: { segment: 'beta' } })
  const rules = [{ name: 'Beta', when: { segment: 'wide' }, serve: { variant: 'on' } }]
  const fallthrough = { variant: 'off' }
  await configure(server, 'guarded', { ...EVERYBODY_ON, rules, fallthrough }, 'production')
  gate = { kind: 'closed', feature: 'checkout', blockers: [], running: true }
  changes.length = 0
  const params = segmentParams('beta')
  const revision = beta.environments.at(-1)?.revision ?? 0
  const body = { when: { attribute: 'plan', op: 'exists' as const } }
  const refused = await server.admin.call('changeSegment', { params, body, ifMatch: revision })
  expect(expectProblem(refused).code).toBe('gate-closed')
  expect(changes).toEqual([])

  const more = { when: { all: [] }, include: ['someone'] }
  const listed = await server.admin.call('changeSegment', { params, body: more, ifMatch: revision })
  expect(expectProblem(listed).code, 'a list is no way around it').toBe('gate-closed')
  expect(changes).toEqual([])

  const less = { when: { all: [] }, exclude: ['someone'] }
  expectOk(await server.admin.call('changeSegment', { params, body: less, ifMatch: revision }))
  expect(changes).toEqual([
    { project: 'shop', flags: ['guarded'], environments: ['production'], what: 'members' },
  ])
})

test('others are told of every change in its transaction, and of no change that was refused', async () => {
  expectOk(await server.admin.call('createFlag', { params: project, body: newFlag('told') }))
  await configure(server, 'told', EVERYBODY_ON, 'staging')
  await configure(server, 'told', EVERYBODY_ON, 'staging')
  const params = configParams('told', 'staging')
  await server.admin.call('configureFlag', { params, body: EVERYBODY_ON, ifMatch: 99 })
  expectOk(await server.admin.call('killFlag', { params, body: { reason: 'Enough' } }))
  expect(changes.map(({ what, environments }) => [what, environments])).toEqual([
    ['definition', ['development', 'production', 'staging']],
    ['config', ['staging']],
    ['kill', ['staging']],
  ])
})

test('20,000 members go to an SDK in the snapshot', async () => {
  const include = Array.from({ length: 20_000 }, (_, index) => `member-${index}`)
  await createSegment('crowd', { include })
  const key = await server.sdkKey('shop', 'development')
  const snapshot = async () => {
    const answer = await fetch(`${server.address}/api/v1/environments/development/snapshot`, {
      headers: { authorization: `Bearer ${key}` },
    })
    return (await answer.json()) as Snapshot
  }
  await expect
    .poll(async () => (await snapshot()).segments.find((it) => it.key === 'crowd')?.include?.length)
    .toBe(20_000)
  const { items } = expectOk(
    await server.admin.call('listAudit', { params: project, query: { kind: 'segment', subject: 'crowd' } }),
  )
  expect(JSON.stringify(items).length, 'the chain holds the hash of the list').toBeLessThan(5_000)
})
