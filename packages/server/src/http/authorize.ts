/**
 * Who calls, and whether the operation's permission allows it. Runs before the body is read.
 */
import type { IncomingHttpHeaders } from 'node:http'

import type { Operation } from '@flagmarshal/api/operation'
import type { Asked } from '@flagmarshal/domain/access/authority'

import { authorityOf } from '../access/allow.ts'
import type { Authenticator } from '../access/authenticate.ts'
import type { Actor } from '../context.ts'
import { HttpProblem } from './problems.ts'
import { refuseForeignOrigin, refuseForeignPage, sessionOf } from './session-cookie.ts'

/** What callers of public operations are. */
export const ANYBODY: Actor = { kind: 'system', id: 'anybody', name: 'Anybody', roles: [] }

interface Incoming {
  readonly headers: IncomingHttpHeaders
  readonly params: unknown
  readonly query: unknown
  readonly now: Date
  /** Where people reach the server, if that was set. */
  readonly publicUrl: string | undefined
}

/** The actor of a request. Throws an HttpProblem: 401 without a valid token, 403, and 404 for other projects. */
export async function authorize(
  operation: Operation,
  authenticator: Authenticator,
  incoming: Incoming,
): Promise<Actor> {
  if (operation.can === 'public') {
    if (operation.setsCookie === true) refuseForeignOrigin(incoming.headers, incoming.publicUrl)
    return ANYBODY
  }
  const actor = await actorOf(operation, authenticator, incoming)
  if (actor === undefined) {
    throw new HttpProblem(401, 'unauthenticated', 'This needs a valid token or session.', {
      remedy:
        'Send `Authorization: Bearer fm_…` with a token that is neither expired nor revoked, or sign in.',
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  // What is not the token's own is not to be found, whatever it asks for there.
  refuseForeign(actor, incoming.params)
  const { allowed, roles } = authorityOf(actor, askedOf(operation, incoming.params, actor))
  if (!allowed) {
    throw new HttpProblem(403, 'forbidden', `This needs the permission ${operation.can}.`, {
      remedy: 'Ask an administrator for a role that has it. Your own are shown by GET /api/v1/whoami.',
    })
  }
  return { ...actor, roles }
}

/** The permission that is needed, and the place that the address names. */
function askedOf({ can, exposes, ofOwnProject }: Operation, params: unknown, actor: Actor): Asked {
  const project = ofOwnProject === true ? actor.project : named(params, 'project')
  const environment = named(params, 'environment')
  return {
    can,
    ...(project === undefined ? {} : { project }),
    ...(environment === undefined ? {} : { environment }),
    ...(exposes === undefined ? {} : { exposes }),
  }
}

/** A parameter of the address. */
function named(params: unknown, name: 'project' | 'environment'): string | undefined {
  if (typeof params !== 'object' || params === null || !(name in params)) return undefined
  const value: unknown = Reflect.get(params, name)
  return typeof value === 'string' ? value : undefined
}

/** By its token or, without one, by its session. A write with a session must come from a page of this server. */
async function actorOf(
  operation: Operation,
  authenticator: Authenticator,
  { headers, query, now, publicUrl }: Incoming,
): Promise<Actor | undefined> {
  const fresh = operation.signs === true ? 'anew' : undefined
  if (operation.tokenInQuery === true) {
    const token = textOf(query, 'token')
    const returning = headers['last-event-id'] !== undefined
    return token === undefined
      ? undefined
      : await authenticator.authenticateAddress(token, { now, returning })
  }
  if (operation.beacon === true) {
    const key = textOf(query, 'key')
    const actor = key === undefined ? undefined : await authenticator.authenticate(key, now)
    // Any other token is a secret, and an address is no place for one.
    return actor?.tokenKind === 'web' ? actor : undefined
  }
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) {
    const token = tokenOfHeader((name) => {
      const value = headers[name]
      if (typeof value !== 'string') return undefined
      return operation.bareToken === true && name === 'authorization' ? asBearer(value) : value
    })
    return token === undefined ? undefined : await authenticator.authenticate(token, now, fresh)
  }
  const secret = sessionOf(headers.cookie, publicUrl)
  const actor = secret === undefined ? undefined : await authenticator.authenticateSession(secret, now, fresh)
  if (actor !== undefined && operation.method !== 'GET') refuseForeignPage(headers, publicUrl)
  return actor
}

/** The token of a request by its headers: `Authorization: Bearer`, or `X-API-Key` as OFREP clients may send it. */
export function tokenOfHeader(header: (name: string) => string | undefined): string | undefined {
  const given = header('authorization') ?? `Bearer ${header('x-api-key') ?? ''}`
  // Some that call us can only be given an address, whose user part they send so: Flagger is one.
  const basic = /^Basic ([\w+/=-]{1,512})$/i.exec(given)?.[1]
  const bearer = basic === undefined ? given : `Bearer ${passwordOf(basic)}`
  return /^Bearer ([\w.~+/=-]{1,256})$/i.exec(bearer)?.[1]
}

/** A token that stands alone, as others send it. */
function asBearer(given: string): string {
  return /^fm_\w+$/.test(given) ? `Bearer ${given}` : given
}

/** The password of `user:password`, which is the token; the user is anything. */
function passwordOf(basic: string): string {
  const [, ...password] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  return password.join(':')
}

function textOf(query: unknown, name: string): string | undefined {
  const value: unknown = new Map(Object.entries(query ?? {})).get(name)
  return typeof value === 'string' ? value : undefined
}

/** An SDK key reaches its own project and environment only, and may not learn what else there is. */
function refuseForeign(actor: Actor, params: unknown): void {
  if (typeof params !== 'object' || params === null) return
  const ofSdk = actor.kind === 'sdk' && actor.environment !== undefined
  const foreign =
    ('project' in params && actor.project !== undefined && params.project !== actor.project) ||
    ('environment' in params && ofSdk && params.environment !== actor.environment)
  if (foreign) throw new HttpProblem(404, 'not-found', 'There is no such thing, or not for this key.')
}
