/**
 * Projects and their environments on the wire.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant, Key, Line, list, Revision } from './shapes.ts'

/** A place where flags are served, as a project declares it. */
export const NewEnvironment = z.strictObject({
  key: Key,
  name: Line,
  protected: z
    .boolean()
    .describe('Raising exposure here needs the open gate of its feature, or an approved draft.'),
})

export const Environment = z
  .strictObject({ ...NewEnvironment.shape, createdAt: Instant })
  .meta({ id: 'Environment' })
export type Environment = z.infer<typeof Environment>
export type NewEnvironment = z.infer<typeof NewEnvironment>

export const NewProject = z
  .strictObject({
    key: Key,
    name: Line,
    environments: z
      .array(NewEnvironment)
      .min(1)
      .max(20)
      .optional()
      .describe('Without it: development, staging and production, the last one protected.'),
  })
  .meta({ id: 'NewProject' })
export type NewProject = z.infer<typeof NewProject>

export const Project = z
  .strictObject({
    key: Key,
    name: Line,
    environments: z.array(Environment),
    revision: Revision,
    createdAt: Instant,
  })
  .meta({ id: 'Project' })
export type Project = z.infer<typeof Project>

const AnyEnvironment = z
  .strictObject({ ...Environment.shape, archivedAt: Instant.nullable() })
  .meta({ id: 'AnyEnvironment' })
export type AnyEnvironment = z.infer<typeof AnyEnvironment>

/** The path parameter of everything inside a project. */
export const ProjectPath = z.strictObject({ project: Key })

const EnvironmentPath = z.strictObject({ project: Key, environment: Key })

export const projectOperations = {
  listProjects: operation({
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'List the projects.',
    can: 'project:read',
    success: { status: 200, body: list(Project) },
  }),
  createProject: operation({
    method: 'POST',
    path: '/api/v1/projects',
    summary: 'Create a project with its environments.',
    can: 'project:write',
    body: NewProject,
    success: { status: 201, body: Project },
    idempotent: true,
  }),
  listEnvironments: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/environments',
    summary: 'List all environments of a project, archived ones too.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: list(AnyEnvironment) },
  }),
  addEnvironment: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/environments',
    summary: 'Add an environment: every flag is off in it.',
    can: 'project:write',
    params: ProjectPath,
    body: NewEnvironment,
    success: { status: 201, body: Project },
    idempotent: true,
  }),
  archiveEnvironment: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/environments/{environment}/archive',
    summary: 'Give an environment up: its flags are turned off and its keys revoked at once.',
    can: 'project:write',
    params: EnvironmentPath,
    success: { status: 200, body: Project },
  }),
  restoreEnvironment: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/environments/{environment}/restore',
    summary: 'Take an archived environment back: every flag is off in it, and its keys are made anew.',
    can: 'project:write',
    params: EnvironmentPath,
    success: { status: 200, body: Project },
  }),
  getProject: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}',
    summary: 'Show a project and its environments.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: Project },
  }),
}
