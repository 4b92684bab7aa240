/**
 * The secrets of the installation as a whole; single ones are written with what they belong to.
 */
import { z } from 'zod'

import { operation } from './operation.ts'

const Rotated = z
  .strictObject({
    key: z.string().describe('Id of the current key.'),
    sealed: z.int().describe('Sealed anew under the current key.'),
    unchanged: z.int().describe('Under the current key already.'),
    lost: z.array(z.string()).describe('That no key opens: give them anew.'),
  })
  .meta({ id: 'RotatedSecrets' })
export type Rotated = z.infer<typeof Rotated>

const SecretStatus = z
  .strictObject({
    key: z.string().describe('Id of the key that seals.'),
    keys: z
      .array(
        z.strictObject({
          id: z.string().nullable().describe('null for secrets of a version that did not note it.'),
          present: z.boolean().describe('Whether the server that answers has this key.'),
          secrets: z.int().describe('How many are sealed with it; 0: this key may go.'),
        }),
      )
      .describe('Every key that the server has or a secret needs.'),
    lost: z.array(z.string()).describe('That no key opens: give the key back, or them anew.'),
  })
  .meta({ id: 'SecretStatus' })
export type SecretStatus = z.infer<typeof SecretStatus>

export const secretOperations = {
  getSecretStatus: operation({
    method: 'GET',
    path: '/api/v1/secrets',
    summary: 'Say which keys the stored secrets need, and which secrets no key opens.',
    can: 'access:write',
    success: { status: 200, body: SecretStatus },
  }),
  rotateSecrets: operation({
    method: 'POST',
    path: '/api/v1/secrets/rotate',
    summary: 'Seal every secret anew under the current key; afterwards the older keys may go.',
    can: 'access:write',
    success: { status: 200, body: Rotated },
  }),
}
