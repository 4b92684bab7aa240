/** Giving a required input. A halted run opens by itself once none is missing. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { judgeInput } from '@flagmarshal/domain/procedure/feature-flag-rollout/inputs'
import type { ProcedureDefinition } from '@flagmarshal/domain/procedure/model'
import type {
  Attestation,
  InputVerdict,
  JsonObject,
  Run,
  TriggerFact,
} from '@flagmarshal/domain/procedure/run'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** An input as somebody gives it; its shape has been checked. */
export interface GivenInput {
  readonly input: string
  readonly value: JsonObject
  readonly attest?: Attestation | undefined
}

/** Records the input. One that fails its check is recorded too, with what it fails. */
export async function provideInput(
  context: Context,
  database: Database,
  key: RunKey,
  { input: id, value, attest }: GivenInput,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, ({ run, setting }) => {
    const input = setting.definition.inputs.find((it) => it.id === id)
    if (input === undefined) {
      return refuse(
        'not-found',
        `There is no input ${id}.`,
        `Use one of ${setting.definition.inputs.map((it) => it.id).join(', ')}.`,
      )
    }
    const verdict = judgeInput(input, value, attest, run.triggers)
    const attestation = attest === undefined ? {} : { attestation: attest }
    return {
      action: 'run.input',
      before: run.inputs[id],
      after: { input: id, value, ...attestation, verdict },
      event: {
        kind: 'input-provided',
        input: id,
        value,
        ...attestation,
        verdict,
        by: actorOf(context.actor),
      },
    }
  })
  return isRefusal(changed) ? changed : runView(changed)
}

/** The verdicts on the inputs that were given, once one more fact is known. */
export function judgedAgain(
  definition: ProcedureDefinition,
  run: Run,
  fact: TriggerFact,
): Readonly<Record<string, InputVerdict>> {
  const triggers = [...run.triggers, fact]
  return Object.fromEntries(
    definition.inputs.flatMap((input) => {
      const given = run.inputs[input.id]
      if (given === undefined || input.how === 'automatic') return []
      return [[input.id, judgeInput(input, given.value, given.attestation, triggers)] as const]
    }),
  )
}
