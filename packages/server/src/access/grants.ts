/** Roles in one project, or in one environment of it. */
import type { NewGrant } from '@flagmarshal/api/people'
import type { Person } from '@flagmarshal/api/person'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { announcePerson, selectPerson } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { deleteGrant, insertGrant } from '../storage/people.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import { personView } from './people.ts'

/** A role for somebody. */
export interface WantedGrant {
  readonly person: string
  readonly grant: NewGrant
}

/** Gives it; to give it twice changes nothing. Administrators are for the whole installation. */
export async function grantRole(
  context: Context,
  database: Database,
  { person: id, grant }: WantedGrant,
): Promise<Person | Refusal> {
  const { role, project, environment } = grant
  if (role === 'administrator') {
    const message = 'An administrator is one everywhere.'
    return refuse('invalid', message, 'Give the role with "person roles", or another one here.', '/role')
  }
  return await database.transaction(async (tx) => {
    const person = await selectPerson(tx, id)
    if (person === undefined) return notFound('person', id)
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const environments = await selectEnvironments(tx, project)
    if (environment !== undefined && !environments.some((it) => it.key === environment)) {
      return notFound('environment', environment)
    }
    const row = { person: id, role, project, environment: environment ?? null }
    const given = await insertGrant(tx, { ...row, granted_at: context.now, granted_by: context.actor.id })
    if (given) {
      await announcePerson(tx, id)
      await record(tx, context, {
        chain: { project },
        action: 'person.grant-role',
        subject: { kind: 'person', id },
        after: { role, environment: environment ?? null },
      })
    }
    return personView((await selectPerson(tx, id)) ?? person)
  })
}

/** Takes it away. */
export async function withdrawRole(
  context: Context,
  database: Database,
  { person: id, grant }: WantedGrant,
): Promise<Person | Refusal> {
  const { role, project, environment } = grant
  return await database.transaction(async (tx) => {
    const person = await selectPerson(tx, id)
    if (person === undefined) return notFound('person', id)
    const row = { person: id, role, project, environment: environment ?? null }
    if (!(await deleteGrant(tx, row))) return notFound('role', `${role} of ${id} in ${project}`)
    await announcePerson(tx, id)
    await record(tx, context, {
      chain: { project },
      action: 'person.withdraw-role',
      subject: { kind: 'person', id },
      before: { role, environment: environment ?? null },
    })
    return personView((await selectPerson(tx, id)) ?? person)
  })
}
