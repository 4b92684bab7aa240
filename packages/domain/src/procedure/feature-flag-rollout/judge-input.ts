/**
 * What makes a required input count (P-I1 … P-I12, P-I-CHECK). Its shape has been checked already;
 * this is about what it says and what was seen at its references.
 */
import { compile } from '@flagmarshal/evaluation'

import { sightingFindings } from '../../reference/judge.ts'
import type { Sighting } from '../../reference/model.ts'
import type { InputDefinition } from '../model.ts'
import type { Attestation, InputOverride, InputVerdict, JsonObject, TriggerFact } from '../run.ts'
import { BUILT_IN_METRICS } from './facts.ts'
import type { FlagRolloutFacts } from './facts.ts'

/** An input as it was given, and what was seen at its references. */
export interface Given {
  readonly value: JsonObject
  readonly attestation?: Attestation
  readonly sightings?: readonly Sighting[]
  readonly override?: InputOverride
}

/** What else is known of the run. */
export interface Around {
  readonly triggers: readonly TriggerFact[]
  /** The values of the inputs that were given, by id. */
  readonly values: Readonly<Record<string, JsonObject>>
}

/** Whether a given input counts, and what it fails. */
export function judgeInput(input: InputDefinition, given: Given, around: Around): InputVerdict {
  const sightings = given.sightings ?? []
  const seen = sightingFindings(sightings)
  const unseen =
    input.how === 'reference' && sightings.length === 0 ? ['its references have not been looked at'] : []
  const unknown = [...seen.unknown, ...unseen]
  const failing = [
    ...seen.failing,
    ...findingsOn(input.id, given.value, around),
    ...(input.attested === true && given.attestation === undefined
      ? [`${input.title} is a person's word: add a statement and a reference`]
      : []),
  ]
  const findings = [...failing, ...unknown]
  const checked = input.attested === true ? 'attested' : 'machine'
  if (failing.length > 0) return { ok: false, checked, findings }
  if (unknown.length === 0) return { ok: true, checked, findings }
  if (given.override !== undefined) return { ok: true, checked: 'overridden', findings, unknown: true }
  return { ok: false, checked, findings, unknown: true }
}

/** What the system sees of the inputs that nobody gives. */
export function observeInputs(facts: FlagRolloutFacts): Readonly<Record<string, InputVerdict>> {
  const findings = [
    ...(facts.environments.length === 0 ? ['the project has no environment'] : []),
    ...(facts.serverKeys === 0 ? ['no application can connect: the project has no server key'] : []),
    ...(facts.writable ? [] : ['the storage takes no changes']),
    ...(evaluationAnswers() ? [] : ['the evaluation gives a wrong answer']),
  ]
  return { 'P-I8': { ok: findings.length === 0, checked: 'machine', findings } }
}

/** Asks the engine about a flag whose answer is known. */
function evaluationAnswers(): boolean {
  const flag = {
    key: 'self-check',
    kind: 'ops',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [],
    fallthrough: { variant: 'on' },
  } as const
  const evaluation = compile({ flags: [flag], segments: [] })
    .flag(flag.key)
    ?.decide({}).evaluation
  return evaluation !== undefined && 'variant' in evaluation && evaluation.variant === 'on'
}

function findingsOn(id: string, value: JsonObject, around: Around): readonly string[] {
  switch (id) {
    case 'P-I4':
      return observabilityFindings(value)
    case 'P-I6':
      return [...criteriaFindings(value, around.values), ...acceptanceFindings(around.triggers)]
    default:
      return []
  }
}

function observabilityFindings(value: JsonObject): readonly string[] {
  const known: readonly unknown[] = BUILT_IN_METRICS
  // What a connection must have is looked for there.
  const ours = value['source'] === undefined || value['source'] === 'built-in-telemetry'
  const named = ours && Array.isArray(value['named']) ? value['named'] : []
  return [
    ...['logging', 'metrics', 'alerting']
      .filter((it) => value[it] === undefined)
      .map((it) => `${it} has no reference`),
    ...named
      .filter((it) => !known.includes(it))
      .map((it) => `the built-in telemetry has no metric ${String(it)}; it has ${known.join(', ')}`),
  ]
}

/** Every criterion of the requirements is answered and met. */
function criteriaFindings(
  { criteria, procedures }: JsonObject,
  { 'P-I1': requirements }: Around['values'],
): readonly string[] {
  const answers = (Array.isArray(criteria) ? criteria : []).flatMap((it) =>
    typeof it === 'object' && it !== null && 'met' in it ? [{ of: String(it.criterion), met: it.met }] : [],
  )
  const wanted = requirements?.['acceptanceCriteria']
  const open = (Array.isArray(wanted) ? wanted : []).filter((it) => !answers.some(({ of }) => of === it))
  return [
    ...answers.filter((it) => it.met === false).map((it) => `not met: ${it.of}`),
    ...open.map((it) => `not answered: ${String(it)}`),
    ...(Array.isArray(procedures) && procedures.length > 0
      ? []
      : ['no QA procedure is named with its result']),
  ]
}

/** An acceptance that is going on keeps the feature from being ready, whoever says that it is (P-T2). */
function acceptanceFindings(triggers: readonly TriggerFact[]): readonly string[] {
  const latest = triggers.filter((it) => it.kind === 'acceptance').at(-1)
  return latest?.state === 'in_progress' ? [`the acceptance is in progress, says ${latest.source}`] : []
}
