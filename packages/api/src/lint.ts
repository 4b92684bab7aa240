/** What the lint rules say of flags and plans, from what the server knows. */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { list } from './shapes.ts'

export const LintFinding = z
  .strictObject({
    rule: z.string().describe('R001 to R012; their ids never change.'),
    title: z.string(),
    level: z.enum(['error', 'warning']),
    subject: z.string().describe('The flag, or the feature for what is wrong with its plan.'),
    message: z.string(),
  })
  .meta({ id: 'LintFinding' })
export type LintFinding = z.infer<typeof LintFinding>

export const lintOperations = {
  listLintFindings: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/lint',
    summary:
      'Rules that flags and plans break: owner, age, use, prerequisites, the way back, criteria without data. What code breaks is found by `flagmarshal lint`.',
    can: 'procedure:read',
    params: ProjectPath,
    success: { status: 200, body: list(LintFinding) },
  }),
}
