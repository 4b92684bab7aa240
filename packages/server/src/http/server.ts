/**
 * The HTTP server: Fastify with our own reading of bodies, problems, request log and headers.
 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { sendConsole } from './console.ts'
import { crossOrigin } from './cross-origin.ts'
import { readJson } from './json-body.ts'
import {
  addressTooLong,
  bodyTooLarge,
  LARGEST_BODY_BYTES,
  LARGEST_HEADERS_BYTES,
  LONGEST_ADDRESS_BYTES,
  LONGEST_REQUEST_MS,
  SLOW_CHECK_MS,
  unreadable,
} from './limits.ts'
import { HttpProblem, problemAnswer } from './problems.ts'
import { answerQuickly } from './quick.ts'
import { noteRequest, requestIdOf } from './request-log.ts'
import { registerRoutes } from './router.ts'
import type { RouterParts } from './router.ts'
import { sendProblemAnswer } from './send-problem.ts'

/** A server with all routes, and what else is registered beside them, not listening yet. */
export async function createServer(
  parts: RouterParts,
  beside: (server: FastifyInstance) => Promise<void> = async () => undefined,
): Promise<FastifyInstance> {
  const requestMs = parts.requestMs ?? LONGEST_REQUEST_MS
  const server = Fastify({
    logger: false,
    bodyLimit: LARGEST_BODY_BYTES,
    exposeHeadRoutes: false,
    ...trusting(parts.trustedProxies),
    forceCloseConnections: 'idle',
    requestTimeout: requestMs,
    // While closing, what still arrives on an open connection is answered; `closeConnections` ends it.
    return503OnClosing: false,
    clientErrorHandler,
    http: {
      // Node would refuse without a body.
      requireHostHeader: false,
      maxHeaderSize: LARGEST_HEADERS_BYTES,
      // Node takes the longer one of the two for the whole request, whichever it was given as.
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(SLOW_CHECK_MS, requestMs),
    },
    routerOptions: { maxParamLength: 512 },
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      prepare(parts, request)
      sendProblem(parts, error, request, reply)
    },
  })
  if (parts.quick !== undefined) answerQuickly(server, { ...parts, routes: parts.quick })
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'none'"] } },
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    ['application/json', 'application/cloudevents+json'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      request.bytes = body
      return readJson(body)
    },
  )
  // Browsers send this to any site without asking it first, so nothing but beacons may come so.
  server.addContentTypeParser(
    'text/plain',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (parts.operations[request.routeOptions.config.operation ?? '']?.beacon !== true)
        throw new HttpProblem(415, 'content-type', 'Send the body as application/json.')
      request.bytes = body
      return readJson(body)
    },
  )
  server.decorateRequest('actor', undefined)
  server.decorateRequest('bytes', undefined)
  server.addHook('onRequest', async (request, reply) => {
    prepare(parts, request)
    refuseNameless(request)
    if (Buffer.byteLength(request.raw.url ?? '') > LONGEST_ADDRESS_BYTES) throw addressTooLong()
    reply.header('x-request-id', request.id).header('cache-control', 'no-store')
    if (parts.headers !== undefined) reply.headers(parts.headers())
  })
  server.addHook('onResponse', async (request, reply) =>
    noteRequest(
      { log: parts.log, metrics: parts.services.metrics },
      {
        requestId: request.id,
        operation: request.routeOptions.config.operation ?? 'none',
        method: request.method,
        url: request.url,
        status: reply.statusCode,
        ms: reply.elapsedTime,
        actor: request.actor,
      },
    ),
  )
  server.setErrorHandler((error, request, reply) => sendProblem(parts, error, request, reply))
  server.setNotFoundHandler((request, reply) => {
    if (sendConsole(parts.console, request, reply)) return
    sendProblem(parts, notRouted(parts, request), request, reply)
  })
  // After the error handler: it brings a route of its own.
  await server.register(cors, { delegator: crossOrigin(parts.allowedOrigins) })
  closeConnections(server)
  ignoreExpectations(server)
  registerRoutes(server, parts)
  await beside(server)
  return server
}

/** Whom to believe in X-Forwarded-For: nobody, unless the operator has said so. */
function trusting(proxies: readonly string[] = []): { readonly trustProxy?: string[] } {
  return proxies.length === 0 ? {} : { trustProxy: [...proxies] }
}

/** Node would answer 417 without a problem; a server may also ignore what it does not know (RFC 9110, 10.1.1). */
function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/**
 * Lets a closing server end: connections that have not asked for anything are not idle to Node, and
 * those whose request is still on its way would be kept alive after the answer.
 */
function closeConnections(server: FastifyInstance): void {
  const unused = new Set<Socket>()
  let closing = false
  server.server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.server.on('request', ({ socket }) => unused.delete(socket))
  server.addHook('preClose', async () => {
    closing = true
    // A request whose head is still on its way has not been announced, but it has begun.
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy()
  })
  server.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close')
  })
}

/** What Node's parser cannot read as HTTP never becomes a request; its sender gets a problem all the same. */
function clientErrorHandler(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const begun = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined
  const { status, problem } = problemAnswer(unreadable(error.code, begun))
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function prepare({ services }: RouterParts, request: FastifyRequest): void {
  request.now = services.clock.now()
}

function sendProblem(parts: RouterParts, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = problemAnswer(isTooLarge(error) ? bodyTooLarge(largestOf(request)) : error)
  const { status, problem } = answer
  if (status === 503)
    parts.log.warn({ code: problem.code, why: String(error), requestId: request.id }, problem.detail)
  else if (status >= 500) parts.log.error({ err: error, requestId: request.id }, problem.detail)
  void sendProblemAnswer(answer, request, reply)
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
}

function largestOf(request: FastifyRequest): number {
  return request.routeOptions.bodyLimit ?? LARGEST_BODY_BYTES
}

/** HTTP/1.1 wants to know which server is meant (RFC 9112, 3.2). */
function refuseNameless({ raw, headers }: FastifyRequest): void {
  if (raw.httpVersion !== '1.1' || headers.host !== undefined) return
  const message = 'HTTP/1.1 needs the header Host.'
  throw new HttpProblem(400, 'bad-request', message, { errors: [{ pointer: '#/header/host', message }] })
}

/** 405 where another method exists at this address, else 404. */
function notRouted({ operations }: RouterParts, request: FastifyRequest): HttpProblem {
  const path = request.url.split('?')[0] ?? ''
  const methods = Object.values(operations)
    .filter((it) => new RegExp(`^${it.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .map((it) => it.method)
  if (methods.length === 0) return new HttpProblem(404, 'not-found', 'There is nothing at this address.')
  const allow = [...new Set(methods)].join(', ')
  return new HttpProblem(405, 'method-not-allowed', `Use ${allow} here.`, { headers: { allow } })
}
