/** What an actor may do: the one place that asks the table of roles. */
import { KEY_PERMISSIONS, permissionsOf } from '@flagmarshal/domain/access/permission'
import type { Permission } from '@flagmarshal/domain/access/permission'

import type { Actor } from '../context.ts'

/** Everything that an actor may do through the API. */
export function permissionsOfActor(actor: Actor): ReadonlySet<Permission> {
  if (actor.tokenKind === undefined) return NONE
  return actor.tokenKind === 'user' ? permissionsOf(actor.roles) : OF_KEYS[actor.tokenKind]
}

const NONE: ReadonlySet<Permission> = new Set()

const OF_KEYS = {
  admin: new Set(KEY_PERMISSIONS.admin),
  service: new Set(KEY_PERMISSIONS.service),
  server: new Set(KEY_PERMISSIONS.server),
  web: new Set(KEY_PERMISSIONS.web),
} satisfies Record<keyof typeof KEY_PERMISSIONS, ReadonlySet<Permission>>
