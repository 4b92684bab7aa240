/** A server whose people sign in at a real issuer, and a person's way there and back. */
import type { OperationId } from '@flagmarshal/api'
import type { IdentityProviderSettings } from '@flagmarshal/api/identity-provider'

import { freePort } from '../../../../tests/support/free-port.ts'
import { expectOk, startServer } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'
import { systemClock } from '../../src/clock.ts'
import { signInThere, startIssuer } from './issuer.ts'
import type { Claims, Issuer } from './issuer.ts'
import { sendTo } from './sessions.ts'

/** Somebody who has left for the issuer and comes back: what stands in the address, and the cookies. */
interface Left {
  readonly query: string
  readonly kept: string
  readonly address: URL
  readonly set: string | null
}

/** How somebody leaves, where it is not for a sign-in by a new browser. */
interface Leaving {
  readonly id?: OperationId
  readonly cookie?: string | undefined
  /** The cookies of the issuer in this browser. */
  readonly jar?: Map<string, string>
  /** What the browser asks the issuer, if not what it was told to. */
  readonly rewritten?: (address: URL) => void
}

export interface ProviderServer extends AsyncDisposable {
  readonly server: TestServer
  readonly issuer: Issuer
  /** How far the server's clock is off, in milliseconds. */
  readonly clock: { off: number }
  /** Settles the provider anew; what is not given is as usual. */
  settle(
    changed?: Partial<IdentityProviderSettings>,
    secret?: string | null,
  ): ReturnType<TestServer['admin']['call']>
  /** Leaves for the issuer, signs in there with these claims, and comes back. */
  leave(login: string, claims: Claims, leaving?: Leaving): Promise<Left>
  /** Hands over what somebody came back with. */
  finish(left: Pick<Left, 'query' | 'kept'>): ReturnType<typeof sendTo>
  /** All of it; the cookie is that of the session. */
  signIn(login: string, claims: Claims): ReturnType<typeof sendTo>
}

/** Starts both. There is a project `shop`, which the usual rules name. */
export async function startProviderServer(): Promise<ProviderServer> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const issuer = await startIssuer(`${address}/sign-in/return`)
  const clock = { off: 0 }
  const server = await startServer({
    lapseMs: 100,
    clock: { ...systemClock, now: () => new Date(systemClock.now().getTime() + clock.off) },
    settings: {
      FLAGMARSHAL_PORT: String(port),
      FLAGMARSHAL_PUBLIC_URL: address,
      FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
    },
  })
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))

  const settle = async (
    changed: Partial<IdentityProviderSettings> = {},
    secret: string | null = issuer.clientSecret,
  ) => {
    const { revision } = expectOk(await server.admin.call('showIdentityProvider'))
    const settings = { ...usualSettings(issuer), ...changed }
    return await server.admin.call('writeIdentityProvider', { body: { settings, secret }, ifMatch: revision })
  }
  expectOk(await settle())

  const leave = async (login: string, claims: Claims, leaving: Leaving = {}): Promise<Left> => {
    const { id = 'beginSignIn', cookie, jar, rewritten } = leaving
    issuer.people.set(login, claims)
    const begun = await sendTo(address, id, { body: { page: '/now' }, cookie })
    if (begun.status !== 200) throw new Error(JSON.stringify(begun.json))
    const there = new URL(String(begun.json['address']))
    rewritten?.(there)
    const query = await signInThere(issuer, there.href, login, jar)
    const kept = [begun.cookie, cookie].filter((it) => it !== undefined).join('; ')
    return { query, kept, address: there, set: begun.set }
  }

  const finish = ({ query, kept }: Pick<Left, 'query' | 'kept'>) =>
    sendTo(address, 'finishSignIn', { body: { query }, cookie: kept })

  return {
    server,
    issuer,
    clock,
    settle,
    leave,
    finish,
    signIn: async (login, claims) => await finish(await leave(login, claims)),
    async [Symbol.asyncDispose]() {
      await server.close()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

function usualSettings({ address, clientId }: Issuer): IdentityProviderSettings {
  return {
    name: 'Acme',
    issuer: address,
    clientId,
    scopes: ['profile', 'email', 'groups'],
    groupsClaim: 'groups',
    roles: [
      { group: 'flag-people', role: 'developer' },
      { group: 'shop-leads', role: 'technical-lead', project: 'shop' },
      { group: 'flag-admins', role: 'administrator' },
    ],
    addsPeople: true,
    linksByEmail: false,
    sessionHours: 12,
    rolesDays: 7,
  }
}
