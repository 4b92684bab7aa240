import type { JsonValue } from '@flagmarshal/evaluation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { newFlag } from './support/flags.ts'

let server: TestServer
const params = { project: 'shop' }

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(() => server.close())

const colors = { red: '#f00', blue: '#00f' }
const file = {
  $evaluators: { faas: { in: ['@faas.com', { var: 'email' }] } },
  metadata: { owner: 'team-file' },
  flags: {
    'header-color': {
      state: 'ENABLED',
      variants: colors,
      defaultVariant: 'red',
      targeting: {
        if: [
          { $ref: 'faas' },
          {
            fractional: [
              ['red', 50],
              ['blue', 50],
            ],
          },
        ],
      },
    },
    odd: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ '===': [{ '%': [{ var: 'age' }, 2] }, 1] }, 'on'] },
    },
    'not a key': { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' },
    late: { state: 'ENABLED', variants: { on: true }, defaultVariant: null },
  },
}

async function imported(
  body: unknown,
  more: { dryRun?: 'true'; environments?: string; format?: 'unleash' } = {},
) {
  const query = { format: 'flagd' as const, environments: '*:development', owner: 'team-a', ...more }
  return await server.admin.call('importFlags', { params, query, body: body as Record<string, never> })
}

async function served(flag: string, context: Record<string, JsonValue>) {
  const address = { ...params, flag, environment: 'development' }
  return expectOk(await server.admin.call('explainFlag', { params: address, body: { context } }))
}

describe('importing a flagd definition', () => {
  test('a dry run says what would be and stores nothing', async () => {
    const { created, report } = expectOk(await imported(file, { dryRun: 'true' }))
    expect(created).toEqual(['header-color', 'odd', 'late'])
    expect(report.map(({ severity, entity }) => `${severity} ${entity}`)).toEqual([
      'HIGH flag not a key',
      'MEDIUM flag header-color',
      'LOW flag header-color',
      'LOW flag odd',
    ])
    expect(expectOk(await server.admin.call('listFlags', { params })).items).toEqual([])
  })

  test('flags and their configuration are stored, evaluated and explained; a second time changes nothing', async () => {
    expect(expectOk(await imported(file))).toMatchObject({
      created: ['header-color', 'odd', 'late'],
      updated: [],
    })
    const flag = expectOk(await server.admin.call('getFlag', { params: { ...params, flag: 'header-color' } }))
    expect(flag).toMatchObject({ owner: 'team-file', valueType: 'string', variants: colors })
    expect(flag.environments.map((it) => it.enabled)).toEqual([true, false, false])

    expect(await served('header-color', { email: 'ada@example.com' })).toMatchObject({ variant: 'red' })
    expect(await served('header-color', { email: 'ada@faas.com' })).toMatchObject({ variant: 'red' })
    const split = await served('header-color', { email: 'ada@faas.com', targetingKey: 'user-1' })
    expect(split).toMatchObject({ reason: 'SPLIT' })
    // JSONLogic that no condition says, by the engine that the server brings.
    expect(await served('odd', { age: 7 })).toMatchObject({ variant: 'on' })
    expect(await served('odd', { age: 8 })).toMatchObject({ variant: 'off' })
    expect(await served('odd', { age: 'seven' })).toMatchObject({ variant: 'off' })

    const again = expectOk(await imported(file))
    expect(again).toMatchObject({ created: [], updated: [], unchanged: ['header-color', 'odd', 'late'] })
  })

  test('the caller’s own default is a variant without a value, and OFREP says nothing in its place', async () => {
    const late = { state: 'DISABLED', variants: { on: true }, defaultVariant: 'on' }
    expect(expectOk(await imported({ flags: { late } }))).toMatchObject({ updated: ['late'], report: [] })
    const explained = await served('late', {})
    expect(explained).toMatchObject({ variant: 'caller-default', reason: 'DISABLED' })
    expect(explained).not.toHaveProperty('value')
    expect(explained.sentence).toContain("the caller's default")
    const authorization = `Bearer ${await server.sdkKey('shop', 'development')}`
    const url = `${server.address}/ofrep/v1/evaluate/flags/late`
    const answer = await fetch(url, { method: 'POST', headers: { authorization } })
    const body: unknown = await answer.json()
    expect(body).toMatchObject({ key: 'late', reason: 'DISABLED', variant: 'caller-default' })
    expect(body).not.toHaveProperty('value')
  })

  test('a flag that is there keeps what is its own and serves what the file says', async () => {
    const flags = {
      odd: { ...file.flags.odd, variants: { ...file.flags.odd.variants, never: false }, targeting: {} },
    }
    expect(expectOk(await imported({ flags }))).toMatchObject({ updated: ['odd'], report: [] })
    expect(await served('odd', { age: 7 })).toMatchObject({ variant: 'off' })

    expectOk(await server.admin.call('createFlag', { params, body: newFlag('typed') }))
    const typed = { state: 'ENABLED', variants: { on: 'x' }, defaultVariant: 'on' }
    const { report } = expectOk(await imported({ flags: { typed } }))
    expect(report).toEqual([
      { severity: 'HIGH', entity: 'flag typed', message: expect.stringContaining('a type never changes') },
    ])
  })

  test('a protected environment asks for its gate, flag by flag', async () => {
    const { report } = expectOk(await imported(file, { environments: 'production:production' }))
    expect(report.filter((it) => it.message.includes('is protected')).map((it) => it.entity)).toEqual([
      'flag header-color',
      'flag odd',
      'flag late',
    ])
  })

  test('a project or environment that is not there, and no definition at all, are said', async () => {
    expect(expectProblem(await imported(file, { environments: '*:nowhere' })).status).toBe(404)
    expect(expectProblem(await imported(file, { environments: 'staging' })).status).toBe(422)
    expect(expectOk(await imported({ name: 'x' })).report).toEqual([
      { severity: 'HIGH', entity: 'file', message: 'It has no flags, so it is no flagd definition.' },
    ])
  })
})

describe('importing a LaunchDarkly project', () => {
  const inBeta = { attribute: '', op: 'segmentMatch', values: ['Beta'] }
  const project = {
    flags: {
      'New.Checkout': {
        key: 'New.Checkout',
        on: true,
        variations: [true, false],
        offVariation: null,
        fallthrough: { variation: 1 },
        prerequisites: [{ key: 'payments', variation: 0 }],
        contextTargets: [{ contextKind: 'org', values: ['acme'], variation: 0 }],
        rules: [{ id: 'r', clauses: [inBeta], rollout: { variations: [{ variation: 0, weight: 100_000 }] } }],
        salt: 'pepper',
      },
      payments: {
        key: 'payments',
        on: true,
        variations: ['new', 'old'],
        offVariation: 1,
        fallthrough: { variation: 0 },
        rules: [{ id: 'r', clauses: [{ attribute: 'country', op: 'in', values: ['FI'] }], variation: 7 }],
        salt: 'salt',
      },
    },
    segments: {
      Beta: {
        key: 'Beta',
        included: ['ada'],
        rules: [{ clauses: [], weight: 50_000, bucketBy: '/team/id', rolloutContextKind: 'org' }],
        salt: 's',
      },
    },
  }
  const query = { format: 'launchdarkly' as const, environments: '*:development', owner: 'team-a' }
  const importProject = async (
    more: { dryRun?: 'true'; environments?: string; skip?: string; take?: string } = {},
  ) =>
    expectOk(await server.admin.call('importFlags', { params, query: { ...query, ...more }, body: project }))

  test('a dry run names segments and flags, each after what it asks for, and stores nothing', async () => {
    expect(await importProject({ dryRun: 'true' })).toMatchObject({
      created: ['payments', 'New.Checkout'],
      segments: { created: ['Beta'] },
    })
    expect(expectOk(await server.admin.call('listSegments', { params })).items).toEqual([])
  })

  test('contexts of kinds, shares, prerequisites and malformed rules are stored and evaluated', async () => {
    const { report, ...done } = await importProject()
    expect(done).toMatchObject({ created: ['payments', 'New.Checkout'], segments: { created: ['Beta'] } })
    expect(report.map((it) => `${it.severity} ${it.entity}`)).toEqual(['MEDIUM file'])

    expect(await served('New.Checkout', { targetingKey: 'ada' })).toMatchObject({ value: true })
    const acme = { kind: 'multi', org: { key: 'acme' }, user: { key: 'bob' } }
    expect(await served('New.Checkout', acme)).toMatchObject({ value: true, reason: 'TARGETING_MATCH' })
    // Whoever has no team is in the first bucket, as in LaunchDarkly.
    expect(await served('New.Checkout', { targetingKey: 'bob' })).toMatchObject({
      value: true,
      reason: 'SPLIT',
    })
    const teams = Array.from({ length: 40 }, (_, id) => ({ kind: 'org', key: 'o', team: { id } }))
    const values = await Promise.all(teams.map(async (it) => await served('New.Checkout', it)))
    expect(new Set(values.map((it) => 'value' in it && it.value))).toEqual(new Set([true, false]))

    const malformed = { targetingKey: 'bob', country: 'FI' }
    expect(await served('payments', malformed)).toMatchObject({ errorCode: 'PARSE_ERROR' })
    expect(await served('New.Checkout', malformed)).toMatchObject({ errorCode: 'PARSE_ERROR' })
    expect(await served('New.Checkout', {})).toMatchObject({
      errorCode: 'TARGETING_KEY_MISSING',
      trace: [{ outcome: 'undecidable' }],
    })
  })

  test('in parts, segments first, a part is what it says', async () => {
    const part = async (skip: string, take: string) => await importProject({ dryRun: 'true', skip, take })
    expect(await part('0', '1')).toMatchObject({ total: 3, unchanged: [], segments: { unchanged: ['Beta'] } })
    const second = { total: 3, updated: ['payments'], segments: { unchanged: [] } }
    expect(await part('1', '1')).toMatchObject(second)
    expect(await part('2', '7')).toMatchObject({ total: 3, updated: ['New.Checkout'] })
    expect(await part('3', '7')).toMatchObject({ total: 3, updated: [], segments: { unchanged: [] } })
  })

  test('a second time changes nothing, and a segment of another environment stays empty', async () => {
    expect(await importProject()).toMatchObject({
      created: [],
      updated: [],
      unchanged: ['payments', 'New.Checkout'],
      segments: { created: [], updated: [], unchanged: ['Beta'] },
    })
    const address = { ...params, segment: 'Beta' }
    const { environments } = expectOk(await server.admin.call('getSegment', { params: address }))
    expect(environments.map((it) => it.when !== undefined)).toEqual([true, false, false])
  })

  test('into a second environment, where a protected one asks for its gate', async () => {
    expect(await importProject({ environments: 'production:staging' })).toMatchObject({
      updated: ['payments', 'New.Checkout'],
      segments: { updated: ['Beta'] },
    })
    const { report } = await importProject({ environments: 'production:production' })
    expect(report.filter((it) => it.message.includes('is protected')).map((it) => it.entity)).toEqual([
      'flag payments',
      'flag New.Checkout',
    ])
  })
})

describe('importing a flag file of GO Feature Flag', () => {
  const plans = {
    variations: { small: 1, large: 2 },
    targeting: [{ name: 'Germans', query: 'country eq "DE" and not (beta eq true)', variation: 'large' }],
    defaultRule: { percentage: { small: 50, large: 50 } },
    metadata: { owner: 'team-file' },
  }
  const old = { ...plans, disable: true }

  test('flags are stored with their buckets and explained; off they leave the value to the caller', async () => {
    const query = { format: 'goff' as const, environments: '*:development', owner: 'team-a' }
    const body = { plans, old } as unknown as Record<string, never>
    const first = expectOk(await server.admin.call('importFlags', { params, query, body }))
    expect(first).toMatchObject({ created: ['plans', 'old'] })
    expect(first.report.map((it) => it.severity)).toEqual(['LOW', 'LOW'])
    expect(await served('plans', { country: 'de' })).toMatchObject({ variant: 'large', value: 2 })
    expect(await served('plans', { targetingKey: 'u1' })).toMatchObject({ reason: 'SPLIT' })
    expect(await served('old', { country: 'de' })).toMatchObject({ reason: 'DISABLED' })
    const again = expectOk(await server.admin.call('importFlags', { params, query, body }))
    expect(again).toMatchObject({ created: [], updated: [], unchanged: ['plans', 'old'] })
  })
})

describe('importing features of GrowthBook', () => {
  test('what is kept of them is evaluated by the server, prerequisites included', async () => {
    const features = {
      next: {
        defaultValue: 'a',
        rules: [
          { parentConditions: [{ id: 'gate', condition: { value: true }, gate: true }] },
          { condition: { tags: { $elemMatch: { $eq: 'x' } } }, force: 'b' },
          { variations: ['a', 'b'], namespace: ['n', 0, 1], hashVersion: 2 },
        ],
      },
      gate: { defaultValue: false, rules: [{ condition: { country: 'DE' }, force: true }] },
    }
    const query = { format: 'growthbook' as const, environments: '*:development', owner: 'team-a' }
    const body = { features } as unknown as Record<string, never>
    expect(expectOk(await server.admin.call('importFlags', { params, query, body }))).toMatchObject({
      created: ['gate', 'next'],
    })
    expect(await served('next', { country: 'DE', tags: ['y', 'x'] })).toMatchObject({ value: 'b' })
    expect(await served('next', { country: 'DE', targetingKey: 'u' })).toMatchObject({ reason: 'SPLIT' })
    expect(await served('next', { country: 'US' })).toMatchObject({ variant: 'caller-default' })
  })
})

describe('importing features of Unleash', () => {
  const constraint = { contextName: 'plan', operator: 'IN', values: ['pro'], inverted: false }
  const rollout = { rollout: '50', stickiness: 'default', groupId: 'NewCheckout' }
  const exported = {
    features: [
      { name: 'NewCheckout', type: 'release', description: 'The new one', stale: true, impressionData: true },
      { name: 'Team/banner', type: 'kill-switch' },
      { name: 'with a blank', type: 'experiment' },
    ],
    featureEnvironments: [
      { featureName: 'NewCheckout', environment: 'production', enabled: true },
      { featureName: 'NewCheckout', environment: 'staging', enabled: false },
      {
        featureName: 'Team/banner',
        environment: 'production',
        enabled: true,
        variants: [
          { name: 'red', weight: 500, payload: { type: 'string', value: '#f00' } },
          { name: 'blue', weight: 500, payload: { type: 'string', value: '#00f' } },
        ],
      },
      { featureName: 'with a blank', environment: 'production', enabled: true },
    ],
    featureStrategies: [
      {
        id: 's1',
        featureName: 'NewCheckout',
        environment: 'production',
        name: 'flexibleRollout',
        title: 'Half of the payers',
        parameters: rollout,
        constraints: [constraint],
        sortOrder: 1,
      },
      {
        id: 's2',
        featureName: 'NewCheckout',
        environment: 'production',
        name: 'default',
        parameters: {},
        sortOrder: 0,
      },
      { id: 's3', featureName: 'Team/banner', environment: 'production', name: 'default', parameters: {} },
    ],
    featureStrategySegments: [{ featureStrategyId: 's2', segmentId: 7 }],
    segments: [
      { id: 7, name: 'Our staff', constraints: [{ ...constraint, contextName: 'staff', values: ['true'] }] },
    ],
    dependencies: [{ feature: 'NewCheckout', dependencies: [{ feature: 'Team/banner' }] }],
    featureTags: [{ featureName: 'NewCheckout', tagType: 'simple', tagValue: 'x' }],
  }
  const unleash = { format: 'unleash' as const, environments: 'production:development' }

  test('an export becomes flags and segments, with a line for whatever is not the same', async () => {
    const { report, ...done } = expectOk(await imported(exported, unleash))
    expect(done).toEqual({
      total: 4,
      created: ['Team/banner', 'with-a-blank', 'NewCheckout'],
      updated: [],
      unchanged: [],
      segments: { created: ['Our-staff'], updated: [], unchanged: [] },
    })
    expect(report.map(({ severity, entity }) => `${severity} ${entity}`)).toEqual([
      'HIGH feature with a blank',
      'MEDIUM feature NewCheckout',
      'LOW feature NewCheckout',
      'LOW feature NewCheckout',
      'LOW segment Our staff',
      'LOW feature Team/banner',
      'LOW feature NewCheckout',
    ])
    const flag = expectOk(await server.admin.call('getFlag', { params: { ...params, flag: 'Team/banner' } }))
    expect(flag).toMatchObject({ kind: 'ops', permanentReason: 'A kill switch.', valueType: 'string' })

    expect(await served('NewCheckout', { targetingKey: 'u', staff: true })).toMatchObject({ value: true })
    // murmur3("NewCheckout:" + user) % 100, as Unleash has it.
    expect(await served('NewCheckout', { targetingKey: '3', plan: 'pro' })).toMatchObject({ value: true })
    expect(await served('NewCheckout', { targetingKey: '3' })).toMatchObject({ value: false })

    const again = expectOk(await imported(exported, unleash))
    expect(again).toMatchObject({ created: [], updated: [], segments: { unchanged: ['Our-staff'] } })
    expect(again.unchanged).toHaveLength(3)
  })

  test('an environment that is not in the file is refused before anything is stored', async () => {
    const { created, updated, unchanged, report } = expectOk(
      await imported(exported, { ...unleash, environments: 'elsewhere:development' }),
    )
    expect([created, updated, unchanged]).toEqual([[], [], []])
    expect(report).toMatchObject([
      { severity: 'HIGH', message: 'It has no environment elsewhere, only production, staging.' },
    ])
    const several = expectOk(await imported(exported, { ...unleash, environments: '*:development' }))
    expect(several.report[0]?.message).toContain('name one of them')
  })
})
