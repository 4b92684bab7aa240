/** Resources of services, from a real SDK to the API: P-S4-11. */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { deleteOldProcessSamples } from '@flagmarshal/server/storage/process-samples'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

const SOON = { timeout: 30_000, interval: 100 }
const params = { project: 'shop', environment: 'production' }
let server: TestServer

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(async () => await server.close())

const resources = async () => expectOk(await server.admin.call('listResources', { params, query: {} })).items

test('P-S4-11 what a process and its pools use is reported by its SDK and kept by service and instance', async () => {
  await using connection = createFlagmarshal({
    url: server.address,
    key: await server.sdkKey('shop', 'production'),
    environment: 'production',
    application: 'till',
    layers: ['backend'],
    pools: { database: () => ({ size: 8, inUse: 2, waiting: 5 }) },
  })
  await connection.ready()
  await vi.waitFor(async () => expect(await resources()).not.toEqual([]), SOON)
  const found = await resources()
  const of = (resource: string) => found.find((it) => it.resource === resource)
  expect(of('memory')).toMatchObject({ service: 'till', instance: connection.instanceId, unit: 'bytes' })
  expect(of('memory')?.latest).toBeGreaterThan(1e6)
  expect(of('cpu')).toMatchObject({ unit: 'cores' })
  expect(of('pool:database')).toMatchObject({ latest: 0.25, unit: 'share' })
  expect(of('queue:database')).toMatchObject({ latest: 5, highest: 5, unit: 'count' })
  expect(of('event-loop-delay')?.highest).toBeGreaterThan(0)
}, 40_000)

test('is forgotten after two days, and asked for where there is such an environment', async () => {
  const nowhere = await server.admin.call('listResources', {
    params: { ...params, environment: 'nowhere' },
    query: {},
  })
  expect(expectProblem(nowhere).status).toBe(404)
  const database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
  try {
    await sql`update process_samples set at = at - interval '3 days'`.execute(database.kysely)
    await deleteOldProcessSamples(database.kysely)
    const { rows } = await sql`select 1 from process_samples`.execute(database.kysely)
    expect(rows).toEqual([])
  } finally {
    await database.close()
  }
})
