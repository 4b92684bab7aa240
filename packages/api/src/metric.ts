/**
 * Metrics of a connection: what one says now, and whether a criterion could be counted with its
 * queries, before a plan rests on them.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { MetricQuery } from './rollout-plan.ts'
import { Instant, Key } from './shapes.ts'

const Selector = MetricQuery.describe('A selector of counters.')

/** How a metric is counted; which form fits which kind, the check of step 4 says. */
export const MetricForm = z
  .discriminatedUnion('form', [
    z.strictObject({ form: z.literal('count'), total: Selector }),
    z.strictObject({
      form: z.literal('share'),
      total: Selector,
      bad: Selector.exactOptional(),
      good: Selector.exactOptional(),
    }),
    z.strictObject({
      form: z.literal('duration'),
      buckets: Selector.describe('Buckets of a histogram in seconds, by `le`.'),
    }),
    z.strictObject({
      form: z.literal('mean'),
      count: Selector,
      sum: Selector,
      squares: Selector.describe('Sum of the squares: without it nothing says how sure the mean is.'),
    }),
    z.strictObject({
      form: z.literal('level'),
      query: MetricQuery.describe('Any PromQL: one value for each series.'),
      limit: z.number().describe('None of the values may be above it.'),
    }),
  ])
  .meta({ id: 'MetricForm' })

const UNKNOWN = [
  'provider_error',
  'bad_query',
  'empty',
  'zero_traffic',
  'nan',
  'stale',
  'partial',
  'ambiguous',
] as const

const windowMs = z
  .int()
  .min(100)
  .max(86_400_000)
  .default(60_000)
  .describe('Length of the window; it ends two scrapes ago.')

const window = {
  from: Instant,
  to: Instant,
  state: z.enum(['ok', ...UNKNOWN]).describe('`ok`, or why nothing is known; unknown is no pass.'),
  detail: z.string().optional(),
  ms: z.number().describe('How long asking took.'),
}

export const MetricRead = z
  .strictObject({
    ...window,
    rows: z.array(
      z.strictObject({
        labels: z.record(z.string(), z.string()),
        n: z.number().optional(),
        x: z.number().optional(),
        share: z.number().optional(),
        sum: z.number().optional(),
        squares: z.number().optional(),
        mean: z.number().optional(),
        standardError: z.number().optional(),
        p50: z.number().optional().describe('Seconds.'),
        p99: z.number().optional().describe('Seconds.'),
        value: z.number().optional(),
        within: z.boolean().optional().describe('Whether the value is not above the limit.'),
      }),
    ),
  })
  .meta({ id: 'MetricRead' })
export type MetricRead = z.infer<typeof MetricRead>

const Arm = z.strictObject({ n: z.number(), x: z.number() })

export const CriterionTried = z
  .strictObject({
    ...window,
    audiences: z.array(z.strictObject({ audience: z.string(), exposed: Arm, control: Arm })),
  })
  .meta({ id: 'CriterionTried' })
export type CriterionTried = z.infer<typeof CriterionTried>

export const TryCriterion = z
  .strictObject({
    total: MetricQuery,
    bad: MetricQuery.exactOptional(),
    good: MetricQuery.exactOptional(),
    audiences: z.array(z.string().min(1).max(63)).min(1).max(20).default(['everybody']),
    windowMs,
  })
  .meta({ id: 'TryCriterion' })
export type TryCriterion = z.output<typeof TryCriterion>

export const ReadMetric = z.strictObject({ metric: MetricForm, windowMs }).meta({ id: 'ReadMetric' })
export type ReadMetric = z.output<typeof ReadMetric>

const params = z.strictObject({ project: Key, connection: Key })
const connection = '/api/v1/projects/{project}/connections/{connection}'

export const metricOperations = {
  readMetric: operation({
    method: 'POST',
    path: `${connection}/metrics/read`,
    summary: 'What a metric says of the latest window: of each arm, or of each series of a service.',
    can: 'procedure:write',
    params,
    body: ReadMetric,
    success: { status: 200, body: MetricRead },
  }),
  tryCriterion: operation({
    method: 'POST',
    path: `${connection}/metrics/try`,
    summary: 'Count a criterion with its queries in the latest window, as the controller would.',
    can: 'procedure:write',
    params,
    body: TryCriterion,
    success: { status: 200, body: CriterionTried },
  }),
}
