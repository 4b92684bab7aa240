/**
 * The secrets of the installation as a whole; single ones are written with what they belong to.
 */
import { z } from 'zod'

import { operation } from './operation.ts'

const Rotated = z
  .strictObject({
    sealed: z.int().describe('Sealed anew under the current key.'),
    unchanged: z.int().describe('Under the current key already.'),
    lost: z.array(z.string()).describe('That no key opens: give them anew.'),
  })
  .meta({ id: 'RotatedSecrets' })
export type Rotated = z.infer<typeof Rotated>

export const secretOperations = {
  rotateSecrets: operation({
    method: 'POST',
    path: '/api/v1/secrets/rotate',
    summary: 'Seal every secret anew under the current key; afterwards the older keys may go.',
    can: 'access:write',
    success: { status: 200, body: Rotated },
  }),
}
