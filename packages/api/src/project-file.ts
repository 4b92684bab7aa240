/**
 * `flagmarshal/project.yaml` of a repository: which project its documents are of. It names no server,
 * because whoever clones a repository would send a token to where the file says.
 */
import { z } from 'zod'

import { CONFIG_VERSION } from './config-document.ts'
import { Key } from './shapes.ts'

/** What stands in the file. */
export const ProjectFile = z.strictObject({
  apiVersion: z.literal(CONFIG_VERSION),
  kind: z.literal('Project'),
  metadata: z.strictObject({ name: Key.describe('The key of the project.') }),
})

/** The name of the file that holds its schema. */
export const PROJECT_SCHEMA_FILE = 'project.json'

/** Its JSON Schema (2020-12), as editors read it. */
export function projectFileSchema(): Record<string, unknown> {
  return { title: 'Project', ...z.toJSONSchema(ProjectFile, { io: 'input' }) }
}
