/**
 * Who calls, and whether the operation's permission allows it. Runs before the body is read.
 */
import type { Operation } from '@flagmarshal/api/operation'

import { permissionsOfActor } from '../access/allow.ts'
import type { Authenticator } from '../access/authenticate.ts'
import type { Actor } from '../context.ts'
import { HttpProblem } from './problems.ts'

/** What callers of public operations are. */
export const ANYBODY: Actor = { kind: 'system', id: 'anybody', name: 'Anybody', roles: [] }

interface Incoming {
  readonly authorization: string | undefined
  readonly params: unknown
  readonly now: Date
}

/** The actor of a request. Throws an HttpProblem: 401 without a valid token, 403, and 404 for other projects. */
export async function authorize(
  operation: Operation,
  authenticator: Authenticator,
  incoming: Incoming,
): Promise<Actor> {
  if (operation.can === 'public') return ANYBODY
  const token = /^Bearer ([\w.~+/=-]{1,256})$/i.exec(incoming.authorization ?? '')?.[1]
  const actor = token === undefined ? undefined : await authenticator.authenticate(token, incoming.now)
  if (actor === undefined) {
    throw new HttpProblem(401, 'unauthenticated', 'This needs a valid token.', {
      remedy: 'Send `Authorization: Bearer fm_…` with a token that is neither expired nor revoked.',
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  if (!permissionsOfActor(actor).has(operation.can)) {
    throw new HttpProblem(403, 'forbidden', `This needs the permission ${operation.can}.`, {
      remedy: 'Ask an administrator for a role that has it. Your own are shown by GET /api/v1/whoami.',
    })
  }
  refuseForeign(actor, incoming.params)
  return actor
}

/** An SDK key reaches its own project and environment only, and may not learn what else there is. */
function refuseForeign(actor: Actor, params: unknown): void {
  if (typeof params !== 'object' || params === null) return
  const foreign =
    ('project' in params && actor.project !== undefined && params.project !== actor.project) ||
    ('environment' in params && actor.environment !== undefined && params.environment !== actor.environment)
  if (foreign) throw new HttpProblem(404, 'not-found', 'There is no such thing, or not for this key.')
}
