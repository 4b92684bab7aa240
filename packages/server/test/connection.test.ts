/** Connections: stored with sealed secrets, changed against a revision, probed under the rules of R16. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { startReceiver } from './support/receiver.ts'
import type { AnswerWith } from './support/receiver.ts'

const params = { project: 'shop' }
const ofMain = { ...params, connection: 'main' }
let server: TestServer

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  const body = { key: 'shop', name: 'Shop' }
  expectOk(await server.admin.call('createProject', { body }))
})
afterAll(() => server.close())

/** Stands where all three programs would. */
const programs: AnswerWith = ({ path, headers }, response) => {
  if (path.startsWith('/api/search') && headers['authorization'] !== 'Bearer glsa_1') {
    return void response.writeHead(401).end('{}')
  }
  const answers: Readonly<Record<string, unknown>> = {
    '/api/v1/query?query=1': { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
    '/api/v1/status/buildinfo': { status: 'success', data: { version: '2.42.0' } },
    '/api/v2/status': { versionInfo: { version: '0.25.0' } },
    '/api/health': { database: 'ok', version: '12.0.0' },
    '/api/search?limit=1': [],
  }
  response.writeHead(path in answers ? 200 : 404).end(JSON.stringify(answers[path] ?? {}))
}

describe('a connection', () => {
  test('shows what it is and which secrets it has, never a secret', async () => {
    const made = expectOk(
      await server.admin.call('createConnection', {
        params,
        body: {
          key: 'main',
          kind: 'prometheus',
          environment: 'production',
          settings: {
            prometheus: { url: 'https://prometheus.shop.example' },
            alertmanager: { url: 'https://alerts.shop.example', user: 'flagmarshal' },
            rules: { file: 'flagmarshal.yml', reloadUrl: 'https://prometheus.shop.example/-/reload' },
          },
          secrets: { prometheus: 's3cret', alertmanager: 'p4ss' },
        },
      }),
    )
    expect(made).toMatchObject({
      environment: 'production',
      settings: { prometheus: { scrapeMs: 15_000 } },
      hasSecrets: ['prometheus', 'alertmanager'],
      revision: 1,
    })
    const audit = expectOk(await server.admin.call('listAudit', { params, query: {} }))
    const seen = JSON.stringify([made, audit])
    expect(seen).not.toContain('s3cret')
    expect(seen).not.toContain('p4ss')
  })

  test('keeps a secret that is not given, and loses one that is null', async () => {
    const { settings } = expectOk(await server.admin.call('getConnection', { params: ofMain }))
    const change = { params: ofMain, body: { settings, secrets: { alertmanager: null } } }
    expect(expectProblem(await server.admin.call('updateConnection', { ...change, ifMatch: 7 })).status).toBe(
      412,
    )
    const changed = expectOk(await server.admin.call('updateConnection', { ...change, ifMatch: 1 }))
    expect(changed).toMatchObject({ hasSecrets: ['prometheus'], revision: 2 })
    expect(changed.environment).toBeUndefined()
  })

  test('is refused with credentials in its address, a file in a folder, or a foreign environment', async () => {
    const body = { key: 'bad', kind: 'prometheus' as const }
    for (const settings of [
      { prometheus: { url: 'https://me:secret@prometheus.shop.example' } },
      { prometheus: { url: 'https://prometheus.shop.example' }, rules: { file: '../../etc/rules.yml' } },
    ]) {
      expect(
        expectProblem(await server.admin.call('createConnection', { params, body: { ...body, settings } }))
          .status,
      ).toBe(422)
    }
    const settings = { prometheus: { url: 'https://prometheus.shop.example' } }
    const foreign = { ...body, settings, environment: 'moon' }
    expect(expectProblem(await server.admin.call('createConnection', { params, body: foreign })).status).toBe(
      422,
    )
  })

  test('says of each part whether it answers and lets us in', async () => {
    await using receiver = await startReceiver(programs)
    const settings = {
      prometheus: { url: receiver.url, user: 'us' },
      alertmanager: { url: `${receiver.url}/` },
      grafana: { url: receiver.url },
    }
    const body = {
      key: 'probed',
      kind: 'prometheus' as const,
      settings,
      secrets: { prometheus: 'pw', grafana: 'no' },
    }
    expectOk(await server.admin.call('createConnection', { params, body }))
    const of = { params: { ...params, connection: 'probed' } }
    const tested = expectOk(await server.admin.call('testConnection', of))
    expect(tested.state).toBe('fail')
    expect(tested.probes).toMatchObject([
      { part: 'prometheus', state: 'pass', note: 'answers queries; version 2.42.0' },
      { part: 'alertmanager', state: 'pass', note: 'answers; version 0.25.0' },
      { part: 'grafana', state: 'fail', note: 'Grafana wants other credentials' },
    ])
    const basic = `Basic ${Buffer.from('us:pw').toString('base64')}`
    expect(receiver.received.some(({ headers }) => headers['authorization'] === basic)).toBe(true)
    const change = { ...of, body: { settings, secrets: { grafana: 'glsa_1' } }, ifMatch: 1 }
    expectOk(await server.admin.call('updateConnection', change))
    expect(expectOk(await server.admin.call('testConnection', of)).state).toBe('pass')
  })

  test('R16 does not reach an address of the own network that is not allowed', async () => {
    const body = {
      key: 'inside',
      kind: 'prometheus' as const,
      settings: { prometheus: { url: 'http://169.254.169.254' } },
    }
    expectOk(await server.admin.call('createConnection', { params, body }))
    const of = { params: { ...params, connection: 'inside' } }
    const { probes } = expectOk(await server.admin.call('testConnection', of))
    expect(probes).toMatchObject([
      { state: 'fail', note: expect.stringContaining('FLAGMARSHAL_OUTGOING_ALLOW') },
    ])
    expectOk(await server.admin.call('deleteConnection', of))
    expect(expectProblem(await server.admin.call('getConnection', of)).status).toBe(404)
  })
})
