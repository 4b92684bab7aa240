/**
 * Notices that a session at the provider has ended (OpenID Connect Back-Channel Logout 1.0): a signed token, of
 * which everything is checked that section 2.6 asks for but whether it came before, which needs a memory.
 */
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'

import type { ProviderClient, ProviderNotice } from '../sign-in-interfaces.ts'
import { GuardFault } from './fault.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** Nobody but the provider has the key: none that both sides know. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** How old a notice may be, in seconds; the specification wants them short-lived. */
const OLDEST_SECONDS = 120

/** What a notice says. Throws a GuardFault for one that does not hold. */
export async function readNotice(
  token: string,
  {
    keys,
    client,
    now,
    toleranceSeconds,
  }: {
    readonly keys: JSONWebKeySet
    readonly client: ProviderClient
    readonly now: Date
    readonly toleranceSeconds: number
  },
): Promise<ProviderNotice> {
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    algorithms: ALGORITHMS,
    issuer: client.issuer,
    audience: client.clientId,
    currentDate: now,
    clockTolerance: toleranceSeconds,
    maxTokenAge: OLDEST_SECONDS,
    requiredClaims: ['jti', 'iat'],
  }).catch((error: unknown) => {
    throw error instanceof errors.JOSEError ? unheld() : error
  })
  const { sub, sid, jti, events, nonce } = payload
  const said = isObject(events) && isObject(events[EVENT])
  // A nonce would make an ID token of it, which anybody who has signed in could send here.
  if (!said || nonce !== undefined || jti === undefined) throw unheld()
  const session = typeof sid === 'string' && sid !== '' ? sid : undefined
  if (sub === undefined && session === undefined) throw unheld()
  const until = new Date(now.getTime() + (OLDEST_SECONDS + 2 * toleranceSeconds) * 1000)
  return { kind: 'notice', issuer: client.issuer, subject: sub, session, id: jti, until }
}

function unheld(): GuardFault {
  return new GuardFault('refused', 'its notice does not hold')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
