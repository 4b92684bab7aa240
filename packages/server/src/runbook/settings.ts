/** Where the documents of a project are published. */
import type { Documentation, WriteDocumentation } from '@flagmarshal/api/document'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound, stale } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { selectDocumentation, upsertDocumentation } from '../storage/publications.ts'

const DEFAULT: Documentation = { remote: null, branch: 'main', path: 'features', runbooks: [], revision: 0 }

/** The settings of a project. */
export async function showDocumentation(
  { kysely }: Database,
  project: string,
): Promise<Documentation | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  return await documentationOf(kysely, project)
}

/** The settings as somebody wants them. */
export interface WantedDocumentation {
  readonly wanted: WriteDocumentation
  /** Why an address cannot be that of a repository; undefined where it can. */
  readonly faultOf: (address: string) => string | undefined
  /** The revision that they have seen; not compared when absent. */
  readonly ifMatch: number | undefined
}

/** Sets them, whole. */
export async function writeDocumentation(
  context: Context,
  database: Database,
  project: string,
  given: WantedDocumentation,
): Promise<Documentation | Refusal> {
  const { remote, branch, path, runbooks } = given.wanted
  const fault = remote === undefined ? undefined : given.faultOf(remote)
  if (fault !== undefined) {
    return refuse('invalid', `This address cannot be used: ${fault}.`, 'Correct the address.', '/remote')
  }
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const before = await documentationOf(tx, project)
    if (given.ifMatch !== undefined && given.ifMatch !== before.revision)
      return stale('documentation', before)
    await upsertDocumentation(tx, {
      project,
      remote: remote ?? null,
      branch,
      path,
      runbooks,
      updated_at: context.now,
      updated_by: context.actor.id,
    })
    const after = await documentationOf(tx, project)
    await record(tx, context, {
      chain: { project },
      action: 'documentation.change',
      subject: { kind: 'project', id: project },
      before,
      after,
    })
    return after
  })
}

/** The settings, or the ones that hold while nobody has set any. */
export async function documentationOf(queries: Queries, project: string): Promise<Documentation> {
  const row = await selectDocumentation(queries, project)
  if (row === undefined) return DEFAULT
  const { remote, branch, path, runbooks, revision } = row
  return { remote, branch, path, runbooks, revision }
}
