/**
 * Flags that should be gone: past their end, or left by a run that was aborted.
 */
import { z } from 'zod'

import { FlagPath } from './flag.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Instant, list } from './shapes.ts'

export const FlagDebt = z
  .strictObject({
    flag: z.string(),
    owner: z.string().describe('Who answers for it.'),
    because: z.enum(['past_end', 'run_aborted']),
    since: Instant,
    why: z.string(),
    feature: z.string(),
    run: z.string(),
    references: z.int().describe('Places in the code that ask it, as far as they were uploaded.'),
    enabledIn: z.array(z.string()).describe('Environments in which it is on.'),
  })
  .meta({ id: 'FlagDebt' })
export type FlagDebt = z.infer<typeof FlagDebt>

export const FlagLifecycle = z
  .strictObject({
    flag: z.string(),
    owner: z.string(),
    stage: z
      .enum(['new', 'live', 'permanent', 'stale', 'monitor', 'remove'])
      .describe(
        '`stale`: unchanged for 14 days, and everybody is served the same everywhere. `monitor`: should go and no known code asks it, but something still evaluates it. `remove`: past its end, left by an aborted run, or stale with neither code nor evaluations.',
      ),
    why: z.string(),
    lastEvaluatedAt: Instant.nullable().describe('null: not in the last 30 days.'),
    references: z
      .int()
      .nullable()
      .describe('Places in the code that ask it; null where no repository has reported any.'),
  })
  .meta({ id: 'FlagLifecycle' })
export type FlagLifecycle = z.infer<typeof FlagLifecycle>

export const CleanUp = z
  .strictObject({ flag: z.string(), stage: FlagLifecycle.shape.stage, text: z.string() })
  .describe('What was asked for, in words.')
  .meta({ id: 'CleanUp' })
export type CleanUp = z.infer<typeof CleanUp>

export const debtOperations = {
  listFlagLifecycle: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flag-lifecycle',
    summary: 'Where each flag is in its life: its debt, code references, evaluations and age, joined.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(FlagLifecycle) },
  }),
  requestCleanUp: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/clean-up',
    summary:
      'Ask for a flag that should go to be removed from the code: a signal, and an issue where Jira is connected.',
    can: 'flag:write',
    exposes: 'never',
    params: FlagPath,
    success: { status: 202, body: CleanUp },
  }),
  listFlagDebt: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flag-debt',
    summary: 'Flags that should be gone, with who answers for each; the oldest first.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(FlagDebt) },
  }),
}
