/**
 * The shape of a handler, derived from its operation: what it is given and what it must answer.
 */
import type { Operation } from '@flagmarshal/api/operation'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { z } from 'zod'

import type { Context } from '../context.ts'
import type { EventStream } from './event-stream.ts'
import type { Services } from './services.ts'

type Decoded<O, K extends string> = O extends { readonly [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

/** A request, decoded and allowed. */
export interface Call<O extends Operation = Operation, S = Services> {
  readonly context: Context
  readonly services: S
  readonly params: Decoded<O, 'params'>
  readonly query: Decoded<O, 'query'>
  readonly body: Decoded<O, 'body'>
  /** The revision of If-Match; 0 for an ETag that is none of ours, which matches nothing. */
  readonly ifMatch: O extends { readonly ifMatch: true }
    ? number
    : O extends { readonly ifMatch: 'optional' }
      ? number | undefined
      : undefined
  /** Another request header, by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** The body as it arrived, for signatures. */
  readonly bytes: Buffer
  /** The address that asks. */
  readonly address: string
}

/** An answer with a body: a JSON value, or text that may come in pieces. */
export interface BodyAnswer<B> {
  readonly body: B
  /** Sent as the ETag `"<revision>"`; a GET with the same If-None-Match gets 304. */
  readonly revision?: number
  /** The ETag, where it is more than a revision. */
  readonly etag?: string
  /** Where it is not the status of the operation. */
  readonly status?: number
  /** Where it is not the one of the operation's media. */
  readonly contentType?: string
  /** Further headers, by their lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** The header Set-Cookie, or several of them. */
  readonly cookie?: string | string[]
  /** The body as it goes over the wire, where it was made before. */
  readonly prepared?: { readonly bytes: Buffer; readonly encoding?: 'gzip' }
}

/** 304: what the client has, under this ETag, is what it would be sent. */
export interface UnchangedAnswer {
  readonly unchanged: string
}

/** An answer that stays open: called when the stream is; the stream ends when the client goes. */
export interface StreamAnswer {
  readonly stream: (stream: EventStream) => void
}

type BodyOf<O extends Operation> = O['success'] extends { readonly media: 'text' }
  ? string | AsyncIterable<string>
  : O['success'] extends { readonly media: 'zip' }
    ? Uint8Array
    : O['success'] extends { readonly body: infer S extends z.ZodType }
      ? z.input<S>
      : undefined

export type Answer<O extends Operation> =
  | Refusal
  | (O['success'] extends { readonly media: 'stream' }
      ? StreamAnswer
      : BodyAnswer<BodyOf<O>> | UnchangedAnswer)

export type Handler<O extends Operation, S = Services> = (call: Call<O, S>) => Answer<O> | Promise<Answer<O>>

/** One handler for each operation of a noun; with `S`, for a program that has no more than these services. */
export type Handlers<T extends Readonly<Record<string, Operation>>, S = Services> = {
  readonly [Id in keyof T]: Handler<T[Id], S>
}

/** The answer for what a use case gave: its refusal, or the thing with its revision. */
export function reply<T>(result: T): Extract<T, Refusal> | BodyAnswer<Exclude<T, Refusal>> {
  // The two casts say what isRefusal has decided; a generic cannot be narrowed.
  if (isRefusal(result)) return result as Extract<T, Refusal>
  const body = result as Exclude<T, Refusal>
  return { body, ...revisionOf(result) }
}

/** The answer for a list: `{items}`. */
export function replyList<I>(result: readonly I[] | Refusal): Refusal | BodyAnswer<{ items: I[] }> {
  return isRefusal(result) ? result : { body: { items: [...result] } }
}

function revisionOf(result: unknown): { readonly revision?: number } {
  if (typeof result !== 'object' || result === null || !('revision' in result)) return {}
  return typeof result.revision === 'number' ? { revision: result.revision } : {}
}
