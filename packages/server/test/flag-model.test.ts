import { createClient } from '@flagmarshal/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(() => server.close())

const project = { project: 'shop' }
const banner = {
  ...newFlag('banner'),
  valueType: 'object' as const,
  variants: { on: { title: 'Hello', size: 2, tags: [null, { a: true }] }, off: { title: '', size: 0 } },
  schema: {
    type: 'object',
    properties: {
      title: { type: 'string', pattern: '^[A-Z]?[a-z]*$' },
      size: { type: 'integer', maximum: 9 },
    },
    required: ['title'],
  },
}

async function explained(flag: string, context: Record<string, unknown>) {
  return expectOk(await server.admin.call('explainFlag', { params: configParams(flag), body: { context } }))
}

describe('values', () => {
  test('number and object flags are stored, explained, sent to SDKs and evaluated as they are', async () => {
    const limit = { ...newFlag('limit'), valueType: 'number' as const, variants: { on: 0.5, off: 0 } }
    expectOk(await server.admin.call('createFlag', { params: project, body: limit }))
    const created = expectOk(await server.admin.call('createFlag', { params: project, body: banner }))
    expect(created).toMatchObject({ variants: banner.variants, schema: banner.schema })
    await configure(server, 'limit', EVERYBODY_ON)
    await configure(server, 'banner', EVERYBODY_ON)
    expect(await explained('limit', {})).toMatchObject({ value: 0.5, variant: 'on' })
    expect(await explained('banner', {})).toMatchObject({ value: banner.variants.on, variant: 'on' })

    const token = await server.sdkKey('shop', 'development')
    const sdk = createClient({ server: server.address, token })
    const snapshot = expectOk(await sdk.call('getSnapshot', { params: { environment: 'development' } }))
    const sent = snapshot?.flags.find((it) => it.key === 'banner')
    expect(sent).toMatchObject({ enabled: true, variants: banner.variants })
    const answer = expectOk(
      await sdk.call('evaluateFlag', { params: { key: 'banner' }, body: { context: {} } }),
    )
    expect(answer).toMatchObject({ value: banner.variants.on, variant: 'on' })
  })

  test('a value that does not satisfy its JSON Schema is refused with its place and the rule', async () => {
    const params = { ...project, flag: 'banner' }
    const { revision } = expectOk(await server.admin.call('getFlag', { params }))
    const variants = { ...banner.variants, on: { title: 'HELLO' } }
    const problem = expectProblem(
      await server.admin.call('changeFlag', { params, body: { variants }, ifMatch: revision }),
    )
    expect(problem).toMatchObject({ status: 422, code: 'invalid', remedy: 'Correct the named fields.' })
    expect(problem.errors).toEqual([
      {
        pointer: '/variants/on/title',
        message: 'The value must match pattern "^[A-Z]?[a-z]*$" (schema #/properties/title/pattern).',
      },
    ])
    // A narrower schema is held against the variants that are there.
    const schema = { type: 'object', required: ['subtitle'] }
    const narrower = await server.admin.call('changeFlag', { params, body: { schema }, ifMatch: revision })
    expect(expectProblem(narrower).errors?.map((it) => it.pointer)).toEqual(['/variants/on', '/variants/off'])
    const taken = await server.admin.call('changeFlag', { params, body: { schema: null }, ifMatch: revision })
    expect(expectOk(taken)).not.toHaveProperty('schema')
  })

  test.each([
    ['what is no schema', { type: 'colour' }, 'schema is invalid'],
    ['a reference to somewhere else', { $ref: 'https://example.com/s.json' }, "can't resolve reference"],
    ['a pattern that is not linear', { type: 'string', pattern: '(a)\\1' }, 'back-references are not linear'],
    ['an unknown word', { typ: 'object' }, 'unknown keyword'],
  ])('%s is refused', async (_, schema, says) => {
    const body = { ...banner, key: 'never', schema }
    const problem = expectProblem(await server.admin.call('createFlag', { params: project, body }))
    expect(problem.errors).toEqual([{ pointer: '/schema', message: expect.stringContaining(says) }])
  })

  test.each([
    ['number', { on: '1', off: 0 }, ['/variants/on']],
    ['object', { on: {}, off: 'x' }, ['/variants/off']],
    ['boolean', { on: true, off: 0 }, ['/variants/off']],
  ] as const)('a value that is no %s is refused', async (valueType, variants, pointers) => {
    const body = { ...newFlag('never'), valueType, variants }
    const problem = expectProblem(await server.admin.call('createFlag', { params: project, body }))
    expect(problem.errors?.map((it) => it.pointer)).toEqual(pointers)
  })
})

describe('prerequisites', () => {
  const ask = (flag: string, ...variants: string[]) => ({
    ...EVERYBODY_ON,
    prerequisites: [{ flag, variants }],
  })

  test('decide before the rules, stay when they are left out, and go when they are emptied', async () => {
    for (const key of ['base', 'top'])
      expectOk(await server.admin.call('createFlag', { params: project, body: newFlag(key) }))
    await configure(server, 'top', ask('base', 'on'))
    expect(await explained('top', {})).toMatchObject({ variant: 'off', reason: 'DEFAULT' })
    await configure(server, 'base', EVERYBODY_ON)
    expect(await explained('top', {})).toMatchObject({ variant: 'on' })

    const kept = await configure(server, 'top', { ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
    expect(kept.prerequisites).toEqual([{ flag: 'base', variants: ['on'] }])
    const gone = await configure(server, 'top', { ...EVERYBODY_ON, prerequisites: [] })
    expect(gone).not.toHaveProperty('prerequisites')
  })

  test('that lead back, or are not there, are refused with the way, and two writers cannot make a circle', async () => {
    for (const key of ['one', 'two'])
      expectOk(await server.admin.call('createFlag', { params: project, body: newFlag(key) }))
    const both = await Promise.all(
      (
        [
          ['one', 'two'],
          ['two', 'one'],
        ] as const
      ).map(async ([flag, other]) => {
        return await server.admin.call('configureFlag', {
          params: configParams(flag),
          body: ask(other, 'on'),
          ifMatch: 1,
        })
      }),
    )
    const refused = both.filter((it) => !it.ok)
    expect(refused).toHaveLength(1)
    const problem = refused.map((it) => expectProblem(it))[0]
    expect(problem?.errors?.[0]).toMatchObject({
      pointer: '/prerequisites/0/flag',
      message: expect.stringContaining('→'),
    })
    const gone = await server.admin.call('configureFlag', {
      params: configParams('top'),
      body: ask('nobody', 'on'),
      ifMatch: 6,
    })
    expect(expectProblem(gone).errors?.[0]?.message ?? expectProblem(gone).code).toBeDefined()
  })

  test('keep a variant that they name from being taken away', async () => {
    const params = { ...project, flag: 'base' }
    await configure(server, 'top', ask('base', 'on'))
    const { revision } = expectOk(await server.admin.call('getFlag', { params }))
    const change = await server.admin.call('changeFlag', {
      params,
      body: { variants: { off: false, other: true } },
      ifMatch: revision,
    })
    expect(expectProblem(change).errors?.map((it) => it.message)).toContain(
      'Flag "top" asks for variant "on" in development.',
    )
  })
})

test('every operator is stored, sent and evaluated; what it cannot read is named', async () => {
  expectOk(await server.admin.call('createFlag', { params: project, body: newFlag('operators') }))
  const tests = [
    { attribute: 'mail', op: 'matches', values: ['@example\\.(com|org)$'], ignoreCase: true },
    { attribute: 'ip', op: 'in-cidr', values: ['10.0.0.0/8', '2001:db8::/32'] },
    { attribute: 'version', op: 'version-at-least', values: ['3.2'] },
    { attribute: 'joined', op: 'before', values: ['2026-02-01T00:00:00Z'] },
    { attribute: 'plan', op: 'exists' },
  ] as const
  const rules = [
    {
      name: 'All of them',
      when: { all: tests.map((it) => ({ ...it, ...('values' in it ? { values: [...it.values] } : {}) })) },
      serve: { variant: 'on' },
    },
  ]
  const body = { enabled: true, offVariant: 'off', rules, fallthrough: { variant: 'off' } }
  await configure(server, 'operators', JSON.parse(JSON.stringify(body)))
  const context = {
    mail: 'Ada@EXAMPLE.com',
    ip: '2001:db8::7',
    version: '3.10.0',
    joined: '2026-01-31',
    plan: 0,
  }
  expect(await explained('operators', context)).toMatchObject({ variant: 'on' })
  for (const name of Object.keys(context)) {
    expect(await explained('operators', { ...context, [name]: null })).toMatchObject({ variant: 'off' })
    expect(await explained('operators', { ...context, [name]: { odd: [] } })).toMatchObject({
      variant: name === 'plan' ? 'on' : 'off',
    })
  }
  const logic = { not: { jsonLogic: { nope: [1] } } }
  const unknown = await server.admin.call('configureFlag', {
    params: configParams('operators'),
    body: JSON.parse(JSON.stringify({ ...body, rules: [{ ...rules[0], when: logic }] })),
    ifMatch: 2,
  })
  expect(expectProblem(unknown).errors).toEqual([
    { pointer: '/rules/0/when/not/jsonLogic', message: 'JSONLogic has no operator "nope".' },
  ])
  const slow = { attribute: 'mail', op: 'matches', values: ['(?=a)'] }
  const refused = await server.admin.call('configureFlag', {
    params: configParams('operators'),
    body: JSON.parse(JSON.stringify({ ...body, rules: [{ ...rules[0], when: slow }] })),
    ifMatch: 2,
  })
  expect(expectProblem(refused).errors?.[0]).toMatchObject({
    pointer: '/rules/0/when/values/0',
    message: expect.stringContaining('Looking ahead or behind is not linear'),
  })
})

test('a condition of a segment is served as it was stored, with each null in it', async () => {
  const when = { jsonLogic: { '!': null } }
  const body = { key: 'everybody', name: 'Everybody', when }
  expectOk(await server.admin.call('createSegment', { params: project, body }))
  const token = await server.sdkKey('shop', 'development')
  const sdk = createClient({ server: server.address, token })
  const snapshot = expectOk(await sdk.call('getSnapshot', { params: { environment: 'development' } }))
  expect(snapshot?.segments).toContainEqual({ key: 'everybody', when, include: [], exclude: [] })
})
