/**
 * Trying a rollout plan before anybody decides on it: its checks, what it can see at the traffic there
 * is (P-S3-6), and the A/A replay over traffic in which nobody was exposed. Nothing is stored.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Check } from './procedure-step.ts'
import { RolloutPlan } from './rollout-plan.ts'
import { Id, Instant, Key, Line } from './shapes.ts'

export const DraftPlan = z
  .strictObject({
    plan: RolloutPlan.exactOptional().describe('Absent: the plan that step 3 of the run holds.'),
    audienceShares: z.record(Line, z.number().min(0).max(1)).exactOptional(),
  })
  .meta({ id: 'DraftPlan' })
export type DraftPlan = z.output<typeof DraftPlan>

export const PlanCheck = z
  .object({
    isRefused: z.boolean().describe('A required check fails: step 3 cannot be Go with this plan.'),
    checks: z.array(
      Check.pick({ id: true, title: true, required: true, state: true, findings: true, facts: true }),
    ),
  })
  .meta({ id: 'PlanCheck' })
export type PlanCheck = z.infer<typeof PlanCheck>

const AfterMs = z.number().nullable().describe('An expectation; null: never at this traffic.')

export const PlanPower = z
  .object({
    environment: z.string(),
    traffic: z
      .object({
        minutes: z.number().describe('Of history.'),
        quietMinutes: z.number().describe('Of these, without a request.'),
        perMinute: z.number().describe('Requests of everybody.'),
        badShare: z.number(),
        slowShare: z.number(),
        phi: z
          .object({ bad: z.number(), slow: z.number() })
          .describe('Dispersion between halves of the users.'),
      })
      .nullable()
      .describe('Of the built-in telemetry; null where it has counted no unexposed request of the flag.'),
    criteria: z
      .array(
        z.object({
          criterion: z.string(),
          minutes: z.number(),
          perMinute: z.number(),
          share: z.number().describe('Bad of all; of a mean the mean.'),
          phi: z.number().describe('Dispersion between arms; at least 2 where users are not told apart.'),
          sliced: z.boolean().describe('Whether its counts tell users apart.'),
        }),
      )
      .describe('What each criterion counts without the feature, wherever it is counted.'),
    notEstimated: z.array(z.string()).describe('Guardrails without an estimate, and why.'),
    steps: z.array(
      z.object({
        stage: z.int().min(1),
        increment: z.int().min(1),
        name: z.string(),
        audience: z.string(),
        percent: z.number(),
        control: z.boolean(),
        share: z.number().describe('Expected share of everybody that is exposed, 0..1.'),
        users: z.number().nullable(),
        requestsPerMinute: z.number().nullable().describe('Exposed requests of the stage’s audience.'),
        bakeMs: z.number(),
        waitsMs: z
          .number()
          .describe('What the engine waits at least: bake time, 30 windows, or 1.6 times the estimate.'),
        maxMs: z.number(),
        criteria: z.array(
          z.object({
            criterion: z.string(),
            phi: z.number(),
            sees: z.array(z.object({ ratio: z.number(), afterMs: AfterMs })),
            smallest: z.number().nullable().describe('The smallest regression that is seen in time.'),
            goAfterMs: AfterMs,
            enough: z.boolean(),
            neededMs: z.number().nullable().describe('The bake time of this increment that would be enough.'),
            sentence: z.string(),
          }),
        ),
      }),
    ),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'PlanPower' })
export type PlanPower = z.infer<typeof PlanPower>

export const PlanReplay = z
  .object({
    environment: z.string(),
    verdict: z
      .enum(['fine', 'rolls-back', 'too-short', 'not-replayed'])
      .describe(
        '`rolls-back` refuses the plan. `too-short`: too little history. `not-replayed`: nothing of the plan can be tried on it.',
      ),
    refusal: z.string().nullable(),
    windowMs: z.number(),
    coarser: z.boolean().describe('The plan’s own windows are shorter than the minutes of the history.'),
    from: Instant.nullable(),
    to: Instant.nullable(),
    observedWindows: z.int(),
    watchedWindows: z.int(),
    requests: z.number(),
    left: z
      .array(z.string())
      .describe('Stages of segments of which nobody says how many of everybody belong to them.'),
    leftCriteria: z
      .array(z.object({ criterion: z.string(), where: z.enum(['compared', 'everywhere']), why: z.string() }))
      .describe('Criteria that were not tried: nowhere at all, or not where there is a control.'),
    steps: z.array(
      z.object({
        stage: z.int().min(1),
        increment: z.int().min(1),
        name: z.string(),
        afterwards: z.boolean().describe('The watch after 100 %, and not an increment.'),
        percent: z.number(),
        control: z.boolean(),
        users: z.number().describe('The share of all users that stood for the audience, 0..1.'),
        splits: z.int().describe('Ways to choose the exposed users that were tried.'),
        rolledBack: z.int(),
        held: z.int(),
        reason: z.string().nullable(),
        breach: z.unknown().describe('The numbers of the first rollback.'),
        at: Instant.nullable(),
        goAfterWindows: z.int().nullable().describe('The median over the splits.'),
      }),
    ),
  })
  .meta({ id: 'PlanReplay' })
export type PlanReplay = z.infer<typeof PlanReplay>

const params = z.strictObject({ project: Key, run: Id })
const plan = '/api/v1/projects/{project}/runs/{run}/plan'
const body = DraftPlan.default({})

export const planCheckOperations = {
  checkPlan: operation({
    method: 'POST',
    path: `${plan}/check`,
    summary: 'Run the checks of step 3 on the run’s plan or on a draft; nothing is stored.',
    can: 'procedure:read',
    params,
    body,
    success: { status: 200, body: PlanCheck },
  }),
  showPlanPower: operation({
    method: 'POST',
    path: `${plan}/power`,
    summary: 'Whom each increment reaches, and what it can see at the measured traffic (P-S3-6).',
    can: 'procedure:read',
    params,
    body,
    success: { status: 200, body: PlanPower },
  }),
  replayPlan: operation({
    method: 'POST',
    path: `${plan}/replay`,
    summary: 'Would the plan have rolled back the latest traffic, in which nobody was exposed?',
    can: 'procedure:read',
    params,
    body,
    success: { status: 200, body: PlanReplay },
  }),
} as const
