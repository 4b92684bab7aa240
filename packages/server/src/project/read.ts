/** Reading projects. */
import type { Project } from '@flagmarshal/api/project'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { sees } from '../context.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
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

/** One project with its environments. */
export async function getProject(database: Database, key: string): Promise<Project | Refusal> {
  const row = await selectProject(database.kysely, key)
  if (row === undefined) return notFound('project', key)
  return projectView(row, await selectEnvironments(database.kysely, key))
}
