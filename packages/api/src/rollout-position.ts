/** Where a rollout stands: stage, increment, percent. */
import { z } from 'zod'

export const RolloutPosition = z
  .strictObject({
    stage: z.int().min(0).describe('0 is observing; the plan’s stages count from 1.'),
    name: z.string(),
    audience: z.string(),
    increment: z.int().min(0).describe('From 1 within the stage; 0 while observing.'),
    increments: z.int().min(0),
    percent: z.number().describe('Of the stage’s own audience.'),
    control: z.boolean().describe('Whether part of the audience stays unexposed to compare with.'),
    phase: z.enum(['observing', 'baking', 'judging']),
  })
  .meta({ id: 'RolloutPosition' })
