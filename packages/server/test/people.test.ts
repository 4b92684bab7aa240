/** The roles of people: changed, acted on at once on every server, and never lost to the last administrator. */
import type { Client } from '@flagmarshal/api'
import type { Role } from '@flagmarshal/domain/access/permission'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

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
  expect(expectProblem(await change(id, ['viewer'], [])).status).toBe(422)

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
