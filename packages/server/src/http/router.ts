/**
 * Routes, made from the table of operations and the handlers: nothing else answers requests.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'

import type { Operation } from '@flagmarshal/api/operation'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Authenticator } from '../access/authenticate.ts'
import type { Actor, Context, Log } from '../context.ts'
import { sha256 } from '../id.ts'
import type { Answered, KeyedRequest, StoredAnswer } from '../idempotency/answer-once.ts'
import { authorize } from './authorize.ts'
import type { ConsoleFiles } from './console-files.ts'
import { decode } from './decode.ts'
import type { Decoded } from './decode.ts'
import { openEventStream } from './event-stream.ts'
import type { EventStream } from './event-stream.ts'
import type { BodyAnswer, Call, StreamAnswer, UnchangedAnswer } from './handler.ts'
import { HttpProblem, problemAnswer } from './problems.ts'
import type { QuickRoute } from './quick.ts'
import { sendProblemAnswer } from './send-problem.ts'
import type { HttpServices } from './services.ts'

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | undefined
    /** The time of the request, read once. */
    now: Date
    /** The body as it arrived. */
    bytes: Buffer | undefined
  }
  interface FastifyContextConfig {
    /** The id of the operation that the route serves. */
    operation?: string
  }
}

/** A handler whose operation is not known any more: the table has checked its types. */
export type AnyHandler = (call: never) => unknown

/** Runs `work` once for a key, with the services that write in its transaction, and answers a repeat in the same way. */
export type AnswerOnce = (
  context: Context,
  request: KeyedRequest,
  work: (services: HttpServices) => Promise<Answered | Refusal>,
) => Promise<StoredAnswer | Refusal>

/** What the routes need. */
export interface RouterParts {
  readonly operations: Readonly<Record<string, Operation>>
  readonly handlers: Readonly<Record<string, AnyHandler>>
  readonly services: HttpServices
  /** Gives a creation that is repeated its first answer; undefined where nothing can be created. */
  readonly answerOnce: AnswerOnce | undefined
  readonly authenticator: Authenticator
  readonly log: Log
  /** Open event streams; the app ends them when it closes. */
  readonly streams: Set<EventStream>
  /** The built console; undefined where it has not been built. */
  readonly console: ConsoleFiles | undefined
  /** Of which pages scripts may evaluate flags; `*` for any. */
  readonly allowedOrigins: readonly string[]
  /** Checks each answer against its schema: for tests. */
  readonly checkAnswers: boolean
  /** How long a request may take to arrive, in place of 30 s: for tests. */
  readonly requestMs?: number
  /** Answered ahead of the routes where everything about them is usual. */
  readonly quick?: readonly QuickRoute[]
  /** Addresses and ranges of the proxies in front, whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  /** Further headers of every answer at this moment. */
  readonly headers?: () => Readonly<Record<string, string>>
}

/** How often it is asked whether a stream may go on, in milliseconds. */
const RECHECK_MS = 5_000

type AnyAnswer = Refusal | StreamAnswer | BodyAnswer<unknown> | UnchangedAnswer

/** Registers every operation. Throws when an operation has no handler or a handler no operation. */
export function registerRoutes(server: FastifyInstance, parts: RouterParts): void {
  const { operations, handlers } = parts
  const missing = Object.keys(operations).filter((id) => !Object.hasOwn(handlers, id))
  const strays = Object.keys(handlers).filter((id) => !Object.hasOwn(operations, id))
  if (missing.length > 0) throw new Error(`operations without a handler: ${missing.join(', ')}`)
  if (strays.length > 0) throw new Error(`handlers without an operation: ${strays.join(', ')}`)

  for (const [id, operation] of Object.entries(operations)) {
    server.route({
      method: operation.method,
      url: urlOf(operation),
      ...(operation.bodyBytes === undefined ? {} : { bodyLimit: operation.bodyBytes }),
      config: { operation: id },
      onRequest: async (request) => {
        if (operation.rest === true) request.params = namedRest(operation, request.params)
        const { headers, params, query, now } = request
        const { publicUrl } = parts.services.accounts
        const incoming = { headers, params, query, now, publicUrl }
        request.actor = await authorize(operation, parts.authenticator, incoming)
      },
      handler: (request, reply) => handle({ id, operation, request, reply, parts }),
    })
  }
}

/** The route as Fastify writes it. */
function urlOf({ path, rest }: Operation): string {
  const url = path.replace(/\{(\w+)\}/g, ':$1')
  return rest === true ? url.replace(/:\w+$/, '*') : url
}

/** Fastify calls the rest of a path `*`; here it has the name of the parameter. */
function namedRest({ path }: Operation, params: unknown): unknown {
  const name = /\{(\w+)\}$/.exec(path)?.[1]
  if (name === undefined || typeof params !== 'object' || params === null || !('*' in params)) return params
  const { '*': rest, ...others } = params
  return { ...others, [name]: rest }
}

interface Exchange {
  readonly id: string
  readonly operation: Operation
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly parts: RouterParts
}

/** Decode → handler → encode. What is thrown becomes a problem in the server's error handler. */
async function handle(exchange: Exchange): Promise<unknown> {
  const { operation, request, reply, parts } = exchange
  const decoded = decode(operation, request)
  const context = contextOf(request, parts.log)
  const key = operation.idempotent === true ? idempotencyKeyOf(request) : undefined
  const { answerOnce } = parts
  if (key === undefined || answerOnce === undefined) {
    const answer = await call(exchange, decoded, context, parts.services)
    if (isRefusal(answer)) return sendProblemAnswer(problemAnswer(answer), request, reply)
    if ('stream' in answer) return sendStream(exchange, answer)
    if ('unchanged' in answer) return reply.code(304).header('etag', answer.unchanged).send()
    return send(exchange, answer)
  }
  const hash = sha256(canonical({ ...decoded, id: exchange.id }))
  const isPatient = operation.can === 'flag:kill'
  const answer = await answerOnce(context, { key, hash, isPatient }, async (services) => {
    const first = await call(exchange, decoded, context, services)
    return isRefusal(first) ? first : answered(operation, first)
  })
  return isRefusal(answer)
    ? sendProblemAnswer(problemAnswer(answer), request, reply)
    : sendStored(reply, answer)
}

async function call(
  { id, operation, request, parts }: Exchange,
  decoded: Decoded,
  context: Context,
  services: HttpServices,
): Promise<AnyAnswer> {
  const header = (name: string) => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const bytes = request.bytes ?? Buffer.alloc(0)
  const handler = parts.handlers[id]
  if (handler === undefined) throw new Error(`no handler for ${id}`)
  // The table pairs handler and operation, and `Handlers` has checked both against each other.
  const answer = (await handler({
    ...decoded,
    context,
    services,
    header,
    bytes,
    address: request.ip,
  } as Call as never)) as AnyAnswer
  if (parts.checkAnswers && 'body' in answer && answer.status === undefined) {
    operation.success.body?.parse(JSON.parse(JSON.stringify(answer.body)))
  }
  return answer
}

function contextOf(request: FastifyRequest, log: Log): Context {
  const { actor, id, now } = request
  if (actor === undefined) throw new Error('a handler was reached without authorization')
  return { actor, requestId: id, now, log: log.child({ requestId: id }) }
}

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key
  const message = 'Use 1 to 128 visible ASCII characters.'
  throw new HttpProblem(400, 'idempotency-key-unreadable', message, {
    errors: [{ pointer: '#/header/idempotency-key', message }],
  })
}

function etagOf(answer: BodyAnswer<unknown>): string | null {
  if (answer.etag !== undefined) return answer.etag
  return answer.revision === undefined ? null : `"${answer.revision}"`
}

type Repeatable = Exclude<AnyAnswer, Refusal>

function storable(operation: Operation, answer: Repeatable): StoredAnswer {
  if (!('body' in answer)) throw new Error('only an answer with a body can be given twice')
  return {
    status: answer.status ?? operation.success.status,
    etag: etagOf(answer),
    body: answer.body === undefined ? null : JSON.stringify(answer.body),
  }
}

/** What is shown once is not kept: a repeat is told what the first request made. */
function answered(operation: Operation, first: Repeatable): Answered {
  const answer = storable(operation, first)
  const { showsOnce } = operation
  if (showsOnce === undefined || answer.body === null) return { answer }
  const { [showsOnce]: _, ...made } = JSON.parse(answer.body)
  const { status, problem } = problemAnswer({ ...shownOnce(showsOnce), current: made })
  return { answer, repeat: { status, etag: null, body: JSON.stringify(problem) } }
}

function shownOnce(what: string): Refusal {
  return refuse(
    'shown-once',
    `An earlier request with this Idempotency-Key was answered, and showed the ${what}, which is not kept.`,
    'If that answer did not arrive, revoke what was made (see "current") and make another with a new key.',
    '#/header/idempotency-key',
  )
}

function sendStored(reply: FastifyReply, answer: StoredAnswer): FastifyReply {
  if (answer.etag !== null) reply.header('etag', answer.etag)
  const type = answer.status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json'
  return reply.code(answer.status).type(type).send(answer.body)
}

function send({ operation, request, reply }: Exchange, answer: BodyAnswer<unknown>): FastifyReply {
  if (answer.cookie !== undefined) reply.header('set-cookie', answer.cookie)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  const etag = etagOf(answer)
  if (etag !== null) reply.header('etag', etag)
  if (etag !== null && operation.method === 'GET' && request.headers['if-none-match'] === etag) {
    return reply.code(304).send()
  }
  reply.code(answer.status ?? operation.success.status)
  // Before the body is looked at: it may be made from these bytes.
  if (answer.prepared !== undefined) return sendPrepared(reply, answer.prepared)
  if (answer.body === undefined) return reply.send()
  const { contentType } = answer
  if (answer.body instanceof Uint8Array) return reply.type(contentType ?? 'application/zip').send(answer.body)
  if (operation.success.media === 'text') return sendText(reply, answer.body, contentType)
  return reply.type(contentType ?? 'application/json; charset=utf-8').send(JSON.stringify(answer.body))
}

function sendPrepared(
  reply: FastifyReply,
  { bytes, encoding }: NonNullable<BodyAnswer<unknown>['prepared']>,
): FastifyReply {
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  const vary = [reply.getHeader('vary'), 'accept-encoding'].filter((it) => it !== undefined).join(', ')
  return reply.header('vary', vary).type('application/json; charset=utf-8').send(bytes)
}

function sendText(
  reply: FastifyReply,
  body: unknown,
  contentType = 'text/plain; charset=utf-8',
): FastifyReply {
  reply.type(contentType)
  // A text operation answers a string or an async iterable of strings: `Answer` has checked it.
  return reply.send(typeof body === 'string' ? body : Readable.from(body as AsyncIterable<string>))
}

function sendStream(exchange: Exchange, answer: StreamAnswer): FastifyReply {
  const { reply, parts } = exchange
  reply.hijack()
  const stream = openEventStream(reply.raw, headersOf(reply))
  parts.streams.add(stream)
  stream.onClose(() => parts.streams.delete(stream))
  endWithPermission(exchange, stream)
  answer.stream(stream)
  return reply
}

/**
 * Ends a stream once its caller may not have it any more: signed out, revoked, without the role. Those of SDK keys
 * are ended by delivery, which is told of keys.
 */
function endWithPermission({ operation, request, parts }: Exchange, stream: EventStream): void {
  if (request.actor?.tokenId === undefined || request.actor.kind === 'sdk') return
  const again = setInterval(() => {
    const { headers, params, query } = request
    const { accounts, clock } = parts.services
    const incoming = { headers, params, query, now: clock.now(), publicUrl: accounts.publicUrl }
    authorize(operation, parts.authenticator, incoming).catch((error: unknown) => {
      // The database may be away: that is no reason to stop watching.
      if (error instanceof HttpProblem) stream.close()
    })
  }, RECHECK_MS)
  stream.onClose(() => clearInterval(again))
}

/** The headers set so far, in the shape that Node's own response takes. */
function headersOf(reply: FastifyReply): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
}
