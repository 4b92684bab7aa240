/**
 * Going past a gate in an emergency: with a reason, for a limited time, and with a review afterwards.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Id, Instant, Key, list, Text } from './shapes.ts'

const ofFeature = z.strictObject({ project: Key, feature: Key })
const path = '/api/v1/projects/{project}/features/{feature}/broken-glass'

export const BreakGlass = z
  .strictObject({
    gate: z.string().min(1).max(40).default('plan-approved'),
    reason: Text,
    minutes: z.int().min(1).max(1440).default(60).describe('How long the gate counts as open.'),
  })
  .meta({ id: 'BreakGlass' })
export type BreakGlass = z.infer<typeof BreakGlass>

export const BrokenGlass = z
  .object({
    id: z.string(),
    gate: z.string(),
    reason: z.string(),
    by: z.string(),
    at: Instant,
    until: Instant,
    review: z
      .object({ by: z.string(), at: Instant, note: z.string() })
      .nullable()
      .describe('Null while nobody else has looked at it.'),
  })
  .meta({ id: 'BrokenGlass' })
export type BrokenGlass = z.infer<typeof BrokenGlass>

export const brokenGlassOperations = {
  breakGlass: operation({
    method: 'POST',
    path,
    summary: 'Go past a closed gate in an emergency, for a limited time; a review stays open.',
    can: 'procedure:decide',
    signs: true,
    params: ofFeature,
    body: BreakGlass,
    success: { status: 201, body: BrokenGlass },
    idempotent: true,
  }),
  listBrokenGlass: operation({
    method: 'GET',
    path,
    summary: 'The gates of a feature that were passed in an emergency, newest first.',
    can: 'procedure:read',
    params: ofFeature,
    success: { status: 200, body: list(BrokenGlass) },
  }),
  reviewBrokenGlass: operation({
    method: 'POST',
    path: `${path}/{glass}/review`,
    summary: 'Review it afterwards; by another person of an approver role.',
    can: 'procedure:decide',
    params: ofFeature.extend({ glass: Id }),
    body: z.strictObject({ note: Text }),
    success: { status: 200, body: BrokenGlass },
  }),
} as const
