/** Accepting a verification run, a drill or a set-up: its row, and whether it may begin at all. */
import type { FlagFacts, FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { subjectHash } from '../procedure/exercise-facts.ts'
import { loadFacts } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { insertExercise } from '../storage/exercises.ts'
import type { ExerciseKind, ExerciseRow } from '../storage/exercises.ts'

/** An accepted one, with what it is about. */
export interface Accepted {
  readonly row: ExerciseRow
  readonly facts: FlagRolloutFacts
  readonly flag: FlagFacts
  /** Layers of the strategy, or of the flag while there is none. */
  readonly layers: readonly string[]
}

/** Stores the row. Refuses without a flag, in an aborted run, and while another one of the flag is running. */
export async function accept(
  context: Context,
  database: Database,
  key: RunKey & { readonly kind: ExerciseKind },
  settings: Readonly<Record<string, unknown>>,
): Promise<Accepted | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const { feature, run } = loaded
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: true })
  const { flag } = facts
  if (flag === undefined)
    return refuse('flag-missing', `There is no flag ${feature.flag}.`, `Create the flag ${feature.flag}.`)
  if (run.state.kind === 'aborted')
    return refuse('run-ended', `Run ${run.id} was aborted.`, 'Start another run.')

  const row = await database.transaction(async (tx): Promise<ExerciseRow | Refusal> => {
    const stored = await insertExercise(tx, {
      id: newId(exerciseNoun(key.kind)),
      kind: key.kind,
      project: key.project,
      run: run.id,
      feature: feature.key,
      flag: flag.key,
      settings: toJson({ ...settings, subject: subjectHash(key.kind, facts) }),
      started_by: context.actor.id,
    })
    if (stored === undefined)
      return refuse(
        'exercise-running',
        `A verification run, a drill or a set-up of monitoring of ${flag.key} is running.`,
        'Wait until it is done.',
      )
    await record(tx, context, {
      chain: { project: key.project },
      action: `${exerciseNoun(key.kind)}.start`,
      subject: { kind: 'exercise', id: stored.id },
      after: { kind: key.kind, flag: flag.key, ...settings },
      run: run.id,
    })
    return stored
  })
  if (isRefusal(row)) return row
  return { row, facts, flag, layers: facts.outputs.strategy.layers ?? flag.layers }
}

/** What an exercise is called in ids and in the audit. */
export function exerciseNoun(kind: ExerciseKind): 'verification' | 'drill' | 'monitoring' {
  return kind === 'alert' || kind === 'rollback' ? 'drill' : kind
}
