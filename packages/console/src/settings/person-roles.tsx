/** The roles of a person, changed in place: beside what another administrator saves meanwhile. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import type { Role } from '@flagmarshal/domain/access/permission'
import type { ReactElement } from 'react'

import { choices } from '../form/make-field.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EditCard } from './edit-card.tsx'

interface PersonRolesProps {
  readonly person: Answer<'listPeople'>['items'][number]
  readonly cannot: string | undefined
}

const FIELDS = [choices('roles', 'Roles', ROLES)]

export function PersonRoles({ person: { id, name, roles: stored }, cannot }: PersonRolesProps): ReactElement {
  const write = useWrite('changeRoles')
  const save = async (roles: unknown, seen: string) => {
    const body = { roles: rolesIn(roles), seen: rolesIn(seen.split(' ')) }
    const saved = await write.mutateAsync([{ params: { person: id }, body }]).catch(() => undefined)
    return saved && { revision: saved.roles.join(' ') }
  }
  return (
    <EditCard
      title={`Roles of ${name}`}
      says="They count at once, for every token and session. What was approved or decided in a role stays as it was recorded. The last administrator stays one."
      what={`the roles of ${id}`}
      fields={FIELDS}
      stored={{ roles: rolesIn(stored) }}
      revision={rolesIn(stored).join(' ')}
      cannot={cannot}
      save={(body, seen) => save(body['roles'], seen)}
      saving={write.isPending}
      error={write.error}
      command={({ roles }) => `flagmarshal person roles ${id} ${rolesIn(roles).join(' ')}`}
      request={`PUT /api/v1/people/${id}/roles`}
    />
  )
}

/** The roles that are in it, in the order of their table. */
function rolesIn(value: unknown): Role[] {
  return Array.isArray(value) ? ROLES.filter((role) => value.includes(role)) : []
}
