/**
 * Who is asking: a cookie that names the browser, made at the first visit.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

const COOKIE = 'shopper'
const VALID = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z0-9-]{1,40})(?:;|$)`)

const known = new WeakMap<IncomingMessage, string>()

/** The shopper of a request; a new one where the request names none. */
export function shopperOf(request: IncomingMessage): string {
  const already = known.get(request)
  if (already !== undefined) return already
  const shopper = VALID.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID()
  known.set(request, shopper)
  return shopper
}

/** Sets the cookie where the request came without one. */
export function greet(request: IncomingMessage, response: ServerResponse): void {
  if (VALID.test(request.headers.cookie ?? '')) return
  const cookie = `${COOKIE}=${shopperOf(request)}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`
  response.setHeader('set-cookie', cookie)
}
