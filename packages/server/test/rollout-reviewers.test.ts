/** P-X5: whoever is to look at a rollout is told by name, beside the channels that take its signals. */
import { expect, test } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import { startMail } from './support/mail.ts'
import { addFeature, createApprovals, place, QUICK, show, start, until } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'

const [STAGE] = QUICK.stages

test('P-X5 a review is asked of whoever holds the role for the feature and of whom the plan names, each by mail', async () => {
  const approvals = createApprovals()
  await using post = await startMail()
  await using server = await startServer({
    rolloutPorts: approvals,
    settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' },
  })
  const at = { ...(await place(server, 'reviewed')), server }
  await addFeature(at)
  const params = { project: at.project }
  const { roles } = expectOk(
    await server.admin.call('showFeature', { params: { ...params, feature: at.flag } }),
  )
  const [lead = ''] = roles.operationsLead
  const contacts = { [lead]: 'lead@shop.example', 'the night shift': 'night@shop.example' }
  expectOk(await server.admin.call('writePolicy', { params, body: { contacts }, ifMatch: 1 }))
  const settings = {
    host: '127.0.0.1',
    port: post.port,
    security: 'none' as const,
    from: 'flags@shop.example',
    to: ['everybody@shop.example'],
  }
  const channel = { key: 'post', kind: 'mail' as const, settings, subscribes: [] }
  expectOk(await server.admin.call('createChannel', { params, body: channel }))

  const traffic = await startTraffic(at)
  const reviews = {
    checkpoints: [new Date(Date.now() + 2_000).toISOString()],
    people: ['the night shift', 'pat@shop.example'],
  }
  const stages = [{ ...STAGE!, bakeMs: 300_000 }]
  const id = await start(at, approvals.approve(at.flag, { ...QUICK, stages, reviews }))
  await until(at, id, (it) => it.review?.due === true)
  const wanted = ['lead@shop.example', 'night@shop.example', 'pat@shop.example']
  await expect.poll(() => post.mails.flatMap((it) => it.to).toSorted()).toEqual(wanted)
  await traffic.stop()
  expect((await show(at, id)).review).toMatchObject({ role: 'operations-lead', people: reviews.people })
  const { items } = expectOk(await server.admin.call('listSignals', { params, query: { limit: '100' } }))
  expect(items.find((it) => it.type.endsWith('review.due'))?.data).toMatchObject({
    notify: ['operations-lead', lead, ...reviews.people],
  })
})
