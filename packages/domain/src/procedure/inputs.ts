/**
 * Required inputs: giving one, observing the automatic ones, and what a change of one takes with it.
 * A run that lacks one is halted until it is there, with the way to it (P-I-HALT).
 */
import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { roleNeeded } from './can.ts'
import type { ProcedureDefinition } from './model.ts'
import type {
  Actor,
  Attestation,
  InputVerdict,
  JsonObject,
  ProvidedInput,
  Run,
  Setting,
  TriggerFact,
} from './run.ts'
import { spread } from './stale.ts'
import { presentAttempt, recordOf } from './standing.ts'

export interface InputProvided {
  readonly kind: 'input-provided'
  readonly input: string
  readonly value: JsonObject
  readonly attestation?: Attestation
  /** What the definition's rules say of it. */
  readonly verdict: InputVerdict
  readonly by: Actor
}

/** What the system sees of the automatic inputs now. */
export interface InputsObserved {
  readonly kind: 'inputs-observed'
  readonly verdicts: Readonly<Record<string, InputVerdict>>
}

/** A later trigger fact, with what the inputs that were given amount to once it is known. */
export interface TriggerRecorded {
  readonly kind: 'trigger-recorded'
  readonly fact: TriggerFact
  readonly verdicts: Readonly<Record<string, InputVerdict>>
}

/** Records an input. Steps that were decided on another value of it are stale. */
export function provideInput(setting: Setting, run: Run, event: InputProvided, now: Date): Run | Refusal {
  const { definition } = setting
  const input = definition.inputs.find((it) => it.id === event.input)
  if (input === undefined) {
    return refuse(
      'input-unknown',
      `There is no input ${event.input}.`,
      `Use one of ${definition.inputs.map((it) => it.id).join(', ')}.`,
    )
  }
  if (input.how === 'automatic') {
    return refuse('input-automatic', `${input.id} is observed by the system.`, input.remediation.path)
  }
  if (input.providedBy !== undefined) {
    const people = setting.people[input.providedBy] ?? []
    const holds = event.by.roles.includes(input.providedBy) && people.includes(event.by.id)
    if (!holds) return roleNeeded(setting, [input.providedBy], `Giving ${input.id}`)
  }
  const { value, attestation, verdict, by } = event
  const before = run.inputs[input.id]
  const given: ProvidedInput = {
    value,
    by: by.id,
    at: now,
    verdict,
    ...(attestation === undefined ? {} : { attestation }),
    ...(before !== undefined && canonical(before.value) !== canonical(value) ? { changed: true } : {}),
  }
  const next: Run = { ...run, inputs: { ...run.inputs, [input.id]: given } }
  if (before === undefined || canonical(before.value) === canonical(value)) return next
  const first = usersOf(definition, input.id).find(
    (step) => presentAttempt(recordOf(run, step)).outcome === 'go',
  )
  if (first === undefined) return next
  return spread(definition, next, { step: first, why: `${input.id} (${input.title}) was given anew` }, now)
}

/** Records what was observed; a run changes only where an answer did. */
export function observeInputs(setting: Setting, run: Run, event: InputsObserved, now: Date): Run {
  const { definition } = setting
  return Object.entries(event.verdicts).reduce((it, [id, verdict]) => {
    const input = definition.inputs.find((known) => known.id === id)
    const before = it.inputs[id]
    const same = before !== undefined && canonical(before.verdict) === canonical(verdict)
    if (input === undefined || same) return it
    return { ...it, inputs: { ...it.inputs, [id]: { value: {}, by: 'system', at: now, verdict } } }
  }, run)
}

/** The steps that name an input. */
export function usersOf(definition: ProcedureDefinition, input: string): readonly number[] {
  return definition.steps.filter((it) => it.inputs.includes(input)).map((it) => it.number)
}

/** Adds a later fact; what was given already may count, or not count, because of it. */
export function recordTrigger(run: Run, { fact, verdicts }: TriggerRecorded): Run {
  const judged = Object.entries(run.inputs).map(([id, given]) => {
    const verdict = verdicts[id]
    return [id, verdict === undefined ? given : { ...given, verdict }] as const
  })
  return { ...run, triggers: [...run.triggers, fact], inputs: Object.fromEntries(judged) }
}
