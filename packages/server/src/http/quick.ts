/**
 * Requests that come thousands of times a second, answered before Fastify sees them: one look into
 * memory for the token, one for the environment, one write.
 *
 * Only what is usual is answered here. Everything else goes on to the operation's route, body
 * included: a token that was not looked up a moment ago, a limit that is reached, a body with
 * something wrong about it. So each refusal is worded in one place, and the headers of an answer are
 * those that the route was seen to send.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

import type { Operation } from '@flagmarshal/api/operation'
import type { Permission } from '@flagmarshal/domain/access/permission'
import type { FastifyInstance } from 'fastify'

import { permissionsOfActor } from '../access/allow.ts'
import type { Authenticator } from '../access/authenticate.ts'
import type { Actor, Log } from '../context.ts'
import { ofrepAnswer } from './ofrep-problem.ts'
import { HttpProblem, problemAnswer } from './problems.ts'
import { noteRequest, requestIdOf } from './request-log.ts'
import type { HttpServices } from './services.ts'
import { createTurns, ROOM, WORK_OF_AN_ANSWER } from './turn.ts'

/** A usual request. */
export interface QuickCall {
  readonly actor: Actor
  /** The hash of the token. */
  readonly hash: string
  readonly now: Date
  readonly url: string
  readonly header: (name: string) => string | undefined
  readonly body: Buffer
}

/** How it is answered; 304 without bytes. */
export interface QuickAnswer {
  readonly etag?: string
  readonly bytes: Buffer | string | undefined
  readonly encoding?: 'gzip'
  /** What it cost, in evaluations of one flag; for answers that can wait. */
  readonly work?: number
  /** Called once it is sent. */
  count?(): void
}

export interface QuickRoute {
  /** The operation whose route answers what is unusual. */
  readonly id: string
  readonly takes: (url: string) => boolean
  /** It can wait where the server has much to answer; where too much waits it is refused with 429. */
  readonly canWait?: true
  /** undefined: the route decides. It must have changed nothing then. */
  readonly answer: (call: QuickCall) => QuickAnswer | undefined
}

interface QuickParts {
  readonly operations: Readonly<Record<string, Operation>>
  readonly routes: readonly QuickRoute[]
  readonly services: HttpServices
  readonly authenticator: Authenticator
  readonly log: Log
  readonly checkAnswers: boolean
  /** Further headers of every answer at this moment. */
  readonly headers?: () => Readonly<Record<string, string>>
}

const LARGEST_BODY_BYTES = 64 * 1024

/**
 * Headers that the route's answers do not pass on: those that are made for each answer, and those
 * that tell a browser how to treat a page, which data is not: each header is a share of the cost.
 */
const LEFT_OUT = new Set([
  'etag',
  'content-length',
  'content-encoding',
  'x-request-id',
  'date',
  'connection',
  'cross-origin-opener-policy',
  'origin-agent-cluster',
  'referrer-policy',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
])

/** Kinds of answers whose headers are remembered: routes times origins. */
const CAPACITY = 500

const EMPTY = Buffer.alloc(0)

/** One request on its way. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly route: QuickRoute
  readonly operation: Operation
  readonly caller: Pick<QuickCall, 'actor' | 'hash' | 'now'>
  readonly since: number
}

/** Lets the routes be answered ahead of Fastify until the server closes. */
export function answerQuickly(server: FastifyInstance, parts: QuickParts): void {
  const headers = rememberHeaders(server, parts)
  const bodies = new WeakMap<IncomingMessage, Buffer>()
  const turns = createTurns(ROOM)
  let closing = false

  server.addHook('preClose', async () => void (closing = true))
  server.addHook('preParsing', (request, _, payload, done) => {
    const body = bodies.get(request.raw)
    done(null, body === undefined ? payload : Readable.from([body]))
  })
  const [ordinary] = server.server.listeners('request')
  if (ordinary === undefined) throw new Error('Fastify does not listen to its server')
  server.server.removeAllListeners('request')
  server.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = closing ? undefined : exchangeOf(parts, request, response)
    if (exchange === undefined) return passOn(request, response)
    if (exchange.operation.method === 'GET') {
      if (answer(exchange, EMPTY) === undefined) passOn(request, response)
      return
    }
    readBody(request, (body) => answerInTurn(exchange, body))
  })

  function passOn(request: IncomingMessage, response: ServerResponse): void {
    ordinary?.call(server.server, request, response)
  }

  function answerInTurn(exchange: Exchange, body: Buffer): void {
    const { request, response, route } = exchange
    const work = (): number => {
      // Whoever has waited for it may be gone.
      if (response.destroyed) return 0
      const done = answer(exchange, body)
      if (done !== undefined) return done
      bodies.set(request, body)
      passOn(request, response)
      return WORK_OF_AN_ANSWER
    }
    if (route.canWait !== true || closing) work()
    else turns.take(work, () => refuse(exchange) || work())
  }

  /** Answers the work that it was; undefined where the route has to answer. */
  function answer(exchange: Exchange, body: Buffer): number | undefined {
    const { request, route, caller } = exchange
    const header = (name: string) => headerOf(request, name)
    const url = request.url ?? ''
    const given = closing ? undefined : route.answer({ ...caller, url, header, body })
    const usual =
      given && headers.of(nameOf(route.id, given.bytes === undefined ? 304 : 200, given.encoding, request))
    if (given === undefined || usual === undefined) return undefined
    send(parts, exchange, given, usual)
    return given.work ?? 0
  }

  /** Costs as little as a refusal can. False where the headers of an answer are not known yet. */
  function refuse({ request, response, route }: Exchange): boolean {
    if (response.destroyed) return true
    const usual = headers.of(nameOf(route.id, 200, undefined, request))
    if (usual === undefined || closing) return false
    const { status, body } = busyAnswer(route.id)
    const seconds = 1 + Math.floor(Math.random() * MOST_PATIENCE_S)
    const own = ['retry-after', String(seconds), 'content-length', String(Buffer.byteLength(body))]
    response.writeHead(status, [
      ...usual,
      'x-request-id',
      requestIdOf(request.headers['x-request-id']),
      ...own,
    ])
    response.end(body)
    parts.services.metrics.shed.inc({ operation: route.id })
    return true
  }
}

/** Who is refused comes back within so many seconds, and not all at once. */
const MOST_PATIENCE_S = 3

const busy = problemAnswer(
  new HttpProblem(429, 'server-busy', 'The server has more to answer at the moment than it can.', {
    remedy: 'Ask again after the seconds in Retry-After.',
  }),
)

function busyAnswer(operation: string): { readonly status: number; readonly body: string } {
  const { status, body } = ofrepAnswer(operation, busy.problem, {}) ?? {
    status: busy.status,
    body: busy.problem,
  }
  return { status, body: JSON.stringify(body) }
}

/** Worked out once for the actor of a remembered token, which is the same until the token is looked up anew. */
const permissions = new WeakMap<Actor, ReadonlySet<Permission>>()

function permissionsOf(actor: Actor): ReadonlySet<Permission> {
  const known = permissions.get(actor)
  if (known !== undefined) return known
  const allowed = permissionsOfActor(actor)
  permissions.set(actor, allowed)
  return allowed
}

/** The request, where everything about it but its body is usual. */
function exchangeOf(
  { routes, operations, services, authenticator }: QuickParts,
  request: IncomingMessage,
  response: ServerResponse,
): Exchange | undefined {
  const url = request.url ?? ''
  const route = routes.find((it) => it.takes(url))
  const operation = route && operations[route.id]
  if (route === undefined || operation === undefined || operation.method !== request.method) return undefined
  const { authorization, host } = request.headers
  if (host === undefined || authorization?.startsWith('Bearer ') !== true) return undefined
  if (operation.method !== 'GET' && !hasUsualBody(request)) return undefined
  const now = services.clock.now()
  const caller = authenticator.remembered(authorization.slice('Bearer '.length), now)
  if (caller === undefined || operation.can === 'public') return undefined
  if (!permissionsOf(caller.actor).has(operation.can)) return undefined
  return { request, response, route, operation, caller: { ...caller, now }, since: performance.now() }
}

// oxlint-disable-next-line max-params -- what is sent, to whom, and under which headers; used here only
function send(
  { operations, services, log, checkAnswers, headers }: QuickParts,
  { request, response, route, operation, caller, since }: Exchange,
  given: QuickAnswer,
  usual: readonly string[],
): void {
  const { etag, bytes, encoding } = given
  const requestId = requestIdOf(request.headers['x-request-id'])
  const all = [...usual, 'x-request-id', requestId]
  if (etag !== undefined) all.push('etag', etag)
  if (encoding !== undefined) all.push('content-encoding', encoding)
  if (headers !== undefined) all.push(...Object.entries(headers()).flat())
  if (bytes !== undefined) all.push('content-length', String(Buffer.byteLength(bytes)))
  if (checkAnswers && bytes !== undefined && encoding === undefined)
    operations[route.id]?.success.body?.parse(JSON.parse(bytes.toString()))
  const status = bytes === undefined ? 304 : 200
  response.writeHead(status, all)
  response.end(bytes)
  given.count?.()
  noteRequest(
    { log, metrics: services.metrics },
    {
      requestId,
      operation: route.id,
      method: operation.method,
      url: request.url ?? '',
      status,
      ms: performance.now() - since,
      actor: caller.actor,
    },
  )
}

/** The headers that the routes send, by the kind of answer. */
function rememberHeaders(server: FastifyInstance, { routes, headers }: QuickParts) {
  const known = new Map<string, readonly string[]>()
  const ids = new Set(routes.map(({ id }) => id))
  server.addHook('onSend', (request, reply, _, done) => {
    const { operation } = request.routeOptions.config
    const { statusCode } = reply
    if (operation !== undefined && ids.has(operation) && (statusCode === 200 || statusCode === 304)) {
      if (known.size >= CAPACITY) known.clear()
      const encoding = reply.getHeader('content-encoding')
      const changing = new Set([...LEFT_OUT, ...Object.keys(headers?.() ?? {})])
      const kept = Object.entries(reply.getHeaders()).filter(([header]) => !changing.has(header))
      known.set(
        nameOf(operation, statusCode, encoding, request.raw),
        kept.flatMap(([header, value]) => [header, String(value)]),
      )
    }
    done()
  })
  return { of: (name: string) => known.get(name) }
}

// oxlint-disable-next-line max-params -- the four that decide about headers; used here only
function nameOf(id: string, status: number, encoding: unknown, { headers }: IncomingMessage): string {
  return `${id} ${status} ${String(encoding)} ${headers.origin ?? ''}`
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

function hasUsualBody({ headers }: IncomingMessage): boolean {
  const type = headers['content-type']
  const length = Number(headers['content-length'] ?? Number.NaN)
  return (
    (type === 'application/json' || type === 'application/json; charset=utf-8') &&
    length > 0 &&
    length <= LARGEST_BODY_BYTES &&
    headers['content-encoding'] === undefined
  )
}

function readBody(request: IncomingMessage, read: (body: Buffer) => void): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  request.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk
    else (more ??= [first]).push(chunk)
  })
  request.on('end', () => read(more === undefined ? (first ?? EMPTY) : Buffer.concat(more)))
}
