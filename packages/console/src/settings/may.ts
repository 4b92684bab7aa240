/** What the signed-in person may do here, and the words for what they may not. */
import { authorityFor } from '@flagmarshal/domain/access/authority'
import { useParams } from '@tanstack/react-router'

import { useMe } from '../access/session.ts'

const WHO = {
  'access:write': 'An administrator does this.',
  'project:write': 'An administrator does this.',
  'procedure:write': 'Whoever may work in the procedure does this; your roles only read.',
} as const

/** Why this person may not; undefined where they may, and until the server has said who they are. */
export function useCannot(permission: keyof typeof WHO): string | undefined {
  const me = useMe()
  const { project } = useParams({ strict: false })
  if (me === undefined || me.permissions.includes(permission)) return undefined
  const grants = me.grants.map(({ environment, ...it }) =>
    environment === null ? it : { ...it, environment },
  )
  const place = project === undefined ? {} : { project }
  const { allowed } = authorityFor({ kind: me.kind, roles: me.roles, grants }, { can: permission, ...place })
  return allowed ? undefined : WHO[permission]
}
