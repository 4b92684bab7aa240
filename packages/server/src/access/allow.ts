/** What an actor may do: the one place that asks the table of roles. */
import { authorityFor } from '@flagmarshal/domain/access/authority'
import type { Asked, Authority } from '@flagmarshal/domain/access/authority'
import type { Permission } from '@flagmarshal/domain/access/permission'

import { holderOf } from '../context.ts'
import type { Actor } from '../context.ts'

/** What an actor may do in a place, and the roles that count there. */
export function authorityOf(actor: Actor, asked: Asked): Authority {
  const holder = holderOf(actor)
  if (holder === undefined) return { allowed: false, roles: [], permissions: new Set() }
  return authorityFor(holder, asked)
}

/** Everything that an actor may do in a place; without one, in the whole installation. */
export function permissionsOfActor(
  actor: Actor,
  place: Pick<Asked, 'project' | 'environment'> = {},
): ReadonlySet<Permission> {
  // An SDK key is in its own place wherever it asks.
  return authorityOf(actor, { can: 'self:read', ...place }).permissions
}
