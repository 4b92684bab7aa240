/**
 * The own account beyond the password, on the wire: the second factor (RFC 6238), a fresh proof of who
 * one is before a signature, the sessions that are open, and a lost password.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProofMethod } from './proof-method.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

/** Six digits, or a recovery code with its dashes. */
export const Code = z
  .string()
  .regex(
    /^(?:\d{6}|[a-z2-7]{4}(?:-[a-z2-7]{4}){3})$/,
    'Six digits, or a recovery code like abcd-efgh-ijkl-mnop.',
  )

const Password = z.string().min(1).max(200)

export const SecondFactor = z
  .strictObject({
    state: z.enum(['none', 'unconfirmed', 'on']),
    confirmedAt: Instant.nullable(),
    recoveryCodesLeft: z.int(),
  })
  .meta({ id: 'SecondFactor' })
export type SecondFactor = z.infer<typeof SecondFactor>

export const NewSecondFactor = z
  .strictObject({
    secret: z.string().describe('In base32, for an app that reads no picture. Shown once.'),
    uri: z.string().describe('otpauth:// address, to be shown as a QR code. Shown once.'),
  })
  .meta({ id: 'NewSecondFactor' })
export type NewSecondFactor = z.infer<typeof NewSecondFactor>

export const GivenProof = z
  .union([z.strictObject({ code: Code }), z.strictObject({ password: Password })])
  .meta({ id: 'GivenProof' })
export type GivenProof = z.infer<typeof GivenProof>

export const KeptProof = z.strictObject({ method: ProofMethod, at: Instant }).meta({ id: 'KeptProof' })
export type KeptProof = z.infer<typeof KeptProof>

export const OpenSession = z
  .strictObject({
    id: Id,
    createdAt: Instant,
    expiresAt: Instant,
    address: z.string().nullable().describe('Where it was opened from.'),
    browser: z.string().nullable().describe('What the browser called itself.'),
    own: z.boolean().describe('It is the session that asks.'),
  })
  .meta({ id: 'OpenSession' })
export type OpenSession = z.infer<typeof OpenSession>

const Ended = z.strictObject({ ended: z.int() })
const PersonPath = z.strictObject({ person: Key })

export const proofOperations = {
  showSecondFactor: operation({
    method: 'GET',
    path: '/api/v1/account/second-factor',
    summary: 'Whether the own account has a second factor, and how many recovery codes are left.',
    can: 'self:read',
    success: { status: 200, body: SecondFactor },
  }),
  enrolSecondFactor: operation({
    method: 'POST',
    path: '/api/v1/account/second-factor',
    summary:
      'Begin a second factor: the secret for an authenticator app, shown once. It counts once confirmed.',
    can: 'self:read',
    body: z.strictObject({
      password: Password.optional().describe('Needed where the account has one; otherwise a fresh proof is.'),
    }),
    signs: true,
    success: { status: 201, body: NewSecondFactor },
  }),
  confirmSecondFactor: operation({
    method: 'POST',
    path: '/api/v1/account/second-factor/confirm',
    summary: 'Confirm it with a code of the app; the recovery codes are shown once.',
    can: 'self:read',
    body: z.strictObject({ code: z.string().regex(/^\d{6}$/, 'Six digits.') }),
    success: { status: 200, body: z.strictObject({ recoveryCodes: z.array(z.string()) }) },
  }),
  removeSecondFactor: operation({
    method: 'POST',
    path: '/api/v1/account/second-factor/remove',
    summary: 'Remove the own second factor, with a code of it.',
    can: 'self:read',
    body: z.strictObject({ code: Code }),
    success: { status: 204 },
  }),
  resetSecondFactor: operation({
    method: 'DELETE',
    path: '/api/v1/people/{person}/second-factor',
    summary: 'Take the second factor of somebody who has lost it away; their sessions end.',
    can: 'access:write',
    params: PersonPath,
    success: { status: 204 },
  }),
  prove: operation({
    method: 'POST',
    path: '/api/v1/account/proof',
    summary: 'Show once more who one is, with a code or the password: signatures may ask for it.',
    can: 'self:read',
    body: GivenProof,
    success: { status: 200, body: KeptProof },
  }),
  listSessions: operation({
    method: 'GET',
    path: '/api/v1/account/sessions',
    summary: 'List the own sessions that are open.',
    can: 'self:read',
    success: { status: 200, body: list(OpenSession) },
  }),
  endSession: operation({
    method: 'DELETE',
    path: '/api/v1/account/sessions/{session}',
    summary: 'End one of the own sessions.',
    can: 'self:read',
    params: z.strictObject({ session: Id }),
    success: { status: 204 },
  }),
  endSessions: operation({
    method: 'DELETE',
    path: '/api/v1/account/sessions',
    summary: 'Sign out everywhere: end all own sessions, this one too.',
    can: 'self:read',
    success: { status: 200, body: Ended },
  }),
  endSessionsOf: operation({
    method: 'DELETE',
    path: '/api/v1/people/{person}/sessions',
    summary: 'End all sessions of somebody.',
    can: 'access:write',
    params: PersonPath,
    success: { status: 200, body: Ended },
  }),
  askForReset: operation({
    method: 'POST',
    path: '/api/v1/password-reset',
    summary:
      'Ask for a link to choose a new password, by mail. The answer is the same whether there is such an account or not.',
    can: 'public',
    body: z.strictObject({ person: Line.describe('Id or e-mail address.') }),
    success: { status: 202, body: z.strictObject({ said: z.string() }) },
  }),
}
