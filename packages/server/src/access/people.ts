/** People: adding and listing them. */
import type { NewPerson, Person } from '@flagmarshal/api/access'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { insertPerson, selectPeople } from '../storage/access.ts'
import type { PersonRow } from '../storage/access.ts'
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
    return personView(row)
  })
}

/** All people, by id. */
export async function listPeople(database: Database): Promise<Person[]> {
  return (await selectPeople(database.kysely)).map(personView)
}

function personView(row: PersonRow): Person {
  return {
    id: row.id,
    name: row.name,
    ...(row.email === null ? {} : { email: row.email }),
    roles: row.roles,
    createdAt: row.created_at.toISOString(),
  }
}
