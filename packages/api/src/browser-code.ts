/**
 * What the console hands to the command line through the browser, on the wire (RFC 8252 and RFC 7636): the
 * program listens on its own machine, opens a page of the console, and gets a code there that only the program
 * which asked can use, once. For a token, or for a proof of who one is.
 */
import { z } from 'zod'

import { IssuedToken } from './access.ts'
import { operation } from './operation.ts'
import { KeptProof } from './proof.ts'
import { Instant, Line } from './shapes.ts'

const Challenge = z
  .string()
  .regex(/^[\w-]{43}$/, 'SHA-256 of the verifier, in base64url.')
  .describe('S256 of the verifier (RFC 7636, 4.2), which stays with the program.')

export const NewBrowserCode = z
  .discriminatedUnion('for', [
    z.strictObject({
      for: z.literal('token'),
      challenge: Challenge,
      name: Line.describe('What the token is called: the program and its machine.'),
      expiresInDays: z.int().min(1).max(90).default(30),
    }),
    z.strictObject({ for: z.literal('proof'), challenge: Challenge }),
  ])
  .meta({ id: 'NewBrowserCode' })
export type NewBrowserCode = z.output<typeof NewBrowserCode>

export const BrowserCode = z
  .strictObject({ code: z.string().describe('Good once.'), expiresAt: Instant })
  .meta({ id: 'BrowserCode' })
export type BrowserCode = z.output<typeof BrowserCode>

const taken = z.strictObject({
  code: z.string().max(4_000),
  verifier: z.string().regex(/^[\w.~-]{43,128}$/, 'The verifier of the challenge (RFC 7636, 4.1).'),
})

export const browserCodeOperations = {
  createBrowserCode: operation({
    method: 'POST',
    path: '/api/v1/account/browser-codes',
    summary:
      'Make a code for a command line that asks through the browser, in a session; good once, for a minute.',
    can: 'self:read',
    signs: true,
    body: NewBrowserCode,
    success: { status: 201, body: BrowserCode },
  }),
  takeBrowserToken: operation({
    method: 'POST',
    path: '/api/v1/browser-codes/token',
    summary:
      'Take the token that a code is for, with the verifier of the program that asked; it is shown once.',
    can: 'public',
    body: taken,
    success: { status: 201, body: IssuedToken },
  }),
  takeBrowserProof: operation({
    method: 'POST',
    path: '/api/v1/account/proof/browser',
    summary: 'Keep with the own token the proof that a code is for: the person has given it in the browser.',
    can: 'self:read',
    body: taken,
    success: { status: 200, body: KeptProof },
  }),
}
