/** Replacing the work plan of a run. The review that it had is void. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { WorkPlan } from '@flagmarshal/api/procedure-write'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { stale } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { jsonObject } from './json-object.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** A work plan as somebody wants it. */
export interface WantedWorkPlan {
  readonly input: WorkPlan
  /** The plan's revision that they have seen; not compared when absent. */
  readonly ifMatch: number | undefined
}

/** Writes the work plan. */
export async function writeWorkPlan(
  context: Context,
  database: Database,
  key: RunKey,
  { input, ifMatch }: WantedWorkPlan,
): Promise<RunView | Refusal> {
  const content = jsonObject(input)
  const changed = await changeRun(context, database, key, (present) => {
    const { workPlan } = present.run
    if (ifMatch !== undefined && ifMatch !== workPlan.revision)
      return stale('work plan', runView(present).workPlan)
    return {
      action: 'run.write-work-plan',
      before: workPlan.content,
      after: content,
      event: { kind: 'work-plan-written', content, by: actorOf(context.actor) },
    }
  })
  return isRefusal(changed) ? changed : runView(changed)
}
