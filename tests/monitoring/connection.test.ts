/** A connection to the real programs. */
import { describe, expect, test } from 'vitest'

import { installed, startAlertmanager, startPrometheus } from '../support/prometheus.ts'
import { expectOk, startServer } from '../support/server.ts'

const ALERTMANAGER = JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] })

describe.skipIf(!installed('prometheus', 'prometheus-alertmanager'))(
  'with real programs (programs: prometheus, prometheus-alertmanager)',
  () => {
    test('P-I11 the probes of a connection are answered by the real Prometheus and Alertmanager, and not by one that is away', async () => {
      await using prometheus = await startPrometheus()
      await using alertmanager = await startAlertmanager(ALERTMANAGER)
      await using server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
      const params = { project: 'shop' }
      expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
      const settings = { prometheus: { url: prometheus.url }, alertmanager: { url: alertmanager.url } }
      const body = { key: 'main', kind: 'prometheus' as const, settings }
      expectOk(await server.admin.call('createConnection', { params, body }))
      const of = { params: { ...params, connection: 'main' } }
      expect(expectOk(await server.admin.call('testConnection', of))).toMatchObject({
        state: 'pass',
        probes: [
          { part: 'prometheus', note: expect.stringMatching(/^answers queries; version \d/) },
          { part: 'alertmanager', note: expect.stringMatching(/^answers; version \d/) },
        ],
      })
      await alertmanager.stop()
      expect(expectOk(await server.admin.call('testConnection', of))).toMatchObject({
        state: 'fail',
        probes: [{ state: 'pass' }, { state: 'fail', note: expect.stringContaining('ECONNREFUSED') }],
      })
    })
  },
)
