/** Starting verification runs, reading them, and taking the answers of instances. */
import type { VerificationRun } from '@flagmarshal/api/verification'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { VerificationAnswers } from '@flagmarshal/evaluation'

import type { Context } from '../context.ts'
import { subjectHash } from '../procedure/exercise-facts.ts'
import { loadFacts, outputsOf } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectExercise, selectExercises } from '../storage/exercises.ts'
import type { ExerciseKind, ExerciseRow } from '../storage/exercises.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { insertAnswers } from '../storage/verification-requests.ts'
import { accept } from './accept.ts'
import { verifyEverywhere } from './carry-out.ts'
import type { Exercises } from './exercises.ts'
import { verificationView } from './view.ts'

/** What starting needs. */
export interface VerificationParts {
  readonly database: Database
  readonly exercises: Exercises
}

/** Accepts a verification run and begins to carry it out. */
export async function startVerificationRun(
  context: Context,
  { database, exercises }: VerificationParts,
  key: RunKey,
  settings: { readonly boundMs: number; readonly trafficMs: number },
): Promise<VerificationRun | Refusal> {
  const planned = await plannedBound(database, key)
  const bounded = { ...settings, boundMs: Math.min(settings.boundMs, planned ?? settings.boundMs) }
  const accepted = await accept(context, database, { ...key, kind: 'verification' }, bounded)
  if (isRefusal(accepted)) return accepted
  const { row, facts, flag, layers } = accepted
  const { environments, outputs } = facts
  const cases = outputs.flags.targetingCases ?? []
  exercises.start(row, (exercise) =>
    verifyEverywhere(exercise, { flag, environments, cases, layers, ...bounded }),
  )
  return verificationView(row, subjectHash('verification', facts))
}

/** The bound on the toggle speed that the strategy of the run sets (P-S2-10). */
async function plannedBound({ kysely }: Database, key: RunKey): Promise<number | undefined> {
  const loaded = await loadRun(kysely, key)
  return isRefusal(loaded) ? undefined : outputsOf(loaded.run).strategy.mitigation?.disableWithinMs
}

/** One exercise with the hash of what is configured now. */
export async function readExercise(
  { now }: Context,
  database: Database,
  key: RunKey & { readonly id: string },
  kinds: readonly ExerciseKind[],
): Promise<{ readonly row: ExerciseRow; readonly subject: string } | Refusal> {
  const row = await selectExercise(database.kysely, key.project, key.id)
  if (row?.run !== key.run || !kinds.includes(row.kind)) return notFound(kinds.join(' or '), key.id)
  const subject = await subjectNow(now, database, key)
  return isRefusal(subject) ? subject : { row, subject: subject(row.kind) }
}

/** The exercises of a run with the hashes of what is configured now. */
export async function readExercises(
  { now }: Context,
  database: Database,
  key: RunKey,
  kinds: readonly ExerciseKind[],
): Promise<readonly { readonly row: ExerciseRow; readonly subject: string }[] | Refusal> {
  const subject = await subjectNow(now, database, key)
  if (isRefusal(subject)) return subject
  const rows = await selectExercises(database.kysely, key.project, key.run, kinds)
  return rows.map((row) => ({ row, subject: subject(row.kind) }))
}

/** Takes what an instance makes of the drafts. */
export async function takeAnswers(
  database: Database,
  key: EnvironmentKey & { readonly verification: string },
  answers: VerificationAnswers,
): Promise<Refusal | undefined> {
  const { project, environment, verification: request } = key
  const taken = await insertAnswers(database.kysely, { project, environment, request }, answers)
  return taken ? undefined : notFound('question to this instance', request)
}

async function subjectNow(
  now: Date,
  database: Database,
  key: RunKey,
): Promise<((kind: ExerciseKind) => string) | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const facts = await loadFacts(database.kysely, loaded.feature, loaded.run, { now, members: false })
  return (kind) => subjectHash(kind, facts)
}
