/** Signatures of people who sign in at the organisation's provider only, against a real issuer. */
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'
import { setUpSecret } from '../src/access/set-up.ts'
import { askForApproval, goThrough, openRun, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { startProviderServer } from './support/provider.ts'
import type { ProviderServer } from './support/provider.ts'
import { sendTo } from './support/sessions.ts'

const tess = { preferred_username: 'tess', name: 'Tess', groups: ['leads'] }

let provider: ProviderServer
let stage: Stage
/** The run that waits for its approvals, and the hash that they are of. */
let run: string
let bundleHash: string
/** The session of the Technical Lead. */
let cookie: string

beforeAll(async () => {
  provider = await startProviderServer()
  const { server } = provider
  expectOk(
    await provider.settle({
      roles: [
        { group: 'leads', role: 'technical-lead' },
        { group: 'leads', role: 'operations-lead' },
      ],
    }),
  )
  cookie = await enter()
  const made = await sendTo(server.address, 'createOwnToken', { body: { name: 'laptop' }, cookie })
  const token = String(made.json['token'])
  stage = await setStage(server, 'signed', { id: 'tess', token, client: server.client(token) })
  run = await openRun(stage)
  for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
  bundleHash = await askForApproval(stage, run)
  const params = { project: stage.project }
  const { revision } = expectOk(await server.admin.call('showPolicy', { params }))
  const body = { signatures: { proof: 'sign-in' as const, minutes: 5 } }
  expectOk(await server.admin.call('writePolicy', { params, body, ifMatch: revision }))
})
afterAll(async () => await provider[Symbol.asyncDispose]())
beforeEach(() => {
  provider.clock.off = 0
})

/** Signs in there; the cookie of the session. */
async function enter(): Promise<string> {
  const done = await provider.signIn('tess', tess)
  expect(done.status, JSON.stringify(done.json)).toBe(200)
  return done.cookie ?? ''
}

/** Approves in a session, as the console does. */
async function approve(session: string) {
  const path = `/api/v1/projects/${stage.project}/runs/${run}/approvals`
  const body = { role: 'technical-lead', bundleHash, comment: 'as we agreed' }
  return await sendTo(provider.server.address, 'approveRun', { path, body, cookie: session })
}

async function query(text: string): Promise<void> {
  const client = new Client({ connectionString: provider.server.databaseUrl })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

const refused = {
  status: 403,
  json: {
    code: 'proof-needed',
    detail: expect.stringContaining("the organisation's sign-in, given within the last 5 minutes"),
    remedy: expect.stringContaining('Confirm who you are, then sign again'),
  },
}

describe('an approval of somebody without a password', () => {
  test('is refused in a session whose sign-in the provider did not date, and with the remedy', async () => {
    expect(await approve(cookie)).toMatchObject(refused)
    const { approvals } = expectOk(
      await provider.server.admin.call('showRun', { params: { project: stage.project, run } }),
    )
    expect(approvals).toEqual([])
  })

  test('is refused after a proof that is somebody else’s, or of another session of the same person', async () => {
    const others = await provider.leave(
      'mallory',
      { ...tess, preferred_username: 'mallory' },
      {
        id: 'beginProof',
        cookie,
      },
    )
    expect((await provider.finish(others)).json).toMatchObject({
      code: 'another-person',
      remedy: expect.stringContaining('Sign out there'),
    })
    const second = await enter()
    const left = await provider.leave('tess', tess, { id: 'beginProof', cookie: second })
    const [kept = ''] = left.kept.split('; ')
    expect((await provider.finish({ ...left, kept: `${kept}; ${cookie}` })).json).toMatchObject({
      code: 'sign-in-lost',
    })
    expect(await approve(cookie)).toMatchObject(refused)
    const again = await provider.leave('tess', tess, { id: 'beginProof', cookie: second })
    expect((await provider.finish(again)).json).toMatchObject({ did: 'proved' })
    expect(await approve(cookie), 'the proof is of the other session').toMatchObject(refused)
  })

  test('is refused after a proof that the provider took from an older sign-in: its auth_time is looked at', async () => {
    const jar = new Map<string, string>()
    expect((await provider.finish(await provider.leave('tess', tess, { jar }))).status).toBe(200)
    // A minute later, in a browser that leaves out what we asked for.
    provider.clock.off = 60_000
    const stale = await provider.leave('tess', tess, {
      id: 'beginProof',
      cookie,
      jar,
      rewritten: ({ searchParams }) => {
        searchParams.delete('prompt')
        searchParams.set('max_age', '3600')
      },
    })
    expect(await provider.finish(stale)).toMatchObject({
      status: 403,
      json: { code: 'proof-too-old', remedy: expect.stringContaining('second factor') },
    })
    const undated = await provider.leave('tess', tess, {
      id: 'beginProof',
      cookie,
      jar,
      rewritten: ({ searchParams }) => {
        searchParams.delete('prompt')
        searchParams.delete('max_age')
      },
    })
    expect((await provider.finish(undated)).json).toMatchObject({ code: 'proof-too-old' })
    provider.clock.off = 0
    expect(await approve(cookie)).toMatchObject(refused)
  })

  test('is taken after signing in there anew, says so, counts for five minutes, and stands in the chain', async () => {
    const left = await provider.leave('tess', tess, { id: 'beginProof', cookie })
    expect(Object.fromEntries(left.address.searchParams)).toMatchObject({ prompt: 'login', max_age: '0' })
    expect((await provider.finish(left)).json).toMatchObject({ did: 'proved', proof: { method: 'oidc' } })

    await query("update tokens set proved_at = proved_at - interval '301 seconds' where proved_by = 'oidc'")
    expect(await approve(cookie), 'five minutes have passed').toMatchObject(refused)

    expect(
      (await provider.finish(await provider.leave('tess', tess, { id: 'beginProof', cookie }))).status,
    ).toBe(200)
    const approved = await approve(cookie)
    expect(approved).toMatchObject({
      status: 200,
      json: { approvals: [{ role: 'technical-lead', by: 'tess', proof: 'oidc', comment: 'as we agreed' }] },
    })
    const { admin } = provider.server
    const params = { project: stage.project }
    expect(expectOk(await admin.call('verifyAudit', { params })).ok).toBe(true)
    const { items } = expectOk(await admin.call('listInstallationAudit', { query: { kind: 'person' } }))
    expect(items.filter((it) => it.action === 'person.prove' && it.subject.id === 'tess').length).toBe(3)
  })
})

describe('somebody without a password', () => {
  test('begins a second factor only with a fresh proof: a session that was left open signs for nobody', async () => {
    const at = provider.server.address
    const session = await enter()
    const enrol = () => sendTo(at, 'enrolSecondFactor', { cookie: session, body: {} })
    expect(await enrol()).toMatchObject({ status: 403, json: { code: 'proof-needed' } })
    await provider.finish(await provider.leave('tess', tess, { id: 'beginProof', cookie: session }))
    expect((await enrol()).status).toBe(201)
  })

  test('who is an administrator is somebody who enters: the link for the first one is worth nothing then', async () => {
    const at = provider.server.address
    expect((await sendTo(at, 'showSetUp')).json).toMatchObject({ needed: true })
    expectOk(await provider.settle())
    await provider.signIn('root', { preferred_username: 'root', groups: ['flag-admins'] })
    expect((await sendTo(at, 'showSetUp')).json).toMatchObject({ needed: false })
    const body = {
      secret: setUpSecret(ADMIN_TOKEN),
      id: 'eve',
      name: 'Eve',
      password: 'nine long words of her own',
    }
    expect((await sendTo(at, 'setUp', { body })).json).toMatchObject({ code: 'set-up-done' })
  })
})
