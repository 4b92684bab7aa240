/**
 * Rollbacks: quick disable first, then the steps of the rollback procedure, each done or not applicable.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Id, Instant, Key, Line, Text } from './shapes.ts'

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
      }),
    ),
    procedures: z
      .object({ run: z.string(), hash: z.string(), content: z.record(z.string(), z.unknown()) })
      .nullable()
      .describe('The approved rollback procedures that are followed; null where none were approved.'),
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
} as const
