/**
 * Queries on verification runs and drills: work of seconds that one server carries out, with its
 * progress where everybody can read it.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { ExerciseTables } from './tables/exercise.ts'

export type ExerciseRow = Selectable<ExerciseTables['exercises']>
export type ExerciseKind = ExerciseRow['kind']

/** One whose server has not renewed it for this long has lost its server. */
const ABANDONED_AFTER = '15 s'

/** Stores a new one; undefined where one of the same flag is running. */
export async function insertExercise(
  tx: Tx,
  row: Omit<
    Insertable<ExerciseTables['exercises']>,
    'state' | 'progress' | 'restore' | 'result' | 'started_at' | 'seen_at'
  >,
): Promise<ExerciseRow | undefined> {
  return await tx
    .insertInto('exercises')
    .values({
      ...row,
      state: 'running',
      progress: toJson([]),
      restore: toJson([]),
      result: toJson(null),
      started_at: sql`clock_timestamp()`,
      seen_at: sql`clock_timestamp()`,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
}

/** One exercise of a run. */
export async function selectExercise(
  queries: Queries,
  project: string,
  id: string,
): Promise<ExerciseRow | undefined> {
  return await queries
    .selectFrom('exercises')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The exercises of a run, newest first. */
export async function selectExercises(
  queries: Queries,
  project: string,
  run: string,
  kinds: readonly ExerciseKind[],
): Promise<readonly ExerciseRow[]> {
  return await queries
    .selectFrom('exercises')
    .selectAll()
    .where('project', '=', project)
    .where('run', '=', run)
    .where('kind', 'in', [...kinds])
    .orderBy('started_at', 'desc')
    .limit(100)
    .execute()
}

/** The newest exercise of each kind of a run that came to its end. */
export async function selectLatestDone(queries: Queries, run: string): Promise<readonly ExerciseRow[]> {
  return await queries
    .selectFrom('exercises')
    .selectAll()
    .distinctOn('kind')
    .where('run', '=', run)
    .where('state', '=', 'done')
    .orderBy('kind')
    .orderBy('started_at', 'desc')
    .execute()
}

/** The exercise of a flag that is running. */
export async function selectRunning(
  queries: Queries,
  project: string,
  flag: string,
): Promise<ExerciseRow | undefined> {
  return await queries
    .selectFrom('exercises')
    .selectAll()
    .where('project', '=', project)
    .where('flag', '=', flag)
    .where('state', '=', 'running')
    .executeTakeFirst()
}

/** Whether an exercise waits for what instances serve in an environment; in a protected one none does. */
export async function isExercised(
  queries: Queries,
  { project, environment }: EnvironmentKey,
): Promise<boolean> {
  const row = await queries
    .selectFrom('exercises')
    .innerJoin('environments', 'environments.project', 'exercises.project')
    .select('id')
    .where('exercises.project', '=', project)
    .where('environments.key', '=', environment)
    .where('environments.protected', '=', false)
    .where('state', '=', 'running')
    .where('kind', 'in', ['verification', 'rollback'])
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Adds a line to the progress of a running one. */
export async function noteProgress(queries: Queries, id: string, what: string): Promise<void> {
  await sql`
    update exercises set seen_at = clock_timestamp(), progress = progress || jsonb_build_array(jsonb_build_object(
      'at', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'what', ${what}::text))
    where id = ${id} and state = 'running'`.execute(queries)
}

/** Renews the sign of life of running ones. */
export async function touchExercises(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await queries
    .updateTable('exercises')
    .set({ seen_at: sql`clock_timestamp()` })
    .where('id', 'in', [...ids])
    .where('state', '=', 'running')
    .execute()
}

/** Notes a configuration that is to be put back should the server end. */
export async function addRestore(tx: Tx, id: string, entry: ExerciseRow['restore'][number]): Promise<void> {
  await sql`update exercises set restore = restore || ${toJson([entry])}::jsonb where id = ${id}`.execute(tx)
}

/** One running exercise, locked. */
export async function lockExercise(tx: Tx, id: string): Promise<ExerciseRow | undefined> {
  return await tx
    .selectFrom('exercises')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'running')
    .forUpdate()
    .executeTakeFirst()
}

/** Running ones whose server has not been heard of, each locked unless another server holds it. */
export async function lockAbandoned(tx: Tx): Promise<readonly ExerciseRow[]> {
  return await tx
    .selectFrom('exercises')
    .selectAll()
    .where('state', '=', 'running')
    .where('seen_at', '<', sql<Date>`clock_timestamp() - ${ABANDONED_AFTER}::interval`)
    .forUpdate()
    .skipLocked()
    .execute()
}

/** Ends one. */
export async function endExercise(
  tx: Tx,
  id: string,
  end:
    | { readonly state: 'done'; readonly result: unknown; readonly evidence: string }
    | { readonly state: 'failed'; readonly problem: string },
): Promise<void> {
  await tx
    .updateTable('exercises')
    .set({
      state: end.state,
      restore: toJson([]),
      ended_at: sql`clock_timestamp()`,
      ...(end.state === 'done'
        ? { result: toJson(end.result), evidence: end.evidence }
        : { problem: end.problem }),
    })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute()
}
