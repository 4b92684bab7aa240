/** Personal tokens that somebody makes for the own command line, on the wire: made in a session, never with a token. */
import { z } from 'zod'

import { IssuedToken, NewToken } from './access.ts'
import { operation } from './operation.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

export const OwnToken = z
  .strictObject({
    id: Id,
    name: Line,
    project: Key.nullable(),
    environment: Key.nullable(),
    createdAt: Instant,
    createdBy: z.string().nullable().describe('The person, or an administrator.'),
    lastUsedAt: Instant.nullable().describe('To the minute; null for never.'),
    expiresAt: Instant.nullable(),
    own: z.boolean().describe('It is the token that asks.'),
  })
  .meta({ id: 'OwnToken' })
export type OwnToken = z.infer<typeof OwnToken>

export const ownTokenOperations = {
  listOwnTokens: operation({
    method: 'GET',
    path: '/api/v1/account/tokens',
    summary: 'List the own tokens that work.',
    can: 'self:read',
    success: { status: 200, body: list(OwnToken) },
  }),
  createOwnToken: operation({
    method: 'POST',
    path: '/api/v1/account/tokens',
    summary: 'Make a token for the own command line, in a session; it is shown once.',
    can: 'self:read',
    body: NewToken,
    success: { status: 201, body: IssuedToken },
    idempotent: true,
    showsOnce: 'token',
  }),
  revokeOwnToken: operation({
    method: 'DELETE',
    path: '/api/v1/account/tokens/{token}',
    summary: 'Revoke one of the own tokens.',
    can: 'self:read',
    params: z.strictObject({ token: Id }),
    success: { status: 204 },
  }),
}
