/** Recording when the rollout starts: the run is then completed (P-S7-10). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { ScheduleRun } from '@flagmarshal/api/procedure-write'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { checkStep, keepChecked } from './run-checks.ts'
import { runView } from './run-view.ts'

/** Records the start. The checks of the last step run again: the ticket must carry the plan (P-S7-9). */
export async function scheduleRun(
  context: Context,
  database: Database,
  key: RunKey,
  { start }: ScheduleRun,
): Promise<RunView | Refusal> {
  const checked = await checkStep(context, database, key, 'last')
  if (isRefusal(checked)) return checked
  const changed = await changeRun(context, database, key, async (present, tx) => {
    const refusal = await keepChecked(tx, context, present, checked)
    if (refusal !== undefined) return refusal
    return {
      action: 'run.schedule',
      after: { start: start ?? null },
      event: {
        kind: 'scheduled',
        checks: checked.results,
        by: actorOf(context.actor),
        ...(start === undefined ? {} : { start: new Date(start) }),
      },
    }
  })
  return isRefusal(changed) ? changed : runView(changed)
}
