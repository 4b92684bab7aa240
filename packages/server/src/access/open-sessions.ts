/** The sessions that are open, and ending them: one, all of one's own, all of somebody. */
import type { OpenSession } from '@flagmarshal/api/proof'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { revokePersonal, selectOwnTokens, selectPerson } from '../storage/access.ts'
import { endSessions } from '../storage/accounts.ts'
import type { Database } from '../storage/database.ts'

/** The own ones, newest first. */
export async function listSessions(
  { actor, now }: Context,
  { kysely }: Database,
): Promise<OpenSession[] | Refusal> {
  if (actor.kind !== 'person') return refuseNobody()
  return (await selectOwnTokens(kysely, { person: actor.id, kind: 'session' }, now)).flatMap((it) =>
    it.expires_at === null
      ? []
      : [
          {
            id: it.id,
            createdAt: it.created_at.toISOString(),
            expiresAt: it.expires_at.toISOString(),
            address: it.address,
            browser: it.browser,
            own: it.id === actor.tokenId,
          },
        ],
  )
}

/** Ends one of the own ones. */
export async function endSession(
  context: Context,
  database: Database,
  id: string,
): Promise<undefined | Refusal> {
  const { actor, now } = context
  return await database.transaction(async (tx) => {
    const own = await selectOwnTokens(tx, { person: actor.id, kind: 'session' }, now)
    if (actor.kind !== 'person' || !own.some((it) => it.id === id)) return notFound('session', id)
    await revokePersonal(tx, id, now)
    await record(tx, context, {
      chain: 'installation',
      action: 'session.close',
      subject: { kind: 'session', id },
      before: { person: actor.id },
    })
    return undefined
  })
}

/** Ends all sessions of a person, that of the caller too. */
export async function endAllSessions(
  context: Context,
  database: Database,
  person: string,
): Promise<{ ended: number } | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectPerson(tx, person)) === undefined) return notFound('person', person)
    const ended = await endSessions(tx, person, context.now, undefined)
    await record(tx, context, {
      chain: 'installation',
      action: 'session.close-all',
      subject: { kind: 'person', id: person },
      after: { ended },
    })
    return { ended }
  })
}

function refuseNobody(): Refusal {
  return refuse('person-needed', 'This token belongs to no person.', "Use a person's own token.")
}
