/** How far a token reaches: a project, one of its environments, some permissions. */
import type { Permission } from '@flagmarshal/domain/access/permission'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Queries } from '../storage/database.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'

/** As it is stored. */
export interface TokenReach {
  readonly project: string | null
  readonly environment: string | null
  readonly permissions: Permission[] | null
}

/** Checks what is wanted. Refuses projects and environments that there are not. */
export async function reachOf(
  queries: Queries,
  project: string | undefined,
  wanted: {
    readonly environment?: string | undefined
    readonly permissions?: readonly Permission[] | undefined
  },
): Promise<TokenReach | Refusal> {
  const { environment, permissions } = wanted
  const reach = {
    project: project ?? null,
    environment: environment ?? null,
    permissions: permissions === undefined ? null : [...new Set(permissions)],
  }
  if (project === undefined) {
    if (environment === undefined) return reach
    return refuse('invalid', 'An environment is one of a project.', 'Name the project too.', '/project')
  }
  if ((await selectProject(queries, project)) === undefined) return notFound('project', project)
  const environments = await selectEnvironments(queries, project)
  if (environment === undefined || environments.some((it) => it.key === environment)) return reach
  return refuse(
    'invalid',
    `The project has no environment ${environment}.`,
    `Use one of ${environments.map((it) => it.key).join(', ')}.`,
    '/environment',
  )
}
