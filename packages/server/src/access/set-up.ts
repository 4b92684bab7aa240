/**
 * The first administrator, who is set up once, by whoever holds the link that the server printed.
 *
 * The link's secret follows from the bootstrap token, so that every server of the installation
 * accepts it and nothing has to be stored; it is worth nothing once anybody can sign in.
 */
import { timingSafeEqual } from 'node:crypto'

import type { SetUp } from '@flagmarshal/api/account'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { insertPerson } from '../storage/access.ts'
import { anybodyEnters, lockSetUp, upsertPassword } from '../storage/accounts.ts'
import type { Database } from '../storage/database.ts'
import { hashPassword, refuseWeakPassword } from './password.ts'
import { actorOfPerson, openSession } from './sessions.ts'
import type { DoorParts, OpenedSession } from './sessions.ts'

/** The secret of the set-up link. */
export function setUpSecret(bootstrapToken: string): string {
  return sha256(`flagmarshal set-up ${bootstrapToken}`).slice(0, 40)
}

/** Whether the first administrator is still to be set up. */
export async function isSetUpNeeded(database: Database): Promise<boolean> {
  return !(await anybodyEnters(database.kysely))
}

/** Sets the first administrator up and opens a session. */
export async function setUp(
  context: Context,
  { database, origin, expected }: Omit<DoorParts, 'safe'> & { readonly expected: string },
  input: SetUp,
): Promise<OpenedSession | Refusal> {
  const [given, right] = [Buffer.from(sha256(input.secret)), Buffer.from(sha256(expected))]
  if (!timingSafeEqual(given, right)) return refuseLink()
  const weak = refuseWeakPassword(input.password, input)
  if (weak !== undefined) return weak
  const hash = await hashPassword(input.password)
  const person = {
    id: input.id,
    name: input.name,
    email: input.email ?? null,
    roles: ['administrator' as const],
    created_at: context.now,
  }
  return await database.transaction(async (tx) => {
    await lockSetUp(tx)
    if (await anybodyEnters(tx)) {
      return refuse('set-up-done', 'The first administrator has been set up.', 'Sign in instead.')
    }
    if (!(await insertPerson(tx, person))) {
      return refuse('key-taken', `There already is a person ${input.id}.`, 'Choose another id.', '/id')
    }
    await upsertPassword(tx, { person: person.id, hash, changed_at: context.now })
    const acting = { ...context, actor: actorOfPerson(person, 'set-up') }
    await record(tx, acting, {
      chain: 'installation',
      action: 'installation.set-up',
      subject: { kind: 'person', id: person.id },
      after: { id: person.id, name: person.name, roles: person.roles },
    })
    return await openSession(tx, context, person, { method: 'password', origin })
  })
}

function refuseLink(): Refusal {
  return refuse(
    'link-refused',
    'This link is not the one that the server printed.',
    'Copy the whole link from where the server was started; a restart prints it again.',
  )
}
