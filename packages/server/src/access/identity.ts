/** Telling a caller who they are. */
import type { Identity } from '@flagmarshal/api/access'

import type { Actor, Context } from '../context.ts'
import { permissionsOfActor } from './allow.ts'

/** Whose token was used and what it allows. */
export function whoAmI({ actor }: Context): Identity {
  return identityOf(actor)
}

/** An actor with a token or a session, as the API shows it. */
export function identityOf(actor: Actor): Identity {
  if (actor.tokenKind === undefined) throw new Error('only callers with a token can ask who they are')
  // Of a token for one place what it may do there; there is nothing else that it is for.
  const place = {
    ...(actor.project === undefined ? {} : { project: actor.project }),
    ...(actor.environment === undefined ? {} : { environment: actor.environment }),
  }
  return {
    kind: actor.tokenKind,
    id: actor.id,
    name: actor.name,
    roles: [...actor.roles],
    permissions: [...permissionsOfActor(actor, place)].toSorted(),
    grants: (actor.grants ?? []).map((it) => ({ environment: null, ...it })),
    ...place,
  }
}
