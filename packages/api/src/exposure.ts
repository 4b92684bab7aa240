/**
 * What pages have really used of their flags. Told by browsers with a key that everybody can read, so
 * it is shown and judges nothing.
 */
import { z } from 'zod'

import { operation } from './operation.ts'

const Exposures = z
  .strictObject({
    counts: z
      .array(
        z.strictObject({
          flag: z.string().max(200).describe('One that is not there is left aside.'),
          variant: z.string().max(200).nullable().describe('null: the default of the code.'),
          n: z.int().min(1).max(1_000).describe('How many people looked at it on this page.'),
        }),
      )
      .max(200),
  })
  .meta({ id: 'Exposures' })
export type Exposures = z.infer<typeof Exposures>

export const exposureOperations = {
  sendExposures: operation({
    method: 'POST',
    path: '/api/v1/exposures',
    summary:
      'Tell which values a page has used. For `sendBeacon`: the key stands in the address, and the body may come as text/plain.',
    can: 'flag:evaluate',
    query: z.strictObject({ key: z.string().min(1).max(200).describe('A browser key, `fm_web_…`.') }),
    body: Exposures,
    success: { status: 204 },
    beacon: true,
  }),
}
