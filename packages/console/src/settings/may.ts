/** What the signed-in person may do here, and the words for what they may not. */
import { useMe } from '../access/session.ts'

const WHO = {
  'access:write': 'An administrator does this.',
  'project:write': 'An administrator does this.',
  'procedure:write': 'Whoever may work in the procedure does this; your roles only read.',
} as const

/** Why this person may not; undefined where they may, and until the server has said who they are. */
export function useCannot(permission: keyof typeof WHO): string | undefined {
  const me = useMe()
  return me === undefined || me.permissions.includes(permission) ? undefined : WHO[permission]
}
