/**
 * The provider that the organisation signs in at (OpenID Connect), on the wire: who it is, and which of
 * its groups have which roles here. The secret is written and never read again.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { RoleName } from './person.ts'
import { Instant, Key, Line } from './shapes.ts'

const Issuer = z
  .url({ protocol: /^https?$/, error: 'Use the https address of the provider.' })
  .max(2_000)
  .regex(/^[^@?#]*$/, 'Give the address of the issuer alone, without user, query or fragment.')

const Claim = z.string().regex(/^[^\s"\\]{1,200}$/, 'Use the name of a claim, like groups.')

export const ProviderRule = z
  .strictObject({
    group: Line.describe('As the provider names it.'),
    role: RoleName,
    project: Key.optional().describe('Everywhere, where none is named.'),
    environment: Key.optional(),
  })
  .meta({ id: 'ProviderRule' })

const settings = z
  .strictObject({
    name: Line.describe('What the sign-in page calls it.'),
    issuer: Issuer.describe('Where `/.well-known/openid-configuration` is found.'),
    clientId: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'Use what the provider calls this client.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'Use the name of a scope.'))
      .max(20)
      .default(['profile', 'email'])
      .describe('Asked for beside `openid`.'),
    groupsClaim: Claim.default('groups').describe(
      'The claim that holds the groups: a name, or a path like `realm_access.roles`.',
    ),
    roles: z.array(ProviderRule).max(500).default([]).describe('Who is in the group has the role.'),
    addsPeople: z
      .boolean()
      .default(true)
      .describe('Somebody new who has a role by the rules is added at the first sign-in.'),
    linksByEmail: z
      .boolean()
      .default(false)
      .describe('Somebody known is taken for who shows their address, where the provider has verified it.'),
    sessionHours: z
      .int()
      .min(1)
      .max(168)
      .default(12)
      .describe('How long a session lasts: roles are looked at at each sign-in.'),
    rolesDays: z
      .int()
      .min(1)
      .max(90)
      .default(7)
      .describe('How long roles of groups last without a sign-in: for tokens, which outlive sessions.'),
  })
  .meta({ id: 'IdentityProviderSettings' })
export type IdentityProviderSettings = z.output<typeof settings>

export const WrittenIdentityProvider = z
  .strictObject({
    settings,
    secret: z
      .string()
      .min(1)
      .max(4_000)
      .nullable()
      .optional()
      .describe('Written, never shown; null for a public client, what there is stays where none is given.'),
  })
  .meta({ id: 'WrittenIdentityProvider' })
export type WrittenIdentityProvider = z.output<typeof WrittenIdentityProvider>

export const IdentityProvider = z
  .strictObject({
    settings: settings.nullable().describe('null while nobody has set one up.'),
    hasSecret: z.boolean(),
    returnAddress: z
      .string()
      .nullable()
      .describe('What is registered at the provider; null while FLAGMARSHAL_PUBLIC_URL is not set.'),
    noticeAddress: z
      .string()
      .nullable()
      .describe('Where the provider may tell of sessions that ended there (back-channel logout).'),
    revision: z.int().min(1).describe('Its ETag; 1 before the first.'),
    changedAt: Instant.nullable(),
    changedBy: z.string().nullable(),
  })
  .meta({ id: 'IdentityProvider' })
export type IdentityProvider = z.output<typeof IdentityProvider>

export const ProviderTest = z
  .strictObject({
    at: Instant,
    state: z.enum(['pass', 'fail']),
    notes: z.array(z.string()).describe('What it offers, or what is wrong.'),
  })
  .meta({ id: 'ProviderTest' })
export type ProviderTest = z.output<typeof ProviderTest>

export const identityProviderOperations = {
  showIdentityProvider: operation({
    method: 'GET',
    path: '/api/v1/identity-provider',
    summary: 'The provider that the organisation signs in at, and the roles of its groups.',
    can: 'access:write',
    success: { status: 200, body: IdentityProvider },
  }),
  writeIdentityProvider: operation({
    method: 'PUT',
    path: '/api/v1/identity-provider',
    summary: 'Settle the provider and the roles of its groups, whole; they count from the next sign-in on.',
    can: 'access:write',
    body: WrittenIdentityProvider,
    ifMatch: true,
    success: { status: 200, body: IdentityProvider },
  }),
  removeIdentityProvider: operation({
    method: 'DELETE',
    path: '/api/v1/identity-provider',
    summary: 'Remove the provider: nobody signs in there any more. People, roles and sessions stay.',
    can: 'access:write',
    success: { status: 204 },
  }),
  testIdentityProvider: operation({
    method: 'POST',
    path: '/api/v1/identity-provider/test',
    summary: 'Ask the provider what it offers and for its keys: whether people can sign in there.',
    can: 'access:write',
    success: { status: 200, body: ProviderTest },
  }),
}
