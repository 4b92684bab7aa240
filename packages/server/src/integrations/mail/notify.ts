/** Telling people by mail. */
import { z } from 'zod'

import type { Message, Notify, Outgoing } from '../interfaces.ts'
import { sendMail } from './send.ts'

const Settings = z.object({
  host: z.string(),
  port: z.number(),
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.string().optional(),
  from: z.string(),
  to: z.array(z.string()),
})

/** Tells people by mail. A refusal for good (5xx) is not tried again. */
export function mailNotify(outgoing: Outgoing): Notify {
  return async (message, { settings, secret }) => {
    const { from, to, ...server } = Settings.parse(settings)
    const sent = await sendMail(
      outgoing,
      { ...server, password: secret },
      {
        from,
        to,
        subject: message.headline.replaceAll(/\s+/g, ' '),
        text: mailText(message),
        // The same on every attempt: readers show a repeat once.
        messageId: `<${message.id}@flagmarshal>`,
        date: message.at,
      },
    )
    if (sent.kind === 'sent') return { kind: 'delivered', proof: { messageId: sent.messageId } }
    const { kind, why, code } = sent
    return { kind: kind === 'refused' || (code ?? 0) >= 500 ? 'rejected' : 'failed', why }
  }
}

/** Plain text: the headline, what there is to say, links. */
export function mailText({ headline, detail, links, type, id }: Message): string {
  const parts = [headline, detail, ...links.map(({ title, url }) => `${title}: ${url}`), `${type} ${id}`]
  return `${parts.filter((it) => it !== '').join('\n\n')}\n`
}
