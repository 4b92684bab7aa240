/** Accepting, as Technical Lead, that the references of an input cannot be looked at (P-I-CHECK). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { verdictOn } from './judge-inputs.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Names an input of a run. */
export interface InputKey extends RunKey {
  readonly input: string
}

/** Records the override; it is shown wherever the input is. */
export async function overrideInput(
  context: Context,
  database: Database,
  key: InputKey,
  reason: string,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, ({ run, setting }) => {
    const input = setting.definition.inputs.find((it) => it.id === key.input)
    if (input === undefined) return notFound('input', key.input)
    const override = { reason, by: context.actor.id, at: context.now }
    const given = run.inputs[input.id]
    // What was seen is kept in the findings; only what is unknown can be accepted.
    const verdict =
      given?.verdict.unknown === true
        ? { ...given.verdict, ok: true, checked: 'overridden' as const }
        : verdictOn(run, input, { value: {}, ...given, override })
    return {
      action: 'run.input-override',
      before: given?.verdict,
      after: { input: input.id, verdict },
      reason,
      event: { kind: 'input-overridden', input: input.id, override, verdict, by: actorOf(context.actor) },
    }
  })
  return isRefusal(changed) ? changed : runView(changed)
}
