/**
 * The own tokens: made in a session only, so that a token that was stolen makes no other one that outlives it.
 */
import type { IssuedToken, NewToken } from '@flagmarshal/api/access'
import type { OwnToken } from '@flagmarshal/api/own-token'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { selectOwnTokens } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { createToken, revokeToken } from './tokens.ts'

/** Those that work, newest first. */
export async function listOwnTokens(
  { actor, now }: Context,
  { kysely }: Database,
): Promise<OwnToken[] | Refusal> {
  if (actor.kind !== 'person') return refuseNobody()
  return (await selectOwnTokens(kysely, { person: actor.id, kind: 'user' }, now)).map((it) => ({
    id: it.id,
    name: it.name,
    project: it.project,
    environment: it.environment,
    createdAt: it.created_at.toISOString(),
    createdBy: it.created_by,
    lastUsedAt: it.last_used_at?.toISOString() ?? null,
    expiresAt: it.expires_at?.toISOString() ?? null,
    own: it.id === actor.tokenId,
  }))
}

/** Makes one with the roles of the person, or fewer. Refuses a caller without a session. */
export async function createOwnToken(
  context: Context,
  database: Database,
  input: NewToken,
): Promise<IssuedToken | Refusal> {
  if (context.actor.session !== true) {
    return refuse(
      'no-session',
      'This was called with a token, not with a session.',
      'Make it in the console, on the page of your account.',
    )
  }
  return await createToken(context, database, context.actor.id, input)
}

/** Revokes one. */
export async function revokeOwnToken(
  context: Context,
  database: Database,
  id: string,
): Promise<undefined | Refusal> {
  const { actor, now } = context
  if (actor.kind !== 'person') return refuseNobody()
  const own = await selectOwnTokens(database.kysely, { person: actor.id, kind: 'user' }, now)
  return own.some((it) => it.id === id) ? await revokeToken(context, database, id) : notFound('token', id)
}

function refuseNobody(): Refusal {
  return refuse('person-needed', 'This token belongs to no person.', "Use a person's own token.")
}
