/**
 * Slack by an incoming webhook, whose address is the secret:
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import { outcomeOf } from '../http/outcome.ts'
import type { Message, Notify, Outgoing } from '../interfaces.ts'

/** Slack's limits: a text of a section, a label of a button, buttons in a row. */
const [LONGEST_TEXT, LONGEST_LABEL, MOST_BUTTONS] = [3_000, 75, 5]

/** Tells Slack. A webhook that is unknown (404) or removed (410) ends the channel. */
export function slackNotify(outgoing: Outgoing): Notify {
  return async (message, { secret }, now) => {
    const result = await outgoing.send({
      method: 'POST',
      url: secret ?? '',
      body: JSON.stringify(slackMessage(message)),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    return outcomeOf(result, now, [404, 410])
  }
}

/** Text for notifications, blocks for the channel; buttons are links and need no app behind them. */
export function slackMessage({ headline, detail, links }: Message): Record<string, unknown> {
  const buttons = links.slice(0, MOST_BUTTONS).map(({ title, url }) => ({
    type: 'button',
    text: { type: 'plain_text', text: title.slice(0, LONGEST_LABEL) },
    url,
  }))
  const text = detail === '' ? `*${escape(headline)}*` : `*${escape(headline)}*\n${escape(detail)}`
  return {
    text: headline.slice(0, LONGEST_TEXT),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, LONGEST_TEXT) } },
      ...(buttons.length === 0 ? [] : [{ type: 'actions', elements: buttons }]),
    ],
  }
}

/** The three characters that Slack gives a meaning of its own. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
