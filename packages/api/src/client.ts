/**
 * A fetch client typed by the table of operations: what a call needs and what it answers follow
 * from the operation's schemas. Used by the console, the command line and the tests.
 */
import type { z } from 'zod'

import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import type { OperationId, Operations } from './operations.ts'
import { Problem } from './problem.ts'

type Input<K extends string, S> = [S] extends [z.ZodType]
  ? {} extends z.input<S>
    ? { readonly [P in K]?: z.input<S> }
    : undefined extends z.input<S>
      ? { readonly [P in K]?: z.input<S> }
      : { readonly [P in K]: z.input<S> }
  : {}
type Field<O, K extends string> = O extends { readonly [P in K]: infer S } ? S : undefined

/** What a call of this operation takes. `ifMatch` is the revision that the caller has seen. */
export type Call<O extends Operation> = Input<'params', Field<O, 'params'>> &
  Input<'query', Field<O, 'query'>> &
  Input<'body', Field<O, 'body'>> &
  (O extends { readonly ifMatch: true }
    ? { readonly ifMatch: number }
    : O extends { readonly ifMatch: 'optional' }
      ? { readonly ifMatch?: number }
      : {}) &
  (O extends { readonly idempotent: true } ? { readonly idempotencyKey?: string } : {})

type Success<O extends Operation> = O['success'] extends { readonly media: 'text' }
  ? string
  : O['success'] extends { readonly media: 'zip' }
    ? Uint8Array
    : O['success'] extends { readonly body: infer S extends z.ZodType }
      ? z.output<S>
      : undefined

/** The answer to a call: the body with its ETag, or the problem. Network failures are problems too. */
export type Outcome<O extends Operation> =
  | {
      readonly ok: true
      readonly status: number
      readonly body: Success<O>
      readonly etag: string | undefined
    }
  | { readonly ok: false; readonly problem: Problem }

/** The rest of a call's arguments: nothing needs to be given where nothing is required. */
export type Arguments<O extends Operation> = {} extends Call<O> ? [call?: Call<O>] : [call: Call<O>]

export interface Client {
  /** Calls an operation. Never throws for what the server or the network answers. */
  call<Id extends OperationId>(id: Id, ...args: Arguments<Operations[Id]>): Promise<Outcome<Operations[Id]>>
  /** Opens an event stream, after an event that was seen: the chunks of its text as they arrive, until the signal aborts. */
  stream(path: string, signal: AbortSignal, lastEventId?: string): AsyncGenerator<string, void, void>
}

interface Sent {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly ifMatch?: number
  readonly idempotencyKey?: string
}

/** A client for one server and one token; `timeoutMs` bounds each call (default 30 s), `headers` go with each. */
export function createClient(options: {
  readonly server: string
  readonly token?: string
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
}): Client {
  const server = options.server.replace(/\/+$/, '')
  const headers: Record<string, string> = {
    ...options.headers,
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  }

  return {
    async call(id, ...args) {
      const row: Operation = operations[id]
      const sent: Sent = args[0] ?? {}
      const outcome = await request(row, `${server}${addressOf(row, sent)}`, {
        method: row.method,
        headers: { ...headers, ...headersOf(sent) },
        signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      })
      // The schemas typed the call and the server checks its answers against them in its tests.
      return outcome as Outcome<Operations[typeof id]>
    },
    async *stream(path, signal, lastEventId) {
      const after = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      const answer = await fetch(`${server}${path}`, {
        headers: { ...headers, ...after, accept: 'text/event-stream' },
        signal,
      })
      if (!answer.ok || answer.body === null) {
        throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
      }
      yield* answer.body.pipeThrough(new TextDecoderStream())
    },
  }
}

/** The path and query of a call, percent-encoded. */
function addressOf(row: Operation, sent: Sent): string {
  const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(sent.params?.[name])),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(sent.query ?? {})) {
    if (value !== undefined) query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

function headersOf(sent: Sent): Record<string, string> {
  return {
    ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(sent.ifMatch === undefined ? {} : { 'if-match': `"${sent.ifMatch}"` }),
    ...(sent.idempotencyKey === undefined ? {} : { 'idempotency-key': sent.idempotencyKey }),
  }
}

async function request(row: Operation, url: string, init: RequestInit): Promise<Outcome<Operation>> {
  try {
    const answer = await fetch(url, init)
    const etag = answer.headers.get('etag') ?? undefined
    if (answer.ok && row.success.media === 'zip') {
      const bytes = new Uint8Array(await answer.arrayBuffer())
      return { ok: true, status: answer.status, body: bytes as unknown as undefined, etag }
    }
    const text = await answer.text()
    if (!answer.ok) return { ok: false, problem: problemOf(answer.status, text) }
    const json = row.success.media === undefined || row.success.media === 'json'
    const body: unknown = json && text !== '' ? JSON.parse(text) : text === '' ? undefined : text
    return { ok: true, status: answer.status, body: body as undefined, etag }
  } catch (error) {
    return { ok: false, problem: unreachable(url, error) }
  }
}

/** The problem that the server sent, or one made from an answer that is none. */
function problemOf(status: number, text: string): Problem {
  try {
    return Problem.parse(JSON.parse(text))
  } catch {
    return problem('unexpected-answer', status, `The server answered ${status} without a problem document.`)
  }
}

function unreachable(url: string, error: unknown): Problem {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = cause instanceof Error ? cause.message : String(cause)
  return {
    ...problem('unreachable', 0, `${new URL(url).origin} cannot be reached: ${why}.`),
    remedy: 'Check the address and that the server runs.',
  }
}

function problem(code: string, status: number, detail: string): Problem {
  return { type: `urn:flagmarshal:problem:${code}`, title: code, status, code, detail }
}
