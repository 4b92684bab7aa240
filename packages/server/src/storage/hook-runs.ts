/**
 * Queries on runs of hooks. A run is claimed for a short time and renewed while it is worked on, so
 * what a server that died had in hand is taken over by another one.
 */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { HookTables } from './tables/hook.ts'

export type HookRunRow = Selectable<HookTables['hook_runs']>

/** Announces that a run is due. */
export const HOOK_CHANNEL = 'hook_runs'

const CLAIM = '15 s'
const LOOKS_KEPT = 20

/** Stores one; the one that is there already where its key was used. */
export async function insertHookRun(
  tx: Tx,
  row: Omit<Insertable<HookTables['hook_runs']>, 'created_at' | 'due_at'>,
): Promise<HookRunRow> {
  const stored = await tx
    .insertInto('hook_runs')
    .values({ ...row, created_at: sql`clock_timestamp()`, due_at: sql`clock_timestamp()` })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (stored === undefined) {
    return await tx
      .selectFrom('hook_runs')
      .selectAll()
      .where('project', '=', row.project)
      .where('dedup_key', '=', row.dedup_key)
      .executeTakeFirstOrThrow()
  }
  await announce(tx)
  return stored
}

/** One run. */
export async function selectHookRun(
  queries: Queries,
  project: string,
  id: string,
): Promise<HookRunRow | undefined> {
  return await queries
    .selectFrom('hook_runs')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The runs of a hook, newest first. */
export async function selectHookRuns(
  queries: Queries,
  project: string,
  hook: string,
): Promise<readonly HookRunRow[]> {
  return await queries
    .selectFrom('hook_runs')
    .selectAll()
    .where('project', '=', project)
    .where('hook', '=', hook)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute()
}

/** The runs for a rollback or a drill, oldest first. */
export async function selectHookRunsOf(queries: Queries, subject: string): Promise<readonly HookRunRow[]> {
  return await queries
    .selectFrom('hook_runs')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('created_at')
    .execute()
}

/** The newest successful run of each version of a hook, mode and target in a project. */
export async function selectProvenHooks(queries: Queries, project: string): Promise<readonly HookRunRow[]> {
  return await queries
    .selectFrom('hook_runs')
    .distinctOn(['hook', 'version', 'mode', 'target'])
    .selectAll()
    .where('project', '=', project)
    .where('state', '=', 'succeeded')
    .orderBy('hook')
    .orderBy('version')
    .orderBy('mode')
    .orderBy('target')
    .orderBy('created_at', 'desc')
    .execute()
}

/** Claims one that is due; undefined where none is. */
export async function claimHookRun(queries: Queries): Promise<HookRunRow | undefined> {
  return await queries
    .updateTable('hook_runs')
    .set({ claimed_until: sql`clock_timestamp() + ${CLAIM}::interval` })
    .where('id', '=', (from) =>
      from
        .selectFrom('hook_runs')
        .select('id')
        .where('state', 'in', ['waiting', 'running', 'watching'])
        .where('due_at', '<=', sql<Date>`clock_timestamp()`)
        .where((it) =>
          it.or([it('claimed_until', 'is', null), it('claimed_until', '<', sql<Date>`clock_timestamp()`)]),
        )
        .orderBy('due_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst()
}

/** Keeps the claim; false where it was lost. */
export async function renewClaim(queries: Queries, id: string): Promise<boolean> {
  const renewed = await queries
    .updateTable('hook_runs')
    .set({ claimed_until: sql`clock_timestamp() + ${CLAIM}::interval` })
    .where('id', '=', id)
    .where('claimed_until', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
  return renewed.numUpdatedRows === 1n
}

/** Gives the claim back: another server, or this one later, goes on. */
export async function releaseClaim(queries: Queries, id: string): Promise<void> {
  await queries.updateTable('hook_runs').set({ claimed_until: null }).where('id', '=', id).execute()
}

/** One run, locked until the transaction ends. */
export async function lockHookRun(tx: Tx, project: string, id: string): Promise<HookRunRow | undefined> {
  return await tx
    .selectFrom('hook_runs')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** What may change of a run; times are the database's. */
export interface HookRunChange {
  readonly state?: HookRunRow['state']
  readonly phases?: HookRunRow['phases']
  readonly begun?: NonNullable<HookRunRow['begun']> | null
  readonly repeated?: true
  readonly watch?: HookRunRow['watch']
  readonly confirmed?: NonNullable<HookRunRow['confirmed']>
  readonly problem?: string
  /** Due again after so long; the claim ends. */
  readonly dueInMs?: number
  /** Watched for so long from now. */
  readonly watchForMs?: number
  readonly ended?: true
}

/** Stores a change; the row as it is then. */
export async function updateHookRun(tx: Tx, id: string, change: HookRunChange): Promise<HookRunRow> {
  const { state, phases, begun, watch, confirmed, problem } = change
  const after = (ms: number) => sql<Date>`clock_timestamp() + ${`${Math.round(ms)} ms`}::interval`
  const trimmed = watch === undefined ? undefined : { ...watch, looks: watch.looks.slice(-LOOKS_KEPT) }
  const row = await tx
    .updateTable('hook_runs')
    .set({
      ...(state === undefined ? {} : { state }),
      ...(phases === undefined ? {} : { phases: toJson(phases) }),
      ...(begun === undefined ? {} : { begun: begun === null ? null : toJson(begun) }),
      ...(change.repeated === true ? { repeats: sql<number>`repeats + 1` } : {}),
      ...(trimmed === undefined ? {} : { watch: toJson(trimmed) }),
      ...(confirmed === undefined ? {} : { confirmed: toJson(confirmed) }),
      ...(problem === undefined ? {} : { problem }),
      ...(change.dueInMs === undefined ? {} : { due_at: after(change.dueInMs), claimed_until: null }),
      ...(change.watchForMs === undefined ? {} : { watch_until: after(change.watchForMs) }),
      ...(change.ended === true ? { ended_at: sql`clock_timestamp()`, claimed_until: null } : {}),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  if (change.dueInMs !== undefined) await announce(tx)
  return row
}

async function announce(tx: Tx): Promise<void> {
  await sql`select pg_notify(${HOOK_CHANNEL}, '')`.execute(tx)
}
