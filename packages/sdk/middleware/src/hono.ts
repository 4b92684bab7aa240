/**
 * Middleware for Hono 4.
 *
 * Only types are imported, so that a program without Hono can load this package.
 */
import { ServerResponse } from 'node:http'

import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import type { Context, MiddlewareHandler } from 'hono'

import type { FlagsOptions, GateOptions } from './options.ts'
import { ensurePropagation, enterRequest, openOne } from './request.ts'

/** Options of the middleware. */
export interface HonoFlagsOptions extends FlagsOptions<Context> {
  readonly connection: Connection
}

/** Answers a request, as a handler of Hono. */
export type HonoOtherwise = (context: Context) => Response | Promise<Response>

/**
 * The middleware: `app.use(honoFlags({ connection, context }))`, before everything that evaluates.
 * With `@hono/node-server` a request ends when its last byte is sent; where no response of Node is
 * there, it ends when its handler has answered.
 */
export function honoFlags(options: HonoFlagsOptions): MiddlewareHandler {
  ensurePropagation()
  return async (context, next) => {
    const response = responseOf(context)
    if (response !== undefined) {
      const entered = enterRequest(options.connection, options, context, response)
      await entered.run(next)
      if (context.error !== undefined) entered.fail(context.error)
      return
    }
    const opened = openOne(options.connection, options, context)
    await opened.run(next)
    if (context.error !== undefined) opened.fail(context.error)
    opened.end(context.res.status, false)
  }
}

/**
 * Lets those through for whom the flag is on: `app.get('/checkout', honoGate('new-checkout', {
 * otherwise: 404 }), handler)`. With 404 the route answers as one that does not exist. An error of the
 * evaluation is off.
 */
export function honoGate(flag: string, options: GateOptions<HonoOtherwise>): MiddlewareHandler {
  const client = options.client ?? OpenFeature.getClient()
  const { otherwise } = options
  return async (context, next) => {
    if (await client.getBooleanValue(flag, false)) return await next()
    if (otherwise === 404) return context.notFound()
    return typeof otherwise === 'number'
      ? new Response(null, { status: otherwise })
      : await otherwise(context)
  }
}

/** What `@hono/node-server` puts beside the request. */
function responseOf({ env }: Context): ServerResponse | undefined {
  const bindings: unknown = env
  if (typeof bindings !== 'object' || bindings === null || !('outgoing' in bindings)) return undefined
  return bindings.outgoing instanceof ServerResponse ? bindings.outgoing : undefined
}
