/**
 * Looking again at the references of a run's inputs: every hour, at each decision, and when somebody
 * asks. A source that changed halts the run again and says why; what cannot be reached is unknown.
 */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { wantedOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/input-references'
import type { InputsLookedAt } from '@flagmarshal/domain/procedure/inputs'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { transition } from '@flagmarshal/domain/procedure/transition'
import type { Sighting } from '@flagmarshal/domain/reference/model'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { system } from '../context.ts'
import { keepEvidence } from '../evidence/keep.ts'
import { verdictOn } from './judge-inputs.ts'
import { loadRun, loadRunLocked } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { evidenceOf } from './provide-input.ts'
import type { LookingParts } from './provide-input.ts'
import { runView } from './run-view.ts'
import { storeRun } from './store.ts'

/** The inputs of a run that has ended have served. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'aborted'])

type Seen = Readonly<Record<string, readonly Sighting[]>>

/** Looks, and shows the run. */
export async function checkInputs(
  context: Context,
  parts: LookingParts,
  key: RunKey,
): Promise<RunView | Refusal> {
  const looked = await lookAtInputs(context, parts, key)
  return isRefusal(looked) ? looked : runView(looked)
}

/** Looks outside of any transaction; stores the run only where something is another thing now. */
export async function lookAtInputs(
  context: Context,
  { database, resolver }: LookingParts,
  key: RunKey,
): Promise<Loaded | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded) || ENDED.has(loaded.run.state.kind)) return loaded
  const seen = await lookAtAll(resolver, key.project, loaded.run)
  if (after(loaded, seen, context) === loaded.run) return loaded
  return await database.transaction(async (tx) => {
    const locked = await loadRunLocked(tx, key)
    if (isRefusal(locked)) return locked
    const { run, setting } = locked
    // What was given meanwhile has been looked at when it was given.
    const still = Object.entries(seen).filter(
      ([id]) => run.inputs[id]?.at.getTime() === loaded.run.inputs[id]?.at.getTime(),
    )
    const next = after(locked, Object.fromEntries(still), context)
    if (next === run) return locked
    const changed = still.filter(([id]) => next.inputs[id] !== run.inputs[id])
    const by = { ...context, actor: system('inputs') }
    await keepEvidence(
      tx,
      by,
      changed.map(([id, sightings]) => evidenceOf(key, id, sightings)),
    )
    const act = {
      action: 'run.inputs-looked-at',
      before: Object.fromEntries(changed.map(([id]) => [id, run.inputs[id]?.verdict])),
      after: Object.fromEntries(changed.map(([id]) => [id, next.inputs[id]?.verdict])),
    }
    return { ...locked, run: await storeRun(tx, by, { setting, before: run, after: next }, act) }
  })
}

async function lookAtAll(resolver: LookingParts['resolver'], project: string, run: Run): Promise<Seen> {
  const given = Object.entries(run.inputs).map(([id, { value }]) => ({ id, wanted: wantedOf(id, value) }))
  const wanted = given.filter((it) => it.wanted.length > 0)
  const sightings = await resolver.look(
    project,
    wanted.flatMap((it) => it.wanted),
  )
  let at = 0
  return Object.fromEntries(
    wanted.map((it) => [it.id, sightings.slice(at, (at += it.wanted.length))] as const),
  )
}

function after({ run, setting }: Loaded, seen: Seen, { now }: Context): Run {
  const looks: InputsLookedAt['looks'] = Object.fromEntries(
    setting.definition.inputs.flatMap((input) => {
      const [sightings, given] = [seen[input.id], run.inputs[input.id]]
      if (sightings === undefined || given === undefined) return []
      return [[input.id, { sightings, verdict: verdictOn(run, input, { ...given, sightings }) }] as const]
    }),
  )
  const next = transition(setting, run, { kind: 'inputs-looked-at', looks }, now)
  if (isRefusal(next)) throw new Error(`a look at the inputs was refused: ${next.message}`)
  return next
}
