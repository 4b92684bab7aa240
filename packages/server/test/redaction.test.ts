/**
 * What is secret is in no log, no audit entry and nothing that the server says of itself: everything secret
 * that can be planted is planted, a whole run is logged at `debug`, things go wrong on purpose, and then all that
 * was printed and told is searched.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import { expect, test } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { createDatabase } from '../../../tests/support/database.ts'
import { startProcess } from '../../../tests/support/process.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { configParams, newFlag } from './support/flags.ts'

const planted = (name: string) => `${name}-${randomBytes(12).toString('hex')}`

test('R16 R17 planted secrets are in no line of the log, no audit entry, no metric and no status of a whole run', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-redaction-'))
  await using database = await createDatabase()
  const token = planted('bootstrap')
  const key = randomBytes(32).toString('base64')
  const slack = planted('slack')
  const basic = planted('basic')
  const personal = { user: planted('user'), address: planted('address'), password: planted('password') }
  const wrong = planted('wrong')
  const settings = {
    FLAGMARSHAL_BOOTSTRAP_TOKEN: token,
    FLAGMARSHAL_SECRET_KEY: key,
    FLAGMARSHAL_DATABASE_URL: database.url,
    FLAGMARSHAL_DATA_DIR: folder,
    FLAGMARSHAL_LOG_LEVEL: 'debug',
    FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
  }
  const server = await startProcess({ cwd: folder, settings })
  const admin = createClient({ server: server.address, token })
  const params = { project: 'shop' }
  const raw = (at: string, init: RequestInit = {}) =>
    fetch(`${server.address}${at}`, init).then((it) => it.text())
  const json = { 'content-type': 'application/json' }

  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await admin.call('createFlag', { params, body: newFlag('new-checkout') }))
  const channel = { key: 'ops', kind: 'slack' as const, settings: {}, subscribes: ['*'] }
  const secret = `http://127.0.0.1:9/services/${slack}`
  expectOk(await admin.call('createChannel', { params, body: { ...channel, secret } }))
  const connection = {
    key: 'metrics',
    kind: 'prometheus' as const,
    settings: { prometheus: { url: 'http://127.0.0.1:9', user: 'flagmarshal' } },
    secrets: { prometheus: basic },
  }
  expectOk(await admin.call('createConnection', { params, body: connection }))
  await admin.call('testConnection', { params: { ...params, connection: 'metrics' } })
  const source = expectOk(await admin.call('createInboundSource', { params, body: { key: 'ci' } }))
  expectOk(await admin.call('createPerson', { body: { id: 'dana', name: 'Dana', roles: ['developer'] } }))
  const body = { name: 'laptop' }
  const person = expectOk(await admin.call('createToken', { params: { person: 'dana' }, body }))
  const sdk = { kind: 'server' as const, environment: 'development', name: 'laptop' }
  const sdkKey = expectOk(await admin.call('createKey', { params, body: sdk }))
  const link = expectOk(
    await admin.call('createKillLink', {
      params: configParams('new-checkout'),
      body: { expiresInMinutes: 30 },
    }),
  ).link

  // People and programs as they are, and what they get wrong.
  await raw(new URL(link).pathname + new URL(link).search)
  const signIn = { person: 'dana', password: personal.password }
  await raw('/api/v1/session', { method: 'POST', headers: json, body: JSON.stringify(signIn) })
  const context = { targetingKey: personal.user, address: personal.address }
  for (const bearer of [sdkKey.key, wrong]) {
    await raw('/ofrep/v1/evaluate/flags/new-checkout', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${bearer}` },
      body: JSON.stringify({ context }),
    })
  }
  await raw(`/api/v1/projects?token=${wrong}`, { headers: { authorization: `Bearer ${person.token}` } })
  await raw('/api/v1/projects', {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${token}`, cookie: `session=${wrong}` },
    body: `{"key":"${wrong}`,
  })
  await raw(`/api/v1/projects/shop/inbound/ci/events`, {
    method: 'POST',
    headers: { ...json, 'webhook-signature': wrong },
    body: JSON.stringify({ secret: wrong }),
  })
  expectOk(
    await admin.call('killFlag', { params: configParams('new-checkout'), body: { reason: 'a message' } }),
  )
  await expect
    .poll(async () => expectOk(await admin.call('listDeliveries', { params })).items[0]?.attempts ?? 0)
    .toBeGreaterThan(0)
  // A fault of the database in the middle of a write, with the values in its own words.
  await execute(database.url, "alter table channels add constraint planted check (key <> 'broken')")
  const broken = { ...channel, key: 'broken', secret: `http://127.0.0.1:9/services/${slack}` }
  const failed = await admin.call('createChannel', { params, body: broken })
  expect(failed.ok).toBe(false)

  const told = [
    await raw('/metrics'),
    await raw('/readyz'),
    JSON.stringify(expectOk(await admin.call('showStatus', {}))),
    JSON.stringify(expectOk(await admin.call('listAudit', { params }))),
    JSON.stringify(expectOk(await admin.call('listDeliveries', { params }))),
    JSON.stringify(expectOk(await admin.call('listChannels', { params }))),
    JSON.stringify(failed),
  ].join('\n')
  const { stdout, stderr } = await server.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })

  const secrets = {
    token,
    key,
    slack,
    basic,
    wrong,
    ...personal,
    source: source.secret,
    person: person.token,
    sdk: sdkKey.key,
    link: new URL(link).searchParams.get('t') ?? 'no link',
    databasePassword: new URL(database.url).password || 'no password',
  }
  const printed = `${stdout}\n${stderr}`
  // It is a log of what happened: what follows is not green because nothing was printed.
  for (const it of ['killFlag', 'createChannel', '"level":50', 'evaluateFlag']) expect(printed).toContain(it)
  const found = Object.entries(secrets).flatMap(([name, value]) => [
    ...(printed.includes(value) ? [`${name} is in the log`] : []),
    ...(told.includes(value) ? [`${name} is told`] : []),
  ])
  expect(found).toEqual([])
})
