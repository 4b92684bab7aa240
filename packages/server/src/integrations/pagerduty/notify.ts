/**
 * PagerDuty Events API v2: an alert where somebody must act, its end once that is over, and a change
 * event for everything else. https://developer.pagerduty.com/docs/events-api-v2-overview
 */
import { z } from 'zod'

import { outcomeOf } from '../http/outcome.ts'
import type { Message, Notify, Outgoing } from '../interfaces.ts'

const Settings = z.object({ url: z.string().default('https://events.pagerduty.com') })

/** Longest key by which PagerDuty recognises one alert, and longest summary. */
const [LONGEST_KEY, LONGEST_SUMMARY] = [255, 1_024]

/** Ends of the types that end an alert about the same rollout or report. */
const ENDS = /\.(rollout\.(rollback\.verified|resumed|completed|aborted)|report\.resolved)$/

/** Tells PagerDuty. It accepts with 202; 400 says that the event itself is wrong, which no retry mends. */
export function pagerdutyNotify(outgoing: Outgoing): Notify {
  return async (message, { settings, secret }, now) => {
    const { url } = Settings.parse(settings)
    const { path, event } = pagerdutyEvent(message)
    const result = await outgoing.send({
      method: 'POST',
      url: `${url.replace(/\/+$/, '')}${path}`,
      body: JSON.stringify({ routing_key: secret ?? '', ...event }),
      headers: { 'content-type': 'application/json' },
    })
    if (result.kind === 'answered' && result.status === 202) {
      return { kind: 'delivered', proof: { dedupKey: event['dedup_key'] ?? null } }
    }
    if (result.kind === 'answered' && result.status === 400) {
      return { kind: 'rejected', why: 'it answered 400: the event or the routing key is not accepted' }
    }
    const sent = outcomeOf(result, now)
    // Another success is not what PagerDuty promises: nobody may have been told.
    return sent.kind === 'delivered' ? { kind: 'failed', why: 'it did not answer 202' } : sent
  }
}

/** The event and where it goes. */
export function pagerdutyEvent(message: Message): {
  readonly path: string
  readonly event: Readonly<Record<string, unknown>>
} {
  const { headline, source, subject, at, data, links, type } = message
  const common = { summary: headline.slice(0, LONGEST_SUMMARY), source, timestamp: at.toISOString() }
  const shownLinks = links.map(({ title, url }) => ({ href: url, text: title }))
  const action = data['page'] === true ? 'trigger' : ENDS.test(type) ? 'resolve' : undefined
  if (action === undefined) {
    return {
      path: '/v2/change/enqueue',
      event: { payload: { ...common, custom_details: data }, links: shownLinks },
    }
  }
  const severity = /\.(rolledback|rollback\.failed)$/.test(type) ? 'critical' : 'error'
  return {
    path: '/v2/enqueue',
    event: {
      event_action: action,
      dedup_key: `flagmarshal/${source.split('/').at(-1)}/${subject}`.slice(0, LONGEST_KEY),
      payload: { ...common, severity, component: subject, class: type, custom_details: data },
      links: shownLinks,
    },
  }
}
