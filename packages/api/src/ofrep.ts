/**
 * OFREP 0.3.0, single evaluation (https://github.com/open-feature/protocol). The published schema
 * rejects every answer that has a value (its `oneOf` matches twice) and its reasons lack DEFAULT;
 * these shapes follow its decision records instead. Bulk evaluation: not in this version.
 */
import { z } from 'zod'

import { FlagValue } from './flag-model.ts'
import { operation } from './operation.ts'

export const OfrepRequest = z
  .unknown()
  .describe(
    '`{"context": {"targetingKey": "…", …}}`. Both may be missing: a flag that needs no key is answered all the same.',
  )

export const OfrepSuccess = z
  .strictObject({
    key: z.string(),
    reason: z.string(),
    value: FlagValue,
    variant: z.string(),
    metadata: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])).optional(),
  })
  .meta({ id: 'OfrepEvaluation' })
export type OfrepSuccess = z.infer<typeof OfrepSuccess>

/** The body of 400, 404 and 500: providers need `key` and `errorCode` in each. */
export const OfrepFailure = z
  .strictObject({ key: z.string(), errorCode: z.string(), errorDetails: z.string().optional() })
  .meta({ id: 'OfrepError' })
export type OfrepFailure = z.infer<typeof OfrepFailure>

export const ofrepOperations = {
  evaluateFlag: operation({
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags/{key}',
    summary: 'Evaluate one flag in the environment of the key (OFREP).',
    can: 'flag:evaluate',
    params: z.strictObject({ key: z.string().max(500).describe('May hold slashes.') }),
    rest: true,
    body: OfrepRequest,
    success: { status: 200, body: OfrepSuccess },
  }),
}
