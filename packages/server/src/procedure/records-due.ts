/**
 * Approval and exit records are stored beside the documents as soon as there is something to record
 * (P-S7-8): the job is written in the transaction of what it records.
 */
import type { Run } from '@flagmarshal/domain/procedure/run'

import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import type { Tx } from '../storage/database.ts'
import { insertPublication, selectUnderWay } from '../storage/publications.ts'
import { loadPublished } from './published.ts'

const RECORDED: readonly Run['state']['kind'][] = ['approved', 'completed', 'aborted']

/** Asks for the records where the run has come to one of these states and has documents to stand beside. */
export async function recordsDue(
  tx: Tx,
  context: Context,
  { project, before, after }: { readonly project: string; readonly before: Run; readonly after: Run },
): Promise<void> {
  if (before.state.kind === after.state.kind || !RECORDED.includes(after.state.kind)) return
  if ((await loadPublished(tx, after.id)) === undefined) return
  // One that waits will see this too; one that runs may have read before it.
  const underWay = await selectUnderWay(tx, after.id, 'records')
  if (underWay?.state === 'accepted') return
  await insertPublication(tx, {
    id: newId('publication'),
    project,
    run: after.id,
    kind: 'records',
    requested_by: context.actor.id,
  })
}
