/** The second factor, fresh proofs, open sessions and lost passwords over HTTP. */
import type { proofOperations } from '@flagmarshal/api/proof'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { attempt, book } from '../../access/attempts.ts'
import { endAllSessions, endSession, listSessions } from '../../access/open-sessions.ts'
import { prove } from '../../access/prove.ts'
import { sendReset } from '../../access/reset.ts'
import {
  confirmSecondFactor,
  enrolSecondFactor,
  removeSecondFactor,
  resetSecondFactor,
  showSecondFactor,
} from '../../access/second-factor.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { noSessionCookie } from '../session-cookie.ts'
import { of } from './account.ts'

export const handlers: Handlers<typeof proofOperations> = {
  showSecondFactor: async ({ context, services }) =>
    reply(await showSecondFactor(context, services.database)),

  enrolSecondFactor: async (call) => {
    const { context, services, body } = call
    const work = () => enrolSecondFactor(context, services, body.password)
    return reply(await attempt(of(call, context.actor.id), ['password-wrong'], work))
  },

  confirmSecondFactor: async (call) => {
    const { context, services, body } = call
    const work = () => confirmSecondFactor(context, services, body.code)
    return reply(await attempt(of(call, context.actor.id), ['code-wrong'], work))
  },

  removeSecondFactor: async (call) => {
    const { context, services, body } = call
    const work = () => removeSecondFactor(context, services, body.code)
    return reply(await attempt(of(call, context.actor.id), ['code-wrong'], work))
  },

  resetSecondFactor: async ({ context, services, params }) =>
    reply(await resetSecondFactor(context, services.database, params.person)),

  prove: async (call) => {
    const { context, services, body } = call
    const work = () => prove(context, services, body)
    return reply(await attempt(of(call, context.actor.id), ['code-wrong', 'password-wrong'], work))
  },

  listSessions: async ({ context, services }) => replyList(await listSessions(context, services.database)),

  endSession: async ({ context, services, params }) =>
    reply(await endSession(context, services.database, params.session)),

  endSessions: async ({ context, services }) => {
    const result = await endAllSessions(context, services.database, context.actor.id)
    if (isRefusal(result)) return result
    return { body: result, cookie: noSessionCookie(services.accounts.publicUrl) }
  },

  endSessionsOf: async ({ context, services, params }) =>
    reply(await endAllSessions(context, services.database, params.person)),

  askForReset: (call) => {
    const { context, services, body } = call
    const { sendMail, publicUrl, resetLimits } = services.accounts
    const no = book({ ...of(call, body.person), limits: resetLimits })
    if (no !== undefined) return no
    if (sendMail !== undefined && publicUrl !== undefined) {
      // Not waited for: the time of the answer would tell whether there is such an account.
      void sendReset(
        context,
        { database: services.database, send: sendMail, address: publicUrl },
        body.person,
      )
    }
    return {
      body: { said: 'If there is such an account with an e-mail address, a link is on its way to it.' },
    }
  },
}
