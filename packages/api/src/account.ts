/**
 * Local accounts on the wire: the first administrator, signing in and out, passwords, invitations.
 *
 * A session is a cookie that scripts cannot read. Writes that carry it need the header
 * `flagmarshal-console` and come from the server's own pages. Secrets of links are sent in bodies
 * and stand in the fragment of an address, so that no log holds them.
 */
import { z } from 'zod'

import { Identity } from './access.ts'
import { operation } from './operation.ts'
import { NewPerson, RoleName } from './person.ts'
import { Code } from './proof.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

const LONGEST_PASSWORD = 200
const Secret = z.string().regex(/^[\w-]{20,200}$/, 'This is no link that the server made.')
const Password = z.string().min(1).max(LONGEST_PASSWORD)

/** The fewest characters of a password. */
export const SHORTEST_PASSWORD = 12

export const NewPassword = z
  .string()
  .min(SHORTEST_PASSWORD, `Use at least ${SHORTEST_PASSWORD} characters.`)
  .max(LONGEST_PASSWORD)
  .describe('Long is what counts; it must not be the name of the person.')

export const SetUp = z
  .strictObject({
    secret: Secret.describe('From the link that the server printed when it started.'),
    id: Key,
    name: Line,
    email: z.email().max(254).optional(),
    password: NewPassword,
  })
  .meta({ id: 'SetUp' })
export type SetUp = z.infer<typeof SetUp>

export const SignIn = z
  .strictObject({
    person: Line.describe('Id or e-mail address.'),
    password: Password,
    code: Code.optional().describe('Needed where the account has a second factor.'),
  })
  .meta({ id: 'SignIn' })
export type SignIn = z.infer<typeof SignIn>

export const Session = z
  .strictObject({ person: Identity, expiresAt: Instant })
  .describe('Who signed in. The session itself is the cookie.')
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const NewInvitation = z
  .union([
    z.strictObject({
      person: Key.describe('Somebody known already, who is to choose a password or a new one.'),
      expiresInHours: z.int().min(1).max(720).default(72),
    }),
    z.strictObject({
      name: Line.optional(),
      email: z.email().max(254).optional(),
      roles: NewPerson.shape.roles.min(1),
      expiresInHours: z.int().min(1).max(720).default(72),
    }),
  ])
  .meta({ id: 'NewInvitation' })
export type NewInvitation = z.infer<typeof NewInvitation>

const invitation = {
  id: Id,
  person: Key.nullable().describe('Null for somebody new.'),
  name: z.string().nullable(),
  email: z.string().nullable(),
  roles: z.array(RoleName),
  createdBy: z.string(),
  createdAt: Instant,
  expiresAt: Instant,
}
export const Invitation = z.strictObject(invitation).meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>

export const IssuedInvitation = z
  .strictObject({ id: Id, link: z.string().describe('Shown once.'), expiresAt: Instant })
  .meta({ id: 'IssuedInvitation' })
export type IssuedInvitation = z.infer<typeof IssuedInvitation>

export const AcceptInvitation = z
  .strictObject({
    secret: Secret,
    id: Key.optional().describe('Needed where the invitation names no person.'),
    name: Line.optional(),
    password: NewPassword,
    code: Code.optional().describe('Needed where the person has a second factor.'),
  })
  .meta({ id: 'AcceptInvitation' })
export type AcceptInvitation = z.infer<typeof AcceptInvitation>

const session = { status: 201, body: Session } as const

export const accountOperations = {
  showSetUp: operation({
    method: 'GET',
    path: '/api/v1/set-up',
    summary: 'Whether the first administrator is still to be set up, and what the sign-in page offers.',
    can: 'public',
    success: {
      status: 200,
      body: z.strictObject({
        needed: z.boolean(),
        resetByMail: z.boolean().describe('A lost password can be replaced by mail.'),
        provider: z.string().nullable().describe('Where people can sign in beside it, by its name.'),
      }),
    },
  }),
  setUp: operation({
    method: 'POST',
    path: '/api/v1/set-up',
    summary: 'Set up the first administrator, once, with the link that the server printed; signs in.',
    can: 'public',
    body: SetUp,
    success: session,
    setsCookie: true,
  }),
  signIn: operation({
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Sign in with a password: sets the cookie. 429 with Retry-After after too many failures.',
    can: 'public',
    body: SignIn,
    success: session,
    setsCookie: true,
  }),
  signOut: operation({
    method: 'DELETE',
    path: '/api/v1/session',
    summary: 'End the session of this cookie.',
    can: 'self:read',
    success: { status: 204 },
  }),
  changePassword: operation({
    method: 'POST',
    path: '/api/v1/session/password',
    summary: 'Change the own password; every other session of the person ends.',
    can: 'self:read',
    body: z.strictObject({ current: Password, next: NewPassword }),
    success: { status: 204 },
  }),
  listInvitations: operation({
    method: 'GET',
    path: '/api/v1/invitations',
    summary: 'List the invitations that nobody has accepted.',
    can: 'access:write',
    success: { status: 200, body: list(Invitation) },
  }),
  createInvitation: operation({
    method: 'POST',
    path: '/api/v1/invitations',
    summary: 'Invite somebody, or let a known person choose a password: a link, shown once.',
    can: 'access:write',
    body: NewInvitation,
    success: { status: 201, body: IssuedInvitation },
  }),
  revokeInvitation: operation({
    method: 'DELETE',
    path: '/api/v1/invitations/{invitation}',
    summary: 'Revoke an invitation.',
    can: 'access:write',
    params: z.strictObject({ invitation: Id }),
    success: { status: 204 },
  }),
  readInvitation: operation({
    method: 'POST',
    path: '/api/v1/invitations/read',
    summary: 'Show an invitation to whoever has its link.',
    can: 'public',
    body: z.strictObject({ secret: Secret }),
    success: { status: 200, body: Invitation },
  }),
  acceptInvitation: operation({
    method: 'POST',
    path: '/api/v1/invitations/accept',
    summary: 'Accept an invitation: choose a password; signs in.',
    can: 'public',
    body: AcceptInvitation,
    success: session,
    setsCookie: true,
  }),
}
