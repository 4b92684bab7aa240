/**
 * Passes a request on to the backend that serves its shopper, over connections that stay open.
 *
 * Requests and answers of the shop are a few hundred bytes of text: each is taken whole and passed
 * on in one write, which costs the edge a quarter less than piping does.
 */
import { Agent, request as open } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Passes a request on under the same path. */
export type Forward = (request: IncomingMessage, response: ServerResponse, shopper: string) => void

const LONGEST_BODY = 10_000

/** Forwards to these backends; a shopper always meets the same one. */
export function forwardTo(backends: readonly URL[]): Forward {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })

  function send(request: IncomingMessage, response: ServerResponse, shopper: string, body: string): void {
    const backend = backends[placeOf(shopper, backends.length)]
    if (backend === undefined) throw new Error('there is no backend')
    const { method, url: path } = request
    const headers: Record<string, string | number> = { 'x-shopper': shopper }
    if (body !== '') {
      headers['content-type'] = request.headers['content-type'] ?? 'application/json'
      headers['content-length'] = Buffer.byteLength(body)
    }
    const { hostname: host, port } = backend
    const upstream = open({ agent, host, port, path, method, headers }, (answer) => {
      response.statusCode = answer.statusCode ?? 502
      response.setHeader('content-type', answer.headers['content-type'] ?? 'application/json')
      takeText(answer, Infinity, (text) => response.end(text))
      answer.on('error', (error) => fail(response, 502, error.message))
    })
    upstream.on('error', (error) => fail(response, 502, error.message))
    upstream.end(body)
  }

  return (request, response, shopper) => {
    if (request.method === 'GET') return send(request, response, shopper, '')
    takeText(request, LONGEST_BODY, (body) => {
      if (body.length <= LONGEST_BODY) send(request, response, shopper, body)
      else fail(response, 413, `A request has at most ${LONGEST_BODY} characters.`)
    })
  }
}

/** Calls back with the text of a message, cut somewhere above `most`; never, when its sender goes away before. */
function takeText(message: IncomingMessage, most: number, take: (text: string) => void): void {
  let text = ''
  message.setEncoding('utf8')
  message.on('data', (chunk: string) => {
    if (text.length <= most) text += chunk
  })
  message.on('end', () => take(text))
}

function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ code: status === 413 ? 'too-long' : 'backend-unreachable', message }))
}

/** A place in 0..count-1 for a name; the same name, the same place. */
function placeOf(name: string, count: number): number {
  let sum = 0
  for (const character of name) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return sum % count
}
