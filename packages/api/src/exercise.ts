/**
 * What verification runs and drills have in common on the wire: work of seconds that is accepted at
 * once, whose progress can be read, and whose result is kept as evidence.
 */
import { z } from 'zod'

import { FlagKey, Id, Instant, Key } from './shapes.ts'

export const ExerciseState = z
  .enum(['running', 'done', 'failed'])
  .describe(
    '`done`: carried out to its end, whatever it found. `failed`: not carried out; `problem` says why.',
  )

/** The fields that both show. */
export const exerciseFields = {
  id: Id,
  run: Id,
  feature: Key,
  flag: FlagKey,
  state: ExerciseState,
  startedBy: z.string(),
  startedAt: Instant,
  endedAt: Instant.optional(),
  progress: z.array(z.strictObject({ at: Instant, what: z.string() })),
  problem: z.string().optional().describe('Why it could not be carried out.'),
  evidence: z.string().optional().describe('Hash of the kept result.'),
  current: z
    .boolean()
    .optional()
    .describe('Whether what was tried is still what is configured; absent while it runs.'),
}

/** How long connected instances may take to acknowledge a change, in milliseconds. */
export const BoundMs = z.int().min(100).max(5_000).default(5_000)

/** How long to wait for requests of the application, in milliseconds; ends as soon as they were seen. */
export const TrafficMs = z.int().min(0).max(600_000).default(5_000)

/** One change and who had acknowledged it when. */
export const Toggle = z
  .strictObject({
    what: z
      .enum(['probe', 'enable', 'disable', 'restore'])
      .describe('`probe`: a revision that changes nothing served.'),
    environment: Key,
    revision: z.int(),
    instances: z.array(
      z.strictObject({
        instanceId: z.string(),
        application: z.string(),
        confirmedAfterMs: z.number().nullable().describe('null: not within the bound.'),
      }),
    ),
  })
  .meta({ id: 'Toggle' })
