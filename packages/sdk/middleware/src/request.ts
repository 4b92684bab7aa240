/**
 * One request of any HTTP server: entered with its context, and judged when its response is over.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { openRequest } from '@flagmarshal/sdk-server'
import type { Connection, RequestScope } from '@flagmarshal/sdk-server'
import { AsyncLocalStorageTransactionContextPropagator, OpenFeature } from '@openfeature/server-sdk'
import type { EvaluationContext } from '@openfeature/server-sdk'

import type { FinishedRequest, FlagsOptions } from './options.ts'

/** A request under way. */
export interface EnteredRequest {
  /** Runs code inside the request: with its context, counted for it. */
  readonly run: <Result>(work: () => Result) => Result
  /** Notes what the handler threw. */
  readonly fail: (error: unknown) => void
}

/** Makes OpenFeature carry contexts through asynchronous code, unless the application has already arranged that. */
export function ensurePropagation(): void {
  const probe: EvaluationContext = { targetingKey: 'flagmarshal' }
  let seen: EvaluationContext = {}
  OpenFeature.setTransactionContext(probe, () => {
    seen = OpenFeature.getTransactionContext()
  })
  if (seen.targetingKey === probe.targetingKey) return
  OpenFeature.setTransactionContextPropagator(new AsyncLocalStorageTransactionContextPropagator())
}

/** A request whose end somebody else sees. */
interface OpenedRequest extends EnteredRequest {
  /** Records the outcome; only the first time. */
  readonly end: (statusCode: number, aborted: boolean) => void
}

/** Opens the request and records its outcome once the response is sent or its client is gone. */
export function enterRequest<Request>(
  connection: Connection,
  options: FlagsOptions<Request>,
  request: Request,
  response: ServerResponse,
): EnteredRequest {
  const opened = openOne(connection, options, request)
  response.once('finish', () => opened.end(response.statusCode, false))
  // Comes after `finish`, too, when the scope has ended already.
  response.once('close', () => opened.end(response.statusCode, true))
  return opened
}

/** The parser emits the events of a body outside any request; whoever collects it in callbacks would lose its context there. */
export function deliverEventsInside(request: IncomingMessage, entered: EnteredRequest): void {
  const emit = request.emit.bind(request)
  request.emit = (...event: Parameters<typeof emit>) => entered.run(() => emit(...event))
}

/** Opens the request; its outcome is recorded when it is told. */
export function openOne<Request>(
  connection: Connection,
  options: FlagsOptions<Request>,
  request: Request,
): OpenedRequest {
  const scope = openRequest(connection)
  const startedAt = performance.now()
  let thrown: unknown

  return {
    end(statusCode, aborted) {
      const durationMs = performance.now() - startedAt
      const slow = durationMs > (options.slowMs ?? Infinity)
      const finished = { request, statusCode, error: thrown, aborted }
      scope.end({ bad: judge(connection, options, finished), slow, durationMs })
    },
    run: runner(scope, contextOf(connection, options, request)),
    fail(error) {
      if (!isAnswer(error)) thrown ??= error ?? new Error('the handler threw nothing')
    },
  }
}

/** One function that restores both contexts, OpenFeature's and the scope's, wherever it is called from. */
function runner(scope: RequestScope, context: EvaluationContext): EnteredRequest['run'] {
  let run: EnteredRequest['run'] = scope.run
  OpenFeature.setTransactionContext(context, () => {
    scope.run(() => {
      run = AsyncLocalStorage.snapshot()
    })
  })
  return run
}

function contextOf<Request>(
  connection: Connection,
  options: FlagsOptions<Request>,
  request: Request,
): EvaluationContext {
  try {
    return options.context(request)
  } catch (error) {
    connection.logger.warn('flagmarshal: the context of a request threw; it is empty', error)
    return {}
  }
}

function judge<Request>(
  connection: Connection,
  options: FlagsOptions<Request>,
  finished: FinishedRequest<Request>,
): boolean {
  const usual = finished.error !== undefined || (!finished.aborted && finished.statusCode >= 500)
  try {
    return options.isBad === undefined ? usual : options.isBad(finished)
  } catch (error) {
    connection.logger.warn('flagmarshal: isBad threw; the status decides', error)
    return usual
  }
}

/** Frameworks throw "404 not found" and the like to answer with them. */
function isAnswer(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const status = 'statusCode' in error ? error.statusCode : 'status' in error ? error.status : undefined
  return typeof status === 'number' && status < 500
}
