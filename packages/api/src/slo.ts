/**
 * Service level objectives in OpenSLO v1, taken as criteria of a rollout plan.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Criterion } from './rollout-plan.ts'
import { Key } from './shapes.ts'

export const ImportSlo = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(200_000)
      .describe('Documents of the kinds SLO, SLI and DataSource, in YAML or JSON.'),
    connection: Key.exactOptional().describe(
      'Where everything is measured that `connections` does not name.',
    ),
    connections: z
      .record(z.string().min(1).max(200), Key)
      .exactOptional()
      .describe('The connection that stands for a data source, by its name.'),
  })
  .meta({ id: 'ImportSlo' })
export type ImportSlo = z.output<typeof ImportSlo>

export const ImportedSlo = z
  .strictObject({ criteria: z.array(Criterion).describe('For the criteria of a rollout plan.') })
  .meta({ id: 'ImportedSlo' })
export type ImportedSlo = z.output<typeof ImportedSlo>

export const sloOperations = {
  importSlo: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/criteria/openslo',
    summary: 'Turn OpenSLO v1 ratio objectives into criteria; nothing is stored.',
    can: 'project:read',
    params: z.strictObject({ project: Key }),
    body: ImportSlo,
    success: { status: 200, body: ImportedSlo },
  }),
}
