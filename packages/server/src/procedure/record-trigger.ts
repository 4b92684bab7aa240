/** Adding a later trigger fact to a run (P-T2): inputs that depend on it are judged again. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { TriggerFact as TriggerInput } from '@flagmarshal/api/procedure-write'
import type { TriggerFact } from '@flagmarshal/domain/procedure/run'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { verdictsOn } from './judge-inputs.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Adds the fact. */
export async function recordTrigger(
  context: Context,
  database: Database,
  key: RunKey,
  input: TriggerInput,
): Promise<RunView | Refusal> {
  const fact = triggerFact(input, context.now)
  const changed = await changeRun(context, database, key, ({ run, setting }) => ({
    action: 'run.trigger',
    after: fact,
    event: { kind: 'trigger-recorded', fact, verdicts: verdictsOn(setting.definition, run, { fact }) },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}

/** A fact as it is kept: without a time of its own it became so now. */
export function triggerFact({ kind, state, source, phase, at }: TriggerInput, now: Date): TriggerFact {
  return {
    kind,
    state,
    source,
    at: at === undefined ? now : new Date(at),
    ...(phase === undefined ? {} : { phase }),
  }
}
