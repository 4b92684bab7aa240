/**
 * How long what is recorded is kept, on the wire. Decisions, approvals, evidence that a Go names and the
 * audit chain are kept for ever and stand in no list here.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant, Revision } from './shapes.ts'

const days = (fallback: number) => z.int().min(1).max(3650).default(fallback)

export const RetentionDays = z
  .strictObject({
    telemetry: days(30).describe(
      'Windows, minutes of use, samples of the page: what rollouts are judged by.',
    ),
    instances: days(7).describe('Applications that were not seen any more.'),
    deliveries: days(90).describe('Signals that were delivered or given up.'),
    inbound: days(90).describe('Events of other systems that were taken.'),
    sessions: days(30).describe('Sessions that have ended, with where they were opened from.'),
    personas: z
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .default(null)
      .describe('Contexts that nobody saved anew; null for ever.'),
  })
  .meta({ id: 'RetentionDays' })
export type RetentionDays = z.infer<typeof RetentionDays>

export const Retention = z
  .strictObject({
    days: RetentionDays,
    revision: Revision,
    changedBy: z.string().nullable(),
    changedAt: Instant.nullable(),
    lastRun: z
      .strictObject({ at: Instant, deleted: z.record(z.string(), z.int()) })
      .nullable()
      .describe('Rows that the last deletion took, by what they are.'),
  })
  .meta({ id: 'Retention' })
export type Retention = z.infer<typeof Retention>

export const retentionOperations = {
  showRetention: operation({
    method: 'GET',
    path: '/api/v1/retention',
    summary: 'How long what is recorded is kept, and what was deleted last.',
    can: 'project:read',
    success: { status: 200, body: Retention },
  }),
  writeRetention: operation({
    method: 'PUT',
    path: '/api/v1/retention',
    summary: 'Settle how long what is recorded is kept, whole.',
    can: 'access:write',
    body: RetentionDays,
    ifMatch: true,
    success: { status: 200, body: Retention },
  }),
}
