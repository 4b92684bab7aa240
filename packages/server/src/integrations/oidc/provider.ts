/**
 * OpenID Connect with `openid-client`, which sees the world through the guard for outgoing requests only
 * (R16): discovery, keys, tokens and claims are all fetched by it. The ID token's signature is checked on
 * every sign-in, with keys that are read anew each time: a key that was rotated a moment ago is known.
 */
import { isThisMachine } from '@flagmarshal/domain/access/issuer'
import type { JSONWebKeySet } from 'jose'
import * as oidc from 'openid-client'

import { systemClock } from '../../clock.ts'
import type { Outgoing } from '../interfaces.ts'
import type {
  KeptSignIn,
  ProviderClient,
  ProviderFault,
  ShownPerson,
  SignInProvider,
} from '../sign-in-interfaces.ts'
import { faultOf, GuardFault } from './fault.ts'
import { readNotice } from './notice.ts'

/** What a provider says of itself is read again after this time. */
const FRESH_MS = 300_000
/** Our clock and the provider's may differ by this much. */
const TOLERANCE_SECONDS = 30
/** For each request to it. */
const TIMEOUT_MS = 10_000

interface Known {
  readonly metadata: oidc.ServerMetadata
  readonly at: number
}

/** Asks through `outgoing`. */
export function createSignInProvider(outgoing: Outgoing): SignInProvider {
  const guarded = guardedBy(outgoing)
  const metadataOf = rememberMetadata(guarded)

  const discover = async (client: ProviderClient, now: Date, anew = false): Promise<oidc.Configuration> =>
    configure(client, await metadataOf(client, now, anew), now)

  const configure = (client: ProviderClient, metadata: oidc.ServerMetadata, now: Date) => {
    const made = new oidc.Configuration(
      metadata,
      client.clientId,
      skew(now),
      authentication(client, metadata),
    )
    made[oidc.customFetch] = guarded
    for (const extend of [...insecureWhere(client), oidc.enableNonRepudiationChecks]) extend(made)
    return made
  }

  /** Read anew each time: a key that was rotated a moment ago is known. */
  const keysOf = async ({ jwks_uri: address = '' }: oidc.ServerMetadata) =>
    await keysIn(await guarded(address, { method: 'GET', headers: {} }))

  return {
    look: (client, now) =>
      orFault(async () => {
        const metadata = (await discover(client, now, true)).serverMetadata()
        const { keys } = await keysOf(metadata)
        return { kind: 'answers', notes: notesOf(metadata, keys.length) }
      }),
    begin: (client, { anew, now }) =>
      orFault(async () => {
        const configuration = await discover(client, now)
        const kept = {
          state: oidc.randomState(),
          nonce: oidc.randomNonce(),
          verifier: oidc.randomPKCECodeVerifier(),
        }
        const address = oidc.buildAuthorizationUrl(configuration, {
          redirect_uri: client.returnAddress,
          scope: ['openid', ...client.scopes.filter((it) => it !== 'openid')].join(' '),
          state: kept.state,
          nonce: kept.nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(kept.verifier),
          code_challenge_method: 'S256',
          ...(anew ? { prompt: 'login', max_age: '0' } : {}),
        })
        // The browser follows it: no script may hide in it.
        if (!/^https?:$/.test(address.protocol))
          throw new GuardFault('refused', 'its sign-in page is no address of the web')
        return { kind: 'begun', address: address.href, kept }
      }),
    finish: (client, { kept, query, now }) =>
      orFault(async () => ({
        kind: 'shown',
        person: await exchange(await discover(client, now), { client, kept, query }),
      })),
    notice: (client, { token, now }) =>
      orFault(async () => {
        const keys = await keysOf((await discover(client, now)).serverMetadata())
        return await readNotice(token, { keys, client, now, toleranceSeconds: TOLERANCE_SECONDS })
      }),
  }
}

async function exchange(
  configuration: oidc.Configuration,
  {
    client,
    kept,
    query,
  }: { readonly client: ProviderClient; readonly kept: KeptSignIn; readonly query: string },
): Promise<ShownPerson> {
  const returned = new URL(client.returnAddress)
  returned.search = query
  const tokens = await oidc.authorizationCodeGrant(configuration, returned, {
    expectedState: kept.state,
    expectedNonce: kept.nonce,
    pkceCodeVerifier: kept.verifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new GuardFault('refused', 'it gave no ID token')
  const { userinfo_endpoint: more } = configuration.serverMetadata()
  const told =
    more === undefined ? {} : await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
  return {
    issuer: claims.iss,
    subject: claims.sub,
    provedAt: typeof claims.auth_time === 'number' ? new Date(claims.auth_time * 1000) : undefined,
    claims: { ...told, ...claims },
    session: typeof claims['sid'] === 'string' ? claims['sid'] : undefined,
  }
}

type Fetch = ReturnType<typeof guardedBy>

/** What an issuer says of itself, asked once for a while; of several who want to know, one asks. */
function rememberMetadata(guarded: Fetch) {
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<oidc.ServerMetadata>>()

  const ask = async (client: ProviderClient, now: Date): Promise<oidc.ServerMetadata> => {
    const options = { [oidc.customFetch]: guarded, execute: insecureWhere(client) }
    const found = await oidc.discovery(new URL(client.issuer), client.clientId, {}, oidc.None(), options)
    const metadata = found.serverMetadata()
    known.clear()
    known.set(client.issuer, { metadata, at: now.getTime() })
    return metadata
  }

  return async (client: ProviderClient, now: Date, anew: boolean): Promise<oidc.ServerMetadata> => {
    const before = known.get(client.issuer)
    const age = before === undefined ? Infinity : now.getTime() - before.at
    if (before !== undefined && !anew && age >= 0 && age < FRESH_MS) return before.metadata
    const answer = asking.get(client.issuer) ?? ask(client, now).finally(() => asking.delete(client.issuer))
    asking.set(client.issuer, answer)
    return await answer
  }
}

/** The library's way out. It throws what the guard says, which `faultOf` finds again. */
function guardedBy(outgoing: Outgoing) {
  return async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const answer = await outgoing.send({
      method: method === 'POST' ? 'POST' : 'GET',
      url,
      headers,
      timeoutMs: TIMEOUT_MS,
      ...(body instanceof URLSearchParams || typeof body === 'string' ? { body: body.toString() } : {}),
    })
    if (answer.kind !== 'answered') throw new GuardFault(answer.kind, answer.why)
    const { status } = answer
    if (status < 200) throw new GuardFault('failed', `${new URL(url).host} answered ${status}`)
    const empty = status === 204 || status === 205 || status === 304
    return new Response(empty ? null : new Uint8Array(answer.body), { status, headers: answer.headers })
  }
}

/** Without TLS on this machine only. */
function insecureWhere({ issuer }: ProviderClient): ((configuration: oidc.Configuration) => void)[] {
  const { protocol, hostname } = new URL(issuer)
  return protocol === 'http:' && isThisMachine(hostname) ? [oidc.allowInsecureRequests] : []
}

/** The library reads the time of the machine; ours is that of the request. */
function skew(now: Date) {
  return {
    [oidc.clockSkew]: Math.round((now.getTime() - systemClock.now().getTime()) / 1000),
    [oidc.clockTolerance]: TOLERANCE_SECONDS,
  }
}

/** As the provider wants it; by its specification HTTP Basic where it says nothing (Discovery 1.0, 3). */
function authentication({ secret }: ProviderClient, metadata: oidc.ServerMetadata): oidc.ClientAuth {
  if (secret === undefined) return oidc.None()
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic')
    ? oidc.ClientSecretBasic(secret)
    : oidc.ClientSecretPost(secret)
}

async function keysIn(answer: Response): Promise<JSONWebKeySet> {
  const found: unknown = answer.status === 200 ? await answer.json().catch(() => undefined) : undefined
  const keys = typeof found === 'object' && found !== null && 'keys' in found ? found.keys : undefined
  if (!Array.isArray(keys) || keys.length === 0) throw new GuardFault('failed', 'its keys cannot be read')
  return { keys }
}

function notesOf(metadata: oidc.ServerMetadata, keys: number): readonly string[] {
  const { authorization_endpoint, userinfo_endpoint, code_challenge_methods_supported: methods } = metadata
  if (authorization_endpoint === undefined || metadata.token_endpoint === undefined) {
    throw new GuardFault('refused', 'it offers no authorization code')
  }
  return [
    `It is ${metadata.issuer}, and has ${keys} ${keys === 1 ? 'key' : 'keys'}.`,
    methods === undefined || methods.includes('S256')
      ? 'It takes PKCE with S256.'
      : 'It does not say that it takes PKCE with S256; it is sent all the same.',
    userinfo_endpoint === undefined
      ? 'Claims come in the ID token alone.'
      : 'Claims come in the ID token and from its UserInfo endpoint.',
  ]
}

async function orFault<T>(work: () => Promise<T>): Promise<T | ProviderFault> {
  try {
    return await work()
  } catch (error) {
    return faultOf(error)
  }
}
