/**
 * What the engine must know beside the evidence, read inside the transaction of the tick: edits from
 * outside, what people report, who does not serve the last increment yet.
 */
import type { Facts } from '@flagmarshal/domain/rollout/advance'
import { positionOf, targetAfter } from '@flagmarshal/domain/rollout/position'

import type { StoredFlag } from '../flag/serve-rollout-rule.ts'
import { reportsSeen } from '../report/seen.ts'
import type { Queries } from '../storage/database.ts'
import { selectUnserved } from '../storage/rollout-surroundings.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { outsideEdit } from './outside-edit.ts'
import type { OutsideEdit } from './outside-edit.ts'

/** The facts of a tick, but for the approval. */
export interface Surroundings extends Omit<Facts, 'approved'> {
  readonly flagEditedOutside?: OutsideEdit
}

/** Reads them. */
export async function surroundings(
  queries: Queries,
  stored: StoredRollout,
  flag: StoredFlag,
): Promise<Surroundings> {
  const edit = await outsideEdit(queries, stored, flag)
  return {
    ...(edit && { flagEditedOutside: edit }),
    reports: await reportsSeen(queries, stored, stored.rollout.exposedAt),
    unserved: await unserved(queries, stored),
  }
}

/** Asked at the last increment only: 100 % is reached when everybody who is connected serves it. */
async function unserved(queries: Queries, stored: StoredRollout): Promise<readonly string[]> {
  const { plan, rollout, flagRevision } = stored
  const position = positionOf(rollout)
  if (position?.kind !== 'running' || targetAfter(plan, position) !== undefined) return []
  return flagRevision === undefined ? [] : await selectUnserved(queries, stored, flagRevision)
}
