/**
 * A real OpenID Connect issuer, `oidc-provider`, on a free port, with people in it and the pages on which
 * they sign in. What it says at single addresses can be replaced, for issuers that lie.
 */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import type { GrantContext } from 'oidc-provider'

import { freePort } from '../../../../tests/support/free-port.ts'

/** What the issuer says of somebody. */
export type Claims = Readonly<Record<string, unknown>>

export interface Issuer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string
  readonly clientId: string
  readonly clientSecret: string
  /** People by their login, which is also their subject. Changes count from the next sign-in on. */
  readonly people: Map<string, Claims>
  /** Answers of its own at these paths, in place of the issuer's. */
  readonly lies: Map<string, (request: IncomingMessage, response: ServerResponse) => void>
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  /** A token of these claims, signed with its present key. */
  sign(claims: Claims): Promise<string>
  /** Signs with another key from now on, and publishes no older one. */
  rotate(): void
  /** Nothing is reached there any more, until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts it; the browser is sent back to `returnAddress`. */
export async function startIssuer(returnAddress: string): Promise<Issuer> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const [clientId, clientSecret] = ['flagmarshal', 'a secret of the client, 0123456789']
  const people = new Map<string, Claims>()
  const lies: Issuer['lies'] = new Map()
  const asked = new Map<string, number>()
  let key = newKey()
  const make = () =>
    new Provider(address, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [returnAddress],
          backchannel_logout_uri: new URL('/sign-in/back-channel-logout', returnAddress).href,
          backchannel_logout_session_required: true,
        },
      ],
      features: { backchannelLogout: { enabled: true } },
      // Its own guard sends nothing to this machine, where all of the test is.
      fetch: async (url: string, request: RequestInit) => {
        Reflect.deleteProperty(request, 'dispatcher')
        return await fetch(url, request)
      },
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the cookies'] },
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username'],
        email: ['email', 'email_verified'],
        groups: ['groups'],
      },
      ttl: { IdToken: 60, AccessToken: 60, Session: 3600, Grant: 3600, Interaction: 600 },
      pkce: { required: () => true },
      findAccount: (_: unknown, accountId: string) => ({
        accountId,
        claims: () => ({ ...people.get(accountId), sub: accountId }),
      }),
      // Nobody is asked whether this client may know them: it is the organisation's own.
      loadExistingGrant: async ({ oidc: { client, session, provider } }: GrantContext) => {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
        grant.addOIDCScope('openid profile email groups')
        await grant.save()
        return grant
      },
    }).callback()
  let answer = make()
  const listening = () => {
    const server = createServer((request, response) => {
      const path = request.url?.split('?')[0] ?? ''
      asked.set(path, (asked.get(path) ?? 0) + 1)
      const lie = lies.get(path)
      if (lie === undefined) answer(request, response)
      else lie(request, response)
    })
    return server.listen(port, '127.0.0.1')
  }
  let server = listening()
  await once(server, 'listening')

  async function stop(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    address,
    clientId,
    clientSecret,
    people,
    lies,
    asked,
    sign: (claims) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(key),
    rotate() {
      key = newKey()
      answer = make()
    },
    stop,
    async start() {
      server = listening()
      await once(server, 'listening')
    },
    [Symbol.asyncDispose]: stop,
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

/**
 * Follows the address to the issuer as a browser does, signs in where it is asked to, and answers what it comes
 * back with. `jar`: the cookies that it has of the issuer, and gets.
 */
// oxlint-disable-next-line max-params -- where, whereto, who, and in which browser
export async function signInThere(
  issuer: Issuer,
  address: string,
  login: string,
  jar = new Map<string, string>(),
): Promise<string> {
  let form: URLSearchParams | undefined
  let next = address
  for (let hops = 0; hops < 12; hops++) {
    const answer = await browse(next, jar, form)
    form = undefined
    const location = answer.headers.get('location')
    if (location !== null) {
      next = new URL(location, next).href
      if (!next.startsWith(issuer.address)) return new URL(next).search.slice(1)
      await answer.text()
      continue
    }
    next = new URL(await formOn(answer), next).href
    form = new URLSearchParams({ prompt: 'login', login, password: 'any' })
  }
  throw new Error('the issuer never sent the browser back')
}

/** Signs out at the issuer, which tells everybody whom it has signed somebody in for. */
export async function signOutThere(issuer: Issuer, jar: Map<string, string>): Promise<void> {
  const asked = await browse(`${issuer.address}/session/end`, jar)
  const page = await asked.text()
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const form = new URLSearchParams({ xsrf, logout: 'yes' })
  const left = await browse(`${issuer.address}/session/end/confirm`, jar, form)
  await left.text()
  if (left.status >= 400) throw new Error(`the issuer answered ${left.status}`)
}

/** One request of a browser with these cookies. */
async function browse(address: string, jar: Map<string, string>, form?: URLSearchParams): Promise<Response> {
  const answer = await fetch(address, {
    redirect: 'manual',
    headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  })
  for (const set of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
    if (name !== undefined && value !== undefined) jar.set(name, value)
  }
  return answer
}

/** Where the form of a page is sent. */
async function formOn(answer: Response): Promise<string> {
  const page = await answer.text()
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]
  if (action !== undefined) return action
  throw new Error(`the issuer answered ${answer.status}: ${/<body>([^]*)/.exec(page)?.[1] ?? page}`)
}
