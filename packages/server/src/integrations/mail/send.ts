/**
 * Sending one mail by SMTP (RFC 5321), with nodemailer. The name of the server is resolved under the
 * rules for outgoing requests (R16), and the connection goes to that address.
 */
import { createTransport } from 'nodemailer'

import type { Outgoing } from '../interfaces.ts'

const TIMEOUT_MS = 10_000

/** `tls` from the first byte, `starttls` demanded, `none` for a relay on the own network. */
export type MailSecurity = 'tls' | 'starttls' | 'none'

/** A mail server, and who signs in to it. */
export interface MailServer {
  readonly host: string
  readonly port: number
  readonly security: MailSecurity
  readonly user?: string | undefined
  readonly password?: string | undefined
}

/** A mail in plain text. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly messageId?: string
  readonly date?: Date
}

/** How it went; `code` is the answer of the mail server, where it gave one. The sentences hold no secret. */
export type MailSent =
  | { readonly kind: 'sent'; readonly messageId: string }
  | { readonly kind: 'refused' | 'failed'; readonly why: string; readonly code?: number }

/** Sends it, once. Never rejects. */
export async function sendMail(outgoing: Outgoing, server: MailServer, mail: Mail): Promise<MailSent> {
  const { host, port, security, user, password } = server
  const found = await outgoing.resolve(host)
  if (found.kind !== 'found') return found
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
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
  })
  try {
    const sent = await transport.sendMail({ ...mail, to: [...mail.to] })
    return { kind: 'sent', messageId: sent.messageId }
  } catch (error) {
    const code = responseCodeOf(error)
    return code === undefined
      ? { kind: 'failed', why: `${host} cannot be reached` }
      : { kind: 'failed', why: `${host} answered ${code}`, code }
  } finally {
    transport.close()
  }
}

/** The server's answer; wrong credentials are worth another try once somebody has put them right. */
function responseCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return undefined
  const { responseCode } = error
  const mayBeMended = 'code' in error && error.code === 'EAUTH'
  return typeof responseCode === 'number' && !mayBeMended ? responseCode : undefined
}

const SECURITY: Readonly<Record<string, { readonly security: MailSecurity; readonly port: number }>> = {
  'smtps:': { security: 'tls', port: 465 },
  'smtp:': { security: 'starttls', port: 587 },
  'smtp+plain:': { security: 'none', port: 25 },
}

/** What sends the mails of the installation itself; undefined where no mail server is set. Rejects where it fails. */
export function mailOf(
  { url: given, from: sender }: { readonly url: string | undefined; readonly from: string | undefined },
  outgoing: Outgoing,
): ((mail: { to: string; subject: string; text: string }) => Promise<void>) | undefined {
  if (given === undefined) return undefined
  const url = new URL(given)
  const usual = SECURITY[url.protocol] ?? { security: 'starttls' as const, port: 587 }
  const server = {
    host: url.hostname,
    port: url.port === '' ? usual.port : Number(url.port),
    security: usual.security,
    ...(url.username === ''
      ? {}
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
  }
  const from = sender ?? `flagmarshal@${url.hostname}`
  return async ({ to, subject, text }) => {
    const sent = await sendMail(outgoing, server, { from, to: [to], subject, text: `${text}\n` })
    if (sent.kind !== 'sent') throw new Error(sent.why)
  }
}
