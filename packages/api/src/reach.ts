/**
 * Reach: how many would be served what, before a configuration is published.
 */
import { z } from 'zod'

import { FlagConfigChange, FlagConfigPath } from './flag.ts'
import { operation } from './operation.ts'
import { Instant } from './shapes.ts'

export const VariantReach = z
  .strictObject({
    variant: z.string(),
    least: z.number().min(0).max(1).describe('Share of those who are certain to get it.'),
    most: z
      .number()
      .min(0)
      .max(1)
      .describe('The same with everybody for whom a condition on attributes decides.'),
    listed: z.int().min(0).describe('At most so many more, by lists of targeting keys.'),
  })
  .meta({ id: 'VariantReach' })

export const Population = z
  .strictObject({
    unit: z
      .enum(['users', 'requests', 'nothing'])
      .describe(
        'What `n` counts. Distinct users are known only of a rollout; else requests; `nothing`: none were reported.',
      ),
    n: z.int().min(0),
    from: Instant.describe('Since when they were counted.'),
    exact: z.boolean().describe('False where `n` was reckoned from a sample of the keys.'),
  })
  .meta({ id: 'Population' })

export const Reach = z
  .strictObject({
    population: Population,
    measured: z
      .array(z.strictObject({ variant: z.string(), requests: z.int().min(0) }))
      .describe('Requests of the last 7 days, as SDKs reported them.'),
    now: z.array(VariantReach).describe('By what is stored.'),
    after: z.array(VariantReach).optional().describe('By the draft, where one was given.'),
    sentence: z.string().describe('What the draft, or else what is stored, means for how many.'),
    basis: z.string().describe('How it was reckoned, and what is not known.'),
  })
  .meta({ id: 'Reach' })
export type Reach = z.infer<typeof Reach>

export const reachOperations = {
  estimateReach: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/reach',
    summary: 'Reckon how many a configuration reaches: what is stored, and a draft of it.',
    can: 'flag:read',
    params: FlagConfigPath,
    body: z.strictObject({ draft: FlagConfigChange.optional() }),
    success: { status: 200, body: Reach },
  }),
}
