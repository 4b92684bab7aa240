/** Acknowledging the validation point after a step (P-E6). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import { runView } from './run-view.ts'
import { knownStep } from './show-step.ts'
import type { StepKey } from './show-step.ts'

/** Records the acknowledgement; the next step opens. */
export async function acknowledgeStep(
  context: Context,
  database: Database,
  key: StepKey,
): Promise<RunView | Refusal> {
  const { step } = key
  const changed = await changeRun(
    context,
    database,
    key,
    (present) =>
      knownStep(present, step) ?? {
        action: 'run.acknowledge',
        after: { step },
        event: { kind: 'acknowledged', step, by: actorOf(context.actor) },
      },
  )
  return isRefusal(changed) ? changed : runView(changed)
}
