/**
 * Flags that should be gone: past their end, or left by a run that was aborted.
 */
import { z } from 'zod'

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

export const debtOperations = {
  listFlagDebt: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flag-debt',
    summary: 'Flags that should be gone, with who answers for each; the oldest first.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(FlagDebt) },
  }),
}
