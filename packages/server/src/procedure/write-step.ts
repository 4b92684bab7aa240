/** Writing the output of a step. Changing a finished step makes it and every later one stale (P-E4). */
import type { Step } from '@flagmarshal/api/procedure-step'
import type { JsonObject } from '@flagmarshal/domain/procedure/run'
import { recordOf } from '@flagmarshal/domain/procedure/standing'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { stale } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { StepKey } from './show-step.ts'
import { knownStep } from './show-step.ts'
import { stepView } from './step-view.ts'

/** An output as somebody wants it; its shape has been checked. */
export interface WantedOutput {
  readonly output: JsonObject
  /** The step's revision that they have seen; not compared when absent. */
  readonly ifMatch?: number | undefined
}

/** Writes the output, whole. */
export async function writeStep(
  context: Context,
  database: Database,
  key: StepKey,
  { output, ifMatch }: WantedOutput,
): Promise<Step | Refusal> {
  const { step } = key
  const changed = await changeRun(context, database, key, (present) => {
    const unknown = knownStep(present, step)
    if (unknown !== undefined) return unknown
    const record = recordOf(present.run, step)
    if (ifMatch !== undefined && ifMatch !== record.revision)
      return stale(`step ${step}`, stepView(present, step))
    return {
      action: 'run.write-step',
      before: { step, output: record.output },
      after: { step, output },
      event: { kind: 'output-written', step, output, by: actorOf(context.actor) },
    }
  })
  return isRefusal(changed) ? changed : stepView(changed, step)
}
