/**
 * Required inputs: giving one, observing the automatic ones, and what a change of one takes with it.
 * A run that lacks one is halted until it is there, with the way to it (P-I-HALT).
 */
import { whyUnproven } from '../access/proof.ts'
import { canonical } from '../audit/canonical.ts'
import { accepted, changesBetween, sameThings } from '../reference/judge.ts'
import type { Sighting } from '../reference/model.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { heldRoles, mustBePerson, roleNeeded } from './can.ts'
import type { InputDefinition, ProcedureDefinition } from './model.ts'
import type {
  Actor,
  Attestation,
  InputOverride,
  InputVerdict,
  JsonObject,
  ProvidedInput,
  Run,
  Setting,
  TriggerFact,
} from './run.ts'
import { spread } from './stale.ts'
import { presentAttempt, recordOf } from './standing.ts'

type Verdicts = Readonly<Record<string, InputVerdict>>

export interface InputProvided {
  readonly kind: 'input-provided'
  readonly input: string
  readonly value: JsonObject
  readonly attestation?: Attestation
  /** What was seen at its references. */
  readonly sightings?: readonly Sighting[]
  /** What the definition's rules say of it. */
  readonly verdict: InputVerdict
  /** What they say of others that are read together with it. */
  readonly others?: Verdicts
  readonly by: Actor
}

/** Somebody accepts that references of an input cannot be looked at. */
export interface InputOverridden {
  readonly kind: 'input-overridden'
  readonly input: string
  readonly override: InputOverride
  readonly verdict: InputVerdict
  readonly by: Actor
}

/** What the system sees of the automatic inputs now. */
export interface InputsObserved {
  readonly kind: 'inputs-observed'
  readonly verdicts: Verdicts
}

/** What was seen at the references of given inputs just now, and what they amount to. */
export interface InputsLookedAt {
  readonly kind: 'inputs-looked-at'
  readonly looks: Readonly<
    Record<string, { readonly sightings: readonly Sighting[]; readonly verdict: InputVerdict }>
  >
}

/** A later trigger fact, with what the inputs that were given amount to once it is known. */
export interface TriggerRecorded {
  readonly kind: 'trigger-recorded'
  readonly fact: TriggerFact
  readonly verdicts: Verdicts
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
  const no = mayProvide(setting, input, event.by)
  if (no !== undefined) return no
  const { value, attestation, sightings = [], verdict, others = {}, by } = event
  const before = run.inputs[input.id]
  const given: ProvidedInput = {
    value,
    by: by.id,
    at: now,
    verdict,
    ...(attestation === undefined ? {} : { attestation }),
    ...(before !== undefined && canonical(before.value) !== canonical(value) ? { changed: true } : {}),
    ...(sightings.length === 0 ? {} : { sightings }),
  }
  const next = judged({ ...run, inputs: { ...run.inputs, [input.id]: given } }, others, now)
  if (before === undefined) return next
  const same =
    canonical(before.value) === canonical(value) && sameThings(before.sightings ?? [], given.sightings ?? [])
  return same ? next : withStale(definition, next, input, `${nameOf(input)} was given anew`, now)
}

/** Accepts what cannot be looked at; nothing else of an input can be overridden. */
export function overrideInput(setting: Setting, run: Run, event: InputOverridden): Run | Refusal {
  const input = setting.definition.inputs.find((it) => it.id === event.input)
  const given = run.inputs[event.input]
  if (input === undefined || given === undefined) {
    return refuse('not-found', `${event.input} has not been given.`, 'Give it first.')
  }
  const { overriddenBy } = input
  if (overriddenBy === undefined || (given.verdict.unknown !== true && given.override === undefined)) {
    const why = given.verdict.findings.length === 0 ? 'It is not failing.' : given.verdict.findings.join('; ')
    return refuse(
      'nothing-to-override',
      `${input.id} cannot be overridden: only what cannot be looked at can. ${why}`,
      input.remediation.path,
    )
  }
  const no = mustBePerson(event.by, 'An override')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, [overriddenBy]).length === 0)
    return roleNeeded(setting, [overriddenBy], `Overriding ${input.id}`)
  const { override, verdict } = event
  const unproven = whyUnproven(setting.policy.signatures, event.by.proof, override.at)
  if (unproven !== undefined) return unproven
  return {
    ...run,
    inputs: { ...run.inputs, [input.id]: { ...given, override, verdict, since: override.at } },
  }
}

/** Records what was observed; a run changes only where an answer did. What people recorded instead stays. */
export function observeInputs(setting: Setting, run: Run, event: InputsObserved, now: Date): Run {
  const { definition } = setting
  return Object.entries(event.verdicts).reduce((it, [id, verdict]) => {
    const input = definition.inputs.find((known) => known.id === id)
    const before = it.inputs[id]
    const same =
      before !== undefined && (before.by !== 'system' || canonical(before.verdict) === canonical(verdict))
    if (input === undefined || same) return it
    return { ...it, inputs: { ...it.inputs, [id]: { value: {}, by: 'system', at: now, verdict } } }
  }, run)
}

/**
 * Takes notice of what is at the references now. A source that changed fails its input and makes the
 * steps that used it stale; it counts again once it is as it was, or once the input is given anew.
 */
export function lookAtInputs(setting: Setting, run: Run, { looks }: InputsLookedAt, now: Date): Run {
  return Object.entries(looks).reduce((it, [id, look]) => {
    const input = setting.definition.inputs.find((known) => known.id === id)
    const before = it.inputs[id]
    if (input === undefined || before === undefined) return it
    const { differs: _before, ...given } = before
    const changes = changesBetween(given.sightings ?? [], look.sightings)
    const verdict = withChanges(look.verdict, changes)
    const sightings = accepted(given.sightings ?? [], look.sightings)
    const known = sameThings(given.sightings ?? [], sightings)
    if (known && canonical(given.verdict) === canonical(verdict)) return it
    const seen = { ...given, sightings, verdict, since: now }
    const noticed = changes.length === 0 ? seen : { ...seen, differs: changes }
    const next = { ...it, inputs: { ...it.inputs, [id]: noticed } }
    if (changes.length === 0 || !given.verdict.ok) return next
    return withStale(setting.definition, next, input, `${nameOf(input)} changed at its source`, now)
  }, run)
}

/** The steps that name an input. */
export function usersOf(definition: ProcedureDefinition, input: string): readonly number[] {
  return definition.steps.filter((it) => it.inputs.includes(input)).map((it) => it.number)
}

/** Adds a later fact; what was given already may count, or not count, because of it. */
export function recordTrigger(run: Run, { fact, verdicts }: TriggerRecorded, now: Date): Run {
  return judged({ ...run, triggers: [...run.triggers, fact] }, verdicts, now)
}

function mayProvide(setting: Setting, input: InputDefinition, by: Actor): Refusal | undefined {
  const { alternative } = input
  if (input.how === 'automatic' && alternative === undefined) {
    return refuse('input-automatic', `${input.id} is observed by the system.`, input.remediation.path)
  }
  const role = alternative?.recordedBy ?? input.providedBy
  if (role === undefined || heldRoles(setting, by, [role]).length > 0) return undefined
  return roleNeeded(setting, [role], `Giving ${input.id}`)
}

function withChanges(verdict: InputVerdict, changes: readonly string[]): InputVerdict {
  if (changes.length === 0) return verdict
  const findings = [...changes, ...verdict.findings, 'give it again to accept what is there now']
  return { ok: false, checked: 'machine', findings }
}

/** The run with other verdicts on what was given. */
function judged(run: Run, verdicts: Verdicts, now: Date): Run {
  const inputs = Object.entries(run.inputs).map(([id, given]) => {
    const rules = verdicts[id]
    if (rules === undefined) return [id, given] as const
    const verdict = withChanges(rules, given.differs ?? [])
    if (canonical(verdict) === canonical(given.verdict)) return [id, given] as const
    return [id, { ...given, verdict, since: now }] as const
  })
  return { ...run, inputs: Object.fromEntries(inputs) }
}

/** The run with the steps stale that were decided on what an input was. */
// oxlint-disable-next-line max-params -- private; what changed, why, when
function withStale(
  definition: ProcedureDefinition,
  run: Run,
  input: InputDefinition,
  why: string,
  now: Date,
): Run {
  const manual = input.alternative?.manualChecks ?? []
  const first = definition.steps.find(
    (it) =>
      (it.inputs.includes(input.id) || it.checks.some((check) => manual.includes(check.id))) &&
      presentAttempt(recordOf(run, it.number)).outcome === 'go',
  )
  return first === undefined ? run : spread(definition, run, { step: first.number, why }, now)
}

function nameOf({ id, title }: InputDefinition): string {
  return `${id} (${title})`
}
