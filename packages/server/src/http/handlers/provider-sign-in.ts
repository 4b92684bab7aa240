/** Signing in at the organisation's provider, over HTTP. */
import type { providerSignInOperations } from '@flagmarshal/api/provider-sign-in'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { attempt } from '../../access/attempts.ts'
import { disconnectPerson, showIdentity } from '../../access/identities.ts'
import { KEPT_MS, stateOf } from '../../access/kept-sign-in.ts'
import { beginAtProvider, finishAtProvider } from '../../access/provider-sign-in.ts'
import type { BegunSignIn } from '../../access/provider-sign-in.ts'
import { reply } from '../handler.ts'
import type { BodyAnswer, Handlers } from '../handler.ts'
import { keptCookie, keptOf, sessionCookie, sessionOf } from '../session-cookie.ts'
import { door, of } from './account.ts'
import type { Caller } from './account.ts'
import { partsOf } from './identity-provider.ts'

/** What counts as an attempt that failed. */
const FAILURES = ['sign-in-lost', 'sign-in-used', 'provider-refused', 'another-person']

export const handlers: Handlers<typeof providerSignInOperations> = {
  beginSignIn: async (call) => {
    const wanted = { for: 'sign-in', page: call.body.page } as const
    return begun(call, await beginAtProvider(call.context, partsOf(call.services), wanted))
  },

  beginProof: async (call) => begun(call, await beginFor(call, 'proof', call.body.page)),

  beginConnection: async (call) => begun(call, await beginFor(call, 'connection', call.body.page)),

  finishSignIn: async (call) => {
    const { context, services, body, header } = call
    const { publicUrl } = services.accounts
    const cookie = header('cookie')
    const work = () =>
      finishAtProvider(
        context,
        { ...partsOf(services), origin: door(call).origin },
        {
          query: body.query,
          cookieOf: (state) => keptOf(cookie, state, publicUrl),
          session: sessionOf(cookie, publicUrl),
        },
      )
    const finished = await attempt(of(call), FAILURES, work)
    if (isRefusal(finished)) return finished
    const { did, page, opened, proof = null } = finished
    const taken = keptCookie({ state: stateOf(body.query) ?? '' }, publicUrl)
    return {
      body: { did, page, proof, session: opened?.session ?? null },
      cookie: opened === undefined ? taken : [sessionCookie(opened, publicUrl), taken],
    }
  },

  showIdentity: async ({ context, services }) =>
    reply(await showIdentity(context, services.database, services.accounts.publicUrl)),

  disconnectPerson: async ({ context, services, params }) =>
    reply(await disconnectPerson(context, services.database, params.person)),
}

async function beginFor(
  { context, services, header }: Caller,
  purpose: 'proof' | 'connection',
  page: string,
): Promise<BegunSignIn | Refusal> {
  const session = sessionOf(header('cookie'), services.accounts.publicUrl)
  return await beginAtProvider(context, partsOf(services), { for: purpose, page, session })
}

function begun(
  { services }: Caller,
  result: BegunSignIn | Refusal,
): Refusal | BodyAnswer<{ address: string }> {
  if (isRefusal(result)) return result
  const { address, state, cookie: value } = result
  const { publicUrl } = services.accounts
  return { body: { address }, cookie: keptCookie({ state, value, seconds: KEPT_MS / 1000 }, publicUrl) }
}
