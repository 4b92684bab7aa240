/** P-O2, R16: each kind of channel against a small real server that has the traps of the real one. */
import { createOutgoing } from '@flagmarshal/server/integrations/http/outgoing'
import type { Message, Sent } from '@flagmarshal/server/integrations/interfaces'
import { jiraNotify } from '@flagmarshal/server/integrations/jira/notify'
import { mailNotify } from '@flagmarshal/server/integrations/mail/notify'
import { pagerdutyNotify } from '@flagmarshal/server/integrations/pagerduty/notify'
import { slackNotify } from '@flagmarshal/server/integrations/slack/notify'
import { webhookNotify } from '@flagmarshal/server/integrations/webhook/notify'
import { describe, expect, test } from 'vitest'

import { JIRA, startJira } from './support/jira.ts'
import { startMail } from './support/mail.ts'
import { startReceiver, status } from './support/receiver.ts'
import { SECRET } from './support/signals.ts'

const outgoing = createOutgoing(['127.0.0.1'])
const NOW = new Date('2026-03-02T10:00:00Z')

const MESSAGE: Message = {
  id: 'signal_abc',
  type: 'dev.flagmarshal.rolloutplan.approved',
  source: 'https://flags.shop.example/api/v1/projects/shop',
  subject: 'features/new-checkout',
  at: NOW,
  data: { feature: 'new-checkout', ticket: JIRA.issue },
  headline: 'Rollout plan approved: new-checkout',
  detail: 'All <three> roles & more.',
  links: [{ title: 'Run', url: 'https://flags.shop.example/run' }],
  auditHead: '3:abc',
}

describe('Slack', () => {
  const notify = slackNotify(outgoing)

  test('gets a text, blocks and buttons that are links', async () => {
    await using receiver = await startReceiver()
    const secret = `${receiver.url}/services/T0/B0/XX`
    expect(await notify(MESSAGE, { settings: {}, secret }, NOW)).toEqual({ kind: 'delivered' })
    expect(receiver.received[0]?.path).toBe('/services/T0/B0/XX')
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      text: MESSAGE.headline,
      blocks: [
        { type: 'section', text: { text: expect.stringContaining('All &lt;three&gt; roles &amp; more.') } },
        { type: 'actions', elements: [{ type: 'button', url: 'https://flags.shop.example/run' }] },
      ],
    })
  })

  test.each([
    [404, 'gone'],
    [410, 'gone'],
    [500, 'failed'],
  ])('%i means %s, and the address is not repeated', async (code, kind) => {
    await using receiver = await startReceiver(status(code))
    const sent = await notify(MESSAGE, { settings: {}, secret: `${receiver.url}/services/SECRET` }, NOW)
    expect(sent.kind).toBe(kind)
    expect(JSON.stringify(sent)).not.toContain('SECRET')
  })

  test('429 is waited for as long as it asks', async () => {
    await using receiver = await startReceiver(status(429, { 'retry-after': '30' }))
    expect(await notify(MESSAGE, { settings: {}, secret: receiver.url }, NOW)).toMatchObject({
      kind: 'failed',
      afterMs: 30_000,
    })
  })
})

describe('PagerDuty', () => {
  const notify = pagerdutyNotify(outgoing)
  const rolled = {
    ...MESSAGE,
    type: 'dev.flagmarshal.rollout.rolledback',
    subject: 'features/x/rollouts/rollout_1',
  }

  test('is triggered when somebody must act, and resolved by the same key', async () => {
    await using receiver = await startReceiver(status(202))
    const to = { settings: { url: receiver.url }, secret: 'routing' }
    expect((await notify({ ...rolled, data: { page: true } }, to, NOW)).kind).toBe('delivered')
    const over = { ...rolled, type: 'dev.flagmarshal.rollout.rollback.verified', data: { page: false } }
    expect((await notify(over, to, NOW)).kind).toBe('delivered')
    const [trigger, resolve] = receiver.received.map((it) => ({ path: it.path, ...JSON.parse(it.body) }))
    expect(trigger).toMatchObject({
      path: '/v2/enqueue',
      routing_key: 'routing',
      event_action: 'trigger',
      payload: { severity: 'critical', summary: MESSAGE.headline },
    })
    expect(resolve).toMatchObject({ event_action: 'resolve', dedup_key: trigger.dedup_key })
  })

  test('hears of everything else as a change', async () => {
    await using receiver = await startReceiver(status(202))
    await notify(MESSAGE, { settings: { url: receiver.url }, secret: 'routing' }, NOW)
    expect(receiver.received[0]?.path).toBe('/v2/change/enqueue')
  })

  test.each([
    [200, 'failed'],
    [400, 'rejected'],
    [429, 'failed'],
    [503, 'failed'],
  ])('%i is no 202: %s', async (code, kind) => {
    await using receiver = await startReceiver(status(code))
    const sent = await notify(MESSAGE, { settings: { url: receiver.url }, secret: 'routing' }, NOW)
    expect(sent.kind).toBe(kind)
  })
})

describe('P-S7-4 Jira', () => {
  const notify = jiraNotify(outgoing)
  const to = (url: string, more: Record<string, unknown> = {}) => ({
    settings: { site: url, email: JIRA.email, ...more },
    secret: JIRA.token,
  })

  test('gets a comment, a link and the transition of that name; their ids are the proof', async () => {
    await using jira = await startJira()
    const sent = await notify(MESSAGE, to(jira.url, { transition: 'ready for ROLLOUT' }), NOW)
    expect(sent).toEqual({
      kind: 'delivered',
      proof: { ticket: 'SHOP-7', comment: '10000', remoteLink: '20000', transition: '31' },
    })
    expect(jira.status).toBe('Ready for rollout')
    expect(jira.comments[0]?.body).toMatchObject({ type: 'doc', version: 1 })
    expect([...jira.links.values()][0]).toMatchObject({
      object: { url: 'https://flags.shop.example/run', title: 'Rollout of new-checkout' },
      relationship: 'is rolled out by',
    })
  })

  test('the same message again makes no second comment and no second link', async () => {
    await using jira = await startJira()
    const first = await notify(MESSAGE, to(jira.url), NOW)
    expect(await notify(MESSAGE, to(jira.url), NOW)).toEqual(first)
    expect(jira.comments).toHaveLength(1)
    expect(jira.links.size).toBe(1)
  })

  test('a link keeps what others wrote in it', async () => {
    await using jira = await startJira()
    await notify(MESSAGE, to(jira.url), NOW)
    const [globalId, link] = [...jira.links][0] ?? []
    if (globalId === undefined || link === undefined) throw new Error('there is no link')
    const object = { ...Object(link['object']), status: { resolved: true }, icon: { title: 'theirs' } }
    jira.links.set(globalId, { ...link, relationship: 'theirs', object })
    await notify({ ...MESSAGE, id: 'signal_def', headline: 'Later' }, to(jira.url), NOW)
    expect(jira.links.get(globalId)).toMatchObject({
      relationship: 'theirs',
      application: { name: 'Flagmarshal' },
      object: { summary: 'Later', status: { resolved: true }, icon: { title: 'theirs' } },
    })
  })

  test('a transition that the workflow does not offer is none; the rest is done', async () => {
    await using jira = await startJira()
    const sent = await notify(MESSAGE, to(jira.url, { transition: 'Ship it' }), NOW)
    expect(sent).toMatchObject({ kind: 'delivered', proof: { transition: null } })
    expect(jira.status).toBe('In review')
  })

  test('wrong credentials, an unknown issue and 429 are failures that say so, without the token', async () => {
    await using jira = await startJira()
    const sent: Sent[] = [await notify(MESSAGE, { ...to(jira.url), secret: 'wrong-token' }, NOW)]
    sent.push(await notify({ ...MESSAGE, data: { ...MESSAGE.data, ticket: 'SHOP-8' } }, to(jira.url), NOW))
    jira.fails = 429
    sent.push(await notify(MESSAGE, to(jira.url), NOW))
    expect(sent).toEqual([
      { kind: 'failed', why: 'it answered 401' },
      { kind: 'failed', why: 'it answered 404' },
      { kind: 'failed', why: 'it answered 429', afterMs: 60_000 },
    ])
    expect(jira.writes).toBe(0)
  })

  test('a signal about a feature without a ticket asks Jira for nothing', async () => {
    const sent = await notify({ ...MESSAGE, data: {} }, to('http://127.0.0.1:1'), NOW)
    expect(sent).toMatchObject({ kind: 'delivered' })
  })
})

describe('mail', () => {
  const notify = mailNotify(outgoing)

  const settings = (port: number) => ({
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'flags@shop.example',
    to: ['ops@shop.example', 'lead@shop.example'],
  })

  test('arrives at everybody, with the id of the signal as its own', async () => {
    await using server = await startMail()
    const to = { settings: settings(server.port), secret: undefined }
    expect(await notify(MESSAGE, to, NOW)).toMatchObject({
      kind: 'delivered',
      proof: { messageId: '<signal_abc@flagmarshal>' },
    })
    expect(server.mails[0]?.to).toEqual(['ops@shop.example', 'lead@shop.example'])
    expect(server.mails[0]?.text).toContain('Subject: Rollout plan approved: new-checkout')
    expect(server.mails[0]?.text).toContain('Run: https://flags.shop.example/run')
  })

  test('a headline with line breaks makes no header of its own', async () => {
    await using server = await startMail()
    const headline = 'Killed\r\nBcc: everybody@shop.example'
    await notify({ ...MESSAGE, headline }, { settings: settings(server.port), secret: undefined }, NOW)
    expect(server.mails[0]?.to).toHaveLength(2)
    expect(server.mails[0]?.text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
  })

  test.each([
    [550, 'rejected'],
    [451, 'failed'],
  ])('%i means %s', async (responseCode, kind) => {
    await using server = await startMail({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
    })
    const sent = await notify(MESSAGE, { settings: settings(server.port), secret: undefined }, NOW)
    expect(sent.kind).toBe(kind)
  })

  test('R16 a mail server in the own network is refused, one that is not there is a failure', async () => {
    const inside = { settings: { ...settings(25), host: '10.0.0.1' }, secret: undefined }
    expect((await notify(MESSAGE, inside, NOW)).kind).toBe('rejected')
    expect((await notify(MESSAGE, { settings: settings(1), secret: undefined }, NOW)).kind).toBe('failed')
  })
})

describe('webhooks', () => {
  test('one that closes in the middle of its answer, or redirects, is a failure', async () => {
    await using receiver = await startReceiver((request, response) => {
      if (request.path === '/half') {
        response.writeHead(200, { 'content-length': 10 }).write('half')
        setImmediate(() => response.destroy())
      } else response.writeHead(307, { location: 'https://elsewhere.example/' }).end()
    })
    const notify = webhookNotify(outgoing)
    for (const path of ['/half', '/moved']) {
      const to = { settings: { url: `${receiver.url}${path}` }, secret: SECRET }
      expect((await notify(MESSAGE, to, NOW)).kind).toBe('failed')
    }
  })
})
