/**
 * Sessions: signing in and out, and the own password.
 *
 * A session is a token of its own kind that only the cookie carries. Each sign-in makes a new one,
 * so nothing that was planted before it is worth anything afterwards.
 */
import type { Session, SignIn } from '@flagmarshal/api/account'
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Actor, Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { insertToken, revokePersonal, revokeSession, selectPerson } from '../storage/access.ts'
import type { PersonRow } from '../storage/access.ts'
import { endSessions, selectAccount, upsertPassword } from '../storage/accounts.ts'
import type { Database, Tx } from '../storage/database.ts'
import { grantOf } from './authenticate.ts'
import { identityOf } from './identity.ts'
import { refuseWithoutSession } from './own-session.ts'
import { hashPassword, isPassword, refuseWeakPassword } from './password.ts'
import { passSecondFactor } from './second-factor.ts'
import type { FactorParts } from './second-factor.ts'
import { SESSION_MS } from './session-length.ts'

/** A session that has just been opened: what the caller is told, and the secret for the cookie. */
export interface OpenedSession {
  readonly session: Session
  readonly secret: string
  /** How long the browser keeps it. */
  readonly lengthMs: number
}

/** From where a session is opened. */
export interface Origin {
  readonly address: string
  /** What the browser calls itself. */
  readonly browser: string | undefined
  /** The secret of the session that it has had so far, which ends. */
  readonly former?: string | undefined
}

/** What opening a session needs beside who asks. */
export interface DoorParts extends FactorParts {
  readonly origin: Origin
}

/** The longest that is kept of what a browser calls itself. */
const LONGEST_BROWSER = 200

/** Who is let in. */
export type Named = Pick<PersonRow, 'id' | 'name' | 'roles'>

/** The one answer for a wrong name, a wrong password and an account without one. */
function refuseSignIn(): Refusal {
  return refuse(
    'sign-in-refused',
    'This name and this password do not belong together.',
    'Try again, or ask an administrator for a link to choose a new password.',
  )
}

/** The account that a name means, by its id; of an unknown one the name. */
export async function accountMeant({ kysely }: Database, name: string): Promise<string> {
  return (await selectAccount(kysely, name))?.id ?? name
}

/** Signs a person in: with the password, and a code where the account has a second factor. */
export async function signIn(
  context: Context,
  { database, safe, origin }: DoorParts,
  input: SignIn,
): Promise<OpenedSession | Refusal> {
  const account = await selectAccount(database.kysely, input.person)
  const right = await isPassword(account?.password_hash ?? null, input.password)
  if (account === undefined || !right) {
    // The name that was given may be a password, typed into the wrong field.
    context.log.warn({ person: account?.id, address: origin.address }, 'a sign-in was refused')
    return refuseSignIn()
  }
  return await database.transaction(async (tx) => {
    const method = await passSecondFactor(tx, safe, {
      person: account.id,
      code: input.code,
      now: context.now,
    })
    return isRefusal(method) ? method : await openSession(tx, context, account, { method, origin })
  })
}

/** How a session is opened. */
export interface Opening {
  readonly method: ProofMethod
  readonly origin: Origin
  /** When they showed who they are, if not now; null where nobody knows. */
  readonly provedAt?: Date | null
  /** How long it lasts, if not as usual. */
  readonly lengthMs?: number
  /** The session at the provider that it is opened with. */
  readonly there?: { readonly issuer: string; readonly session: string | undefined }
}

/** Opens a session for a person who has shown who they are. */
// oxlint-disable-next-line max-params -- who asks, who is let in, and how
export async function openSession(
  tx: Tx,
  context: Context,
  person: Named,
  { method, origin, provedAt = context.now, lengthMs = SESSION_MS, there }: Opening,
): Promise<OpenedSession> {
  if (origin.former !== undefined) await endFormer(tx, context, origin.former)
  const secret = newToken('session')
  const id = newId('session')
  const expiresAt = new Date(context.now.getTime() + lengthMs)
  await insertToken(tx, {
    id,
    hash: sha256(secret),
    kind: 'session',
    name: 'console',
    person: person.id,
    roles: null,
    project: null,
    environment: null,
    created_at: context.now,
    expires_at: expiresAt,
    revoked_at: null,
    proved_at: provedAt,
    proved_by: provedAt === null ? null : method,
    address: origin.address,
    browser: origin.browser?.slice(0, LONGEST_BROWSER) ?? null,
    issuer: there?.issuer ?? null,
    provider_session: there?.session ?? null,
  })
  const grants = ((await selectPerson(tx, person.id))?.grants ?? []).map(grantOf)
  const actor = { ...actorOfPerson(person, id), grants }
  await record(
    tx,
    { ...context, actor },
    {
      chain: 'installation',
      action: 'session.open',
      subject: { kind: 'session', id },
      after: { person: person.id, method, expiresAt },
    },
  )
  return { secret, lengthMs, session: { person: identityOf(actor), expiresAt: expiresAt.toISOString() } }
}

/** The browser has another session now: nobody could end the one before there any more. */
async function endFormer(tx: Tx, context: Context, secret: string): Promise<void> {
  const row = await revokeSession(tx, sha256(secret), context.now)
  if (row?.person === undefined || row.person === null) return
  const person = await selectPerson(tx, row.person)
  if (person === undefined) return
  const acting = { ...context, actor: actorOfPerson(person, row.id) }
  await recordClosed(tx, acting, row.id)
}

async function recordClosed(tx: Tx, context: Context, id: string): Promise<void> {
  await record(tx, context, {
    chain: 'installation',
    action: 'session.close',
    subject: { kind: 'session', id },
    before: { person: context.actor.id },
  })
}

/** A person who acts in this session. */
export function actorOfPerson({ id, name, roles }: Named, session: string): Actor {
  return { kind: 'person', id, name, roles, tokenId: session, tokenKind: 'user', session: true }
}

/** Ends the session of the caller: the cookie stops working at once, on every server. */
export async function signOut(context: Context, database: Database): Promise<undefined | Refusal> {
  const { actor } = context
  const id = actor.tokenId
  if (actor.session !== true || id === undefined) return refuseWithoutSession()
  return await database.transaction(async (tx) => {
    await revokePersonal(tx, id, context.now)
    await recordClosed(tx, context, id)
    return undefined
  })
}

/** Changes the own password, which must be given once more; every other session ends. */
export async function changePassword(
  context: Context,
  database: Database,
  input: { readonly current: string; readonly next: string },
): Promise<undefined | Refusal> {
  const { actor } = context
  if (actor.session !== true) return refuseWithoutSession()
  const account = await selectAccount(database.kysely, actor.id)
  if (account === undefined || !(await isPassword(account.password_hash, input.current))) {
    return refuse('password-wrong', 'This is not your present password.', 'Try again.', '/current')
  }
  const weak = refuseWeakPassword(input.next, account)
  if (weak !== undefined) return { ...weak, pointer: '/next' }
  const hash = await hashPassword(input.next)
  return await database.transaction(async (tx) => {
    await upsertPassword(tx, { person: account.id, hash, changed_at: context.now })
    const ended = await endSessions(tx, account.id, context.now, actor.tokenId)
    await record(tx, context, {
      chain: 'installation',
      action: 'password.change',
      subject: { kind: 'person', id: account.id },
      after: { otherSessionsEnded: ended },
    })
    return undefined
  })
}
