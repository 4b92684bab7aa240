/**
 * Authors that the run itself does not know of: whoever made or changed the flag since the bundle
 * was last approved, as the audit chain says.
 */
import { chainOf } from '../audit/chain.ts'
import type { Queries } from '../storage/database.ts'
import { selectFlagAuthors } from '../storage/procedures.ts'
import type { Loaded } from './load.ts'

/** The part that the flag belongs to. */
const FLAG_PART = 'flags'

/** Authors by part. */
export async function authorsElsewhere(
  queries: Queries,
  { feature, run }: Loaded,
): Promise<Readonly<Record<string, readonly string[]>>> {
  // Approvals are given one by one; the last of an approved set is when the bundle was approved.
  const approved = run.approvals.filter(
    (it) => it.voided !== undefined && approvedWhole(run.approvals, it.bundleHash),
  )
  const since = approved.reduce((latest, it) => (it.at > latest ? it.at : latest), new Date(0))
  const flag = { chain: chainOf({ project: feature.project }), flag: feature.flag }
  return { [FLAG_PART]: await selectFlagAuthors(queries, flag, since) }
}

function approvedWhole(approvals: Loaded['run']['approvals'], hash: string): boolean {
  return new Set(approvals.filter((it) => it.bundleHash === hash).map((it) => it.role)).size === 3
}
