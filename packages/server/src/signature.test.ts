/** Signatures against the vector of the specification and the library that receivers use. */
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

import { faultOfSignature, newWebhookSecret, sign, webhookKey } from './signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const TIMESTAMP = 1_614_265_330
const BODY = '{"test": 2432232314}'
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
const NOW = new Date(TIMESTAMP * 1_000)

function keyOf(secret: string): Buffer {
  const key = webhookKey(secret)
  if (key === undefined) throw new Error('the secret is not usable')
  return key
}

function fault(changed: Readonly<Record<string, string | undefined>> = {}, body = BODY, now = NOW) {
  const headers: Record<string, string | undefined> = {
    'webhook-id': ID,
    'webhook-timestamp': String(TIMESTAMP),
    'webhook-signature': SIGNATURE,
    ...changed,
  }
  return faultOfSignature(keyOf(SECRET), (name) => headers[name], Buffer.from(body), now)
}

describe('P-O2 signatures', () => {
  test('the vector of Standard Webhooks is signed as it says', () => {
    expect(sign(keyOf(SECRET), { id: ID, timestamp: TIMESTAMP, body: BODY })).toBe(SIGNATURE)
  })

  test('the library of receivers believes what is signed with a new secret', () => {
    const secret = newWebhookSecret()
    const timestamp = Math.floor(Date.now() / 1_000)
    const signature = sign(keyOf(secret), { id: 'signal_1', timestamp, body: '{"á":1}' })
    const headers = {
      'webhook-id': 'signal_1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    }
    expect(new Webhook(secret).verify('{"á":1}', headers)).toEqual({ á: 1 })
  })

  test('a message is believed with one fitting signature among several, up to five minutes off', () => {
    expect(fault()).toBeUndefined()
    expect(fault({ 'webhook-signature': `v1,AAAA v1a,BBBB ${SIGNATURE}` })).toBeUndefined()
    for (const s of [-300, 300]) expect(fault({}, BODY, new Date(NOW.getTime() + s * 1_000))).toBeUndefined()
  })

  test.each([
    ['another body', {}, '{"test": 1}', 0, 'fits'],
    ['another id', { 'webhook-id': 'msg_2' }, BODY, 0, 'fits'],
    ['another time', { 'webhook-timestamp': String(TIMESTAMP + 1) }, BODY, 0, 'fits'],
    ['no signature', { 'webhook-signature': undefined }, BODY, 0, 'needed'],
    ['no number as time', { 'webhook-timestamp': 'now' }, BODY, 0, 'needed'],
    ['a time too far back', {}, BODY, 301, 'five minutes'],
    ['a time too far ahead', {}, BODY, -301, 'five minutes'],
  ] as const)('a message with %s is not', (...[, changed, body, lateS, words]) => {
    expect(fault(changed, body, new Date(NOW.getTime() + lateS * 1_000))).toContain(words)
  })

  test.each(['', 'whsec_', 'whsec_short', 'secret', `whsec_${'A'.repeat(120)}`])('%s is no secret', (it) => {
    expect(webhookKey(it)).toBeUndefined()
  })
})
