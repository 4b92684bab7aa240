/**
 * Middleware for servers made with `node:http` alone.
 */
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

import type { FlagsOptions, GateOptions } from './options.ts'
import { deliverEventsInside, ensurePropagation, enterRequest } from './request.ts'

/** Answers a request; may be asynchronous. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * A listener for `createServer`: runs `handler` inside the request, so that everything it evaluates
 * has the request's context and is counted with the request's outcome. What the handler throws is
 * logged and answered with 500, because nobody else could.
 */
export function withFlags(
  connection: Connection,
  options: FlagsOptions<IncomingMessage>,
  handler: HttpHandler,
): (request: IncomingMessage, response: ServerResponse) => void {
  ensurePropagation()
  return (request, response) => {
    const entered = enterRequest(connection, options, request, response)
    deliverEventsInside(request, entered)
    void entered.run(async () => {
      try {
        await handler(request, response)
      } catch (error) {
        entered.fail(error)
        connection.logger.error('flagmarshal: a request handler threw', error)
        answerFailure(response)
      }
    })
  }
}

/** Serves `handler` to those for whom the flag is on, inside `withFlags`. An error of the evaluation is off. */
export function gate(flag: string, options: GateOptions<HttpHandler>, handler: HttpHandler): HttpHandler {
  const client = options.client ?? OpenFeature.getClient()
  const { otherwise } = options
  const closed = typeof otherwise === 'number' ? answerWith(otherwise) : otherwise
  return async (request, response) => {
    const open = await client.getBooleanValue(flag, false)
    return open ? handler(request, response) : closed(request, response)
  }
}

function answerFailure(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else answer(response, 500)
}

function answerWith(status: number): HttpHandler {
  return (_request, response) => answer(response, status)
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${STATUS_CODES[status] ?? status}\n`)
}
