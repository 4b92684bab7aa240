/** Reviewing the work plan, by somebody other than its author (P-PL3). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { ReviewWorkPlan } from '@flagmarshal/api/procedure-write'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Records the verdict. */
export async function reviewWorkPlan(
  context: Context,
  database: Database,
  key: RunKey,
  { verdict, comments }: ReviewWorkPlan,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, ({ run }) => ({
    action: 'run.review-work-plan',
    after: { verdict, revision: run.workPlan.revision },
    ...(comments === '' ? {} : { reason: comments }),
    event: { kind: 'work-plan-reviewed', verdict, comments, by: actorOf(context.actor) },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
