/**
 * Which pages of other sites may call the server: those that the settings name, and only to evaluate
 * flags. What a page must be allowed to read beside the body is said too, or the OFREP web provider
 * cannot use its ETag (https://fetch.spec.whatwg.org/#http-cors-protocol).
 */
import type { FastifyCorsOptions, FastifyCorsOptionsDelegateCallback } from '@fastify/cors'

const EVALUATION = ['/ofrep/', '/api/frontend']

/** What SDKs of Unleash say of themselves. */
const UNLEASH_HEADERS = ['unleash-appname', 'unleash-connection-id', 'unleash-sdk']

/** How long a browser need not ask again. */
const MAX_AGE_S = 7_200

const NOBODY: FastifyCorsOptions = { origin: false }

/** Decides for each request, by its address. `*` allows every origin; credentials are never sent. */
export function crossOrigin(origins: readonly string[]): FastifyCorsOptionsDelegateCallback {
  const some: FastifyCorsOptions = {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'x-api-key',
      'content-type',
      'if-none-match',
      'last-event-id',
      ...UNLEASH_HEADERS,
    ],
    exposedHeaders: ['ETag', 'Retry-After'],
    maxAge: MAX_AGE_S,
  }
  return (request, decide) =>
    decide(null, origins.length > 0 && EVALUATION.some((it) => request.url.startsWith(it)) ? some : NOBODY)
}
