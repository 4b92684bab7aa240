/** Reading projects. */
import type { AnyEnvironment, Project } from '@flagmarshal/api/project'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { sees } from '../context.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectAllEnvironments } from '../storage/environments.ts'
import { selectEnvironments, selectProject, selectProjects } from '../storage/projects.ts'
import { projectView } from './view.ts'

/** All projects that the caller learns of, by key. */
export async function listProjects({ actor }: Context, database: Database): Promise<Project[]> {
  const [projects, environments] = await Promise.all([
    selectProjects(database.kysely),
    selectEnvironments(database.kysely),
  ])
  return projects.filter((it) => sees(actor, it.key)).map((row) => projectView(row, environments))
}

/** All environments of a project, archived ones too. */
export async function listEnvironments(
  { kysely }: Database,
  project: string,
): Promise<AnyEnvironment[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  return (await selectAllEnvironments(kysely, project)).map((it) => ({
    key: it.key,
    name: it.name,
    protected: it.protected,
    createdAt: it.created_at.toISOString(),
    archivedAt: it.archived_at?.toISOString() ?? null,
  }))
}

/** One project with its environments. */
export async function getProject(database: Database, key: string): Promise<Project | Refusal> {
  const row = await selectProject(database.kysely, key)
  if (row === undefined) return notFound('project', key)
  return projectView(row, await selectEnvironments(database.kysely, key))
}
