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
  const since = run.lastApproved?.at ?? new Date(0)
  const flag = { chain: chainOf({ project: feature.project }), flag: feature.flag }
  return { [FLAG_PART]: await selectFlagAuthors(queries, flag, since) }
}
