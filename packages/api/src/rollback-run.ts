/**
 * Rollbacks: quick disable first, then the steps of the rollback procedure, each done or not applicable.
 */
import { z } from 'zod'

import { HookRun } from './hook.ts'
import { KillRecovery } from './kill.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Id, Instant, Key, Line, list, Text } from './shapes.ts'

export const StartRollback = z.strictObject({ reason: Text }).meta({ id: 'StartRollback' })
export type StartRollback = z.infer<typeof StartRollback>

export const RollbackStepDone = z
  .strictObject({
    outcome: z.enum(['done', 'not_applicable']),
    note: Text.describe('What was done or found; why it does not apply.'),
    reference: Line.exactOptional(),
    followUp: z
      .strictObject({ owner: Line, due: z.iso.date(), ticket: Line.exactOptional() })
      .exactOptional()
      .describe('Who follows the root cause up, and until when.'),
    override: Text.exactOptional().describe('Why a failed check is accepted.'),
  })
  .meta({ id: 'RollbackStepDone' })
export type RollbackStepDone = z.infer<typeof RollbackStepDone>

export const RollbackRun = z
  .object({
    id: z.string(),
    project: z.string(),
    feature: z.string(),
    flag: z.string(),
    state: z.string(),
    step: z.int().nullable().describe('The step that is next; null once all are done.'),
    status: z.string(),
    startedAt: Instant,
    startedBy: z.string(),
    reason: z.string(),
    quickDisable: z.array(
      z.object({
        environment: z.string(),
        how: z.enum(['rollout', 'kill', 'off_already']),
        id: z.string().nullable().describe('Of the rollout that serves control again, or of the kill.'),
        state: z.string().describe('Whether everybody connected has confirmed it, as it is now.'),
        recovery: z
          .string()
          .describe(
            'Of a kill: watching, recovered, failed or not_measured; of a rollout: its state; – where it was off.',
          ),
        said: z.string().describe('What was found of the recovery.'),
      }),
    ),
    procedures: z
      .object({ run: z.string(), hash: z.string(), content: z.record(z.string(), z.unknown()) })
      .nullable()
      .describe('The approved rollback procedures that are followed; null where none were approved.'),
    hooks: z.array(HookRun).describe('Runs of the approved hooks for it, oldest first.'),
    steps: z.array(
      z.object({
        number: z.int(),
        id: z.string(),
        title: z.string(),
        purpose: z.string(),
        state: z.string(),
        by: z.string().nullable(),
        at: Instant.nullable(),
        output: z.record(z.string(), z.unknown()),
        checks: z.array(z.object({ id: z.string(), state: z.string(), findings: z.array(z.string()) })),
      }),
    ),
  })
  .meta({ id: 'RollbackRun' })
export type RollbackRun = z.infer<typeof RollbackRun>

const RollbackSummary = z
  .strictObject({
    id: z.string(),
    feature: z.string(),
    state: z.string(),
    status: z.string(),
    step: z.int().nullable(),
    reason: z.string(),
    startedAt: Instant,
    startedBy: z.string(),
  })
  .meta({ id: 'RollbackSummary' })
export type RollbackSummary = z.infer<typeof RollbackSummary>

export const RollbackReview = z
  .object({
    rollback: z.string(),
    feature: z.string(),
    flag: z.string(),
    state: z.string(),
    reason: z.string(),
    startedBy: z.string(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    tookMs: z.number().nullable(),
    procedures: z.object({ run: z.string(), hash: z.string() }).nullable(),
    quickDisable: z.array(
      z.object({
        environment: z.string(),
        how: z.string(),
        id: z.string().nullable(),
        state: z.string(),
        recovery: KillRecovery.nullable(),
        confirmed: z.int().nullable(),
        total: z.int().nullable(),
      }),
    ),
    hooks: z.array(HookRun),
    steps: z.array(
      z.object({
        number: z.int(),
        title: z.string(),
        state: z.string(),
        by: z.string().nullable(),
        at: Instant.nullable(),
        note: z.string().nullable(),
        reference: z.string().nullable(),
        overrides: z.array(z.object({ check: z.string(), reason: z.string() })),
      }),
    ),
    followUp: z
      .object({
        owner: z.string(),
        due: z.string(),
        ticket: z.string().nullable().describe('As given, or as it was made in the ticket system.'),
        delivered: z
          .enum(['none', 'waiting', 'delivered', 'failed'])
          .describe('Whether the ticket system was told; `none`: no channel to one is active.'),
        proof: z.record(z.string(), z.unknown()).nullable().describe('Ids of what was made there.'),
      })
      .nullable(),
    text: z.string().describe('The report in Markdown.'),
  })
  .meta({ id: 'RollbackReview' })
export type RollbackReview = z.infer<typeof RollbackReview>

const ofRollback = z.strictObject({ project: Key, rollback: Id })
const rollback = { status: 200, body: RollbackRun } as const

export const rollbackRunOperations = {
  startRollback: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/features/{feature}/rollbacks',
    summary: 'Turn the feature off at once, then begin the rollback procedure.',
    can: 'flag:kill',
    params: z.strictObject({ project: Key, feature: Key }),
    body: StartRollback,
    success: { status: 201, body: RollbackRun },
  }),
  listRollbacks: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/rollbacks',
    summary: 'The rollbacks of a project, newest first.',
    can: 'procedure:read',
    params: ProjectPath,
    query: z.strictObject({ feature: Key.optional() }),
    success: { status: 200, body: list(RollbackSummary) },
  }),
  showRollback: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/rollbacks/{rollback}',
    summary: 'Where a rollback stands.',
    can: 'procedure:read',
    params: ofRollback,
    success: rollback,
  }),
  doRollbackStep: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/rollbacks/{rollback}/steps/{step}',
    summary: 'Say that a step of a rollback is done, or does not apply.',
    can: 'procedure:decide',
    params: ofRollback.extend({ step: z.coerce.number().int().min(1).max(99) }),
    body: RollbackStepDone,
    success: rollback,
  }),
  runRollbackHook: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/rollbacks/{rollback}/hooks/{part}',
    summary:
      'Run the approved hook of a part, exactly as it was approved. One that is under way, or has succeeded, is shown instead.',
    can: 'procedure:decide',
    params: ofRollback.extend({ part: z.enum(['code', 'data', 'infrastructure']) }),
    body: z.strictObject({ mode: z.enum(['dry-run', 'run']) }).meta({ id: 'RunRollbackHook' }),
    success: { status: 202, body: HookRun },
  }),
  reviewRollback: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/rollbacks/{rollback}/report',
    summary: 'The report of a rollback: what happened, what was done, what recovered, who follows it up.',
    can: 'procedure:read',
    params: ofRollback,
    success: { status: 200, body: RollbackReview },
  }),
} as const
