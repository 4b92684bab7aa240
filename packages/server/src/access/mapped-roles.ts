/**
 * The roles that follow from the groups of somebody who signs in at the provider: given, and taken again
 * when a group or a rule is gone. What people gave is left alone.
 */
import type { IdentityProviderSettings } from '@flagmarshal/api/identity-provider'
import { ROLES } from '@flagmarshal/domain/access/permission'
import {
  changeOfRoles,
  everywhere,
  groupsIn,
  rolesOf,
  roleText,
} from '@flagmarshal/domain/access/provider-roles'
import type { GivenRole, RoleChange } from '@flagmarshal/domain/access/provider-roles'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import { system } from '../context.ts'
import type { Context } from '../context.ts'
import { announcePerson, lockPeople, updateRoles } from '../storage/access.ts'
import type { GrantedPerson } from '../storage/access.ts'
import type { Tx } from '../storage/database.ts'
import { clearMapped, selectIdentities } from '../storage/identities.ts'
import { deleteGrant, insertGrant } from '../storage/people.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import { refuseLastAdministrator } from './people.ts'

const Mapped = z.array(
  z.object({
    role: z.enum(ROLES),
    project: z.string().optional(),
    environment: z.string().optional(),
  }),
)

/** The roles of a column `mapped`. */
export function mappedOf(row: { readonly mapped: unknown }): z.output<typeof Mapped> {
  return Mapped.parse(row.mapped)
}

/** The roles that these claims lead to, of the places that are there. */
export async function wantedRoles(
  tx: Tx,
  { roles, groupsClaim }: IdentityProviderSettings,
  claims: Readonly<Record<string, unknown>>,
): Promise<readonly GivenRole[]> {
  const wanted = rolesOf(roles, groupsIn(claims, groupsClaim))
  const places = new Map<string, readonly string[]>()
  for (const { project } of wanted) {
    if (project === undefined || places.has(project)) continue
    if ((await selectProject(tx, project)) === undefined) continue
    places.set(
      project,
      (await selectEnvironments(tx, project)).map((it) => it.key),
    )
  }
  return wanted.filter(({ project, environment }) => {
    if (project === undefined) return true
    const known = places.get(project)
    return known !== undefined && (environment === undefined || known.includes(environment))
  })
}

/** Gives and takes; answers what the mapping has given by now. The last administrator stays one. */
export async function applyMappedRoles(
  tx: Tx,
  context: Context,
  id: string,
  wanted: readonly GivenRole[],
): Promise<readonly GivenRole[]> {
  const people = await lockPeople(tx)
  const person = people.find((it) => it.id === id)
  if (person === undefined) return []
  const before = (await selectIdentities(tx, id)).flatMap(mappedOf)
  const change = sparing(people, person, changeOfRoles(heldBy(person), before, wanted))
  await clearMapped(tx, id)
  const { give, take } = change
  if (give.length === 0 && take.length === 0) return change.mapped

  const gone = new Set(take.map(roleText))
  const kept = person.roles.filter((role) => !gone.has(roleText({ role })))
  await updateRoles(tx, id, everywhere([...kept.map((role) => ({ role })), ...give]))
  const acting = { ...context, actor: system('identity-provider') }
  for (const it of give) if (it.project !== undefined) await insertGrant(tx, grantRow(acting, id, it))
  for (const it of take) if (it.project !== undefined) await deleteGrant(tx, grantRow(acting, id, it))
  await announcePerson(tx, id)
  await record(tx, acting, {
    chain: 'installation',
    action: 'person.map-roles',
    subject: { kind: 'person', id },
    after: { given: give.map(roleText), taken: take.map(roleText) },
  })
  return change.mapped
}

function heldBy({ roles, grants }: GrantedPerson): readonly GivenRole[] {
  return [
    ...roles.map((role) => ({ role })),
    ...grants.map(({ role, project, environment }) => ({
      role,
      project,
      environment: environment ?? undefined,
    })),
  ]
}

/** Somebody must be left who can do everything: that role falls when there is another administrator. */
function sparing(people: readonly GrantedPerson[], { id }: GrantedPerson, change: RoleChange): RoleChange {
  const falls = change.take.filter((it) => it.role === 'administrator')
  if (falls.length === 0 || refuseLastAdministrator(people, id) === undefined) return change
  return {
    ...change,
    take: change.take.filter((it) => it.role !== 'administrator'),
    mapped: [...change.mapped, ...falls],
  }
}

function grantRow({ now, actor }: Context, person: string, { role, project = '', environment }: GivenRole) {
  return {
    person,
    role,
    project,
    environment: environment ?? null,
    granted_at: now,
    granted_by: actor.id,
  }
}
