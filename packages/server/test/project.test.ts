import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

test('a project without environments gets development, staging and a protected production', async () => {
  const made = expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expect(made.environments.map((it) => [it.key, it.protected])).toEqual([
    ['development', false],
    ['staging', false],
    ['production', true],
  ])
  const params = { project: 'shop' }
  const read = await server.admin.call('getProject', { params })
  expect(expectOk(read)).toEqual(made)
  expect(read.ok && read.etag).toBe('"1"')
})

test('a project keeps the environments and the order that it was made with', async () => {
  const environments = [
    { key: 'prod', name: 'Prod', protected: true },
    { key: 'dev', name: 'Dev', protected: false },
  ]
  expectOk(await server.admin.call('createProject', { body: { key: 'own', name: 'Own', environments } }))
  const read = expectOk(await server.admin.call('getProject', { params: { project: 'own' } }))
  expect(read.environments.map((it) => it.key)).toEqual(['prod', 'dev'])
})

test('a key that is taken is refused with what to do', async () => {
  expectOk(await server.admin.call('createProject', { body: { key: 'twice', name: 'First' } }))
  const second = await server.admin.call('createProject', { body: { key: 'twice', name: 'Second' } })
  expect(expectProblem(second)).toMatchObject({
    status: 409,
    code: 'key-taken',
    remedy: expect.any(String),
    errors: [{ pointer: '/key' }],
  })
})

test('two environments with one key are refused, and nothing is kept', async () => {
  const twin = { key: 'dev', name: 'Dev', protected: false }
  const body = { key: 'twins', name: 'Twins', environments: [twin, twin] }
  expect(expectProblem(await server.admin.call('createProject', { body })).errors?.[0]?.pointer).toBe(
    '/environments/1/key',
  )
  expect(expectProblem(await server.admin.call('getProject', { params: { project: 'twins' } })).status).toBe(
    404,
  )
})

test('creating a project is in the chain of the installation, and only creation is', async () => {
  expectOk(await server.admin.call('createProject', { body: { key: 'noted', name: 'Noted' } }))
  const query = { kind: 'project', subject: 'noted' }
  const { items } = expectOk(await server.admin.call('listInstallationAudit', { query }))
  expect(items).toMatchObject([{ action: 'project.create', actor: { id: 'bootstrap' }, before: null }])
})

test('people see projects, and only administrators make them', async () => {
  const viewer = await server.person('viewer')
  expect(expectOk(await viewer.client.call('listProjects')).items.length).toBeGreaterThan(0)
  const refused = await viewer.client.call('createProject', { body: { key: 'no', name: 'No' } })
  expect(expectProblem(refused)).toMatchObject({ status: 403, code: 'forbidden' })
})
