/**
 * People over time: another name, let in no more, removed. Who is removed leaves the id behind, as a
 * pseudonym, where something was signed: the audit chain keeps what was recorded, or it would be none.
 */
import type { Person } from '@flagmarshal/api/person'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { announcePerson, lockPeople, selectPerson } from '../storage/access.ts'
import type { GrantedPerson } from '../storage/access.ts'
import { endSessions, revokeInvitationsOf } from '../storage/accounts.ts'
import type { Database, Tx } from '../storage/database.ts'
import { eraseRows, updateDisabled, updateProfile } from '../storage/people.ts'
import { personView, refuseLastAdministrator } from './people.ts'

/** Gives a person another name and address. */
export async function changePerson(
  context: Context,
  database: Database,
  id: string,
  profile: { readonly name: string; readonly email: string | null },
): Promise<Person | Refusal> {
  return await change(context, database, id, async (tx, before) => {
    await updateProfile(tx, id, profile)
    await announcePerson(tx, id)
    // Names and addresses stay out of the chain, which nobody can erase.
    return { action: 'person.change', after: { renamed: before.name !== profile.name } }
  })
}

/** Lets a person in no more: sessions end, tokens are refused at once. */
export async function disablePerson(
  context: Context,
  database: Database,
  id: string,
): Promise<Person | Refusal> {
  return await change(context, database, id, async (tx, before, people) => {
    const no = refuseLastAdministrator(people, id) ?? refuseOneself(context, id)
    if (no !== undefined) return no
    if (before.disabled_at !== null) return undefined
    await updateDisabled(tx, id, context.now)
    await endSessions(tx, id, context.now, undefined)
    await revokeInvitationsOf(tx, id, context.now)
    await announcePerson(tx, id)
    return { action: 'person.disable' }
  })
}

/** Lets a person in again. */
export async function enablePerson(
  context: Context,
  database: Database,
  id: string,
): Promise<Person | Refusal> {
  return await change(context, database, id, async (tx, before) => {
    if (before.disabled_at === null) return undefined
    await updateDisabled(tx, id, null)
    await announcePerson(tx, id)
    return { action: 'person.enable' }
  })
}

/** Removes a person for good. */
export async function erasePerson(
  context: Context,
  database: Database,
  id: string,
): Promise<undefined | Refusal> {
  const erased = await change(context, database, id, async (tx, _, people) => {
    const no = refuseLastAdministrator(people, id) ?? refuseOneself(context, id)
    if (no !== undefined) return no
    await announcePerson(tx, id)
    await eraseRows(tx, id, context.now)
    return { action: 'person.erase' }
  })
  return isRefusal(erased) ? erased : undefined
}

interface Change {
  readonly action: string
  readonly after?: object
}

type Act = (
  tx: Tx,
  before: GrantedPerson,
  people: readonly GrantedPerson[],
) => Promise<Change | Refusal | undefined>

/** Locks the people, lets `act` change one, records. */
// oxlint-disable-next-line max-params -- who asks, whom it concerns, and what happens
async function change(context: Context, database: Database, id: string, act: Act): Promise<Person | Refusal> {
  return await database.transaction(async (tx) => {
    const people = await lockPeople(tx)
    const before = people.find((it) => it.id === id)
    if (before === undefined) return notFound('person', id)
    const done = await act(tx, before, people)
    if (isRefusal(done)) return done
    if (done !== undefined) {
      const { action, after } = done
      const subject = { kind: 'person', id }
      await record(tx, context, {
        chain: 'installation',
        action,
        subject,
        ...(after === undefined ? {} : { after }),
      })
    }
    return personView((await selectPerson(tx, id)) ?? before)
  })
}

function refuseOneself({ actor }: Context, id: string): Refusal | undefined {
  return actor.kind === 'person' && actor.id === id
    ? refuse('own-account', 'This is your own account.', 'Ask another administrator.')
    : undefined
}
