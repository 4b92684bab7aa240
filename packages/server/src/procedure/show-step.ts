/** Reading one step of a run, and its checks. */
import type { Check, Step } from '@flagmarshal/api/procedure-step'
import { recordOf, stepOf } from '@flagmarshal/domain/procedure/standing'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import type { Loaded, RunKey } from './load.ts'
import { seenRun } from './show-run.ts'
import { checkViews, stepView } from './step-view.ts'

/** Names a step of a run. */
export interface StepKey extends RunKey {
  readonly step: number
}

/** One step whole. */
export async function showStep(context: Context, database: Database, key: StepKey): Promise<Step | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  return knownStep(loaded, key.step) ?? stepView(loaded, key.step)
}

/** The checks of a step with their latest results. */
export async function showChecks(
  context: Context,
  database: Database,
  key: StepKey,
): Promise<Check[] | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  return (
    knownStep(loaded, key.step) ??
    checkViews(stepOf(loaded.setting.definition, key.step), recordOf(loaded.run, key.step))
  )
}

/** The refusal for a number that is no step; undefined for one that is. */
export function knownStep({ setting }: Loaded, step: number): Refusal | undefined {
  return step <= setting.definition.steps.length ? undefined : notFound('step', String(step))
}
