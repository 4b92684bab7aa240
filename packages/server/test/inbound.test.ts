/** P-T1, P-T2 and reports: what other systems send is believed with a fitting signature, and taken once. */
import type { TriggerEvent } from '@flagmarshal/api/inbound'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let stage: Stage
let secret: string

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'inbound')
  const params = { project: stage.project }
  secret = expectOk(await server.admin.call('createInboundSource', { params, body: { key: 'ci' } })).secret
})
afterAll(() => server.close())

interface Sending {
  readonly id?: string
  readonly secret?: string
  readonly source?: string
  readonly at?: Date
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends as another system would: with the public library's signature. */
async function send(what: string, body: unknown, how: Sending = {}) {
  const text = JSON.stringify(body)
  const id = how.id ?? `msg_${Math.random().toString(36).slice(2)}`
  const at = how.at ?? new Date()
  const answer = await fetch(
    `${server.address}/api/v1/projects/${stage.project}/inbound/${how.source ?? 'ci'}/${what}`,
    {
      method: 'POST',
      body: text,
      headers: {
        'content-type': how.contentType ?? 'application/json',
        ...(how.headers ?? {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': new Webhook(how.secret ?? secret).sign(id, at, text),
        }),
      },
    },
  )
  const json: unknown = await answer.json()
  return { status: answer.status, body: json }
}

const event = (change: Partial<TriggerEvent> = {}): TriggerEvent => ({
  specversion: '1.0',
  id: 'event-1',
  source: 'https://ci.shop.example',
  type: 'org.example.feature.ready',
  subject: 'features/new-checkout',
  ...change,
})
const asEvent = { contentType: 'application/cloudevents+json; charset=utf-8' }

async function runs() {
  const params = { project: stage.project, feature: stage.feature }
  return expectOk(await stage.developer.client.call('listRuns', { params })).items
}

describe('P-T1 P-T2 CloudEvents', () => {
  test('P-T1 a signed event starts a run with its trigger fact and correlation id, once', async () => {
    const body = event({ data: { correlationId: 'build-7' }, time: '2026-03-02T10:00:00+01:00' })
    const first = await send('cloudevents', body, asEvent)
    expect(first).toMatchObject({ status: 200, body: { feature: 'new-checkout', did: 'started' } })
    const again = await send('cloudevents', body, asEvent)
    expect(again.body).toEqual(first.body)
    const [run] = await runs()
    expect(await runs()).toHaveLength(1)
    const params = { project: stage.project, run: run?.id ?? '' }
    const shown = expectOk(await stage.developer.client.call('showRun', { params }))
    expect(shown.triggers).toEqual([
      {
        kind: 'feature_ready',
        state: 'ready',
        source: 'https://ci.shop.example',
        at: '2026-03-02T09:00:00.000Z',
      },
    ])
    expect(JSON.stringify(shown)).toContain('build-7')
  })

  test('P-T2 a later event is added to the run under way, however often and at once it arrives', async () => {
    const body = event({ id: 'event-2', type: 'org.example.acceptance.inprogress' })
    const answers = await Promise.all(Array.from({ length: 5 }, () => send('cloudevents', body)))
    for (const it of answers) expect(it).toMatchObject({ status: 200, body: { did: 'recorded' } })
    expect(await runs()).toHaveLength(1)
    const params = { project: stage.project, run: (await runs())[0]?.id ?? '' }
    const { triggers } = expectOk(await stage.developer.client.call('showRun', { params }))
    expect(triggers.map((it) => it.kind)).toEqual(['feature_ready', 'acceptance'])
    const audit = expectOk(
      await server.admin.call('listAudit', { params: { project: stage.project }, query: { kind: 'run' } }),
    )
    expect(audit.items.filter((it) => it.action === 'run.trigger')).toMatchObject([
      { actor: { kind: 'system', id: 'inbound/ci' } },
    ])
  })

  test.each([
    ['documentation.completed', 'documentation', 'completed'],
    ['documentation.inprogress', 'documentation', 'in_progress'],
    ['acceptance.completed', 'acceptance', 'completed'],
    ['strategy.needed', 'strategy_needed', 'needed'],
    ['orchestration.requested', 'orchestration', 'needed'],
  ])('P-T2 …%s is the fact %s %s', async (type, kind, state) => {
    const body = event({
      id: `fact-${type}`,
      type: `org.example.${type}`,
      data: { phase: '5: Pre-Deployment' },
    })
    const sent = await send('cloudevents', body)
    expect(sent.status).toBe(200)
    const params = { project: stage.project, run: (await runs())[0]?.id ?? '' }
    const { triggers } = expectOk(await stage.developer.client.call('showRun', { params }))
    expect(triggers.at(-1)).toMatchObject({ kind, state, phase: '5: Pre-Deployment' })
  })

  test('what says nothing, names no feature or an unknown one is refused, and may be sent again', async () => {
    const unknownType = await send('cloudevents', event({ id: 'bad-1', type: 'org.example.build.done' }))
    expect(unknownType).toMatchObject({ status: 422, body: { code: 'event-not-understood' } })
    const { subject: _, ...nameless } = event({ id: 'bad-2' })
    expect(await send('cloudevents', nameless)).toMatchObject({ status: 422, body: { code: 'invalid' } })
    const stranger = event({ id: 'bad-3', subject: 'features/none' })
    expect((await send('cloudevents', stranger)).status).toBe(404)
    // A refusal takes nothing: put right, the same id is accepted.
    expect((await send('cloudevents', event({ id: 'bad-3', type: 'x.feature.ready' }))).status).toBe(200)
  })
})

describe('who is believed', () => {
  const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

  test.each<[string, Sending]>([
    ['with another secret', { secret: other }],
    ['of an unknown system', { source: 'nobody' }],
    ['that is six minutes old', { at: new Date(Date.now() - 360_000) }],
    ['without a signature', { headers: {} }],
  ])('a message %s is 401', async (_, how) => {
    const sent = await send('cloudevents', event({ id: 'forged' }), how)
    expect(sent).toMatchObject({ status: 401, body: { code: 'not-believed' } })
    expect(JSON.stringify(sent.body)).not.toContain(secret)
  })

  test('a system that was removed is believed no more; lists show no secret', async () => {
    const params = { project: stage.project }
    const made = expectOk(
      await server.admin.call('createInboundSource', { params, body: { key: 'old', secret: other } }),
    )
    expect(made.secret).toBe(other)
    const listed = expectOk(await server.admin.call('listInboundSources', { params }))
    expect(listed.items.map((it) => it.key)).toEqual(['ci', 'old'])
    expect(JSON.stringify(listed)).not.toContain('whsec_')
    const report = {
      feature: stage.feature,
      kind: 'feedback',
      severity: 'minor',
      text: 'nice',
      positive: true,
    }
    expect((await send('reports', report, { source: 'old', secret: other })).status).toBe(200)
    expectOk(await server.admin.call('deleteInboundSource', { params: { ...params, source: 'old' } }))
    expect((await send('reports', report, { source: 'old', secret: other })).status).toBe(401)
  })
})

describe('reports', () => {
  test('a signed report of a machine is taken once by its webhook-id', async () => {
    const body = { feature: stage.feature, kind: 'security', severity: 'major', text: 'A leak' }
    const first = await send('reports', body, { id: 'msg_report' })
    expect(first).toMatchObject({ status: 200, body: { origin: 'inbound/ci', severity: 'major' } })
    expect((await send('reports', body, { id: 'msg_report' })).body).toEqual(first.body)
    const params = { project: stage.project, feature: stage.feature }
    const query = { kind: 'security' as const }
    const { items } = expectOk(await stage.developer.client.call('listReports', { params, query }))
    expect(items).toHaveLength(1)
  })

  test('a person reports, everybody is told, and it is resolved once', async () => {
    const { client } = stage.developer
    const params = { project: stage.project, feature: stage.feature }
    const body = { kind: 'complaint' as const, severity: 'critical' as const, text: 'I cannot pay.' }
    const made = expectOk(await client.call('createReport', { params, body }))
    expect(made).toMatchObject({ origin: 'person', reportedBy: stage.developer.id })
    const signals = expectOk(
      await client.call('listSignals', { params: { project: stage.project }, query: { limit: '1' } }),
    )
    expect(signals.items[0]).toMatchObject({
      type: 'dev.flagmarshal.report.received',
      subject: `features/new-checkout/reports/${made.id}`,
      data: { page: true, severity: 'critical' },
    })
    const key = { project: stage.project, report: made.id }
    const over = { reason: 'The provider is back.' }
    const resolved = expectOk(await client.call('resolveReport', { params: key, body: over }))
    expect(resolved.resolvedAt).toBeDefined()
    const again = await client.call('resolveReport', { params: key, body: over })
    expect(expectProblem(again).code).toBe('resolved-already')
    const open = expectOk(await client.call('listReports', { params, query: { open: 'true' } }))
    expect(open.items.map((it) => it.id)).not.toContain(made.id)
    const none = await client.call('createReport', { params: { ...params, feature: 'none' }, body })
    expect(expectProblem(none).status).toBe(404)
  })

  test('Alertmanager repeats an alert while it lasts: one report, resolved once, with its severity and feature', async () => {
    const alert = (status: 'firing' | 'resolved', more: Record<string, unknown> = {}) => ({
      status,
      labels: { alertname: 'CheckoutErrors', severity: 'critical', feature: 'new-checkout' },
      annotations: { summary: 'Checkout fails' },
      startsAt: '2026-03-02T10:00:00.000Z',
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-03-02T10:05:00.000Z',
      generatorURL: 'https://prometheus.shop.example/graph',
      fingerprint: 'c0ffee',
      ...more,
    })
    const group = (...alerts: unknown[]) => ({ version: '4', groupKey: 'g', receiver: 'flagmarshal', alerts })
    const headers = { authorization: `Bearer ${secret}` }
    const other = alert('firing', {
      labels: { alertname: 'Disk' },
      annotations: {},
      fingerprint: 'beef',
      startsAt: '2026-03-02T09:00:00Z',
    })
    const counts = []
    for (const body of [
      group(alert('firing'), other),
      group(alert('firing')),
      group(alert('resolved')),
      group(alert('resolved')),
      group(alert('firing', { startsAt: '2026-03-02T11:00:00.000Z' })),
    ])
      counts.push((await send('alertmanager', body, { headers })).body)
    expect(counts).toEqual([
      { reported: 2, resolved: 0, known: 0, drilled: 0 },
      { reported: 0, resolved: 0, known: 1, drilled: 0 },
      { reported: 0, resolved: 1, known: 0, drilled: 0 },
      { reported: 0, resolved: 0, known: 1, drilled: 0 },
      { reported: 1, resolved: 0, known: 0, drilled: 0 },
    ])
    const params = { project: stage.project }
    const query = { kind: 'incident' as const }
    const { items } = expectOk(await stage.developer.client.call('listProjectReports', { params, query }))
    expect(items.map((it) => [it.text, it.severity, it.feature, it.resolvedAt])).toEqual([
      ['Checkout fails', 'critical', 'new-checkout', undefined],
      ['Checkout fails', 'critical', 'new-checkout', '2026-03-02T10:05:00.000Z'],
      ['Disk', 'minor', undefined, undefined],
    ])
    expect((await send('alertmanager', group(), { headers: { authorization: 'Bearer wrong' } })).status).toBe(
      401,
    )
    expect((await send('alertmanager', { version: '3', alerts: [] }, { headers })).status).toBe(422)
  })
})
