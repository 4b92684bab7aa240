/** What an actor may do: the one place that asks the table of roles. */
import { KEY_PERMISSIONS, permissionsOf } from '@flagmarshal/domain/access/permission'
import type { Permission } from '@flagmarshal/domain/access/permission'

import type { Actor } from '../context.ts'

/** Everything that an actor may do through the API. */
export function permissionsOfActor(actor: Actor): ReadonlySet<Permission> {
  if (actor.tokenKind === undefined) return new Set()
  if (actor.tokenKind === 'user') return permissionsOf(actor.roles)
  return new Set(KEY_PERMISSIONS[actor.tokenKind])
}
