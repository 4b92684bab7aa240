/** What the rest of the server sees of the provider that people sign in at. Nothing here throws for what it does. */

/** Us at the provider that people sign in at (OpenID Connect), as it is settled. */
export interface ProviderClient {
  readonly issuer: string
  readonly clientId: string
  /** Absent for a public client. */
  readonly secret: string | undefined
  /** Beside `openid`. */
  readonly scopes: readonly string[]
  /** Where the browser comes back to. */
  readonly returnAddress: string
}

/** What is kept, in the browser that left, until it comes back; secret. */
export interface KeptSignIn {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Who came back; the claims of the ID token, and beside them those of the UserInfo endpoint. */
export interface ShownPerson {
  readonly issuer: string
  readonly subject: string
  /** When they last proved to the provider who they are, if it says. */
  readonly provedAt: Date | undefined
  readonly claims: Readonly<Record<string, unknown>>
  /** What it calls the session that they have there, if it says. */
  readonly session: string | undefined
}

/** That a session there has ended, as the provider has told us: of a subject, of one session, or both. */
export interface ProviderNotice {
  readonly kind: 'notice'
  readonly issuer: string
  readonly subject: string | undefined
  readonly session: string | undefined
  /** No two notices have the same. */
  readonly id: string
  /** From then on it is too old to be taken. */
  readonly until: Date
}

/** The sentences hold no secret. `refused`: asking again does not help; `failed`: it was not reached. */
export type ProviderFault = { readonly kind: 'refused' | 'failed'; readonly why: string }

/** Signing in at a provider. */
export interface SignInProvider {
  /** What it offers, and whether its keys can be read. */
  look(
    client: ProviderClient,
    now: Date,
  ): Promise<{ readonly kind: 'answers'; readonly notes: readonly string[] } | ProviderFault>
  /** Where the browser goes; `anew`: the provider must ask for the proof again. */
  begin(
    client: ProviderClient,
    { anew, now }: { readonly anew: boolean; readonly now: Date },
  ): Promise<{ readonly kind: 'begun'; readonly address: string; readonly kept: KeptSignIn } | ProviderFault>
  /** Who came back with this query. */
  finish(
    client: ProviderClient,
    returned: { readonly kept: KeptSignIn; readonly query: string; readonly now: Date },
  ): Promise<{ readonly kind: 'shown'; readonly person: ShownPerson } | ProviderFault>
  /** What a notice says that claims to be of the provider. */
  notice(
    client: ProviderClient,
    given: { readonly token: string; readonly now: Date },
  ): Promise<ProviderNotice | ProviderFault>
}
