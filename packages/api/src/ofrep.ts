/**
 * OFREP 0.3.0 (https://github.com/open-feature/protocol). The published schema rejects every answer
 * that has a value (its `oneOf` matches twice) and its reasons lack DEFAULT; these shapes follow its
 * decision records instead.
 */
import { z } from 'zod'

import { FlagValue } from './flag-model.ts'
import { operation } from './operation.ts'

export const OfrepRequest = z
  .unknown()
  .describe(
    '`{"context": {"targetingKey": "…", …}}`. Both may be missing: a flag that needs no key is answered all the same.',
  )

const Metadata = z.record(z.string(), z.union([z.boolean(), z.string(), z.number()]))

export const OfrepSuccess = z
  .strictObject({
    key: z.string(),
    reason: z.string(),
    value: FlagValue.exactOptional().describe('Absent where the caller’s own default is served.'),
    variant: z.string(),
    metadata: Metadata.optional(),
  })
  .meta({ id: 'OfrepEvaluation' })
export type OfrepSuccess = z.infer<typeof OfrepSuccess>

/** The body of 400, 404 and 500, and of a flag in a bulk answer: providers need `key` and `errorCode` in each. */
export const OfrepFailure = z
  .strictObject({ key: z.string(), errorCode: z.string(), errorDetails: z.string().optional() })
  .meta({ id: 'OfrepError' })
export type OfrepFailure = z.infer<typeof OfrepFailure>

export const OfrepBulk = z
  .strictObject({
    flags: z.array(z.union([OfrepSuccess, OfrepFailure])),
    metadata: Metadata.optional(),
    eventStreams: z
      .array(
        z.strictObject({
          type: z.literal('sse'),
          endpoint: z.strictObject({
            requestUri: z
              .string()
              .startsWith('/')
              .describe('At this server. Holds what opens it: do not log it.'),
          }),
          inactivityDelaySec: z.int().min(1).describe('Seconds a hidden page keeps the stream.'),
        }),
      )
      .describe('Where to hear that flags have changed.'),
  })
  .meta({ id: 'OfrepBulkEvaluation' })
export type OfrepBulk = z.infer<typeof OfrepBulk>

/** What clients may add; others leave it aside. */
const RefetchQuery = z.object({
  flagConfigEtag: z
    .string()
    .optional()
    .describe('From an event: the answer is of this revision or a newer one, whichever server gives it.'),
  flagConfigLastModified: z.string().optional().describe('From an event; the other one decides.'),
})

export const ofrepOperations = {
  evaluateFlag: operation({
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags/{key}',
    summary: 'Evaluate one flag in the environment of the key (OFREP).',
    can: 'flag:evaluate',
    params: z.strictObject({ key: z.string().max(500).describe('May hold slashes.') }),
    query: RefetchQuery,
    rest: true,
    body: OfrepRequest,
    success: { status: 200, body: OfrepSuccess },
  }),
  evaluateFlags: operation({
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags',
    summary:
      'Evaluate all flags in the environment of the key (OFREP); 304 when If-None-Match names the answer that this context has now.',
    can: 'flag:evaluate',
    query: RefetchQuery,
    body: OfrepRequest,
    success: { status: 200, body: OfrepBulk },
  }),
  followEvaluations: operation({
    method: 'GET',
    path: '/ofrep/v1/events',
    summary:
      'Hear when to evaluate again (OFREP): `message` events with `{"type":"refetchEvaluation"}`; ids are revisions. The address comes from a bulk evaluation.',
    can: 'flag:evaluate',
    query: z.strictObject({ token: z.string().min(1).max(500).describe('From a bulk evaluation.') }),
    success: { status: 200, media: 'stream' },
    tokenInQuery: true,
  }),
}
