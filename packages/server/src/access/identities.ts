/** The connection of people with the organisation's provider: the own one, and taking somebody's away. */
import type { OwnIdentity } from '@flagmarshal/api/provider-sign-in'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { endSessions, selectAccount } from '../storage/accounts.ts'
import type { Database } from '../storage/database.ts'
import { deleteIdentities, selectIdentities } from '../storage/identities.ts'
import { providerName } from './identity-provider.ts'
import { applyMappedRoles, mappedOf } from './mapped-roles.ts'

/** Whether the own account is connected. */
export async function showIdentity(
  { actor }: Context,
  { kysely }: Database,
  publicUrl: string | undefined,
): Promise<OwnIdentity> {
  const [row] = actor.kind === 'person' ? await selectIdentities(kysely, actor.id) : []
  const account = actor.kind === 'person' ? await selectAccount(kysely, actor.id) : undefined
  return {
    provider: await providerName(kysely, publicUrl),
    hasPassword: (account?.password_hash ?? null) !== null,
    connected:
      row === undefined
        ? null
        : {
            issuer: row.issuer,
            subject: row.subject,
            since: row.linked_at.toISOString(),
            seenAt: row.seen_at?.toISOString() ?? null,
            roles: mappedOf(row),
          },
  }
}

/** Disconnects somebody: what the mapping gave falls, sessions end. */
export async function disconnectPerson(
  context: Context,
  database: Database,
  person: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectIdentities(tx, person)).length === 0) return notFound('connection of', person)
    await applyMappedRoles(tx, context, person, [])
    await deleteIdentities(tx, person)
    await endSessions(tx, person, context.now, undefined)
    await record(tx, context, {
      chain: 'installation',
      action: 'person.disconnect',
      subject: { kind: 'person', id: person },
    })
    return undefined
  })
}
