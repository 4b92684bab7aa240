/** A problem on its way to the caller, in the shape that the operation's clients read. */
import type { FastifyReply, FastifyRequest } from 'fastify'

import { manifestAnswer } from './manifest-problem.ts'
import { ofrepAnswer } from './ofrep-problem.ts'
import type { ProblemAnswer } from './problems.ts'

/** Sends it: problem details (RFC 9457), or what OFREP has. */
export function sendProblemAnswer(
  { status, headers, problem }: ProblemAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { operation } = request.routeOptions.config
  const ofrep = ofrepAnswer(operation, problem, request.params)
  const own = ofrep?.body ?? manifestAnswer(operation, problem)
  const type = ofrep === undefined ? 'application/problem+json' : 'application/json; charset=utf-8'
  return reply
    .code(ofrep?.status ?? status)
    .headers(headers)
    .type(type)
    .send(JSON.stringify(own ?? problem))
}
