import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer
const project = { project: 'shop' }

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await server.admin.call('createFlag', { params: project, body: newFlag('checkout') }))
})
afterAll(() => server.close())

const save = (persona: string, context: Record<string, unknown>) =>
  server.admin.call('savePersona', { params: { ...project, persona }, body: { name: persona, context } })

test('a persona is kept, replaced and forgotten, each in the chain', async () => {
  expectOk(await save('ada', { targetingKey: 'ada', country: 'FI' }))
  const saved = expectOk(await save('ada', { targetingKey: 'ada', country: 'SE' }))
  expect(saved).toMatchObject({ key: 'ada', context: { country: 'SE' } })
  const { items } = expectOk(await server.admin.call('listPersonas', { params: project }))
  expect(items).toEqual([saved])
  const params = { ...project, persona: 'ada' }
  expectOk(await server.admin.call('deletePersona', { params }))
  expect(expectProblem(await server.admin.call('deletePersona', { params })).status).toBe(404)
  const audit = expectOk(
    await server.admin.call('listAudit', { params: project, query: { kind: 'persona' } }),
  )
  expect(audit.items.map((it) => it.action)).toEqual(['persona.save', 'persona.save', 'persona.delete'])
})

test('a context that is too large is refused', async () => {
  expect(expectProblem(await save('big', { text: 'x'.repeat(20_000) })).status).toBe(422)
})

test('an explanation by a draft answers as the draft would and stores nothing', async () => {
  await configure(server, 'checkout', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
  const params = configParams('checkout')
  const context = { targetingKey: 'ada', email: 'ada@shop.example' }
  const when = { attribute: 'email', op: 'ends-with' as const, values: ['@shop.example'] }
  const rules = [{ name: 'staff', when, serve: { variant: 'on' } }]
  const draft = { ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } }
  const live = expectOk(await server.admin.call('explainFlag', { params, body: { context } }))
  const drafted = expectOk(await server.admin.call('explainFlag', { params, body: { context, draft } }))
  expect(live).toMatchObject({ variant: 'off' })
  expect(drafted).toMatchObject({ variant: 'on', reason: 'TARGETING_MATCH' })
  expect(drafted.sentence).toContain('by rule "staff"')
  expect(expectOk(await server.admin.call('getFlagConfig', { params })).rules).toEqual([])
  const wrong = { ...draft, fallthrough: { variant: 'none' } }
  const problem = expectProblem(
    await server.admin.call('explainFlag', { params, body: { context, draft: wrong } }),
  )
  expect(problem).toMatchObject({ status: 422, code: 'invalid' })
})

test('the reach of a draft is reckoned over the requests that were reported, and says so', async () => {
  const params = configParams('checkout')
  const ranges = [{ from: 0, to: 10_000, variant: 'on' }]
  const draft = {
    ...EVERYBODY_ON,
    rules: [{ name: 'tenth', when: { all: [] }, serve: { allocation: { ranges } } }],
    fallthrough: { variant: 'off' },
  }
  const before = expectOk(await server.admin.call('estimateReach', { params, body: { draft } }))
  expect(before.population).toMatchObject({ unit: 'nothing', n: 0 })
  expect(before.sentence).toMatch(/^"on" reaches about (9|10)(\.\d)? %\.$/)

  const key = await server.sdkKey('shop', 'development')
  const count = { flag: 'checkout', variant: 'off', arm: 'outside' as const, n: 4_000, bad: 0, slow: 0 }
  const telemetry = {
    instanceId: 'one',
    seq: 1,
    fromMs: 0,
    toMs: 1,
    counts: [{ ...count, keys: [] }],
    errors: [],
    codeDefaults: [],
  }
  const sent = await server
    .client(key)
    .call('sendTelemetry', { params: { environment: 'development' }, body: telemetry })
  expectOk(sent)
  await expect
    .poll(async () => expectOk(await server.admin.call('estimateReach', { params, body: { draft } })))
    .toMatchObject({ population: { unit: 'requests', n: 4_000, exact: true } })
  const after = expectOk(await server.admin.call('estimateReach', { params, body: { draft } }))
  expect(after.measured).toEqual([{ variant: 'off', requests: 4_000 }])
  expect(after.sentence).toMatch(/^"on" reaches about (3|4)\d\d of 4,000 requests seen in the last 7 days\.$/)
  expect(after.now).toEqual([{ variant: 'off', least: 1, most: 1, listed: 0 }])
  expect(after.basis).toContain('requests')
})
