/**
 * Giving a required input. Its references are looked at before anything is locked; a halted run
 * opens by itself once no input is missing.
 */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { wantedOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/input-references'
import type { Attestation, InputVerdict, JsonObject } from '@flagmarshal/domain/procedure/run'
import type { Sighting } from '@flagmarshal/domain/reference/model'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { keepEvidence } from '../evidence/keep.ts'
import type { Evidence } from '../evidence/keep.ts'
import type { Resolver } from '../reference/resolver.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { verdictOn, verdictsOn } from './judge-inputs.ts'
import { actorOf, loadRun } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** An input as somebody gives it; its shape has been checked. */
export interface GivenInput {
  readonly input: string
  readonly value: JsonObject
  readonly attest?: Attestation | undefined
}

/** What looking at inputs needs. */
export interface LookingParts {
  readonly database: Database
  readonly resolver: Resolver
}

/** Records the input. One that fails its check is recorded too, with what it fails. */
export async function provideInput(
  context: Context,
  { database, resolver }: LookingParts,
  key: RunKey,
  { input: id, value, attest }: GivenInput,
): Promise<RunView | Refusal> {
  const known = await loadRun(database.kysely, key)
  if (isRefusal(known)) return known
  const { inputs } = known.setting.definition
  const input = inputs.find((it) => it.id === id)
  if (input === undefined) {
    const ids = inputs.map((it) => it.id).join(', ')
    return refuse('not-found', `There is no input ${id}.`, `Use one of ${ids}.`)
  }
  const sightings = await resolver.look(key.project, wantedOf(id, value))
  const attestation = attest === undefined ? {} : { attestation: attest }
  const changed = await changeRun(context, database, key, async ({ run, setting }, tx) => {
    const verdict: InputVerdict =
      input.how === 'automatic'
        ? { ok: true, checked: 'attested', findings: [] }
        : verdictOn(run, input, { value, sightings, ...attestation })
    if (sightings.length > 0) await keepEvidence(tx, context, [evidenceOf(key, id, sightings)])
    return {
      action: 'run.input',
      before: run.inputs[id],
      after: { input: id, value, ...attestation, verdict },
      event: {
        kind: 'input-provided',
        input: id,
        value,
        ...attestation,
        sightings,
        verdict,
        others: verdictsOn(setting.definition, run, { given: { input: id, value } }),
        by: actorOf(context.actor),
      },
    }
  })
  return isRefusal(changed) ? changed : runView(changed)
}

/** What was seen at an input's references, as evidence. */
export function evidenceOf(
  { project, run }: RunKey,
  input: string,
  sightings: readonly Sighting[],
): Evidence {
  const seen = sightings.map((it) => {
    const { tests, at, ...rest } = it
    const results =
      tests === undefined || 'unreadable' in tests ? tests : { ...tests, failing: [...tests.failing] }
    return { ...rest, at: at.toISOString(), ...(results === undefined ? {} : { tests: results }) }
  })
  return { project, run, step: 0, kind: 'input', content: { input, sightings: seen } }
}
