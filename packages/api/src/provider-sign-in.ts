/**
 * Signing in at the organisation's provider, on the wire: authorization code with PKCE. The browser is sent
 * to the address that `begin…` answers, comes back to a page of the console, and that page hands over what
 * the address says. What belongs together is kept in a cookie that scripts cannot read.
 */
import { z } from 'zod'

import { Session } from './account.ts'
import { ProviderRule } from './identity-provider.ts'
import { operation } from './operation.ts'
import { KeptProof } from './proof.ts'
import { Instant, Key } from './shapes.ts'

/** A page of this server: nothing that a browser could read as another host. */
const Page = z
  .string()
  .max(1_000)
  .regex(/^\/(?:$|[^/\\\p{Cc}][^\\\p{Cc}]*$)/u, 'Use a page of this server, like /now.')
  .default('/')
  .describe('The page to go on to.')

const Begun = z
  .strictObject({ address: z.string().describe('Where the browser goes.') })
  .meta({ id: 'BegunSignIn' })

export const FinishedSignIn = z
  .strictObject({
    did: z.enum(['signed-in', 'proved', 'connected']),
    page: z.string().describe('The page to go on to.'),
    session: Session.nullable().describe('Of a sign-in.'),
    proof: KeptProof.nullable().describe('Of a proof.'),
  })
  .meta({ id: 'FinishedSignIn' })
export type FinishedSignIn = z.infer<typeof FinishedSignIn>

export const OwnIdentity = z
  .strictObject({
    provider: z.string().nullable().describe('Its name; null where there is none.'),
    connected: z
      .strictObject({
        issuer: z.string(),
        subject: z.string().describe('What the provider calls the person.'),
        since: Instant,
        seenAt: Instant.nullable().describe('The last sign-in.'),
        roles: z.array(ProviderRule.omit({ group: true })).describe('That its groups gave.'),
      })
      .nullable(),
    hasPassword: z.boolean(),
  })
  .meta({ id: 'OwnIdentity' })
export type OwnIdentity = z.infer<typeof OwnIdentity>

const page = z.strictObject({ page: Page })
const begun = { status: 200, body: Begun } as const

export const providerSignInOperations = {
  beginSignIn: operation({
    method: 'POST',
    path: '/api/v1/provider-sign-in',
    summary:
      "Begin to sign in at the organisation's provider: sets a cookie, answers where the browser goes.",
    can: 'public',
    body: page,
    success: begun,
    setsCookie: true,
  }),
  finishSignIn: operation({
    method: 'POST',
    path: '/api/v1/provider-sign-in/finish',
    summary:
      'Finish what was begun there, once, in the browser that began it: a sign-in, a proof, a connection.',
    can: 'public',
    body: z.strictObject({
      query: z.string().max(8_000).describe('What stands after `?` in the address that it came back to.'),
    }),
    success: { status: 200, body: FinishedSignIn },
    setsCookie: true,
  }),
  beginProof: operation({
    method: 'POST',
    path: '/api/v1/account/proof/provider',
    summary: 'Begin to show once more who one is, at the provider, which asks for it anew.',
    can: 'self:read',
    body: page,
    success: begun,
  }),
  beginConnection: operation({
    method: 'POST',
    path: '/api/v1/account/identity',
    summary: 'Begin to connect the own account with the provider.',
    can: 'self:read',
    signs: true,
    body: page,
    success: begun,
  }),
  showIdentity: operation({
    method: 'GET',
    path: '/api/v1/account/identity',
    summary: 'Whether the own account is connected with the provider, and which roles that gave.',
    can: 'self:read',
    success: { status: 200, body: OwnIdentity },
  }),
  disconnectPerson: operation({
    method: 'DELETE',
    path: '/api/v1/people/{person}/identity',
    summary: 'Disconnect somebody from the provider: its roles fall, sessions end, the account stays.',
    can: 'access:write',
    params: z.strictObject({ person: Key }),
    success: { status: 204 },
  }),
}
