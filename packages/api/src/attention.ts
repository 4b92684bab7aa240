/**
 * What needs the person who asks, now, over all projects; and what is under way: the first page of a
 * day in one answer.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant } from './shapes.ts'

const place = {
  project: z.string(),
  feature: z.string().describe('Its key; of a draft the key of the flag or segment.'),
  name: z.string().describe('Of the feature, flag or segment.'),
}

const AttentionItem = z
  .strictObject({
    ...place,
    kind: z.enum(['rollout', 'run', 'draft']),
    id: z.string().describe('Of the rollout, the run or the draft.'),
    state: z.string().describe('Of it; `behind` of a draft whose base is not live any more.'),
    since: Instant.describe('When it came to stand so: its last act, or change of state.'),
    title: z.string().describe('What is to be done, or what has happened.'),
    more: z.int().describe('Further acts of the same run that are open to this person.'),
    role: z.string().nullable().describe('The role in which the person is asked.'),
    step: z.int().nullable(),
    waitsFor: z.string().nullable().describe('What a run waits for.'),
    command: z.string(),
  })
  .meta({ id: 'AttentionItem' })
export type AttentionItem = z.infer<typeof AttentionItem>

const RolloutUnderWay = z
  .strictObject({
    ...place,
    id: z.string(),
    environment: z.string(),
    state: z.string(),
    status: z.string(),
    since: Instant,
  })
  .meta({ id: 'RolloutUnderWay' })
export type RolloutUnderWay = z.infer<typeof RolloutUnderWay>

const RunUnderWay = z
  .strictObject({
    ...place,
    run: z.string(),
    state: z.string().describe('Of the run; `blocked` where nothing moves without somebody.'),
    step: z.int().nullable(),
    steps: z.int(),
    status: z.string(),
  })
  .meta({ id: 'RunUnderWay' })
export type RunUnderWay = z.infer<typeof RunUnderWay>

export const Attention = z
  .strictObject({
    at: Instant,
    projects: z.int().describe('How many projects there are.'),
    items: z
      .array(AttentionItem)
      .describe('Most urgent first: harm, then what stands still until somebody acts, then work.'),
    rollouts: z.array(RolloutUnderWay),
    runs: z.array(RunUnderWay),
  })
  .meta({ id: 'Attention' })
export type Attention = z.infer<typeof Attention>

export const attentionOperations = {
  showAttention: operation({
    method: 'GET',
    path: '/api/v1/attention',
    summary:
      'What needs the person who asks now, and what is under way, over all projects; runs as they were last looked at, which is every minute.',
    can: 'procedure:read',
    success: { status: 200, body: Attention },
  }),
}
