import { randomInt } from 'node:crypto'

import type { Condition } from '@flagmarshal/evaluation'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, newFlag } from './support/flags.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(() => server.close())

const project = { project: 'shop' }

async function create(key = `flag-${randomInt(1e9)}`) {
  return expectOk(await server.admin.call('createFlag', { params: project, body: newFlag(key) }))
}

const everybodyOn = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }

test('a new flag is off in every environment and serves nothing but its off variant', async () => {
  const flag = await create()
  expect(flag.environments.map((it) => it.environment)).toEqual(['development', 'staging', 'production'])
  for (const config of flag.environments)
    expect(config).toMatchObject({
      enabled: false,
      offVariant: 'off',
      rules: [],
      fallthrough: { variant: 'off' },
      revision: 1,
    })
  expect(flag).toMatchObject({ lifetimeDays: 40, revision: 1 })
  expect(expectOk(await server.admin.call('getFlag', { params: { ...project, flag: flag.key } }))).toEqual(
    flag,
  )
})

test('variants that do not fit their type or lack the off variant are refused, each with its place', async () => {
  const body = { ...newFlag('odd'), variants: { on: true, odd: 'text' }, offVariant: 'off' }
  const problem = expectProblem(await server.admin.call('createFlag', { params: project, body }))
  expect(problem).toMatchObject({ status: 422, code: 'invalid' })
  expect(problem.errors?.map((it) => it.pointer)).toEqual(['/variants/odd', '/offVariant'])
})

test('a configuration is completed with rule ids and salts, and keeps them when it is sent back', async () => {
  const flag = await create()
  const params = configParams(flag.key)
  const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
  const body = {
    ...everybodyOn,
    rules: [{ name: 'Half', when: { all: [] }, serve: { allocation: { ranges } } }],
  }
  const stored = expectOk(await server.admin.call('configureFlag', { params, body, ifMatch: 1 }))
  expect(stored.revision).toBe(2)
  expect(stored.rules[0]).toMatchObject({
    id: expect.stringMatching(/^rule_/),
    serve: {
      allocation: { by: 'targetingKey', hash: 'murmur3', salt: expect.stringMatching(/^[a-z0-9]{15}$/) },
    },
  })
  const { enabled, offVariant, rules, fallthrough } = stored
  const again = await server.admin.call('configureFlag', {
    params,
    body: { enabled, offVariant, rules, fallthrough },
    ifMatch: 2,
  })
  expect(expectOk(again), 'nothing changed').toEqual(stored)
})

test('everything wrong with a configuration is named at once, with pointers', async () => {
  const flag = await create()
  const ranges = [
    { from: 0, to: 60_000, variant: 'on' },
    { from: 50_000, to: 70_000, variant: 'purple' },
  ]
  const body = {
    ...everybodyOn,
    offVariant: 'none',
    rules: [
      { name: 'A', when: { any: [{ not: { segment: 'nobody-made' } }] }, serve: { variant: 'gone' } },
      { name: 'B', when: { all: [] }, serve: { allocation: { ranges } } },
    ],
  }
  const params = configParams(flag.key)
  const problem = expectProblem(await server.admin.call('configureFlag', { params, body, ifMatch: 1 }))
  expect(problem.status).toBe(422)
  expect(problem.errors?.map((it) => it.pointer)).toEqual([
    '/offVariant',
    '/rules/0/when/any/0/not/segment',
    '/rules/0/serve/variant',
    '/rules/1/serve/allocation/ranges/1',
    '/rules/1/serve/allocation/ranges/1/variant',
  ])
})

test('of two writers the second gets 412 with what is stored now', async () => {
  const flag = await create()
  const params = configParams(flag.key)
  const first = expectOk(await server.admin.call('configureFlag', { params, body: everybodyOn, ifMatch: 1 }))
  const second = await server.admin.call('configureFlag', {
    params,
    body: { ...everybodyOn, enabled: false },
    ifMatch: 1,
  })
  expect(expectProblem(second)).toMatchObject({ status: 412, code: 'stale-version', current: first })
})

test('of 50 parallel writers one wins each revision, and the chain verifies', async () => {
  const flag = await create()
  const params = configParams(flag.key)
  let revision = 1
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        server.admin.call('configureFlag', {
          params,
          body: {
            ...everybodyOn,
            rules: [{ name: `${index}`, when: { all: [] }, serve: { variant: 'on' } }],
          },
          ifMatch: revision,
        }),
      ),
    )
    const statuses = answers.map((it) => (it.ok ? it.status : it.problem.status)).toSorted((a, b) => a - b)
    expect(statuses).toEqual([200, ...Array.from({ length: 24 }, () => 412)])
    revision += 1
  }
  const now = expectOk(await server.admin.call('getFlagConfig', { params }))
  expect(now.revision).toBe(3)
  expect(expectOk(await server.admin.call('verifyAudit', { params: project })).ok).toBe(true)
})

test('parallel changes of different flags are all kept, each with a revision of its own', async () => {
  const flags = await Promise.all(Array.from({ length: 10 }, () => create()))
  const stored = await Promise.all(
    flags.map(async ({ key }) =>
      expectOk(
        await server.admin.call('configureFlag', {
          params: configParams(key),
          body: everybodyOn,
          ifMatch: 1,
        }),
      ),
    ),
  )
  expect(new Set(stored.map((it) => it.environmentRevision)).size).toBe(10)
  expect(expectOk(await server.admin.call('verifyAudit', { params: project })).ok).toBe(true)
})

test('a protected environment turns a flag on only with a feature, and off without asking', async () => {
  const flag = await create()
  const params = configParams(flag.key, 'production')
  const refused = await server.admin.call('configureFlag', { params, body: everybodyOn, ifMatch: 1 })
  expect(expectProblem(refused)).toMatchObject({
    status: 409,
    code: 'gate-closed',
    remedy: expect.stringContaining('flagmarshal feature new'),
  })
  const off = { ...everybodyOn, enabled: false }
  expectOk(await server.admin.call('configureFlag', { params, body: off, ifMatch: 1 }))
  const other = await server.admin.call('configureFlag', {
    params,
    body: { ...off, offVariant: 'on' },
    ifMatch: 2,
  })
  expect(expectProblem(other).code, 'another off variant serves something else').toBe('gate-closed')
})

test('new variants reach every environment; one that is used cannot be taken away', async () => {
  const flag = await create()
  const params = { ...project, flag: flag.key }
  const less = await server.admin.call('changeFlag', { params, body: { variants: { on: true } }, ifMatch: 1 })
  expect(expectProblem(less).errors?.map((it) => it.pointer)).toEqual(['/offVariant', '/variants'])
  const more = expectOk(
    await server.admin.call('changeFlag', {
      params,
      body: { variants: { on: true, off: false, also: true }, owner: 'team-b' },
      ifMatch: 1,
    }),
  )
  expect(more).toMatchObject({ owner: 'team-b', revision: 2, variants: { also: true } })
  for (const [index, config] of more.environments.entries()) {
    expect(config.revision).toBe(1)
    expect(config.environmentRevision).toBeGreaterThan(flag.environments[index]?.environmentRevision ?? 0)
  }
  const changed = { variants: { on: true, off: true } }
  expect(
    expectProblem(await server.admin.call('changeFlag', { params, body: changed, ifMatch: 2 })).code,
    'production serves the off variant',
  ).toBe('gate-closed')
})

const NO_KEYS = ['__proto__', 'ü', '.', '.a', '-a', ':a', 'a/', 'a//b', 'a/../b', 'a/.b', 'a b', 'a~b', '%']

test.each([...NO_KEYS, 'x'.repeat(129), 'x'.repeat(200)])(
  'there is no flag %j, and there cannot be one',
  async (flag) => {
    const read = await server.admin.call('getFlag', { params: { ...project, flag } })
    expect(expectProblem(read).status).toBeOneOf([404, 414, 422])
    const made = await server.admin.call('createFlag', { params: project, body: newFlag(flag) })
    expect(expectProblem(made).status).toBe(422)
  },
)

test('a key has capitals and separators as elsewhere, and every address takes it', async () => {
  const key = 'Team/Checkout:v2|EU.new_flow'
  await create(key)
  const when = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
  const segment = { key: 'Team/Paying', name: 'Paying', when, include: [], exclude: [] }
  expectOk(await server.admin.call('createSegment', { params: project, body: segment }))
  const rules = [{ name: 'Paying', when: { segment: segment.key }, serve: { variant: 'on' } }]
  const body = { ...everybodyOn, rules, fallthrough: { variant: 'off' } }
  expectOk(await server.admin.call('configureFlag', { params: configParams(key), body, ifMatch: 1 }))
  const context = { targetingKey: 'u', plan: 'pro' }
  const explained = await server.admin.call('explainFlag', { params: configParams(key), body: { context } })
  expect(expectOk(explained)).toMatchObject({ flag: key, value: true })
  expectOk(await server.admin.call('getSegment', { params: { ...project, segment: segment.key } }))
  const authorization = `Bearer ${await server.sdkKey('shop', 'development')}`
  // Encoded as clients should, and with its slash as one of them sends it.
  for (const address of [encodeURIComponent(key), key.split('/').map(encodeURIComponent).join('/')])
    await expect
      .poll(async () => {
        const answer = await fetch(`${server.address}/ofrep/v1/evaluate/flags/${address}`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ context }),
        })
        return await answer.json()
      })
      .toMatchObject({ key, value: true, reason: 'TARGETING_MATCH' })
})

test('a key that differs from another in capitals only is refused, whoever is first', async () => {
  await create('searchBox')
  const answers = await Promise.all(
    ['SearchBox', 'searchbox'].map((key) =>
      server.admin.call('createFlag', { params: project, body: newFlag(key) }),
    ),
  )
  for (const answer of answers)
    expect(expectProblem(answer)).toMatchObject({
      status: 409,
      code: 'key-taken',
      detail: expect.stringContaining('a flag searchBox'),
      remedy: expect.stringContaining('Use searchBox'),
    })
  const segment = (key: string) => ({ key, name: key, include: [], exclude: [] })
  expectOk(await server.admin.call('createSegment', { params: project, body: segment('Staff') }))
  const again = await server.admin.call('createSegment', { params: project, body: segment('STAFF') })
  expect(expectProblem(again)).toMatchObject({ code: 'key-taken', detail: expect.stringContaining('Staff') })
})

test('a flag may be called constructor or toString, and no variant __proto__', async () => {
  await create('constructor')
  await create('toString')
  const body = JSON.parse(
    `{"key":"p","name":"p","kind":"release","valueType":"boolean","variants":{"__proto__":true},"offVariant":"__proto__","layers":["backend"],"owner":"t"}`,
  )
  expect(expectProblem(await server.admin.call('createFlag', { params: project, body })).status).toBe(422)
  expect(({} as Record<string, unknown>)['on']).toBeUndefined()
})

test('deep conditions are refused with their place and never with a 500', async () => {
  const flag = await create()
  let when: Condition = { all: [] }
  for (let depth = 0; depth < 20; depth++) when = { not: when }
  const body = { ...everybodyOn, rules: [{ name: 'Deep', when, serve: { variant: 'on' } }] }
  const answer = await server.admin.call('configureFlag', {
    params: configParams(flag.key),
    body,
    ifMatch: 1,
  })
  expect(expectProblem(answer)).toMatchObject({ status: 422, code: 'invalid' })
  expect(expectProblem(answer).errors?.[0]?.pointer).toBe(`/rules/0/when${'/not'.repeat(17)}`)
})

test('a change is in the audit chain with both versions, and only people who may write make one', async () => {
  const flag = await create()
  const developer = await server.person('developer')
  const viewer = await server.person('viewer')
  const params = configParams(flag.key)
  const refused = await viewer.client.call('configureFlag', { params, body: everybodyOn, ifMatch: 1 })
  expect(expectProblem(refused).status).toBe(403)
  expectOk(await developer.client.call('configureFlag', { params, body: everybodyOn, ifMatch: 1 }))
  const query = { kind: 'flag', subject: flag.key }
  const { items } = expectOk(await server.admin.call('listAudit', { params: project, query }))
  expect(items.map((it) => it.action)).toEqual(['flag.create', 'flag.configure'])
  expect(items[1]).toMatchObject({
    actor: { id: developer.id },
    before: { enabled: false, revision: 1 },
    after: { enabled: true, revision: 2, environment: 'development' },
  })
})

test('a repeated creation with the same Idempotency-Key makes one flag', async () => {
  const call = { params: project, body: newFlag('once'), idempotencyKey: 'create-once' }
  const [first, second] = await Promise.all([
    server.admin.call('createFlag', call),
    server.admin.call('createFlag', call),
  ])
  expect(expectOk(first)).toEqual(expectOk(second))
})

test('explain says what the environment serves at this moment, and why', async () => {
  const flag = await create()
  const params = configParams(flag.key)
  const rule = {
    id: 'pro',
    name: 'Pro plans',
    when: { attribute: 'plan', op: 'equals' as const, values: ['pro'] },
    serve: { variant: 'on' },
  }
  const body = { ...everybodyOn, rules: [rule], fallthrough: { variant: 'off' } }
  expectOk(await server.admin.call('configureFlag', { params, body, ifMatch: 1 }))
  const explained = expectOk(
    await server.admin.call('explainFlag', { params, body: { context: { targetingKey: 'u', plan: 'pro' } } }),
  )
  expect(explained).toMatchObject({
    value: true,
    variant: 'on',
    reason: 'TARGETING_MATCH',
    ruleId: 'pro',
    trace: [{ ruleId: 'pro', outcome: 'served' }],
  })
  expect(explained.sentence).toContain('Pro plans')
})
