/**
 * Serves the console: its files, and its page for every address that only the console knows.
 *
 * The page gets a Content-Security-Policy of its own: scripts and requests to this server only, no
 * evaluation of text, no inline script, and styles with the nonce of this one answer.
 */
import { randomBytes } from 'node:crypto'

import type { FastifyReply, FastifyRequest } from 'fastify'

import type { ConsoleFiles } from './console-files.ts'

/** What the build leaves in the page where the nonce belongs. */
const PLACEHOLDER = /__FLAGMARSHAL_NONCE__/g

/** Addresses of programs: what is not found there is a problem, never a page. */
const PROGRAMS = /^\/(api|ofrep|openfeature|healthz|readyz|metrics|openapi\.json|k|assets)(\/|$)/

/** Whether the console answered; otherwise nothing was sent. */
export function sendConsole(
  files: ConsoleFiles | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  if (files === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false
  const path = request.url.split('?')[0] ?? '/'
  const file = files.files.get(path)
  if (file !== undefined) {
    const hashed = path.startsWith('/assets/')
    reply
      .header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
      .header('vary', 'accept-encoding')
      .type(file.type)
    const gzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    if (gzip) reply.header('content-encoding', 'gzip')
    void reply.code(200).send(gzip ? file.gzipped : file.bytes)
    return true
  }
  const wanted = path === '/' || /\btext\/html\b/.test(request.headers.accept ?? '')
  if (PROGRAMS.test(path) || !wanted) return false
  const nonce = randomBytes(18).toString('base64url')
  void reply
    .code(200)
    .header('content-security-policy', policy(nonce))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(files.page.replace(PLACEHOLDER, nonce))
  return true
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
