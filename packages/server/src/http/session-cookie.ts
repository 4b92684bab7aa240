/**
 * The cookie of a session, and the protection of writes that carry it.
 *
 * `SameSite=Lax` already keeps the cookie out of writes from other sites. Where a browser does not
 * know it, or another program on the same host is the attacker, two things must hold besides: the
 * page that asks is one of this server's (Origin), and the header `flagmarshal-console` is there,
 * which a form cannot send and another site may not without a permission that is never given.
 */
import type { IncomingHttpHeaders } from 'node:http'

import { HttpProblem } from './problems.ts'

const NAME = 'flagmarshal_session'

/** The secret of the session in a Cookie header. */
export function sessionOf(cookie: string | undefined, publicUrl: string | undefined): string | undefined {
  const value = valueOf(cookie, named(NAME, publicUrl))
  return value !== undefined && /^fm_session_\w{20,80}$/.test(value) ? value : undefined
}

/** The header that gives the browser a session. `Secure` where people come over https. */
export function sessionCookie(
  { secret, lengthMs }: { readonly secret: string; readonly lengthMs: number },
  publicUrl: string | undefined,
): string {
  return `${named(NAME, publicUrl)}=${secret}; Max-Age=${lengthMs / 1000}; ${attributes(publicUrl)}`
}

/** The header that takes it away. */
export function noSessionCookie(publicUrl: string | undefined): string {
  return `${named(NAME, publicUrl)}=; Max-Age=0; ${attributes(publicUrl)}`
}

/**
 * The cookie that a browser takes along to the provider: one for each sign-in that is under way, so that
 * two windows do not disturb each other. Without a value the header that takes it away.
 */
export function keptCookie(
  {
    state,
    value = '',
    seconds = 0,
  }: { readonly state: string; readonly value?: string; readonly seconds?: number },
  publicUrl: string | undefined,
): string {
  return `${named(keptName(state), publicUrl)}=${value}; Max-Age=${seconds}; ${attributes(publicUrl)}`
}

/** What that cookie of this state holds. */
export function keptOf(
  cookie: string | undefined,
  state: string,
  publicUrl: string | undefined,
): string | undefined {
  return valueOf(cookie, named(keptName(state), publicUrl))
}

function valueOf(cookie: string | undefined, name: string): string | undefined {
  const found = cookie?.split(/;\s*/).find((it) => it.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

function keptName(state: string): string {
  return `flagmarshal_sign_in_${state.replaceAll(/[^\w-]/g, '').slice(0, 12)}`
}

/**
 * Over https with the prefix that a browser takes from this very host only (RFC 6265bis, 4.1.3.2): another host of
 * the same domain cannot plant a cookie, and with it a session of its own.
 */
function named(name: string, publicUrl: string | undefined): string {
  return isSecure(publicUrl) ? `__Host-${name}` : name
}

function attributes(publicUrl: string | undefined): string {
  return `Path=/; HttpOnly; SameSite=Lax${isSecure(publicUrl) ? '; Secure' : ''}`
}

function isSecure(publicUrl: string | undefined): boolean {
  return publicUrl?.startsWith('https:') === true
}

/** Throws an HttpProblem 403 for a request that a page of another site sends. */
export function refuseForeignOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): void {
  if (headers.origin !== undefined && !isOwn(headers.origin, headers.host, publicUrl)) throw foreignPage()
}

/** Throws an HttpProblem 403 unless the request comes from a page of this server. */
export function refuseForeignPage(headers: IncomingHttpHeaders, publicUrl: string | undefined): void {
  const ours = headers['flagmarshal-console'] !== undefined && isOwn(headers.origin, headers.host, publicUrl)
  if (!ours) throw foreignPage()
}

function foreignPage(): HttpProblem {
  return new HttpProblem(403, 'foreign-page', 'This request does not come from a page of this server.', {
    remedy:
      'Use the console at its own address, or a token. Behind a proxy, set FLAGMARSHAL_PUBLIC_URL to that address.',
  })
}

function isOwn(origin: string | undefined, host: string | undefined, publicUrl: string | undefined): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false
  const own = new URL(origin)
  if (publicUrl !== undefined && own.origin === new URL(publicUrl).origin) return true
  return own.host === host
}
