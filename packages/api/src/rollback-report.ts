/**
 * A rollback on the wire: whether it was confirmed, and the report of what happened.
 */
import { z } from 'zod'

import { Confirmation } from './kill.ts'
import { RolloutPosition } from './rollout-position.ts'
import { Counts } from './rollout-verdict.ts'
import { FlagKey, Id, Instant, Key } from './shapes.ts'

export const RollbackVerification = z
  .strictObject({
    ...Confirmation,
    exposure: z.strictObject({
      gone: z.boolean().describe('No request was served the treatment in the latest closed window.'),
      afterMs: z
        .int()
        .exactOptional()
        .describe('From the rollback to the end of the first window without exposure.'),
    }),
    deadline: Instant.describe('Without confirmation until then the rollback has failed.'),
  })
  .meta({ id: 'RollbackVerification' })

export const RollbackReport = z
  .strictObject({
    rollout: Id,
    attempt: z.int(),
    flag: FlagKey,
    environment: Key,
    result: z.enum(['rolling_back', 'rolled_back', 'rollback_failed']),
    summary: z.string().describe('What happened, in a few sentences.'),
    cause: z.strictObject({
      kind: z.enum(['harm', 'report', 'blind', 'person']),
      sentence: z.string(),
      numbers: z.unknown(),
    }),
    decidedAt: Instant,
    endedAt: Instant.nullable(),
    position: RolloutPosition.nullable().describe('Where it stood.'),
    exposed: z.strictObject({
      distinctKeys: z
        .int()
        .nullable()
        .describe(
          'Distinct bucketing keys of the arm since observing began: at most so many people were exposed. Null where they are not reported.',
        ),
      requests: z.int(),
      bad: z.int(),
      fromAt: Instant.nullable(),
    }),
    verification: RollbackVerification,
    recovery: z.strictObject({
      before: z
        .number()
        .nullable()
        .describe('Bad share of the exposed arm in the windows before the rollback.'),
      after: z
        .number()
        .nullable()
        .describe('Bad share of the same arm since, now served the control variant.'),
      recovered: z.boolean().nullable().describe('Null while there is too little to say.'),
    }),
    windows: z
      .array(
        z.strictObject({
          end: Instant,
          criterion: z.string(),
          kind: z.string().describe('`ok`, or why the window is unknown.'),
          exposed: Counts.nullable(),
          control: Counts.nullable(),
        }),
      )
      .describe('The last windows before the decision, oldest first.'),
  })
  .meta({ id: 'RollbackReport' })
export type RollbackReport = z.infer<typeof RollbackReport>
