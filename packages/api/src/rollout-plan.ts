/**
 * The rollout plan on the wire: the outcome of step 3 of the procedure, and what the controller
 * follows. Parsing fills the defaults in, so that a stored plan says everything; whether the plan is
 * a sane one is the domain's judgement (its lint), not the schema's.
 */
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import { z } from 'zod'

import { VariantName } from './flag-model.ts'
import { ResourceLevel } from './resource.ts'
import { FlagKey, Instant, Key, Line } from './shapes.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A year: longer than any rollout, short enough to add to an instant. */
const LONGEST_MS = 366 * DAY

const Percent = z.number().min(0).max(100)
const Share = z.number().min(0).max(1)
const Duration = z.int().min(0).max(LONGEST_MS)
const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Use 1 to 63 of a-z, 0-9 and -, not beginning with -.')

export const Audience = z
  .union([z.strictObject({ id: z.literal('everybody') }), z.strictObject({ id: Name, segment: FlagKey })])
  .describe('Whom a stage exposes. A context belongs to the first audience in stage order that matches.')
  .meta({ id: 'Audience' })

export const Stage = z
  .strictObject({
    name: Name,
    audience: Audience.default({ id: 'everybody' }),
    increments: z
      .array(Percent)
      .min(1)
      .max(20)
      .describe('Percent of the stage’s own audience, one after the other, each judged.'),
    bakeMs: Duration.describe('Minimum healthy time of the stage, divided equally over its increments.'),
    maxMs: Duration.describe('The longest the stage may take before a person is asked.'),
    limit: Percent.exactOptional().describe(
      'The most of everybody that the stage may be expected to expose.',
    ),
    advance: z
      .enum(['auto', 'manual'])
      .default('auto')
      .describe('`manual`: a person advances each increment, once the evidence is there.'),
  })
  .meta({ id: 'Stage' })

const OnFail = z.enum(['roll-back', 'hold', 'page']).default('roll-back')

/** A query, as `domain/analysis/query.ts` explains it. */
export const MetricQuery = z
  .string()
  .min(1)
  .max(2_000)
  .describe(
    'A selector of counters, or an expression with `$window` that gives one series for each arm; by the labels `arm` and, where the plan has several audiences, `audience`.',
  )

const MetricSource = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('telemetry'),
      counts: z
        .enum(['bad', 'slow'])
        .describe('Failed requests, or those above the application’s time bound.'),
    }),
    z.strictObject({
      kind: z.literal('prometheus'),
      connection: Key,
      total: MetricQuery,
      bad: MetricQuery.exactOptional().describe('Either what is bad …'),
      good: MetricQuery.exactOptional().describe('… or what is good: bad is then the rest.'),
      slo: Line.exactOptional().describe('The OpenSLO objective that it was taken from.'),
    }),
    ResourceLevel.omit({ form: true })
      .extend({ kind: z.literal('resources') })
      .describe('A resource of a service, from the SDKs: a watch that holds above the limit.'),
  ])
  .describe('What is counted: by the SDKs, or in Prometheus.')
  .meta({ id: 'MetricSource' })

const ratio = {
  id: Name,
  source: MetricSource,
  mean: z
    .strictObject({ worse: z.enum(['higher', 'lower']) })
    .exactOptional()
    .describe('What is counted is a sum of values, not of bad events: a mean, judged by its windows.'),
  harmRatio: z
    .number()
    .min(1)
    .max(10)
    .default(1.1)
    .describe('Exposed / control up to which a difference is tolerated.'),
  safeRatio: z
    .number()
    .min(1)
    .max(100)
    .default(2)
    .describe('The regression that the plan wants to be able to see.'),
  ceiling: z
    .number()
    .min(0)
    .exactOptional()
    .describe(
      'The highest acceptable share, or the last acceptable mean; needed wherever a stage has no control.',
    ),
  hardFloor: Share.default(0.5).describe('The share that is an outage, whatever the statistics say.'),
  onFail: OnFail,
  noData: z.enum(['hold', 'roll-back']).default('hold'),
  blindBudgetMs: Duration.default(15 * MINUTE),
}

const Report = z.strictObject({
  role: z.literal('report'),
  id: Name,
  kinds: z
    .array(z.enum(['complaint', 'incident', 'security', 'data-loss']))
    .min(1)
    .exactOptional()
    .describe('Kinds of issues that count; all unless given.'),
  severity: z
    .enum(['critical', 'major', 'minor'])
    .default('critical')
    .describe('The least severe that counts.'),
  max: z.int().min(0).default(0).describe('Open issues above which it fails.'),
  feedback: z
    .strictObject({
      least: z.int().min(1).max(1_000_000).default(5).describe('With fewer it is unknown.'),
      positive: Share.default(0.8).describe('The share that must be good.'),
    })
    .exactOptional()
    .describe('Counts feedback since the first exposure instead of issues.'),
  stages: z.array(Name).min(1).exactOptional().describe('Stages in which it is asked; all unless given.'),
  onFail: OnFail,
})

const Reviews = z
  .strictObject({
    everyMs: Duration.exactOptional().describe('Review frequency: from one review to the next.'),
    graceMs: Duration.exactOptional().describe(
      'How late one may be: one interval unless given, a day without.',
    ),
    checkpoints: z
      .array(Instant)
      .max(50)
      .default([])
      .describe('Times at which the rollout does not go on without a review.'),
    role: z
      .enum(['technical-lead', 'operations-lead', 'product-owner'])
      .default('operations-lead')
      .describe('Whose task it is.'),
    people: z
      .array(Line)
      .max(20)
      .exactOptional()
      .describe('Who is asked by name beside whoever holds the role: ids of people, or addresses.'),
  })
  .describe('When people look at the verdicts while it runs, and say how to go on.')

export const Criterion = z
  .discriminatedUnion('role', [
    z.strictObject({ role: z.literal('guardrail'), ...ratio }),
    z.strictObject({ role: z.literal('watch'), ...ratio }),
    Report,
  ])
  .describe(
    '`guardrail`: a breach rolls back, and it must be Go. `watch`: a breach holds until it recovers. `report`: fed by people.',
  )
  .meta({ id: 'Criterion' })

export const RolloutPlan = z
  .strictObject({
    environment: Key.default('production'),
    treatment: VariantName.describe('What the exposed arm is served.'),
    control: VariantName.describe('What everybody else is served: what the flag served before.'),
    bucketBy: z
      .string()
      .min(1)
      .max(200)
      .default('targetingKey')
      .describe('Attribute that decides who is exposed.'),
    expectedKeys: z
      .int()
      .min(1)
      .max(10_000_000_000)
      .default(20_000)
      .describe('Distinct bucketing keys expected. Above 20,000 only a sample of them is reported.'),
    windowMs: z
      .int()
      .min(100)
      .max(60 * MINUTE)
      .default(MINUTE)
      .describe('Length of a measurement window.'),
    lagMs: Duration.exactOptional().describe(
      'How long after its end a window is closed; two windows unless given. At least two scrapes of a source.',
    ),
    observeWindows: z
      .int()
      .min(0)
      .max(100_000)
      .default(1_440)
      .describe('Length of stage 0, in windows: both arms are served the control variant.'),
    observeReason: Line.exactOptional().describe('Needed when nothing is observed.'),
    stages: z.array(Stage).min(1).max(20),
    criteria: z.array(Criterion).min(1).max(50),
    alpha: z
      .number()
      .gt(0)
      .max(0.1)
      .default(0.001)
      .describe('Chance of a wrong rollback, shared by the guardrails.'),
    beta: z.number().gt(0).max(0.2).default(0.01).describe('Chance of a wrong Go at the boundary.'),
    phi: z
      .number()
      .min(1)
      .max(1_000)
      .exactOptional()
      .describe('Declared dispersion, instead of the measured one.'),
    phiReason: Line.exactOptional(),
    absoluteOnly: z
      .strictObject({ by: Line, reason: Line })
      .exactOptional()
      .describe('Who takes responsibility for a Go that only says "below the ceiling", and why.'),
    lowTraffic: z
      .discriminatedUnion('policy', [
        z.strictObject({ policy: z.literal('human') }),
        z.strictObject({ policy: z.literal('time'), reason: Line }),
      ])
      .default({ policy: 'human' }),
    holdback: Percent.default(5).describe(
      'Percent kept out at the last increment until it is Go; 0 is judged absolutely.',
    ),
    watchMs: Duration.default(DAY).describe('How long harm still rolls back after 100 %.'),
    reviews: Reviews.exactOptional(),
    demo: z.boolean().exactOptional().describe('Its increments may be shorter than 30 windows.'),
  })
  .meta({ id: 'RolloutPlan' }) satisfies z.ZodType<ServedPlan>

/** A plan with every default filled in. */
export type RolloutPlan = z.output<typeof RolloutPlan>
/** A plan as somebody writes it. */
export type RolloutPlanInput = z.input<typeof RolloutPlan>
