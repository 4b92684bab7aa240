/**
 * Signed webhooks: a CloudEvent in structured form (https://github.com/cloudevents/spec) under the
 * headers of Standard Webhooks, so that receivers verify with any library of theirs.
 */
import { z } from 'zod'

import { sign, webhookKey } from '../../signature.ts'
import { outcomeOf } from '../http/outcome.ts'
import type { Message, Notify, Outgoing } from '../interfaces.ts'

const Settings = z.object({ url: z.string() })

/** Tells a webhook. 410 ends the channel, as Standard Webhooks asks. */
export function webhookNotify(outgoing: Outgoing): Notify {
  return async (message, { settings, secret }, now) => {
    const { url } = Settings.parse(settings)
    const key = webhookKey(secret ?? '')
    if (key === undefined) return { kind: 'rejected', why: 'the channel has no usable secret' }
    const body = JSON.stringify(cloudEvent(message))
    const timestamp = Math.floor(now.getTime() / 1_000)
    const result = await outgoing.send({
      method: 'POST',
      url,
      body,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(key, { id: message.id, timestamp, body }),
      },
    })
    return outcomeOf(result, now)
  }
}

/**
 * The envelope; `flagmarshalaudit` anchors the audit chain outside of this server, `flagmarshalkillpage`
 * is where people turn off the flag that the event is about.
 */
export function cloudEvent(message: Message): Record<string, unknown> {
  const { id, type, source, subject, at, data, auditHead, killPage } = message
  return {
    specversion: '1.0',
    id,
    type,
    source,
    subject,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    flagmarshalaudit: auditHead,
    ...(killPage === undefined ? {} : { flagmarshalkillpage: killPage }),
    data,
  }
}
