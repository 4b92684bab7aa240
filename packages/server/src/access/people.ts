/** People: adding and listing them, and their roles. */
import type { ChangedRoles } from '@flagmarshal/api/access'
import type { NewPerson, Person } from '@flagmarshal/api/person'
import { ROLES } from '@flagmarshal/domain/access/permission'
import type { Role } from '@flagmarshal/domain/access/permission'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Stale } from '../refusals.ts'
import { announcePerson, insertPerson, lockPeople, selectPeople, updateRoles } from '../storage/access.ts'
import type { GrantedPerson } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'

/** Adds a person. Refuses an id that is taken. */
export async function createPerson(
  context: Context,
  database: Database,
  input: NewPerson,
): Promise<Person | Refusal> {
  const row = {
    id: input.id,
    name: input.name,
    email: input.email ?? null,
    roles: [...new Set(input.roles)],
    created_at: context.now,
  }
  return await database.transaction(async (tx) => {
    if (!(await insertPerson(tx, row))) {
      return refuse('key-taken', `There already is a person ${input.id}.`, 'Choose another id.', '/id')
    }
    await record(tx, context, {
      chain: 'installation',
      action: 'person.create',
      subject: { kind: 'person', id: input.id },
      after: { id: row.id, name: row.name, roles: row.roles },
    })
    return personView({ ...row, grants: [], disabled_at: null })
  })
}

/**
 * Gives a person other roles; tokens and sessions have them at once, on every server. Refuses where
 * the person has other roles than the caller saw, and to take its role from the last administrator.
 */
export async function changeRoles(
  context: Context,
  database: Database,
  id: string,
  input: ChangedRoles,
): Promise<Person | Refusal> {
  const roles = inOrder(input.roles)
  return await database.transaction(async (tx) => {
    const people = await lockPeople(tx)
    const before = people.find((it) => it.id === id)
    if (before === undefined) return notFound('person', id)
    if (same(before.roles, roles)) return personView(before)
    if (!same(before.roles, input.seen)) return otherRoles(before)
    const last = roles.includes('administrator') ? undefined : refuseLastAdministrator(people, id)
    if (last !== undefined) return { ...last, pointer: '/roles' }
    await updateRoles(tx, id, roles)
    await announcePerson(tx, id)
    await record(tx, context, {
      chain: 'installation',
      action: 'person.change-roles',
      subject: { kind: 'person', id },
      before: { roles: before.roles },
      after: { roles },
    })
    return personView({ ...before, roles })
  })
}

/** Somebody who is let in must be left who can do everything. */
export function refuseLastAdministrator(people: readonly GrantedPerson[], id: string): Refusal | undefined {
  const left = people.filter((it) => it.roles.includes('administrator') && it.disabled_at === null)
  if (left.length !== 1 || left[0]?.id !== id) return undefined
  return refuse(
    'last-administrator',
    `${id} is the last administrator.`,
    'Make somebody else an administrator first.',
  )
}

/** Each role once, in the order of their table. */
function inOrder(roles: readonly Role[]): Role[] {
  return ROLES.filter((role) => roles.includes(role))
}

function same(these: readonly Role[], those: readonly Role[]): boolean {
  return inOrder(these).join() === inOrder(those).join()
}

function otherRoles(person: GrantedPerson): Stale {
  return {
    ...refuse(
      'stale-version',
      `${person.id} has other roles than you saw: ${person.roles.join(', ')}.`,
      'Look at them, decide anew, and send them as seen.',
    ),
    current: personView(person),
  }
}

/** All people, by id. */
export async function listPeople(database: Database): Promise<Person[]> {
  return (await selectPeople(database.kysely)).map(personView)
}

/** A person as the API shows one. */
export function personView(row: Omit<GrantedPerson, 'erased_at'>): Person {
  return {
    id: row.id,
    name: row.name,
    ...(row.email === null ? {} : { email: row.email }),
    roles: row.roles,
    createdAt: row.created_at.toISOString(),
    grants: [...row.grants],
    disabledAt: row.disabled_at?.toISOString() ?? null,
  }
}
