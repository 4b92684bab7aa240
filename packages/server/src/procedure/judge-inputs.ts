/** What the inputs of a run amount to, with everything that they are judged by. */
import { judgeInput } from '@flagmarshal/domain/procedure/feature-flag-rollout/judge-input'
import type { Around, Given } from '@flagmarshal/domain/procedure/feature-flag-rollout/judge-input'
import type { InputDefinition, ProcedureDefinition } from '@flagmarshal/domain/procedure/model'
import type { InputVerdict, Run, TriggerFact } from '@flagmarshal/domain/procedure/run'

/** An input's verdict: the one that somebody gives now, or one that the run holds. */
export function verdictOn(run: Run, input: InputDefinition, given: Given): InputVerdict {
  return judgeInput(input, given, aroundOf(run))
}

/** The verdicts on what was given before, once one more fact or one other value is known. */
export function verdictsOn(
  definition: ProcedureDefinition,
  run: Run,
  news: {
    readonly fact?: TriggerFact
    readonly given?: { readonly input: string; readonly value: Given['value'] }
  },
): Readonly<Record<string, InputVerdict>> {
  const { triggers, values } = aroundOf(run)
  const { fact, given } = news
  const around: Around = {
    triggers: fact === undefined ? triggers : [...triggers, fact],
    values: given === undefined ? values : { ...values, [given.input]: given.value },
  }
  return Object.fromEntries(
    definition.inputs.flatMap((input) => {
      const before = run.inputs[input.id]
      if (before === undefined || input.how === 'automatic' || input.id === given?.input) return []
      return [[input.id, judgeInput(input, before, around)] as const]
    }),
  )
}

function aroundOf(run: Run): Around {
  const values = Object.entries(run.inputs).map(([id, it]) => [id, it.value] as const)
  return { triggers: run.triggers, values: Object.fromEntries(values) }
}
