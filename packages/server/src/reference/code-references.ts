/** Where code asks a flag: kept as uploaded, one version for each repository. */
import type { CodeReferences, WriteReferences } from '@flagmarshal/api/reference'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { selectCodeReferences, selectFlagKeys, upsertCodeReferences } from '../storage/references.ts'
import type { CodeReferencesRow } from '../storage/references.ts'

interface FlagKey {
  readonly project: string
  readonly flag: string
}

/** Replaces what a repository says of a flag. The flag may not exist: that is what the check is for. */
export async function writeReferences(
  context: Context,
  database: Database,
  { project, flag }: FlagKey,
  { repo, branch, sha, refs }: WriteReferences,
): Promise<CodeReferences | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const known = (await selectFlagKeys(tx, project)).includes(flag)
    const row = {
      project,
      flag,
      repository: repo,
      branch: branch ?? null,
      commit: sha,
      by: context.actor.id,
      at: context.now,
    }
    await upsertCodeReferences(tx, [{ ...row, refs: toJson(refs), extinct: null }])
    await record(tx, context, {
      chain: { project },
      action: 'flag.references',
      subject: { kind: 'flag', id: flag },
      after: { repo, branch, sha, references: refs.length },
    })
    return referencesView({ ...row, refs, extinct: null }, known)
  })
}

/** Where code asks a flag, by repository. */
export async function listReferences(
  { kysely }: Database,
  { project, flag }: FlagKey,
): Promise<CodeReferences[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const known = (await selectFlagKeys(kysely, project)).includes(flag)
  return (await selectCodeReferences(kysely, project, flag)).map((it) => referencesView(it, known))
}

function referencesView(row: CodeReferencesRow, known: boolean): CodeReferences {
  return {
    flag: row.flag,
    known,
    repo: row.repository,
    branch: row.branch,
    sha: row.commit,
    refs: row.refs.map((it) => ({ ...it })),
    extinct: row.extinct,
    at: row.at.toISOString(),
    by: row.by,
  }
}
