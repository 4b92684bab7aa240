/**
 * Passes a request on to the backend that serves its shopper, over connections that stay open.
 */
import { Agent, request as open } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/** Passes a request on under a path of the backend's. */
export type Forward = (request: IncomingMessage, response: ServerResponse, shopper: string) => void

/** Forwards to these backends; a shopper always meets the same one. */
export function forwardTo(backends: readonly URL[]): Forward {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  return (request, response, shopper) => {
    const backend = backends[placeOf(shopper, backends.length)]
    if (backend === undefined) throw new Error('there is no backend')
    const headers = { 'x-shopper': shopper, ...bodyHeaders(request) }
    const upstream = open(
      {
        agent,
        host: backend.hostname,
        port: backend.port,
        path: request.url,
        method: request.method,
        headers,
      },
      (answer) => {
        response.statusCode = answer.statusCode ?? 502
        response.setHeader('content-type', answer.headers['content-type'] ?? 'application/json')
        pipeline(answer, response, () => undefined)
      },
    )
    upstream.on('error', (error) => fail(response, error))
    request.pipe(upstream)
  }
}

function bodyHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of ['content-type', 'content-length'] as const) {
    const value = request.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(502, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ code: 'backend-unreachable', message: error.message }))
}

/** A place in 0..count-1 for a name; the same name, the same place. */
function placeOf(name: string, count: number): number {
  let sum = 0
  for (const character of name) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return sum % count
}
