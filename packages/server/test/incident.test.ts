/** An incident that another system tells of keeps rollouts where they are, and nobody from turning a flag off. */
import type { TriggerEvent } from '@flagmarshal/api/inbound'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { newFlag } from './support/flags.ts'
import {
  addFeature,
  createApprovals,
  decisions,
  place,
  QUICK,
  served,
  start,
  until,
} from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const approvals = createApprovals()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
})
afterAll(() => server.close())

const SOURCE = 'https://pager.shop.example'
const [STAGE] = QUICK.stages

/** An incident as CDEvents tells of it. */
const incident = (id: string, verb: string, more: Partial<TriggerEvent> = {}): TriggerEvent => ({
  specversion: '1.0',
  id,
  source: SOURCE,
  type: `dev.cdevents.incident.${verb}.0.3.0`,
  subject: 'INC-7',
  data: {
    context: { version: '0.4.1' },
    subject: { id: 'INC-7', type: 'incident', content: { description: 'The database is slow' } },
  },
  ...more,
})

async function sendTo({ project }: Place, secret: string, event: TriggerEvent) {
  const [text, at] = [JSON.stringify(event), new Date()]
  const answer = await fetch(`${server.address}/api/v1/projects/${project}/inbound/pager/cloudevents`, {
    method: 'POST',
    body: text,
    headers: {
      'content-type': 'application/cloudevents+json',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(event.id, at, text),
    },
  })
  const body: unknown = await answer.json()
  return { status: answer.status, body }
}

async function sourceOf({ project }: Place): Promise<string> {
  const wish = { params: { project }, body: { key: 'pager' } }
  return expectOk(await server.admin.call('createInboundSource', wish)).secret
}

test('a CloudEvent of an incident holds every rollout of the project; a kill works meanwhile; once it is over the other goes on', async () => {
  const one = { ...(await place(server, 'frozen')), server }
  const two = { ...one, flag: 'frozen-too' }
  const params = { project: one.project }
  expectOk(await server.admin.call('createFlag', { params, body: newFlag(two.flag) }))
  await addFeature(one)
  const secret = await sourceOf(one)
  const long = { ...QUICK, stages: [{ ...STAGE!, bakeMs: 4_000 }] }
  const traffic = await Promise.all([one, two].map((it) => startTraffic(it)))
  const ids = await Promise.all([one, two].map((it) => start(it, approvals.approve(it.flag, long))))
  const [first = '', second = ''] = ids
  for (const id of ids) await until(one, id, (it) => it.position?.percent === 50)

  const event = incident('event-1', 'detected')
  const begun = await sendTo(one, secret, event)
  expect(begun).toMatchObject({ status: 200, body: { did: 'reported', report: expect.any(String) } })
  expect(await sendTo(one, secret, event), 'the same again gets the same answer').toEqual(begun)
  for (const id of ids) {
    const held = await until(one, id, (it) => it.state === 'held')
    expect(held).toMatchObject({ hold: { reason: 'incident' }, incident: { severity: 'major' } })
    const act = { params: { ...params, rollout: id }, body: { reason: 'we are in a hurry' } }
    expect(expectProblem(await server.admin.call('advanceRollout', act)).code).toBe('incident-open')
  }

  const flag = { ...params, flag: one.flag, environment: 'production' }
  expectOk(await server.admin.call('killFlag', { params: flag, body: { reason: 'it may be this' } }))
  await until(one, first, (it) => it.state === 'aborted')
  expect(await served(one)).toMatchObject({ enabled: false })

  const over = await sendTo(one, secret, incident('event-2', 'resolved'))
  expect(over).toMatchObject({ status: 200, body: { did: 'resolved' } })
  await until(two, second, (it) => it.state === 'completed')
  await Promise.all(traffic.map((it) => it.stop()))
  const kinds = (await decisions(two, second)).map((it) => it.kind)
  expect(kinds).toEqual(['scheduled', 'observe', 'advance', 'hold', 'continue', 'advance', 'complete'])
})

test('an incident is reported once however often it is told of, ended once, and may begin again', async () => {
  const at = { ...(await place(server, 'again')), server }
  await addFeature(at)
  const secret = await sourceOf(at)
  const timed = (id: string, verb: string, seconds: number) =>
    incident(id, verb, { time: new Date(Date.UTC(2026, 5, 1, 0, 0, seconds)).toISOString() })
  const did = async (event: TriggerEvent) => Object((await sendTo(at, secret, event)).body).did
  expect(await did(timed('a', 'detected', 10))).toBe('reported')
  expect(await did(timed('b', 'reported', 20))).toBe('known')
  expect(await did(timed('c', 'resolved', 30))).toBe('resolved')
  expect(await did(timed('d', 'resolved', 31))).toBe('known')
  expect(await did(timed('e', 'reported', 25)), 'told late').toBe('known')
  expect(await did(timed('f', 'detected', 40))).toBe('reported')
  const another = { subject: 'INC', data: { severity: 'critical', feature: at.flag, text: 'Nothing works' } }
  expect((await sendTo(at, secret, incident('g', 'detected', another))).body).toMatchObject({
    feature: at.flag,
    did: 'reported',
  })
  const params = { project: at.project }
  const { items } = expectOk(
    await server.admin.call('listProjectReports', { params, query: { open: 'true' } }),
  )
  expect(items.map((it) => [it.severity, it.text, it.origin])).toEqual([
    ['critical', 'Nothing works', 'inbound/pager'],
    ['major', 'The database is slow', 'inbound/pager'],
  ])
})
