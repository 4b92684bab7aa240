import type { Connection } from '@flagmarshal/sdk-server'
/**
 * Middleware for Fastify 5.
 *
 * Only types are imported, so that a program without Fastify can load this package.
 */
import { OpenFeature } from '@openfeature/server-sdk'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'

import type { FlagsOptions, GateOptions } from './options.ts'
import { ensurePropagation, enterRequest } from './request.ts'
import type { EnteredRequest } from './request.ts'

/** Options of the plugin. */
export interface FastifyFlagsOptions extends FlagsOptions<FastifyRequest> {
  readonly connection: Connection
}

/** Answers a request; what it returns is sent, as in a Fastify handler. */
export type FastifyOtherwise = (request: FastifyRequest, reply: FastifyReply) => unknown

/**
 * The plugin: `app.register(fastifyFlags, { connection, context })`. It covers the routes of the
 * instance that it is registered on and of that instance's children, and no others.
 */
export const fastifyFlags: FastifyPluginCallback<FastifyFlagsOptions> = Object.assign(
  covering,
  // Without an encapsulation of its own, so that the hooks belong to the registering instance.
  {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@flagmarshal/sdk-middleware',
  },
)

/**
 * A hook for one route, or for a whole instance: `{ preHandler: fastifyGate('new-checkout', { otherwise: 404 }) }`.
 * With 404 the route answers as one that does not exist. An error of the evaluation is off.
 */
export function fastifyGate(
  flag: string,
  options: GateOptions<FastifyOtherwise>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  const client = options.client ?? OpenFeature.getClient()
  return async (request, reply) => {
    if (await client.getBooleanValue(flag, false)) return undefined
    await refuse(options.otherwise, request, reply)
    return reply
  }
}

function covering(...[app, options, done]: Parameters<FastifyPluginCallback<FastifyFlagsOptions>>): void {
  ensurePropagation()
  const entered = new WeakMap<FastifyRequest, EnteredRequest>()
  // A body is parsed in callbacks of the connection, outside the request: it is entered again after.
  const enterAgain: onRequestHookHandler = (request, _reply, next) => {
    const known = entered.get(request)
    if (known === undefined) next()
    else known.run(next)
  }

  app.addHook('onRequest', (request, reply, next) => {
    const opened = enterRequest(options.connection, options, request, reply.raw)
    entered.set(request, opened)
    opened.run(next)
  })
  app.addHook('preValidation', enterAgain)
  app.addHook('onError', (request, _reply, error, next) => {
    entered.get(request)?.fail(error)
    next()
  })
  done()
}

async function refuse(
  otherwise: number | FastifyOtherwise,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (otherwise === 404) return reply.callNotFound()
  if (typeof otherwise === 'number') return void reply.code(otherwise).send()
  const payload = await otherwise(request, reply)
  if (!reply.sent && payload !== reply) reply.send(payload)
}
