/**
 * R8 over HTTP: of two writers the second is told what changed, never overwrites, and nobody writes
 * without having read. Every operation of the table that replaces a version is here, or the test fails.
 */
import type { Operation } from '@flagmarshal/api/operation'
import { operations } from '@flagmarshal/api/operations'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { sendRaw } from '../../../tests/support/raw-request.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { record } from '../../../tests/support/soak.ts'
import { newFlag } from './support/flags.ts'
import { SECRET } from './support/signals.ts'

const project = 'shop'
const environment = 'development'
const off = { enabled: false, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
const settings = { url: 'https://receiver.example/' }
const prometheus = { prometheus: { url: 'https://prometheus.shop.example' } }
const target = (name: string) => ({
  action: { kind: 'http', url: `https://hooks.shop.example/${name}` },
  probe: { kind: 'http', url: `https://hooks.shop.example/${name}/probe` },
})

/** How a thing is changed that is there, at its first revision. */
interface Change {
  readonly params: Readonly<Record<string, string>>
  readonly body: object
  readonly token?: string
}

let server: TestServer
let changes: Readonly<Record<string, Change>>

beforeAll(async () => {
  server = await startServer()
  const { admin } = server
  const params = { project }
  expectOk(await admin.call('createProject', { body: { key: project, name: 'Shop' } }))
  expectOk(await admin.call('createFlag', { params, body: newFlag('greeting') }))
  expectOk(await admin.call('createSegment', { params, body: { key: 'crew', name: 'Crew' } }))
  const lead = await server.person('technical-lead', 'developer')
  const draft = { kind: 'flag' as const, flag: 'greeting', environment: 'production', why: 'so', config: off }
  const made = await lead.client.call('createDraft', { params, body: draft })
  const channel = { kind: 'webhook' as const, settings, subscribes: ['*'], secret: SECRET }
  expectOk(await admin.call('createChannel', { params, body: { key: 'hook', ...channel } }))
  const connection = { kind: 'prometheus' as const, environment: 'production', settings: prometheus }
  expectOk(await admin.call('createConnection', { params, body: { key: 'main', ...connection } }))
  const hook = { title: 'Back', part: 'code', production: target('one'), staging: target('two') }
  await sendRaw(server.address, operations.createHook, {
    token: ADMIN_TOKEN,
    params,
    body: JSON.stringify({ key: 'back', ...hook, secret: `whsec_${'a'.repeat(43)}=` }),
  })
  const {
    revision: _,
    changedBy: _by,
    changedAt: _at,
    ...policy
  } = expectOk(await admin.call('showPolicy', { params }))
  changes = {
    changeFlag: { params: { project, flag: 'greeting' }, body: { name: 'Another' } },
    configureFlag: { params: { project, flag: 'greeting', environment }, body: off },
    changeSegment: { params: { project, segment: 'crew', environment }, body: { include: ['ann'] } },
    changeDraft: {
      params: { project, draft: expectOk(made).id },
      body: { kind: 'flag', config: { ...off, enabled: true }, why: 'better' },
      token: lead.token,
    },
    updateChannel: {
      params: { project, channel: 'hook' },
      body: { kind: 'webhook', settings, subscribes: ['dev.*'], state: 'active' },
    },
    updateConnection: {
      params: { project, connection: 'main' },
      body: { environment: 'production', settings: prometheus },
    },
    changeHook: { params: { project, hook: 'back' }, body: { ...hook, title: 'Other' } },
    writePolicy: { params, body: policy },
    writeIdentityProvider: {
      params: {},
      body: { settings: { name: 'Acme', issuer: 'https://login.acme.example', clientId: 'flags' } },
    },
    writeRelatedProcedures: { params: {}, body: { addresses: {} } },
    writeRetention: { params: {}, body: expectOk(await admin.call('showRetention')).days },
  }
})
afterAll(() => server.close())

const table: readonly (readonly [string, Operation])[] = Object.entries(operations)
const replacing = table.filter(([, it]) => it.ifMatch === true)

async function change(id: string, operation: Operation, ifMatch?: string) {
  const given = changes[id]
  if (given === undefined) throw new Error(`${id} replaces a version and is not tried here`)
  return await sendRaw(server.address, operation, {
    token: given.token ?? ADMIN_TOKEN,
    params: given.params,
    body: JSON.stringify(given.body),
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  })
}

describe('R8 what is edited', () => {
  test('R8 everything that replaces a version is tried', () => {
    expect(Object.keys(changes).toSorted()).toEqual(replacing.map(([id]) => id).toSorted())
  })

  test.each(replacing)(
    'R8 %s: nobody writes unread, and the second of two writers gets 412',
    async (id, operation) => {
      const unread = await change(id, operation)
      expect(unread).toMatchObject({ status: 428, json: { code: 'if-match-required' } })
      const revision = (await change(id, operation, '"999999"')).json
      // The refusal says what is there now, and a writer who has read that goes on.
      expect(revision).toMatchObject({ status: 412, current: { revision: expect.any(Number) } })
      const { current } = revision as { readonly current: { readonly revision: number } }
      const seen = `"${current.revision}"`
      const [first, second] = await Promise.all([change(id, operation, seen), change(id, operation, seen)])
      expect(new Set([first.status, second.status]), JSON.stringify([first.json, second.json])).toEqual(
        new Set([200, 412]),
      )
    },
  )

  test('R8 what was created with a key is not created twice', async (context) => {
    const params = { project }
    const channel = { key: 'once', kind: 'webhook', settings, subscribes: ['*'], secret: SECRET }
    const bodies: Readonly<Record<string, object>> = {
      createFlag: newFlag('once'),
      createSegment: { key: 'once', name: 'Once' },
      createChannel: channel,
      createConnection: { key: 'once', kind: 'prometheus', environment: 'production', settings: prometheus },
      createProject: { key: 'once', name: 'Once' },
    }
    for (const [id, body] of Object.entries(bodies)) {
      const operation = table.find(([it]) => it === id)?.[1]
      if (operation === undefined) throw new Error(`there is no ${id}`)
      const request = {
        token: ADMIN_TOKEN,
        params,
        body: JSON.stringify(body),
        headers: { 'idempotency-key': `key-${id}` },
      }
      const answers = await Promise.all([1, 2, 3].map(() => sendRaw(server.address, operation, request)))
      expect(
        answers.map((it) => it.status),
        id,
      ).toEqual([201, 201, 201])
      expect(new Set(answers.map((it) => JSON.stringify(it.json))).size, id).toBe(1)
    }
    record(context, {
      done: 'two writers at once to each thing that is edited; three repeats of a creation',
      times: replacing.length + Object.keys(bodies).length,
      result: 'one 200 and one 412 that shows what is there, 428 without If-Match; one thing for one key',
    })
  })
})
