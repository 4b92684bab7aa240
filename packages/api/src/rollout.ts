/**
 * Rollouts on the wire: where one stands, what the engine measured, decided and why, and what
 * people may do.
 *
 * Numbers are those of the decision itself; every sentence is made from them when somebody asks.
 * Stage 0 is observing; the stages of the plan count from 1, as in the gate `stage:n`.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { RollbackReport, RollbackVerification } from './rollback-report.ts'
import { RolloutPlan } from './rollout-plan.ts'
import { RolloutPosition } from './rollout-position.ts'
import { RolloutVerdict, SampleRatio } from './rollout-verdict.ts'
import { FlagKey, Id, Instant, Key, Line, list, QueryNumber, Revision } from './shapes.ts'

export const RolloutState = z
  .enum([
    'scheduled',
    'observing',
    'running',
    'held',
    'paused',
    'completed',
    'rolling_back',
    'rolled_back',
    'rollback_failed',
    'aborted',
  ])
  .describe('`held`: the engine waits. `paused`: a person stopped it. `completed` always means 100 %.')
export type RolloutState = z.infer<typeof RolloutState>

export const HoldReason = z.enum([
  'both-arms',
  'conflict',
  'blind',
  'sample-ratio',
  'watch',
  'unapproved',
  'inconclusive',
  'approval',
  'breach',
  'incident',
  'reports',
  'review',
])

export const RolloutAct = z
  .enum(['pause', 'resume', 'advance', 'rollback', 'abort'])
  .describe('What people may do with a rollout.')
export type RolloutAct = z.infer<typeof RolloutAct>

const Exposure = z.strictObject({
  share: z.number().min(0).max(1).describe('Of everybody: what the rule serves the treatment to.'),
  basis: z
    .enum(['plan', 'requests'])
    .describe('`plan`: exact, the audience is everybody. `requests`: share of the latest requests.'),
  audiences: z.array(z.strictObject({ audience: z.string(), percent: z.number() })),
  distinctKeys: z
    .strictObject({ exposed: z.int(), control: z.int() })
    .nullable()
    .describe(
      'Distinct bucketing keys of each arm since observing began, when nobody was exposed yet; null where they are not reported.',
    ),
})

const Summary = {
  id: Id,
  feature: Key,
  flag: FlagKey,
  environment: Key,
  run: Id.describe('The approved run that it follows.'),
  attempt: z.int().min(1),
  state: RolloutState,
  status: z.string().describe('Where it stands, in one sentence.'),
  position: RolloutPosition.nullable().describe('Null before the start and where nothing is under way.'),
  exposure: Exposure,
  createdAt: Instant,
  startAt: Instant.describe('When observing begins, or began.'),
  endedAt: Instant.nullable(),
}

export const RolloutSummary = z.strictObject(Summary).meta({ id: 'RolloutSummary' })
export type RolloutSummary = z.infer<typeof RolloutSummary>

export const Rollout = z
  .strictObject({
    ...Summary,
    revision: Revision,
    bundleHash: z.string(),
    createdBy: z.string(),
    exposedAt: Instant.nullable().describe('When anybody was first exposed.'),
    hold: z
      .strictObject({ reason: HoldReason, since: Instant, sentence: z.string() })
      .nullable()
      .describe('Why the engine waits.'),
    paused: z
      .strictObject({
        by: z.string(),
        reason: z.string(),
        since: Instant,
        until: Instant.nullable().describe('When it goes on by itself.'),
      })
      .nullable(),
    planVersion: z.int().min(1).describe('Grows with each plan that was approved anew and taken over.'),
    approval: z
      .strictObject({
        evidence: z.string().describe('Hash of what the evidence says now: what an approval is given for.'),
        given: z.strictObject({ by: z.string(), at: Instant, holds: z.boolean() }).nullable(),
      })
      .nullable()
      .describe('Of an increment that waits for a person.'),
    overrides: z.array(
      z.strictObject({ criterion: z.string(), until: Instant, by: z.string(), reason: z.string() }),
    ),
    review: z
      .strictObject({
        review: z.enum(['checkpoint', 'frequency']),
        dueAt: Instant,
        missedAt: Instant,
        due: z.boolean(),
        role: z.string(),
        people: z.array(z.string()).describe('Asked by name beside whoever holds the role.'),
      })
      .nullable()
      .describe('The next review.'),
    incident: z
      .strictObject({ report: z.string(), severity: z.string(), at: Instant })
      .nullable()
      .describe('The open incident that keeps it from being raised.'),
    watchedUntil: Instant.nullable().describe('After 100 %: until when harm still rolls back.'),
    cause: z
      .strictObject({
        kind: z.enum(['harm', 'report', 'blind', 'person', 'killed', 'aborted']),
        sentence: z.string(),
      })
      .nullable()
      .describe('Why it was rolled back or ended.'),
    bake: z
      .strictObject({
        windows: z.int().describe('Folded at this position.'),
        healthy: z.int(),
        needed: z.int().describe('Healthy windows before the position is judged.'),
        windowMs: z.int(),
        endsBy: Instant.nullable().describe('When the stage’s maximum has passed and a person is asked.'),
      })
      .nullable(),
    verdict: z.enum(['GO', 'HOLD', 'NO-GO', 'NO DATA']).nullable().describe('The most conservative one.'),
    verdicts: z.array(RolloutVerdict),
    sampleRatio: SampleRatio.nullable().describe('Null where distinct keys are not reported.'),
    watermark: Instant.nullable().describe('End of the last window that was folded.'),
    nextAt: Instant.nullable().describe('When the engine looks again.'),
    lastTickAt: Instant.nullable(),
    instances: z.strictObject({ connected: z.int(), silent: z.int() }),
    verification: RollbackVerification.nullable(),
    actions: z.array(z.strictObject({ act: RolloutAct, allowed: z.boolean(), because: z.string() })),
    plan: RolloutPlan,
    links: z.strictObject({
      self: z.string(),
      decisions: z.string(),
      report: z.string().nullable(),
      flag: z.string(),
      run: z.string(),
    }),
  })
  .meta({ id: 'Rollout' })
export type Rollout = z.infer<typeof Rollout>

export const RolloutDecision = z
  .strictObject({
    seq: z.int().min(1).describe('Counts the decisions of this rollout, from 1, without gaps.'),
    at: Instant,
    kind: z
      .string()
      .describe(
        'observe, advance, hold, continue, complete, roll-back, verified, failed, pause, resume, abort …',
      ),
    by: z.string().describe('The person, or `controller`.'),
    from: z.string().describe('State and place before, `running 1/2`.'),
    to: z.string(),
    sentence: z.string().describe('Why, with the numbers.'),
    numbers: z.unknown().describe('The facts that the sentence is made from.'),
  })
  .meta({ id: 'RolloutDecision' })
export type RolloutDecision = z.infer<typeof RolloutDecision>

export const NewRollout = z
  .strictObject({ run: Id.describe('An approved or completed run.') })
  .meta({ id: 'NewRollout' })
export type NewRollout = z.infer<typeof NewRollout>

export const PauseRollout = z
  .strictObject({ reason: Line, until: Instant.exactOptional().describe('When it goes on by itself.') })
  .meta({ id: 'PauseRollout' })

export const ApproveRollout = z
  .strictObject({
    evidence: z.string().describe('`approval.evidence` as it was looked at.'),
    reason: Line,
  })
  .meta({ id: 'ApproveRollout' })

export const OverrideRollout = z
  .strictObject({
    criterion: z.string().describe('The criterion that does not keep the rollout from advancing.'),
    until: Instant.describe('Within seven days.'),
    reason: Line,
  })
  .meta({ id: 'OverrideRollout' })

export const ReviewRollout = z
  .strictObject({
    outcome: z.enum(['continue', 'pause', 'roll-back']),
    reason: Line.describe('What was seen, and why.'),
  })
  .meta({ id: 'ReviewRollout' })

export const RolloutReason = z.strictObject({ reason: Line }).meta({ id: 'RolloutReason' })

const RolloutPath = z.strictObject({ ...ProjectPath.shape, rollout: Id })
const rollouts = '/api/v1/projects/{project}/rollouts'
const rollout = `${rollouts}/{rollout}` as const

function act<const P extends string, const B extends z.ZodType>(name: P, summary: string, body: B) {
  return operation({
    method: 'POST',
    path: `${rollout}/${name}` as const,
    summary,
    can: 'rollout:operate',
    params: RolloutPath,
    body,
    success: { status: 200, body: Rollout },
  })
}

export const rolloutOperations = {
  startRollout: operation({
    method: 'POST',
    path: rollouts,
    summary: 'Start the rollout that an approved run has planned; also a new attempt after a rollback.',
    can: 'rollout:operate',
    params: ProjectPath,
    body: NewRollout,
    success: { status: 201, body: Rollout },
    idempotent: true,
  }),
  listRollouts: operation({
    method: 'GET',
    path: rollouts,
    summary: 'List the rollouts of a project, newest first.',
    can: 'rollout:read',
    params: ProjectPath,
    query: z.strictObject({ feature: Key.optional(), flag: FlagKey.optional() }),
    success: { status: 200, body: list(RolloutSummary) },
  }),
  showRollout: operation({
    method: 'GET',
    path: rollout,
    summary: 'Show where a rollout stands: stage, exposure, evidence, verdicts with their arithmetic.',
    can: 'rollout:read',
    params: RolloutPath,
    success: { status: 200, body: Rollout },
  }),
  pauseRollout: {
    ...act(
      'pause',
      'Stop a rollout where it stands, for a time or until it is resumed; harm still rolls it back.',
      PauseRollout,
    ),
    can: 'rollout:pause',
  } as const,
  approveRollout: {
    ...act(
      'approve',
      'Approve the increment that waits for a person; void once the evidence says something else.',
      ApproveRollout,
    ),
    signs: true,
  } as const,
  overrideRollout: {
    ...act(
      'override',
      'Let a criterion not keep the rollout from advancing for a time; harm rolls back all the same.',
      OverrideRollout,
    ),
    signs: true,
  } as const,
  reviewRollout: act(
    'review',
    'Say after a look at the verdicts how it goes on: continue, pause or roll back.',
    ReviewRollout,
  ),
  adoptRolloutPlan: act(
    'adopt-plan',
    'Take over the plan that was changed and approved anew; evidence is kept where metric and variant are the same.',
    RolloutReason,
  ),
  resumeRollout: act(
    'resume',
    'Let a paused or held rollout go on, after looking at why it stopped.',
    RolloutReason,
  ),
  advanceRollout: act(
    'advance',
    'Take the next increment now; refused while the approval does not hold.',
    RolloutReason,
  ),
  rollbackRollout: act('rollback', 'Serve the control variant to everybody, at once.', RolloutReason),
  abortRollout: act(
    'abort',
    'End an attempt, one that has not begun too; the control variant is served to everybody.',
    RolloutReason,
  ),
  listRolloutDecisions: operation({
    method: 'GET',
    path: `${rollout}/decisions`,
    summary: 'The decisions of a rollout in order, each with its sentence and numbers.',
    can: 'rollout:read',
    params: RolloutPath,
    query: z.strictObject({ after: QueryNumber.optional(), limit: QueryNumber.optional() }),
    success: { status: 200, body: list(RolloutDecision) },
  }),
  showRollbackReport: operation({
    method: 'GET',
    path: `${rollout}/report`,
    summary: 'The report of a rollback: what spoke, who was exposed, who confirmed, what recovered.',
    can: 'rollout:read',
    params: RolloutPath,
    success: { status: 200, body: RollbackReport },
  }),
}
