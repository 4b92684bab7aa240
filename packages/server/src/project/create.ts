/** Creating a project, with its environments and its audit chain. */
import type { NewProject, Project } from '@flagmarshal/api/project'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { chainOf } from '../audit/chain.ts'
import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken } from '../refusals.ts'
import { startChain } from '../storage/audit.ts'
import type { Database } from '../storage/database.ts'
import { insertEnvironments, insertProject } from '../storage/projects.ts'
import { projectView } from './view.ts'

const DEFAULT_ENVIRONMENTS = [
  { key: 'development', name: 'Development', protected: false },
  { key: 'staging', name: 'Staging', protected: false },
  { key: 'production', name: 'Production', protected: true },
] as const

/** Creates a project. Refuses a key that is taken and environments that share a key. */
export async function createProject(
  context: Context,
  database: Database,
  input: NewProject,
): Promise<Project | Refusal> {
  const wanted = input.environments ?? DEFAULT_ENVIRONMENTS
  const repeated = wanted.findIndex((it, i) => wanted.findIndex(({ key }) => key === it.key) < i)
  if (repeated !== -1) {
    return refuse(
      'invalid',
      'Two environments have the same key.',
      'Give each its own.',
      `/environments/${repeated}/key`,
    )
  }

  const project = { key: input.key, name: input.name, revision: 1, created_at: context.now }
  const environments = wanted.map((it, position) => ({
    ...it,
    project: input.key,
    position,
    created_at: context.now,
    archived_at: null,
  }))
  const view = projectView(project, environments)

  return await database.transaction(async (tx) => {
    if (!(await insertProject(tx, project))) return keyTaken('project', input.key)
    await insertEnvironments(tx, environments)
    await startChain(tx, chainOf({ project: input.key }))
    await record(tx, context, {
      chain: 'installation',
      action: 'project.create',
      subject: { kind: 'project', id: input.key },
      after: view,
    })
    return view
  })
}
