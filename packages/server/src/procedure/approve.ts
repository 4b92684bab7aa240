/** One role's approval, bound to the hash of the bundle as it is at this moment (P-S7-2, P-S7-3). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { Approve } from '@flagmarshal/api/procedure-write'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { authorsElsewhere } from './authors.ts'
import { presentBundle } from './bundle.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Records the approval. With the last one the plan is approved. */
export async function approveRun(
  context: Context,
  database: Database,
  key: RunKey,
  { role, bundleHash, comment }: Approve,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, async (present, tx) => ({
    action: 'run.approve',
    after: { role, bundleHash },
    ...(comment === undefined ? {} : { reason: comment }),
    event: {
      kind: 'approved',
      role,
      bundleHash,
      presentHash: presentBundle(present, present.facts).hash,
      authors: await authorsElsewhere(tx, present),
      by: actorOf(context.actor),
      ...(comment === undefined ? {} : { comment }),
    },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
