/**
 * Middleware for Express 5.
 *
 * Only types are imported, so that a program without Express can load this package.
 */
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'

import type { FlagsOptions, GateOptions } from './options.ts'
import { deliverEventsInside, ensurePropagation, enterRequest } from './request.ts'
import type { EnteredRequest } from './request.ts'

/** Options of the middleware. */
export interface ExpressFlagsOptions extends FlagsOptions<Request> {
  readonly connection: Connection
}

const entered = new WeakMap<Request, EnteredRequest>()

/**
 * The middleware: `app.use(expressFlags({ connection, context }))`, before everything that evaluates.
 * What comes after it runs inside the request, body parsers included.
 */
export function expressFlags(options: ExpressFlagsOptions): RequestHandler {
  ensurePropagation()
  return (request, response, next) => {
    const opened = enterRequest(options.connection, options, request, response)
    entered.set(request, opened)
    deliverEventsInside(request, opened)
    opened.run(next)
  }
}

/**
 * Notes what a handler threw, and passes it on: `app.use(expressErrors)` after the routes and before
 * the application's own error handlers. Without it a request whose error is answered with a status
 * below 500 is not bad.
 */
export const expressErrors: ErrorRequestHandler = (error: unknown, request, _response, next) => {
  entered.get(request)?.fail(error)
  next(error)
}

/**
 * Lets those through for whom the flag is on: `app.get('/checkout', expressGate('new-checkout', {
 * otherwise: 404 }), handler)`. An error of the evaluation is off.
 */
export function expressGate(flag: string, options: GateOptions<RequestHandler>): RequestHandler {
  const client = options.client ?? OpenFeature.getClient()
  const { otherwise } = options
  return async (request, response, next) => {
    if (await client.getBooleanValue(flag, false)) next()
    else if (typeof otherwise === 'number') response.sendStatus(otherwise)
    else await otherwise(request, response, next)
  }
}
