/**
 * What an application says about its requests, the same for every server that the middleware knows.
 */
import type { EvaluationContext } from '@openfeature/server-sdk'

/** How requests become contexts, and how they are judged. */
export interface FlagsOptions<Request> {
  /**
   * Who is asking: the OpenFeature context of everything evaluated during the request, without
   * passing it along. Should it throw, the request goes on with an empty context and a warning.
   */
  readonly context: (request: Request) => EvaluationContext
  /** A request that takes longer until its last byte is sent counts as slow, in milliseconds. Default: none is slow. */
  readonly slowMs?: number
  /** Whether a request failed. Default: an error was thrown, or the status is 5xx. */
  readonly isBad?: (finished: FinishedRequest<Request>) => boolean
}

/** How a request ended. */
export interface FinishedRequest<Request> {
  readonly request: Request
  /** The status of the response; of an aborted one, the status it would have had. */
  readonly statusCode: number
  /** What the handler threw; an error that names a status below 500 is an answer and not here. */
  readonly error?: unknown
  /** The client went away before the response was complete. Not bad by itself. */
  readonly aborted: boolean
}

/** A route that exists for those for whom a boolean flag is `true`. */
export interface GateOptions<Otherwise> {
  /** What everybody else gets: an HTTP status, or another handler. */
  readonly otherwise: number | Otherwise
  /** The OpenFeature client to ask. Default: the one of the default domain. */
  readonly client?: GateClient
}

/** The part of an OpenFeature client that a gate uses. */
export interface GateClient {
  getBooleanValue(flag: string, fallback: boolean): Promise<boolean>
}
