/**
 * Mail by SMTP (RFC 5321), with nodemailer. The name of the server is resolved under the rules for
 * outgoing requests, and the connection goes to that address.
 */
import { createTransport } from 'nodemailer'
import { z } from 'zod'

import type { Message, Notify, Outgoing } from '../interfaces.ts'

const TIMEOUT_MS = 10_000

const Settings = z.object({
  host: z.string(),
  port: z.number(),
  /** `tls` from the first byte, `starttls` demanded, `none` for a relay on the own network. */
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.string().optional(),
  from: z.string(),
  to: z.array(z.string()),
})

/** Tells people by mail. A refusal for good (5xx) is not tried again. */
export function mailNotify(outgoing: Outgoing): Notify {
  return async (message, { settings, secret }) => {
    const { host, port, security, user, from, to } = Settings.parse(settings)
    const found = await outgoing.resolve(host)
    if (found.kind !== 'found') {
      return { kind: found.kind === 'refused' ? 'rejected' : 'failed', why: found.why }
    }
    const [address] = found.addresses
    const transport = createTransport({
      host: address?.address ?? host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { servername: host },
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user === undefined ? {} : { auth: { user, pass: secret ?? '' } }),
    })
    try {
      const sent = await transport.sendMail({
        from,
        to,
        subject: message.headline.replaceAll(/\s+/g, ' '),
        text: mailText(message),
        // The same on every attempt: readers show a repeat once.
        messageId: `<${message.id}@flagmarshal>`,
        date: message.at,
      })
      return { kind: 'delivered', proof: { messageId: sent.messageId } }
    } catch (error) {
      const code = responseCodeOf(error)
      const why = code === undefined ? `${host} cannot be reached` : `${host} answered ${code}`
      return { kind: code !== undefined && code >= 500 ? 'rejected' : 'failed', why }
    } finally {
      transport.close()
    }
  }
}

/** Plain text: the headline, what there is to say, links. */
export function mailText({ headline, detail, links, type, id }: Message): string {
  const parts = [headline, detail, ...links.map(({ title, url }) => `${title}: ${url}`), `${type} ${id}`]
  return `${parts.filter((it) => it !== '').join('\n\n')}\n`
}

/** The server's answer; wrong credentials are worth another try once somebody has put them right. */
function responseCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return undefined
  const { responseCode } = error
  const mayBeMended = 'code' in error && error.code === 'EAUTH'
  return typeof responseCode === 'number' && !mayBeMended ? responseCode : undefined
}
