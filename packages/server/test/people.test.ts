/** The roles of people: changed, acted on at once on every server, and never lost to the last administrator. */
import type { Client } from '@flagmarshal/api'
import type { Role } from '@flagmarshal/domain/access/permission'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { newFlag } from './support/flags.ts'
import { openRun, prepareStep, setStage } from './support/procedure.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

async function change(person: string, seen: Role[], roles: Role[]) {
  return await server.admin.call('changeRoles', { params: { person }, body: { roles, seen } })
}

/** Waits for these roles, for less time than a token is remembered. */
async function hasRoles(client: Client, roles: readonly Role[]): Promise<void> {
  const now = async () => expectOk(await client.call('whoAmI')).roles
  await expect.poll(now, { timeout: 5_000 }).toEqual(roles)
}

test('a role that is taken away stops working at once, on every server and in every token', async () => {
  await using second = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
  const { id, token, client } = await server.person('administrator', 'developer')
  await server.person('administrator')
  const narrow = { params: { person: id }, body: { name: 'narrow', roles: ['administrator' as const] } }
  const only = server.client(expectOk(await server.admin.call('createToken', narrow)).token)
  const far = second.client(token)
  for (const each of [client, far, only]) expectOk(await each.call('listInvitations'))

  const changed = expectOk(await change(id, ['developer', 'administrator'], ['viewer', 'developer']))
  expect(changed.roles).toEqual(['developer', 'viewer'])
  for (const each of [client, far]) {
    await hasRoles(each, ['developer', 'viewer'])
    expect(expectProblem(await each.call('listInvitations')).code).toBe('forbidden')
  }
  // That token was for the role that is gone.
  await expect.poll(async () => (await only.call('listInvitations')).ok, { timeout: 5_000 }).toBe(false)
  expect(expectProblem(await only.call('listPeople')).code).toBe('forbidden')
})

test('a session has the roles that are given to its person meanwhile', async () => {
  const body = { roles: ['viewer' as const], expiresInHours: 1 }
  const { link } = expectOk(await server.admin.call('createInvitation', { body }))
  const page = { origin: server.address, 'flagmarshal-console': '1' }
  const joined = await fetch(`${server.address}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { ...page, 'content-type': 'application/json' },
    body: JSON.stringify({
      secret: link.split('#')[1],
      id: 'ada',
      name: 'Ada',
      password: 'seven grey herons',
    }),
  })
  expect(joined.status).toBe(201)
  const cookie = joined.headers.get('set-cookie')?.split(';')[0] ?? ''
  const roles = async (): Promise<unknown> => {
    const answer = await fetch(`${server.address}/api/v1/whoami`, { headers: { ...page, cookie } })
    return ((await answer.json()) as { roles: unknown }).roles
  }
  expect(await roles()).toEqual(['viewer'])
  expectOk(await change('ada', ['viewer'], ['product-owner']))
  await expect.poll(roles, { timeout: 5_000 }).toEqual(['product-owner'])
})

test('the last administrator stays one, also where two take the role from each other', async () => {
  await using alone = await startServer()
  const first = await alone.person('administrator')
  const demote = async (person: string) =>
    await alone.admin.call('changeRoles', {
      params: { person },
      body: { roles: ['viewer'], seen: ['administrator'] },
    })
  expect(expectProblem(await demote(first.id))).toMatchObject({ status: 409, code: 'last-administrator' })

  const second = await alone.person('administrator')
  const outcomes = await Promise.all([demote(first.id), demote(second.id)])
  expect(outcomes.filter((it) => it.ok)).toHaveLength(1)
  const { items } = expectOk(await alone.admin.call('listPeople'))
  expect(items.filter((it) => it.roles.includes('administrator'))).toHaveLength(1)
})

test('who saw other roles is shown those that there are, and a repetition changes nothing', async () => {
  const { id } = await server.person('developer')
  expectOk(await change(id, ['developer'], ['viewer']))
  expect(expectProblem(await change(id, ['developer'], ['technical-lead']))).toMatchObject({
    status: 412,
    code: 'stale-version',
    current: { id, roles: ['viewer'] },
  })
  expect(expectOk(await change(id, ['developer'], ['viewer', 'viewer'])).roles).toEqual(['viewer'])
  expect(expectProblem(await change('nobody', [], ['viewer'])).status).toBe(404)

  const audit = await server.admin.call('listInstallationAudit', { query: { subject: id } })
  const entries = expectOk(audit).items.filter((it) => it.action === 'person.change-roles')
  expect(entries).toMatchObject([
    {
      actor: { kind: 'admin' },
      subject: { kind: 'person', id },
      before: { roles: ['developer'] },
      after: { roles: ['viewer'] },
    },
  ])
})

test('a developer of staging writes there and not in production, and is told so', async () => {
  expectOk(await server.admin.call('createProject', { body: { key: 'mill', name: 'Mill' } }))
  const body = { id: 'sta', name: 'Sta', roles: [] }
  expectOk(await server.admin.call('createPerson', { body }))
  const grant = { role: 'developer' as const, project: 'mill', environment: 'staging' }
  const params = { person: 'sta' }
  expect(expectOk(await server.admin.call('grantRole', { params, body: grant })).grants).toEqual([grant])
  expectOk(await server.admin.call('grantRole', { params, body: grant }))
  const made = expectOk(await server.admin.call('createToken', { params, body: { name: 'sta' } }))
  const client = server.client(made.token)
  expectOk(await client.call('createFlag', { params: { project: 'mill' }, body: newFlag('wheel') }))
  const on = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  const configure = async (environment: string) =>
    await client.call('configureFlag', {
      params: { project: 'mill', flag: 'wheel', environment },
      body: on,
      ifMatch: 1,
    })
  expectOk(await configure('staging'))
  for (const environment of ['production', 'development'])
    expect(expectProblem(await configure(environment)).code).toBe('forbidden')
  expect(expectOk(await client.call('listProjects')).items.map((it) => it.key)).toEqual(['mill'])

  expectOk(await server.admin.call('withdrawRole', { params, body: grant }))
  const now = async () => (await client.call('listFlags', { params: { project: 'mill' } })).ok
  await expect.poll(now, { timeout: 5_000 }).toBe(false)
  const nobody = { ...grant, role: 'administrator' as const }
  expect(expectProblem(await server.admin.call('grantRole', { params, body: nobody })).status).toBe(422)
})

test('a lead of one project can be named and decides there; elsewhere the role is not held', async () => {
  const stage = await setStage(server, 'dock')
  expectOk(await server.admin.call('createPerson', { body: { id: 'led', name: 'Led', roles: ['viewer'] } }))
  const body = { role: 'technical-lead' as const, project: 'dock' }
  expectOk(await server.admin.call('grantRole', { params: { person: 'led' }, body }))
  const deputies = async (project: string) =>
    await server.admin.call('writePolicy', {
      params: { project },
      body: { deputies: { 'technical-lead': ['led'] } },
      ifMatch: 1,
    })
  expectOk(await deputies('dock'))
  expectOk(await server.admin.call('createProject', { body: { key: 'yard', name: 'Yard' } }))
  expect(expectProblem(await deputies('yard')).code).toBe('role-not-held')
  const run = await openRun(stage)
  await prepareStep(stage, run, 1)
  const made = expectOk(
    await server.admin.call('createToken', { params: { person: 'led' }, body: { name: 'led' } }),
  )
  const decided = await server.client(made.token).call('decideStep', {
    params: { project: 'dock', run, step: 1 },
    body: { decision: 'go', rationale: 'good' },
  })
  expectOk(decided)
})

test('somebody who is disabled is let in no more, and again later', async () => {
  const { id, client } = await server.person('developer')
  const params = { person: id }
  expect(expectOk(await server.admin.call('disablePerson', { params })).disabledAt).not.toBeNull()
  await expect.poll(async () => (await client.call('whoAmI')).ok, { timeout: 5_000 }).toBe(false)
  expectOk(await server.admin.call('enablePerson', { params }))
  await expect.poll(async () => (await client.call('whoAmI')).ok, { timeout: 5_000 }).toBe(true)
})

test('who is removed leaves the id as a pseudonym where they signed; the chains verify', async () => {
  const stage = await setStage(server, 'quay')
  const run = await openRun(stage)
  await prepareStep(stage, run, 1)
  const lead = stage.technicalLead
  const profile = { name: 'Ada Lovelace', email: 'ada@shop.example' }
  const params = { person: lead.id }
  expect(expectOk(await server.admin.call('changePerson', { params, body: profile }))).toMatchObject(profile)
  const at = { project: 'quay', run, step: 1 }
  const go = { decision: 'go' as const, rationale: 'good' }
  expectOk(await lead.client.call('decideStep', { params: at, body: go }))

  expectOk(await server.admin.call('erasePerson', { params }))
  await expect.poll(async () => (await lead.client.call('whoAmI')).ok, { timeout: 5_000 }).toBe(false)
  const { items } = expectOk(await server.admin.call('listPeople'))
  expect(items.map((it) => it.id)).not.toContain(lead.id)
  const { attempts } = expectOk(await server.admin.call('showStep', { params: at }))
  expect(attempts.at(-1)?.decisions.map((it) => it.by)).toEqual([lead.id])
  expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'quay' } })).ok).toBe(true)
  expect(expectOk(await server.admin.call('verifyInstallationAudit')).ok).toBe(true)
  const taken = { id: lead.id, name: 'Somebody else', roles: ['viewer' as const] }
  expect(expectProblem(await server.admin.call('createPerson', { body: taken })).code).toBe('key-taken')
})

test('an account of an automation has several tokens and one name in the records; removed, they end', async () => {
  const params = { project: 'mill' }
  const body = { key: 'pipeline', name: 'Pipeline', kind: 'service' as const }
  expectOk(await server.admin.call('createServiceAccount', { params, body }))
  const token = async () =>
    expectOk(
      await server.admin.call('createServiceToken', { params, body: { name: 'one', account: 'pipeline' } }),
    ).token
  const clients = [server.client(await token()), server.client(await token())]
  for (const [index, client] of clients.entries()) {
    expectOk(await client.call('createFlag', { params, body: newFlag(`made-${index}`) }))
    expect(expectOk(await client.call('whoAmI'))).toMatchObject({ id: 'pipeline', name: 'Pipeline' })
  }
  const accounts = expectOk(await server.admin.call('listServiceAccounts', { params })).items
  expect(accounts.find((it) => it.key === 'pipeline')?.tokens).toBe(2)
  const { items } = expectOk(await server.admin.call('listAudit', { params, query: { kind: 'flag' } }))
  const actors = items.filter((it) => it.subject.id.startsWith('made-')).map((it) => it.actor.id)
  expect(actors).toEqual(['pipeline', 'pipeline'])
  expectOk(await server.admin.call('removeServiceAccount', { params: { ...params, account: 'pipeline' } }))
  for (const client of clients)
    await expect.poll(async () => (await client.call('whoAmI')).ok, { timeout: 5_000 }).toBe(false)
  expect(expectProblem(await server.admin.call('createServiceAccount', { params, body })).code).toBe(
    'key-taken',
  )
})
