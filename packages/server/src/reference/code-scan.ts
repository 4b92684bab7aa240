/** Scans of repositories: the newest of each, kept with the references of every flag that it found. */
import type { CodeScan, WriteCodeScan } from '@flagmarshal/api/code-scan'
import type { CodeReference } from '@flagmarshal/domain/reference/code-references'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import {
  emptyCodeReferences,
  selectCodeReferences,
  selectCodeScans,
  selectFlagKeys,
  upsertCodeReferences,
  upsertCodeScan,
} from '../storage/references.ts'
import type { CodeReferencesRow, CodeScanRow } from '../storage/references.ts'

/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const AT_ONCE = 5_000

/** Replaces all that a repository said: flags that the scan does not name have no place in it any more. */
export async function writeCodeScan(
  context: Context,
  database: Database,
  project: string,
  { repo, branch, sha, files, refs, dynamic, extinctions }: WriteCodeScan,
): Promise<CodeScan | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const of = {
      project,
      repository: repo,
      branch: branch ?? null,
      commit: sha,
      by: context.actor.id,
      at: context.now,
    }
    const placed = Map.groupBy(refs, (it) => it.flag)
    // A flag that is named is not gone, whatever an earlier commit took away.
    const gone = new Map(extinctions.flatMap((it) => (placed.has(it.flag) ? [] : [[it.flag, it] as const])))
    const rows: CodeReferencesRow[] = [
      ...[...placed].map(([flag, own]) => ({
        ...of,
        flag,
        refs: own.map(placeOf),
        extinct: null,
      })),
      ...[...gone].map(([flag, it]) => ({
        ...of,
        flag,
        refs: [],
        extinct: { sha: it.sha, at: it.at, file: it.file },
      })),
    ]
    await upsertCodeScan(tx, { ...of, files, dynamic: toJson(dynamic) })
    await emptyCodeReferences(tx, of)
    for (let from = 0; from < rows.length; from += AT_ONCE)
      await upsertCodeReferences(
        tx,
        rows.slice(from, from + AT_ONCE).map((it) => ({
          ...it,
          refs: toJson(it.refs),
          extinct: it.extinct === null ? null : toJson(it.extinct),
        })),
      )
    const known = await selectFlagKeys(tx, project)
    await record(tx, context, {
      chain: { project },
      action: 'code.scan',
      subject: { kind: 'repository', id: repo },
      after: { branch, sha, files, flags: placed.size, references: refs.length, dynamic: dynamic.length },
    })
    return scanView({ ...of, files, dynamic }, rows, known)
  })
}

/** The newest scan of each repository. */
export async function listCodeScans({ kysely }: Database, project: string): Promise<CodeScan[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const [scans, references, known] = await Promise.all([
    selectCodeScans(kysely, project),
    selectCodeReferences(kysely, project),
    selectFlagKeys(kysely, project),
  ])
  const of = Map.groupBy(references, (it) => it.repository)
  return scans.map((it) => scanView(it, of.get(it.repository) ?? [], known))
}

/** A place without the flag, which its row names. */
function placeOf(ref: WriteCodeScan['refs'][number]): CodeReference {
  const { flag: _, ...place } = ref
  return place
}

function scanView(
  scan: CodeScanRow,
  references: readonly CodeReferencesRow[],
  known: readonly string[],
): CodeScan {
  const flags = new Set(known)
  const count = (row: CodeReferencesRow, layer: string) => row.refs.filter((it) => it.layer === layer).length
  return {
    repo: scan.repository,
    branch: scan.branch,
    sha: scan.commit,
    files: scan.files,
    flags: references
      .filter((it) => it.refs.length > 0)
      .map((it) => ({
        flag: it.flag,
        known: flags.has(it.flag),
        backend: count(it, 'backend'),
        frontend: count(it, 'frontend'),
        middleware: count(it, 'middleware'),
      })),
    dynamic: scan.dynamic.map((it) => ({ ...it })),
    at: scan.at.toISOString(),
    by: scan.by,
  }
}
