/** Local accounts over HTTP. */
import type { accountOperations } from '@flagmarshal/api/account'
import type { Session } from '@flagmarshal/api/account'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { attempt } from '../../access/attempts.ts'
import { providerName } from '../../access/identity-provider.ts'
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  readInvitation,
  revokeInvitation,
} from '../../access/invitations.ts'
import { accountMeant, changePassword, signIn, signOut } from '../../access/sessions.ts'
import type { DoorParts, OpenedSession } from '../../access/sessions.ts'
import { isSetUpNeeded, setUp } from '../../access/set-up.ts'
import { reply, replyList } from '../handler.ts'
import type { BodyAnswer, Call, Handlers } from '../handler.ts'
import { noSessionCookie, sessionCookie, sessionOf } from '../session-cookie.ts'

export const handlers: Handlers<typeof accountOperations> = {
  showSetUp: async ({ services }) => ({
    body: {
      needed: await isSetUpNeeded(services.database),
      resetByMail: services.accounts.sendMail !== undefined,
      provider: await providerName(services.database.kysely, services.accounts.publicUrl),
    },
  }),

  setUp: async (call) => {
    const { context, services, body } = call
    const { setUpSecret } = services.accounts
    const work = () => setUp(context, { ...door(call), expected: setUpSecret }, body)
    return opened(call, await attempt(of(call), ['link-refused'], work))
  },

  signIn: async (call) => {
    const { context, services, body } = call
    const work = () => signIn(context, door(call), body)
    // By id and by e-mail address it is the same account, and has one number of attempts.
    const account = await accountMeant(services.database, body.person)
    const by = { ...of(call, account), whole: true } as const
    return opened(call, await attempt(by, ['sign-in-refused', 'code-wrong'], work))
  },

  signOut: async ({ context, services }) => {
    const result = await signOut(context, services.database)
    if (isRefusal(result)) return result
    return { body: undefined, cookie: noSessionCookie(services.accounts.publicUrl) }
  },

  changePassword: async (call) => {
    const { context, services, body } = call
    const work = () => changePassword(context, services.database, body)
    return reply(await attempt(of(call, context.actor.id), ['password-wrong'], work))
  },

  listInvitations: async ({ services }) => replyList(await listInvitations(services.database)),

  createInvitation: async ({ context, services, body, header }) => {
    const address = services.accounts.publicUrl ?? `http://${header('host') ?? 'localhost'}`
    return reply(await createInvitation(context, services.database, address, body))
  },

  revokeInvitation: async ({ context, services, params }) =>
    reply(await revokeInvitation(context, services.database, params.invitation)),

  readInvitation: async (call) => {
    const { context, services, body } = call
    const work = () => readInvitation(context, services.database, body.secret)
    return reply(await attempt(of(call), ['link-refused'], work))
  },

  acceptInvitation: async (call) => {
    const { context, body } = call
    const work = () => acceptInvitation(context, door(call), body)
    return opened(call, await attempt(of(call), ['link-refused', 'code-wrong'], work))
  },
}

/** Of a call, what opening a session needs. */
export type Caller = Pick<Call, 'context' | 'services' | 'address' | 'header'>

/** What opens a session, and from where it is opened. */
export function door({ services, address, header }: Caller): DoorParts {
  const { database, safe, accounts } = services
  const former = sessionOf(header('cookie'), accounts.publicUrl)
  return { database, safe, origin: { address, browser: header('user-agent'), former } }
}

/** Who tries, for the limits. */
export function of(
  { context, services, address }: Pick<Caller, 'context' | 'services' | 'address'>,
  account?: string,
) {
  return { limits: services.accounts.limits, account, address, now: context.now }
}

/** The answer for a session that was opened: its cookie beside what the caller is told. */
function opened({ services }: Caller, result: OpenedSession | Refusal): Refusal | BodyAnswer<Session> {
  if (isRefusal(result)) return result
  return { body: result.session, cookie: sessionCookie(result, services.accounts.publicUrl) }
}
