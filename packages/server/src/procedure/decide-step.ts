/**
 * Go or No-Go of a step (P-E2): its checks run again for the decision, and the decision holds only
 * if nothing has changed while they ran. Two people at once: one decides, the other is told.
 */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { DecideStep } from '@flagmarshal/api/procedure-write'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import { checkedAct, checkStep, keepChecked, matterOf } from './run-checks.ts'
import type { CheckParts } from './run-checks.ts'
import { runView } from './run-view.ts'
import type { StepKey } from './show-step.ts'

/** A decision, and the run when it arrived: whoever decided since was first. */
export interface Deciding extends DecideStep {
  readonly seen?: Run | undefined
}

/** Records the decision. */
export async function decideStep(
  context: Context,
  parts: CheckParts,
  key: StepKey,
  { decision, rationale, overrides, unchangedBecause, seen }: Deciding,
): Promise<RunView | Refusal> {
  const check = async () => {
    const checked = await checkStep(context, parts, key, key.step)
    if (isRefusal(checked) || seen === undefined || matterOf(seen, key.step) === checked.matter)
      return checked
    return refuse('run-changed', `Step ${key.step} was decided or changed meanwhile.`, 'Look at it again.')
  }
  const changed = await checkedAct(check, (checked) =>
    changeRun(context, parts.database, key, async (present, tx) => {
      const refusal = await keepChecked(tx, context, present, checked)
      if (refusal !== undefined) return refusal
      return {
        action: decision === 'go' ? 'run.go' : 'run.no-go',
        after: { step: key.step, decision, overrides, evidence: checked.results.map((it) => it.evidence) },
        reason: rationale,
        event: {
          kind: 'decided',
          step: key.step,
          decision,
          rationale,
          overrides,
          checks: checked.results,
          by: actorOf(context.actor),
          ...(unchangedBecause === undefined ? {} : { unchangedBecause }),
        },
      }
    }),
  )
  return isRefusal(changed) ? changed : runView(changed)
}
