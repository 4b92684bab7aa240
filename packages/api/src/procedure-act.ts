/**
 * Acts on a run beside its straight way: closing what a No-Go asked for.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { NamedOutput, Run } from './procedure-run.ts'
import { Id, Key, Line, Text } from './shapes.ts'

const ofRun = z.strictObject({ project: Key, run: Id })
const runs = '/api/v1/projects/{project}/runs/{run}'
const run = { status: 200, body: Run } as const

export const CloseAction = z
  .strictObject({
    note: Text.describe('What was done; for people who were consulted, what they say.'),
    from: Line.optional().describe('Who answered, where somebody else writes it down.'),
  })
  .meta({ id: 'CloseAction' })
export type CloseAction = z.infer<typeof CloseAction>

export const Comment = z
  .union([
    z.strictObject({ thread: Line.describe('An existing thread, like c1.'), text: Text }),
    z.strictObject({
      group: z.enum(['technical', 'operations', 'business']),
      subject: Key,
      text: Text,
    }),
  ])
  .meta({ id: 'Comment' })
export type Comment = z.infer<typeof Comment>

/** The outputs that other procedures ask for. */
export const OutputName = z.enum([
  'strategy',
  'flag-configuration',
  'rollout-plan',
  'monitoring-configuration',
  'rollback-procedures',
  'documentation',
])

export const procedureActOperations = {
  closeAction: operation({
    method: 'POST',
    path: `${runs}/actions/{action}/close`,
    summary: 'Close what a No-Go asked for. The answer of people who were consulted is kept as evidence.',
    can: 'procedure:write',
    params: ofRun.extend({ action: Line }),
    body: CloseAction,
    success: run,
  }),
  comment: operation({
    method: 'POST',
    path: `${runs}/comments`,
    summary: 'Comment on a subject of the final review, or answer a comment.',
    can: 'procedure:write',
    params: ofRun,
    body: Comment,
    success: run,
  }),
  resolveComment: operation({
    method: 'POST',
    path: `${runs}/comments/{thread}/resolve`,
    summary: 'Resolve a comment; by whoever opened it or somebody of its group.',
    can: 'procedure:write',
    params: ofRun.extend({ thread: Line }),
    body: z.strictObject({ note: Text }),
    success: run,
  }),
  showOutput: operation({
    method: 'GET',
    path: `${runs}/outputs/{output}`,
    summary: 'An output by its name, for the procedures that take over: hash, approval, content, schema.',
    can: 'procedure:read',
    params: ofRun.extend({ output: OutputName }),
    success: { status: 200, body: NamedOutput },
  }),
} as const
