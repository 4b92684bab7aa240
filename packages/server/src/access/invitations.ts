/** Invitations: a link that lets somebody join with given roles, or a known person choose a password. */
import type { AcceptInvitation, Invitation, IssuedInvitation, NewInvitation } from '@flagmarshal/api/account'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { insertPerson, selectPerson } from '../storage/access.ts'
import {
  endSessions,
  insertInvitation,
  revokeInvitationRow,
  revokeInvitationsOf,
  selectInvitations,
  selectOpenInvitation,
  upsertPassword,
  useInvitation,
} from '../storage/accounts.ts'
import type { InvitationRow } from '../storage/accounts.ts'
import type { Database, Tx } from '../storage/database.ts'
import { hashPassword, refuseWeakPassword } from './password.ts'
import { passSecondFactor } from './second-factor.ts'
import { actorOfPerson, openSession } from './sessions.ts'
import type { DoorParts, Named, OpenedSession } from './sessions.ts'

const HOUR_MS = 3_600_000

/** Makes an invitation; `address` is where people reach the console. */
export async function createInvitation(
  context: Context,
  database: Database,
  address: string,
  input: NewInvitation,
): Promise<IssuedInvitation | Refusal> {
  const secret = newToken('invitation')
  const expiresAt = new Date(context.now.getTime() + input.expiresInHours * HOUR_MS)
  return await database.transaction(async (tx) => {
    const whom = await inviteeOf(tx, input)
    if (isRefusal(whom)) return whom
    const row = {
      ...whom,
      id: newId('invitation'),
      hash: sha256(secret),
      created_by: context.actor.id,
      created_at: context.now,
      expires_at: expiresAt,
      used_at: null,
      used_by: null,
      revoked_at: null,
    }
    await insertInvitation(tx, row)
    await record(tx, context, {
      chain: 'installation',
      action: 'invitation.create',
      subject: { kind: 'invitation', id: row.id },
      after: { person: row.person, roles: row.roles, expiresAt },
    })
    return { id: row.id, link: `${address}/invitation#${secret}`, expiresAt: expiresAt.toISOString() }
  })
}

async function inviteeOf(
  tx: Tx,
  input: NewInvitation,
): Promise<Pick<InvitationRow, 'person' | 'name' | 'email' | 'roles'> | Refusal> {
  if (!('person' in input)) {
    const roles = [...new Set(input.roles)]
    return { person: null, name: input.name ?? null, email: input.email ?? null, roles }
  }
  const known = await selectPerson(tx, input.person)
  if (known === undefined) return notFound('person', input.person)
  return { person: known.id, name: known.name, email: known.email, roles: known.roles }
}

/** The invitations that nobody has accepted. */
export async function listInvitations(database: Database): Promise<Invitation[]> {
  return (await selectInvitations(database.kysely)).map(view)
}

/** Revokes an invitation. */
export async function revokeInvitation(
  context: Context,
  database: Database,
  id: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await revokeInvitationRow(tx, id, context.now)
    if (row === undefined) return notFound('invitation', id)
    await record(tx, context, {
      chain: 'installation',
      action: 'invitation.revoke',
      subject: { kind: 'invitation', id },
      before: { person: row.person, roles: row.roles },
    })
    return undefined
  })
}

/** What whoever holds the link is shown. */
export async function readInvitation(
  context: Context,
  database: Database,
  secret: string,
): Promise<Invitation | Refusal> {
  const row = await selectOpenInvitation(database.kysely, sha256(secret), context.now)
  return row === undefined ? refuseLink() : view(row)
}

/** Accepts an invitation: the person gets the password and a session; earlier sessions and other links end. */
export async function acceptInvitation(
  context: Context,
  { database, safe, origin }: DoorParts,
  input: AcceptInvitation,
): Promise<OpenedSession | Refusal> {
  const row = await selectOpenInvitation(database.kysely, sha256(input.secret), context.now)
  if (row === undefined) return refuseLink()
  const id = row.person ?? input.id
  if (id === undefined) return refuse('invalid', 'The new person needs an id.', 'Choose one.', '/id')
  const name = input.name ?? row.name ?? id
  const weak = refuseWeakPassword(input.password, { id, name })
  if (weak !== undefined) return weak
  const hash = await hashPassword(input.password)

  return await database.transaction(async (tx) => {
    const person = await join(tx, context, row, { id, name })
    if (isRefusal(person)) return person
    const { now } = context
    const method = await passSecondFactor(tx, safe, { person: person.id, code: input.code, now })
    if (isRefusal(method)) return method
    if (!(await useInvitation(tx, row.id, person.id, now))) return refuseLink()
    await revokeInvitationsOf(tx, person.id, now)
    await upsertPassword(tx, { person: person.id, hash, changed_at: now })
    await endSessions(tx, person.id, now, undefined)
    const acting = { ...context, actor: actorOfPerson(person, row.id) }
    await record(tx, acting, {
      chain: 'installation',
      action: 'invitation.accept',
      subject: { kind: 'invitation', id: row.id },
      after: { person: person.id, name: person.name, roles: person.roles, invitedBy: row.created_by },
    })
    return await openSession(tx, context, person, { method, origin })
  })
}

async function join(
  tx: Tx,
  context: Context,
  row: InvitationRow,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<Named | Refusal> {
  if (row.person !== null) return (await selectPerson(tx, row.person)) ?? notFound('person', row.person)
  const person = { id, name, email: row.email, roles: row.roles, created_at: context.now }
  if (await insertPerson(tx, person)) return person
  return refuse('key-taken', `There already is a person ${id}.`, 'Choose another id.', '/id')
}

function refuseLink(): Refusal {
  return refuse(
    'link-refused',
    'This link is not valid, was used before or has expired.',
    'Ask an administrator for a new one.',
  )
}

function view(row: InvitationRow): Invitation {
  return {
    id: row.id,
    person: row.person,
    name: row.name,
    email: row.email,
    roles: row.roles,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }
}
