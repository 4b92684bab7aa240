/** What went wrong at a provider, in a sentence without secrets: the library's own words stay inside. */
import type { ProviderFault } from '../sign-in-interfaces.ts'

/** What the guard said, or what we found wrong ourselves. */
export class GuardFault extends Error {
  readonly fault: ProviderFault

  constructor(kind: ProviderFault['kind'], why: string) {
    super(why)
    this.fault = { kind, why }
  }
}

/** Codes of `openid-client`, and what they mean to people. */
const MEANING: Readonly<Record<string, string>> = {
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'its ID token is for somebody else, or of another sign-in',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'its ID token is out of date: compare the clocks of both machines',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'it calls itself something else than the issuer that was settled',
  OAUTH_KEY_SELECTION_FAILED: 'its ID token is signed with a key that it does not publish',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'it answers with a status that is none of a provider',
  OAUTH_RESPONSE_IS_NOT_JSON: 'it answers with something else than JSON',
  OAUTH_PARSE_ERROR: 'its answer cannot be read',
  OAUTH_INVALID_RESPONSE: 'its answer is not one of OpenID Connect',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'it must be called over https',
  OAUTH_UNSUPPORTED_OPERATION: 'it asks for something that is not supported here',
}

/** Errors of the protocol that it answers (RFC 6749, OpenID Connect Core 3.1.2.6). */
const SAID: Readonly<Record<string, string>> = {
  access_denied: 'it was refused there',
  login_required: 'it wants a sign-in there first',
  invalid_client: 'it does not know this client, or not with this secret',
  invalid_grant: 'it does not take this code: it was used before, is too old, or is of another client',
  invalid_scope: 'it does not know a scope that is asked for',
  server_error: 'it has a fault',
  temporarily_unavailable: 'it is not available at the moment',
}

const PASSING: readonly string[] = ['server_error', 'temporarily_unavailable']

/** Never rejects with anything but a bug: what the other side did is a value. */
export function faultOf(error: unknown): ProviderFault {
  for (let it: unknown = error; it instanceof Error; it = it.cause) {
    if (it instanceof GuardFault) return it.fault
    if ('error' in it && typeof it.error === 'string') {
      const kind = PASSING.includes(it.error) ? 'failed' : 'refused'
      return { kind, why: SAID[it.error] ?? 'it answers with an error of its own' }
    }
  }
  for (let it: unknown = error; it instanceof Error; it = it.cause) {
    const code = 'code' in it && typeof it.code === 'string' ? it.code : ''
    const why = MEANING[code]
    if (why !== undefined) return { kind: 'refused', why }
  }
  return { kind: 'refused', why: 'its answer does not hold' }
}
