/** Drafts: changes of a protected environment outside a procedure, approved by somebody else. */
import type { Draft } from '@flagmarshal/api/draft'
import type { Policy } from '@flagmarshal/api/policy'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { z } from 'zod'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { configParams, EVERYBODY_ON, newFlag } from './support/flags.ts'
import type { ConfigInput } from './support/flags.ts'
import { startMail } from './support/mail.ts'

let server: TestServer
let developer: TestPerson
let lead: TestPerson
let operations: TestPerson
let product: TestPerson
let flag: string
const project = { project: 'shop' }
type PolicyInput = z.input<typeof Policy>
let count = 0

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  developer = await server.person('developer')
  lead = await server.person('technical-lead')
  operations = await server.person('operations-lead')
  product = await server.person('product-owner')
})
beforeEach(async () => {
  flag = `flag-${++count}`
  expectOk(await server.admin.call('createFlag', { params: project, body: newFlag(flag) }))
})
afterAll(() => server.close())

const production = () => configParams(flag, 'production')
const address = (draft: string) => ({ ...project, draft })

/** Saves one that turns the flag on for everybody. */
async function save(config: ConfigInput = EVERYBODY_ON, by = developer): Promise<Draft> {
  const body = { kind: 'flag' as const, flag, environment: 'production', why: 'a campaign begins', config }
  return expectOk(await by.client.call('createDraft', { params: project, body }))
}

/** Saves it and asks for its approval. */
async function ask(config?: ConfigInput): Promise<Draft> {
  const { id } = await save(config)
  return expectOk(await developer.client.call('requestDraft', { params: address(id) }))
}

const decide = (by: TestPerson, { id, hash }: Pick<Draft, 'id' | 'hash'>, more: object = {}) =>
  by.client.call('decideDraft', { params: address(id), body: { verdict: 'approved', hash, ...more } })

const publish = (by: TestPerson, { id }: Pick<Draft, 'id'>) =>
  by.client.call('publishDraft', { params: address(id) })

const live = async () => expectOk(await server.admin.call('getFlagConfig', { params: production() }))

test('a direct change names the draft; the draft is approved by somebody else and published', async () => {
  const direct = await developer.client.call('configureFlag', {
    params: production(),
    body: EVERYBODY_ON,
    ifMatch: 1,
  })
  expect(expectProblem(direct)).toMatchObject({
    status: 409,
    code: 'gate-closed',
    remedy: expect.stringContaining(`flagmarshal draft save ${flag} -e production`),
  })
  const saved = await save()
  expect(saved).toMatchObject({
    state: 'draft',
    raises: true,
    approved: null,
    base: { revision: 1, content: { enabled: false } },
    proposed: { enabled: true, fallthrough: { variant: 'on' }, variants: { on: true, off: false } },
    waitsFor: [developer.id],
  })
  expect(expectProblem(await publish(developer, saved)).code).toBe('draft-draft')
  const asked = expectOk(await developer.client.call('requestDraft', { params: address(saved.id) }))
  expect(asked).toMatchObject({ state: 'waiting', waitsFor: [lead.id, operations.id, product.id].toSorted() })
  expect(expectProblem(await publish(developer, saved)).code).toBe('draft-waiting')
  expect((await live()).enabled, 'a draft serves nobody').toBe(false)

  const approved = expectOk(await decide(lead, asked, { comment: 'looks right' }))
  expect(approved).toMatchObject({ state: 'approved', approvals: [{ by: lead.id }] })
  const done = expectOk(await publish(developer, saved))
  expect(done).toMatchObject({ state: 'published', closed: { by: developer.id, revision: 2 }, waitsFor: [] })
  expect(await live()).toMatchObject({ enabled: true, fallthrough: { variant: 'on' }, revision: 2 })
  expect(expectProblem(await publish(developer, saved)).code).toBe('draft-published')

  const audit = expectOk(
    await server.admin.call('listAudit', { params: project, query: { kind: 'draft', subject: saved.id } }),
  )
  expect(audit.items.map((it) => it.action)).toEqual([
    'draft.save',
    'draft.request',
    'draft.approve',
    'draft.publish',
  ])
  const { items } = expectOk(await server.admin.call('listSignals', { params: project, query: {} }))
  const heard = items.filter((it) => it.subject === `flags/${flag}`).map((it) => it.type)
  for (const end of ['requested', 'approved', 'published'])
    expect(heard).toContain(`dev.flagmarshal.draft.${end}`)
  expect(expectOk(await server.admin.call('verifyAudit', { params: project })).ok).toBe(true)
})

test('nobody approves what they had a hand in, and no automation approves or publishes', async () => {
  const asked = await ask()
  const twice = await server.person('technical-lead', 'developer')
  const change = { kind: 'flag' as const, config: { ...EVERYBODY_ON, rules: [] } }
  const touched = expectOk(
    await twice.client.call('changeDraft', {
      params: address(asked.id),
      body: { ...change, why: 'better words' },
      ifMatch: asked.revision,
    }),
  )
  expect(touched.contributors).toEqual([developer.id, twice.id])
  expect(touched, 'the same content: the request stands').toMatchObject({
    hash: asked.hash,
    state: 'waiting',
  })
  expect(touched.waitsFor).not.toContain(twice.id)
  expect(expectProblem(await decide(twice, asked))).toMatchObject({ status: 403, code: 'own-work' })
  expect(expectProblem(await decide(developer, asked))).toMatchObject({ status: 403, code: 'own-work' })

  const key = expectOk(
    await server.admin.call('createServiceToken', { params: project, body: { name: 'agent' } }),
  )
  const agent: TestPerson = { id: key.id, token: key.token, client: server.client(key.token) }
  expect(expectProblem(await decide(agent, asked)).status).toBe(403)
  const admin: TestPerson = { id: 'admin', token: '', client: server.admin }
  expect(expectProblem(await decide(admin, asked)).status).toBe(403)
  expectOk(await decide(lead, asked))
  expect(expectProblem(await publish(agent, asked)).code).toBe('person-needed')
  expect(expectProblem(await publish(admin, asked)).code).toBe('person-needed')
  const own = await agent.client.call('createDraft', {
    params: project,
    body: { kind: 'flag', flag, environment: 'production', why: 'prepared', config: EVERYBODY_ON },
  })
  expect(expectOk(own), 'it may prepare').toMatchObject({ contributors: [key.id], state: 'draft' })
})

test('whoever edited what is live since the last approval does not approve what builds on it', async () => {
  const body = { ...EVERYBODY_ON, enabled: false }
  expectOk(await lead.client.call('configureFlag', { params: production(), body, ifMatch: 1 }))
  const asked = await ask({ ...body, enabled: true })
  expect(asked.authors).toEqual([lead.id])
  expect(expectProblem(await decide(lead, asked)).code).toBe('own-work')
  expectOk(await decide(operations, asked))
  expectOk(await publish(developer, asked))
  const next = await ask({ ...EVERYBODY_ON, fallthrough: { variant: 'off' } })
  expect(next.authors).toEqual([])
  expect(next.approved).toMatchObject({ draft: asked.id, by: [operations.id] })
})

test('another content takes the request and the approvals back; they stay to be seen as stale', async () => {
  const asked = await ask()
  expectOk(await decide(lead, asked))
  const rules = [
    { name: 'Staff', when: { attribute: 'staff', op: 'exists' as const }, serve: { variant: 'on' } },
  ]
  const body = { kind: 'flag' as const, config: { ...EVERYBODY_ON, rules } }
  const params = address(asked.id)
  const late = await developer.client.call('changeDraft', { params, body, ifMatch: asked.revision })
  expect(expectProblem(late), 'the approval counts a revision').toMatchObject({ status: 412 })
  const { revision } = expectOk(await developer.client.call('showDraft', { params }))
  const changed = expectOk(await developer.client.call('changeDraft', { params, body, ifMatch: revision }))
  expect(changed).toMatchObject({
    state: 'draft',
    approvals: [{ by: null }],
    verdicts: [{ by: lead.id, verdict: 'approved', stale: true }],
    requested: null,
  })
  expectOk(await developer.client.call('requestDraft', { params }))
  expect(expectProblem(await decide(lead, asked)).code, 'the hash of what was before').toBe('draft-changed')
  expect(expectOk(await decide(lead, changed)).state).toBe('approved')
  const objection = { verdict: 'changes_requested' }
  expect(expectProblem(await decide(operations, changed, objection)).code).toBe('comment-needed')
  const stopped = expectOk(await decide(operations, changed, { ...objection, comment: 'not on Friday' }))
  expect(stopped.state).toBe('changes_requested')
  expect(expectProblem(await publish(developer, changed)).code).toBe('draft-changes-requested')
  expect(expectOk(await decide(operations, changed)).state).toBe('approved')
})

test('what is live has changed meanwhile: nothing is published, and the change is shown', async () => {
  const asked = await ask()
  expectOk(await decide(lead, asked))
  const theirs = { ...EVERYBODY_ON, enabled: false, rules: [] }
  expectOk(await product.client.call('configureFlag', { params: production(), body: theirs, ifMatch: 1 }))
  expect(expectProblem(await publish(developer, asked))).toMatchObject({
    status: 412,
    code: 'stale-version',
    current: { revision: 2, content: { fallthrough: { variant: 'on' } } },
  })
  const params = address(asked.id)
  const shown = expectOk(await developer.client.call('showDraft', { params }))
  expect(shown).toMatchObject({
    behind: true,
    base: { revision: 1, content: { fallthrough: { variant: 'off' } } },
    live: { revision: 2, content: { fallthrough: { variant: 'on' } } },
    waitsFor: [developer.id],
  })
  expect(expectProblem(await decide(operations, shown)).code).toBe('draft-behind')
  const body = { kind: 'flag' as const, config: EVERYBODY_ON }
  const again = expectOk(
    await developer.client.call('changeDraft', { params, body, ifMatch: shown.revision }),
  )
  expect(again).toMatchObject({ behind: false, state: 'draft', base: { revision: 2 } })
  expect(again.hash).not.toBe(asked.hash)
})

test('of two drafts about one flag that are published at once, one is live and the other is told', async () => {
  const drafts = [await ask(), await ask({ ...EVERYBODY_ON, rules: [] })]
  for (const it of drafts) expectOk(await decide(lead, it))
  const answers = await Promise.all(drafts.map((it) => publish(developer, it)))
  const statuses = answers.map((it) => (it.ok ? 200 : it.problem.status))
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 412])
  expect((await live()).revision).toBe(2)
})

test('a value or a segment behind the draft cannot be exchanged after its approval', async () => {
  expectOk(
    await server.admin.call('createSegment', {
      params: project,
      body: { key: `beta-${flag}`, name: 'Beta', include: ['ann'] },
    }),
  )
  const rules = [{ name: 'Beta', when: { segment: `beta-${flag}` }, serve: { variant: 'on' } }]
  const first = await ask({ ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } })
  expect(first.proposed).toMatchObject({ segments: { [`beta-${flag}`]: 1 } })
  expectOk(await decide(lead, first))
  const segment = { ...project, segment: `beta-${flag}`, environment: 'production' }
  const everybody = { when: { all: [] } }
  expectOk(await developer.client.call('changeSegment', { params: segment, body: everybody, ifMatch: 1 }))
  expect(expectProblem(await publish(developer, first))).toMatchObject({
    status: 412,
    detail: expect.stringContaining('behind the draft'),
  })

  const variants = { on: true, off: false, later: false }
  const params = { ...project, flag }
  expectOk(await developer.client.call('changeFlag', { params, body: { variants }, ifMatch: 1 }))
  const second = await ask({ ...EVERYBODY_ON, fallthrough: { variant: 'later' } })
  expectOk(await decide(lead, second))
  const exchanged = { variants: { ...variants, later: true } }
  expectOk(await developer.client.call('changeFlag', { params, body: exchanged, ifMatch: 2 }))
  expect(expectProblem(await publish(developer, second)).status).toBe(412)
  expect((await live()).enabled).toBe(false)
})

test('turning off and lowering ask for nothing, whatever draft waits', async () => {
  const on = await ask()
  expectOk(await decide(lead, on))
  expectOk(await publish(developer, on))
  await ask({ ...EVERYBODY_ON, rules: [{ name: 'All', when: { all: [] }, serve: { variant: 'on' } }] })
  const ranges = [{ from: 0, to: 10_000, variant: 'on' }]
  const less = { ...EVERYBODY_ON, fallthrough: { allocation: { ranges } } }
  expectOk(await developer.client.call('configureFlag', { params: production(), body: less, ifMatch: 2 }))
  const { fallthrough } = await live()
  if (!('allocation' in fallthrough)) throw new Error('no share is served')
  const more = { allocation: { ...fallthrough.allocation, ranges: [{ from: 0, to: 10_001, variant: 'on' }] } }
  const body = { ...EVERYBODY_ON, fallthrough: more }
  const refused = await developer.client.call('configureFlag', { params: production(), body, ifMatch: 3 })
  expect(expectProblem(refused).code, 'a thousandth of a percent more').toBe('gate-closed')
  expectOk(await developer.client.call('killFlag', { params: production(), body: { reason: 'enough' } }))
})

test('members of a segment that a rule serves on are added by a draft; taken out, at once', async () => {
  const key = `testers-${flag}`
  const made = { key, name: 'Testers', include: ['ann'] }
  expectOk(await developer.client.call('createSegment', { params: project, body: made }))
  const rules = [{ name: 'Testers', when: { segment: key }, serve: { variant: 'on' } }]
  const on = await ask({ ...EVERYBODY_ON, rules, fallthrough: { variant: 'off' } })
  expect(on.authors, 'who made the segment').toEqual([developer.id])
  expectOk(await decide(lead, on))
  expectOk(await publish(developer, on))

  const params = { ...project, segment: key, environment: 'production' }
  const content = { include: ['ann', 'bob'] }
  const direct = await developer.client.call('changeSegment', { params, body: content, ifMatch: 1 })
  expect(expectProblem(direct)).toMatchObject({
    code: 'gate-closed',
    remedy: expect.stringContaining(`flagmarshal draft save ${key} --segment -e production`),
  })
  const body = {
    kind: 'segment' as const,
    segment: key,
    environment: 'production',
    why: 'Bob joins',
    content,
  }
  const saved = expectOk(await developer.client.call('createDraft', { params: project, body }))
  expect(saved).toMatchObject({ raises: true, subject: { kind: 'segment', key } })
  expectOk(await developer.client.call('requestDraft', { params: address(saved.id) }))
  expectOk(await decide(operations, saved))
  expectOk(await publish(developer, saved))
  const less = { include: ['bob'] }
  expectOk(await developer.client.call('changeSegment', { params, body: less, ifMatch: 2 }))
})

describe('by the policy of the project', () => {
  const settle = async (drafts: PolicyInput['drafts']) => {
    const { revision } = expectOk(await server.admin.call('showPolicy', { params: project }))
    return await server.admin.call('writePolicy', { params: project, body: { drafts }, ifMatch: revision })
  }

  test('several approvals of different people and roles, looked at again when it is published', async () => {
    expectOk(
      await settle({
        production: { approvals: [['technical-lead', 'operations-lead'], ['technical-lead']] },
      }),
    )
    const asked = await ask()
    const half = expectOk(await decide(lead, asked))
    expect(half.state).toBe('waiting')
    expect(half.waitsFor, 'the lead can give the other one').toContain(operations.id)
    expect(expectProblem(await decide(product, asked)).code).toBe('role-needed')
    const whole = expectOk(await decide(operations, asked))
    expect(whole.approvals.map((it) => it.by)).toEqual([operations.id, lead.id])
    expectOk(await settle({ production: { approvals: [['product-owner']] } }))
    expect(expectProblem(await publish(developer, asked)).code).toBe('draft-waiting')
    expectOk(await decide(product, asked))
    expectOk(await publish(developer, asked))
    expectOk(await settle({}))
  })

  test('no drafts at all: only the procedure raises exposure', async () => {
    const asked = await ask()
    expectOk(await decide(lead, asked))
    expectOk(await settle({ production: { accepted: false } }))
    expect(expectProblem(await publish(developer, asked)).code).toBe('drafts-not-accepted')
    const body = { kind: 'flag' as const, flag, environment: 'production', why: 'why', config: EVERYBODY_ON }
    const saved = await developer.client.call('createDraft', { params: project, body })
    expect(expectProblem(saved)).toMatchObject({ code: 'drafts-not-accepted' })
    const direct = { params: production(), body: EVERYBODY_ON, ifMatch: 1 }
    expect(expectProblem(await developer.client.call('configureFlag', direct)).remedy).toContain('no drafts')
    expectOk(await settle({}))
  })

  test('what exposes somebody is published inside the calendar and outside of incidents; what lowers exposure at any time', async () => {
    const rollouts = async (change: object) => {
      const { revision } = expectOk(await server.admin.call('showPolicy', { params: project }))
      const body = { rollouts: change }
      return await server.admin.call('writePolicy', { params: project, body, ifMatch: revision })
    }
    const asked = await ask()
    expectOk(await decide(lead, asked))
    const [from, to] = [Date.now() - 60_000, Date.now() + 3_600_000].map((it) => new Date(it).toISOString())
    expectOk(await rollouts({ blackouts: [{ from, to, reason: 'the sale' }] }))
    expect(expectProblem(await publish(developer, asked))).toMatchObject({
      status: 409,
      code: 'publish-is-closed',
      detail: expect.stringContaining('the sale'),
      remedy: expect.stringContaining(to ?? 'a time'),
    })
    expectOk(await rollouts({ blackouts: [] }))

    const report = { kind: 'incident' as const, severity: 'major' as const, text: 'orders are slow' }
    const made = expectOk(
      await operations.client.call('createProjectReport', { params: project, body: report }),
    )
    expect(expectProblem(await publish(developer, asked))).toMatchObject({
      code: 'incident-open',
      remedy: expect.stringContaining(made.id),
    })
    expect(await live()).toMatchObject({ enabled: false })
    const resolved = { params: { ...project, report: made.id }, body: { reason: 'over' } }
    expectOk(await operations.client.call('resolveReport', resolved))
    expectOk(await publish(developer, asked))

    expectOk(await rollouts({ blackouts: [{ from, to, reason: 'the sale' }] }))
    const { revision } = await live()
    const less = { ...EVERYBODY_ON, enabled: false }
    expectOk(
      await developer.client.call('configureFlag', { params: production(), body: less, ifMatch: revision }),
    )
    expectOk(await rollouts({ blackouts: [] }))
  })

  test('a line for what is no protected environment is refused', async () => {
    expect(expectProblem(await settle({ staging: { accepted: false } }))).toMatchObject({
      status: 422,
      errors: [{ pointer: '/drafts/staging' }],
    })
  })
})

test('what needs no draft, changes nothing or is not there is refused with what to do', async () => {
  const base = { kind: 'flag' as const, flag, why: 'why', config: EVERYBODY_ON }
  const make = async (body: object) =>
    expectProblem(
      await developer.client.call('createDraft', {
        params: project,
        body: { ...base, environment: 'production', ...body },
      }),
    )
  expect(await make({ environment: 'staging' })).toMatchObject({ code: 'not-protected' })
  expect(await make({ environment: 'moon' })).toMatchObject({ status: 404 })
  expect(await make({ flag: 'nothing' })).toMatchObject({ status: 404 })
  const same = { enabled: false, offVariant: 'off', rules: [], fallthrough: { variant: 'off' } }
  expect(await make({ config: same })).toMatchObject({ status: 422, errors: [{ pointer: '/config' }] })
  const wrong = { ...EVERYBODY_ON, fallthrough: { variant: 'blue' } }
  expect(await make({ config: wrong })).toMatchObject({ status: 422 })
  const none = await developer.client.call('showDraft', { params: address('draft_none') })
  expect(expectProblem(none).status).toBe(404)
})

test('a draft asks those it waits for, in each of its states, with the command', async () => {
  const saved = await save()
  const asked = async (by: TestPerson) => {
    const { items } = expectOk(await by.client.call('showAttention'))
    return items.filter((it) => it.id === saved.id).map(({ state, command }) => `${state}: ${command}`)
  }
  const command = (verb: string) => `flagmarshal draft ${verb} ${saved.id}`
  expect([await asked(developer), await asked(lead)]).toEqual([[`draft: ${command('request')}`], []])
  expectOk(await developer.client.call('requestDraft', { params: address(saved.id) }))
  expect([await asked(developer), await asked(lead)]).toEqual([[], [`waiting: ${command('show')}`]])
  expectOk(await decide(lead, saved))
  expect([await asked(developer), await asked(lead)]).toEqual([[`approved: ${command('publish')}`], []])
  const body = { ...EVERYBODY_ON, enabled: false }
  expectOk(await developer.client.call('configureFlag', { params: production(), body, ifMatch: 1 }))
  expect(await asked(developer)).toEqual([`behind: ${command('show')}`])
})

test('those whom a draft waits for are told by name, each in a mail of their own', async () => {
  await using post = await startMail()
  const { revision } = expectOk(await server.admin.call('showPolicy', { params: project }))
  const contacts = { [lead.id]: 'lead@shop.example', [developer.id]: 'dev@shop.example' }
  expectOk(await server.admin.call('writePolicy', { params: project, body: { contacts }, ifMatch: revision }))
  const at = { host: '127.0.0.1', port: post.port, security: 'none' as const }
  const settings = { ...at, from: 'flags@shop.example', to: ['everybody@shop.example'] }
  const channel = { key: 'post', kind: 'mail' as const, settings, subscribes: [] }
  expectOk(await server.admin.call('createChannel', { params: project, body: channel }))

  const asked = await ask()
  await expect.poll(() => post.mails.map((it) => it.to)).toEqual([['lead@shop.example']])
  expect(post.mails[0]?.text).toContain(asked.id)
  expectOk(await decide(lead, asked))
  await expect.poll(() => post.mails.map((it) => it.to)).toContainEqual(['dev@shop.example'])
})

test('drafts are listed, the open ones first asked for, and given up with a reason', async () => {
  const { id } = await ask()
  const query = { flag, environment: 'production' }
  const open = expectOk(await developer.client.call('listDrafts', { params: project, query }))
  expect(open.items).toMatchObject([{ id, state: 'waiting' }])
  const given = expectOk(
    await developer.client.call('discardDraft', { params: address(id), body: { reason: 'not now' } }),
  )
  expect(given).toMatchObject({ state: 'discarded', closed: { by: developer.id, reason: 'not now' } })
  expect(expectOk(await developer.client.call('listDrafts', { params: project, query })).items).toEqual([])
  const all = await developer.client.call('listDrafts', { params: project, query: { ...query, all: 'true' } })
  expect(expectOk(all).items.map((it) => it.id)).toEqual([id])
  expect(expectProblem(await decide(lead, given)).code).toBe('draft-discarded')
})
