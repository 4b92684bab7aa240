/** Personal tokens: made, shown once, revoked. */
import type { IssuedToken, NewToken } from '@flagmarshal/api/access'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { insertToken, revokePersonal, selectPerson } from '../storage/access.ts'
import type { Database, Tx } from '../storage/database.ts'
import { refuseOldSession } from './fresh-session.ts'
import { reachOf } from './token-reach.ts'

const DAY_MS = 86_400_000

/** Makes a token for a person. Refuses roles that the person does not hold, and in a session that is old. */
export async function createToken(
  context: Context,
  database: Database,
  personId: string,
  input: NewToken,
): Promise<IssuedToken | Refusal> {
  return await database.transaction(
    async (tx) => (await refuseOldSession(tx, context)) ?? (await issueToken(tx, context, personId, input)),
  )
}

/** The same, in a transaction. */
// oxlint-disable-next-line max-params -- where, who asks, for whom, and what
export async function issueToken(
  tx: Tx,
  context: Context,
  personId: string,
  input: NewToken,
): Promise<IssuedToken | Refusal> {
  const token = newToken('user')
  const id = newId('token')
  const expiresAt = new Date(context.now.getTime() + input.expiresInDays * DAY_MS)
  const person = await selectPerson(tx, personId)
  if (person === undefined) return notFound('person', personId)
  const held = [...person.roles, ...person.grants.map((it) => it.role)]
  const missing = input.roles?.find((role) => !held.includes(role))
  if (missing !== undefined) {
    return refuse(
      'role-not-held',
      `${personId} does not hold the role ${missing}.`,
      'Ask for roles that the person holds.',
      '/roles',
    )
  }
  const reach = await reachOf(tx, input.project, input)
  if (isRefusal(reach)) return reach
  await insertToken(tx, {
    id,
    hash: sha256(token),
    kind: 'user',
    name: input.name,
    person: personId,
    roles: input.roles === undefined ? null : [...new Set(input.roles)],
    ...reach,
    created_by: context.actor.id,
    created_at: context.now,
    expires_at: expiresAt,
    revoked_at: null,
  })
  await record(tx, context, {
    chain: 'installation',
    action: 'token.create',
    subject: { kind: 'token', id },
    after: { person: personId, name: input.name, roles: input.roles ?? person.roles, ...reach, expiresAt },
  })
  return { id, token, expiresAt: expiresAt.toISOString() }
}

/** Revokes a personal token: it stops working at once, on every server. */
export async function revokeToken(
  context: Context,
  database: Database,
  id: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await revokePersonal(tx, id, context.now)
    if (row === undefined) return notFound('token', id)
    await record(tx, context, {
      chain: 'installation',
      action: 'token.revoke',
      subject: { kind: 'token', id },
      before: { person: row.person, name: row.name },
    })
    return undefined
  })
}
