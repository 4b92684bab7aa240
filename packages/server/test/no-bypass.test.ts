/**
 * No way around the policy: whatever can change what a protected environment serves is tried, by
 * everybody who may call it, and nobody is exposed by it. An operation that is not known here fails
 * the test until somebody has said what it can do.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import type { OperationId } from '@flagmarshal/api/operations'
import type { Permission } from '@flagmarshal/domain/access/permission'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { sendRaw } from '../../../tests/support/raw-request.ts'
import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { publishByDraft } from './support/drafts.ts'
import { EVERYBODY_ON, newFlag } from './support/flags.ts'
import type { ConfigInput } from './support/flags.ts'
import { openRun, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

/** Operations with these permissions serve nobody anything by themselves. */
const HARMLESS: Readonly<Partial<Record<Permission, string>>> = {
  public: 'signs in, or begins a run of the procedure',
  'self:read': 'one’s own account',
  'access:write': 'people, tokens and keys',
  'project:write': 'connections, channels, hooks, and the policy itself: of administrators, recorded',
  'project:read': 'asks, and stores nothing',
  'flag:read': 'asks, and stores nothing',
  'flag:evaluate': 'asks; what pages tell is counted, and judges nothing',
  'audit:read': 'asks, and stores nothing',
  'procedure:read': 'asks, and stores nothing',
  'telemetry:write': 'what applications report',
  'edge:serve': 'what edges pass on: no more than applications report',
  'flag:kill': 'takes exposure away',
  'procedure:write': 'the papers of a run; drills and verification switch nothing on where it is protected',
  'procedure:decide': 'the decisions of a run; an emergency is a lead’s, for a time, and reviewed',
  'rollout:pause': 'keeps a rollout from going on',
  'rollout:operate': 'acts on a rollout, which only an approved run has; starting one is tried below',
}

/** Operations that are looked at one by one: `tried` below, or with a reason. */
const ONE_BY_ONE: Readonly<Partial<Record<OperationId, string>>> = {
  configureFlag: 'tried',
  changeFlag: 'tried',
  changeSegment: 'tried',
  publishDraft: 'tried',
  startRollout: 'tried',
  breakGlass: 'tried',
  importFlags: 'tried',
  decideDraft: 'tried',
  createFlag: 'a new flag is off everywhere',
  archiveFlag: 'only of a flag that is off everywhere, and keeps it so',
  restoreFlag: 'comes back off everywhere',
  createManifestFlag: 'a new flag is off everywhere',
  changeManifestFlag: 'tried',
  archiveManifestFlag: 'only of a flag that is off everywhere, and keeps it so',
  createSegment: 'no rule names a new segment yet; its key cannot be that of another one',
  createDraft: 'serves nothing until it is published',
  changeDraft: 'serves nothing until it is published',
  requestDraft: 'serves nothing until it is published',
  discardDraft: 'serves nothing',
  requestCleanUp: 'a ticket to take the flag out of the code; it stays as it is',
  savePersona: 'a context to ask with',
  deletePersona: 'a context to ask with',
}

let server: TestServer
let stage: Stage
let run: string
let callers: readonly TestPerson[]
let flag: string
let segment: string
let count = 0

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  run = await openRun(stage)
  const key = expectOk(
    await server.admin.call('createServiceToken', { params: { project: 'shop' }, body: { name: 'agent' } }),
  )
  const agent = expectOk(
    await server.admin.call('createServiceToken', {
      params: { project: 'shop' },
      body: { name: 'real agent', kind: 'agent' },
    }),
  )
  callers = [
    stage.developer,
    stage.technicalLead,
    stage.operationsLead,
    stage.productOwner,
    await server.person('administrator'),
    await server.person('viewer'),
    { id: key.id, token: key.token, client: server.client(key.token) },
    { id: agent.id, token: agent.token, client: server.client(agent.token) },
    { id: 'admin', token: '', client: server.admin },
  ]
})
afterAll(() => server.close())

/** A flag that serves the members of a segment in production, by an approved draft; Ann is none. */
beforeEach(async () => {
  flag = `flag-${++count}`
  segment = `members-${count}`
  const params = { project: 'shop' }
  expectOk(await server.admin.call('createFlag', { params, body: newFlag(flag) }))
  const lists = { include: ['bob', 'ann'], exclude: ['ann'] }
  expectOk(await server.admin.call('createSegment', { params, body: { key: segment, name: 'M', ...lists } }))
  const rules = [
    { id: 'out', name: 'Out', when: { attribute: 'out', op: 'exists' as const }, serve: { variant: 'off' } },
    { id: 'members', name: 'Members', when: { segment }, serve: { variant: 'on' } },
    { id: 'few', name: 'Few', when: { all: [] }, serve: { allocation: { ranges: [] } } },
  ]
  const config = { ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } }
  await publishByDraft(
    { project: 'shop', writer: stage.developer, approver: stage.technicalLead },
    { kind: 'flag', flag, environment: 'production', why: 'members have it', config },
  )
})

const at = () => ({ project: 'shop', flag, environment: 'production' })

/** What everybody of interest is served: in the order ann, ann who is out, bob. */
async function served(): Promise<readonly (string | undefined)[]> {
  const contexts = [{ targetingKey: 'ann' }, { targetingKey: 'ann', out: 1 }, { targetingKey: 'bob' }]
  return await Promise.all(
    contexts.map(async (context) => {
      const { value, variant } = expectOk(
        await server.admin.call('explainFlag', { params: at(), body: { context } }),
      )
      return `${variant} ${JSON.stringify(value)}`
    }),
  )
}
const AS_APPROVED = ['off false', 'off false', 'on true']

/** One try, by one caller. */
type Try = (by: TestPerson) => Promise<unknown>

/** A configuration, as loosely as somebody who means harm would see it. */
interface Editable extends Omit<ConfigInput, 'rules' | 'fallthrough'> {
  readonly rules: readonly object[]
  readonly fallthrough: object
}

const edit =
  (change: (config: Editable) => object): Try =>
  async (by) => {
    const { revision, enabled, offVariant, rules, fallthrough } = expectOk(
      await server.admin.call('getFlagConfig', { params: at() }),
    )
    const body = change({ enabled, offVariant, rules, fallthrough }) as ConfigInput
    return await by.client.call('configureFlag', { params: at(), body, ifMatch: revision })
  }

const members =
  (content: object): Try =>
  async (by) => {
    const params = { project: 'shop', segment }
    const { environments } = expectOk(await server.admin.call('getSegment', { params }))
    const ifMatch = environments.find((it) => it.environment === 'production')?.revision ?? 0
    return await by.client.call('changeSegment', {
      params: { ...params, environment: 'production' },
      body: content,
      ifMatch,
    })
  }

/** The draft that turns it on for everybody, saved by the developer, as far as `then` brings it. */
const draft =
  (then: (by: TestPerson, id: string, hash: string) => Promise<unknown>): Try =>
  async (by) => {
    const params = { project: 'shop' }
    const body = { kind: 'flag' as const, flag, environment: 'production', why: 'all', config: EVERYBODY_ON }
    const { id, hash } = expectOk(await stage.developer.client.call('createDraft', { params, body }))
    await then(by, id, hash)
    return await by.client.call('publishDraft', { params: { ...params, draft: id } })
  }
const approve = async (by: TestPerson, id: string, hash: string) =>
  await by.client.call('decideDraft', {
    params: { project: 'shop', draft: id },
    body: { verdict: 'approved', hash },
  })
const request = async (id: string) =>
  await stage.developer.client.call('requestDraft', { params: { project: 'shop', draft: id } })

describe('exposing somebody in a protected environment', () => {
  const tries: readonly (readonly [operation: OperationId, how: string, it: Try])[] = [
    ['configureFlag', 'everybody', edit((it) => ({ ...it, fallthrough: { variant: 'on' } }))],
    ['configureFlag', 'another off variant', edit((it) => ({ ...it, offVariant: 'on' }))],
    [
      'configureFlag',
      'off, with another off variant',
      edit((it) => ({ ...it, enabled: false, offVariant: 'on' })),
    ],
    [
      'configureFlag',
      'one rule more',
      edit((it) => ({
        ...it,
        rules: [...it.rules, { name: 'All', when: { all: [] }, serve: { variant: 'on' } }],
      })),
    ],
    [
      'configureFlag',
      'one rule that keeps out less',
      edit((it) => ({ ...it, rules: it.rules.slice(1), fallthrough: { variant: 'on' } })),
    ],
    ['configureFlag', 'another order', edit((it) => ({ ...it, rules: it.rules.toReversed() }))],
    [
      'configureFlag',
      'a wider condition',
      edit((it) => ({ ...it, rules: it.rules.with(1, { ...it.rules[1], when: { all: [] } }) })),
    ],
    [
      'configureFlag',
      'a larger share',
      edit((it) => ({
        ...it,
        rules: it.rules.with(2, {
          ...it.rules[2],
          serve: { allocation: { ranges: [{ from: 0, to: 100_000, variant: 'on' }] } },
        }),
      })),
    ],
    [
      'configureFlag',
      'a rule that looks like a rollout’s',
      edit((it) => ({
        ...it,
        rules: [
          {
            name: 'R',
            when: { all: [] },
            serve: { variant: 'on' },
            rollout: { id: 'rollout_x', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 0 },
          },
        ],
      })),
    ],
    [
      'changeFlag',
      'the value of the off variant',
      async (by) =>
        await by.client.call('changeFlag', {
          params: { project: 'shop', flag },
          body: { variants: { on: true, off: true } },
          ifMatch: 1,
        }),
    ],
    ['changeSegment', 'one more in the list', members({ include: ['bob', 'ann'] })],
    ['changeSegment', 'everybody by condition', members({ when: { all: [] }, include: ['bob'] })],
    [
      'changeSegment',
      'by another segment',
      async (by) => {
        const body = { key: `outer-${count}-${by.id}`, name: 'O', include: ['ann'] }
        await by.client.call('createSegment', { params: { project: 'shop' }, body })
        return await members({ include: ['bob'], when: { segment: body.key } })(by)
      },
    ],
    ['publishDraft', 'that nobody has approved', draft(() => Promise.resolve())],
    ['publishDraft', 'that was asked for only', draft((_, id) => request(id))],
    [
      'decideDraft',
      'by its creator',
      draft(async (_, id, hash) => {
        await request(id)
        await approve(stage.developer, id, hash)
      }),
    ],
    [
      'decideDraft',
      'before it was asked for',
      draft((_, id, hash) => approve(stage.technicalLead, id, hash)),
    ],
    [
      'publishDraft',
      'approved, then changed',
      draft(async (_, id, hash) => {
        await request(id)
        await approve(stage.technicalLead, id, hash)
        const params = { project: 'shop', draft: id }
        const { revision } = expectOk(await stage.developer.client.call('showDraft', { params }))
        const config = {
          ...EVERYBODY_ON,
          rules: [],
          fallthrough: { allocation: { ranges: [{ from: 0, to: 100_000, variant: 'on' }] } },
        }
        expectOk(
          await stage.developer.client.call('changeDraft', {
            params,
            body: { kind: 'flag', config },
            ifMatch: revision,
          }),
        )
      }),
    ],
    [
      'publishDraft',
      'approved, on another base',
      draft(async (_, id, hash) => {
        await request(id)
        await approve(stage.technicalLead, id, hash)
        expectOk(
          (await edit((it) => ({
            ...it,
            rules: it.rules.with(0, { ...it.rules[0], name: `Renamed for ${id}` }),
          }))(stage.developer)) as never,
        )
      }),
    ],
    [
      'startRollout',
      'of a run that is not approved',
      async (by) => await by.client.call('startRollout', { params: { project: 'shop' }, body: { run } }),
    ],
  ]

  test.each(tries)('%s: %s', async (_, __, attempt) => {
    expect(await served()).toEqual(AS_APPROVED)
    for (const by of callers) {
      const outcome = (await attempt(by)) as { readonly ok: boolean }
      expect({ by: by.id, ok: outcome.ok }).toEqual({ by: by.id, ok: false })
      expect(await served()).toEqual(AS_APPROVED)
    }
  })

  test('importFlags: what would expose somebody is left out, and said', async () => {
    const variants = { on: true, off: false }
    const body = { flags: { [flag]: { state: 'ENABLED', variants, defaultVariant: 'on' } } }
    const query = { format: 'flagd' as const, environments: '*:production', owner: 'shop' }
    for (const by of callers) {
      const outcome = await by.client.call('importFlags', { params: { project: 'shop' }, query, body })
      const said = outcome.ok ? JSON.stringify(outcome.body.report) : outcome.problem.code
      expect(said, by.id).toMatch(/production is protected|forbidden/)
      expect(await served()).toEqual(AS_APPROVED)
    }
  })

  test('changeManifestFlag: another default is one where nothing is protected, and nowhere else', async () => {
    for (const by of callers) {
      for (const body of [{ defaultValue: true }, { defaultValue: false }])
        await by.client.call('changeManifestFlag', { params: { flag }, body })
      expect(await served(), by.id).toEqual(AS_APPROVED)
    }
  })

  test('breakGlass: only a lead can, and only for the flag of the feature', async () => {
    const body = { reason: 'an emergency', minutes: 5 }
    const params = { project: 'shop', feature: stage.feature }
    for (const by of callers.filter(
      (it) => ![stage.technicalLead, stage.operationsLead, stage.productOwner].includes(it),
    ))
      expect((await by.client.call('breakGlass', { params, body })).ok, by.id).toBe(false)
    expectOk(await stage.operationsLead.client.call('breakGlass', { params, body }))
    const other = (await edit((it) => ({ ...it, fallthrough: { variant: 'on' } }))(stage.operationsLead)) as {
      ok: boolean
    }
    expect(other.ok).toBe(false)
    const key = { project: 'shop', flag: stage.feature, environment: 'production' }
    const agent = callers[6]
    const refused = await agent?.client.call('configureFlag', { params: key, body: EVERYBODY_ON, ifMatch: 1 })
    expect(refused?.ok, 'an automation raises no exposure, not even then').toBe(false)
    expectOk(
      await stage.operationsLead.client.call('configureFlag', {
        params: key,
        body: EVERYBODY_ON,
        ifMatch: 1,
      }),
    )
  })

  test('an agent raises no exposure anywhere, protected or not, and approves nothing', async () => {
    const made = expectOk(
      await server.admin.call('createServiceToken', {
        params: { project: 'shop' },
        body: { name: 'another agent', kind: 'agent' },
      }),
    )
    const client = server.client(made.token)
    for (const environment of ['development', 'staging', 'production']) {
      const tried = await client.call('configureFlag', {
        params: { project: 'shop', flag, environment },
        body: EVERYBODY_ON,
        ifMatch: 1,
      })
      expect(tried.ok, environment).toBe(false)
      const widened = await client.call('changeSegment', {
        params: { project: 'shop', segment, environment },
        body: { include: ['ann'] },
        ifMatch: 1,
      })
      expect(widened.ok, environment).toBe(false)
    }
    const table: readonly (readonly [string, Operation])[] = Object.entries(operations)
    const signing = table.filter(
      ([, it]) =>
        ['draft:decide', 'procedure:decide', 'rollout:operate'].includes(it.can) || it.exposes === 'may',
    )
    expect(signing.length).toBeGreaterThan(15)
    for (const [id, it] of signing) {
      const params = { project: 'shop', run, feature: stage.feature }
      const { status } = await sendRaw(server.address, it, { token: made.token, params, body: '{}' })
      expect({ id, status }).toEqual({ id, status: 403 })
    }
    // It may propose, and turn off.
    const proposed = {
      kind: 'flag' as const,
      flag,
      environment: 'production',
      why: 'a proposal',
      config: EVERYBODY_ON,
    }
    expectOk(await client.call('createDraft', { params: { project: 'shop' }, body: proposed }))
    const params = { project: 'shop', flag, environment: 'production' }
    expectOk(await client.call('killFlag', { params, body: { reason: 'an alarm' } }))
  })

  test('every operation that writes is known here', () => {
    const unknown = Object.entries(operations)
      .filter(
        ([id, it]) => it.method !== 'GET' && !Object.hasOwn(ONE_BY_ONE, id) && HARMLESS[it.can] === undefined,
      )
      .map(([id]) => id)
    expect(unknown).toEqual([])
    const tried = new Set<string>([
      ...tries.map(([id]) => id),
      'breakGlass',
      'importFlags',
      'changeManifestFlag',
    ])
    const claimed = Object.entries(ONE_BY_ONE)
      .filter(([, it]) => it === 'tried')
      .map(([id]) => id)
    expect(claimed.toSorted()).toEqual([...tried].toSorted())
  })

  test('and every statement that changes what is served is behind the gate, takes away, or is a rollout’s', () => {
    const root = path.resolve(import.meta.dirname, '../src')
    const writers =
      /\b(updateFlagConfig|updateFlag|updateSegmentConfig|insertFlagConfigs|insertSegmentConfigs|storeConfig|placeRolloutRule)\(/
    const files = globSync('**/*.ts', { cwd: root })
      .filter(
        (file) => !file.startsWith('storage/') && writers.test(readFileSync(path.join(root, file), 'utf8')),
      )
      .toSorted()
    expect(files).toEqual([
      // Marks a flag that is off everywhere.
      'flag/archive.ts',
      'flag/change.ts',
      'flag/configure.ts',
      'flag/create.ts',
      'flag/kill.ts',
      'flag/segments.ts',
      'flag/serve-rollout-rule.ts',
      'rollout/carry-out.ts',
      // A verification run and its end, in environments that are not protected.
      'verification/put-back.ts',
      'verification/toggle.ts',
    ])
  })
})
