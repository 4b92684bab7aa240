/**
 * Queries on what SDKs count. Rows are written in the order of their keys, so that two reports that
 * arrive together wait for each other and never lock each other out.
 */
import type { Arm } from '@flagmarshal/evaluation'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'
import type { TelemetryTables } from './tables/telemetry.ts'

export type WindowRow = Selectable<TelemetryTables['measurement_windows']>

/** Notes that a report was counted; false for a repeat. */
export async function insertReport(
  tx: Tx,
  report: EnvironmentKey & { readonly instance: string; readonly seq: number },
): Promise<boolean> {
  const { project, environment, instance, seq } = report
  const inserted = await tx
    .insertInto('telemetry_reports')
    .values({ project, environment, instance, seq, received_at: sql`now()` })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The time of the database at this moment, also inside of a transaction. */
export async function databaseClock(queries: Queries): Promise<Date> {
  const { now } = await queries.selectNoFrom(sql<Date>`clock_timestamp()`.as('now')).executeTakeFirstOrThrow()
  return now
}

/** Counts of one arm of an attempt in one window. */
export interface WindowCount {
  readonly rollout: string
  readonly attempt: number
  readonly windowEnd: Date
  readonly audience: string
  readonly arm: Arm
  readonly n: number
  readonly bad: number
  readonly slow: number
  /** Of `n`, those of the exposed arm that were served the treatment. */
  readonly treated: number
}

/** Adds counts to their windows. */
export async function addToWindows(tx: Tx, counts: readonly WindowCount[]): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into measurement_windows as stored
      (rollout, attempt, window_end, audience, arm, n, bad, slow, treated)
    select rollout, attempt, "windowEnd", audience, arm, sum(n), sum(bad), sum(slow), sum(treated)
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (
      rollout text, attempt integer, "windowEnd" timestamptz, audience text, arm text,
      n bigint, bad bigint, slow bigint, treated bigint)
    group by rollout, attempt, "windowEnd", audience, arm
    order by rollout, attempt, "windowEnd", audience, arm
    on conflict (rollout, attempt, window_end, audience, arm) do update set
      n = stored.n + excluded.n, bad = stored.bad + excluded.bad,
      slow = stored.slow + excluded.slow, treated = stored.treated + excluded.treated`.execute(tx)
}

/** Distinct keys of one arm, seen in one window. */
export interface SeenKeys extends Omit<WindowCount, 'n' | 'bad' | 'slow' | 'treated'> {
  /** 16 hex digits each. */
  readonly keys: readonly string[]
}

/** Adds keys that were not seen before in their attempt and arm. */
export async function addKeys(tx: Tx, seen: readonly SeenKeys[]): Promise<void> {
  if (seen.length === 0) return
  await sql`
    insert into measured_keys (rollout, attempt, arm, hash, audience, window_end)
    select rollout, attempt, arm, ('x' || key)::bit(64)::bigint as hash, audience, "windowEnd"
    from jsonb_to_recordset(${JSON.stringify(seen)}::jsonb) as incoming (
      rollout text, attempt integer, "windowEnd" timestamptz, audience text, arm text, keys jsonb),
      jsonb_array_elements_text(keys) as key
    order by rollout, attempt, arm, hash
    on conflict do nothing`.execute(tx)
}

/** Requests that were served a variant. */
export interface UsageCount {
  readonly flag: string
  readonly variant: string
  readonly n: number
  readonly bad: number
  readonly slow: number
}

/** Adds to the usage of flags in the minute of receipt. */
export async function addUsage(
  tx: Tx,
  { project, environment }: EnvironmentKey,
  minuteEnd: Date,
  counts: readonly UsageCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into usage_minutes as stored
      (project, environment, flag, variant, minute_end, n, bad, slow)
    select ${project}, ${environment}, flag, variant, ${minuteEnd}::timestamptz, sum(n), sum(bad), sum(slow)
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (
      flag text, variant text, n bigint, bad bigint, slow bigint)
    group by flag, variant
    order by flag, variant
    on conflict (project, environment, flag, variant, minute_end) do update set
      n = stored.n + excluded.n, bad = stored.bad + excluded.bad, slow = stored.slow + excluded.slow`.execute(
    tx,
  )
}

/** Evaluations that did not serve a value of the flag. */
export interface FaultCount {
  readonly flag: string
  readonly code: string
  readonly n: number
}

/** Adds to the faults of flags in the minute of receipt. */
export async function addFaults(
  tx: Tx,
  { project, environment }: EnvironmentKey,
  minuteEnd: Date,
  counts: readonly FaultCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into usage_faults as stored (project, environment, flag, code, minute_end, n)
    select ${project}, ${environment}, flag, code, ${minuteEnd}::timestamptz, sum(n)
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (flag text, code text, n bigint)
    group by flag, code
    order by flag, code
    on conflict (project, environment, flag, code, minute_end) do update set n = stored.n + excluded.n`.execute(
    tx,
  )
}

/** Requests that were served a variant for a reason. */
export interface ReasonCount {
  readonly flag: string
  readonly variant: string
  readonly reason: string
  readonly n: number
}

/** Adds to the reasons of flags in the minute of receipt. */
export async function addReasons(
  tx: Tx,
  { project, environment }: EnvironmentKey,
  minuteEnd: Date,
  counts: readonly ReasonCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into usage_reasons as stored (project, environment, flag, variant, reason, minute_end, n)
    select ${project}, ${environment}, flag, variant, reason, ${minuteEnd}::timestamptz, sum(n)
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as incoming (
      flag text, variant text, reason text, n bigint)
    group by flag, variant, reason
    order by flag, variant, reason
    on conflict (project, environment, flag, variant, reason, minute_end)
      do update set n = stored.n + excluded.n`.execute(tx)
}

/** Counts of an attempt in windows that end after `from` and not after `to`. */
export async function selectWindows(
  queries: Queries,
  range: {
    readonly rollout: string
    readonly attempt: number
    readonly from: Date
    readonly to: Date
  },
): Promise<readonly WindowRow[]> {
  return await queries
    .selectFrom('measurement_windows')
    .selectAll()
    .where('rollout', '=', range.rollout)
    .where('attempt', '=', range.attempt)
    .where('window_end', '>', range.from)
    .where('window_end', '<=', range.to)
    .orderBy('window_end')
    .execute()
}

/** How many distinct keys each arm of an attempt has had. */
export async function selectKeyCounts(
  queries: Queries,
  rollout: string,
  attempt: number,
): Promise<readonly { readonly arm: Arm; readonly keys: number }[]> {
  return await queries
    .selectFrom('measured_keys')
    .select(['arm', sql<number>`count(*)`.as('keys')])
    .where('rollout', '=', rollout)
    .where('attempt', '=', attempt)
    .groupBy('arm')
    .orderBy('arm')
    .execute()
}

/** How many distinct keys an attempt has had, whatever their arm. */
export async function selectDistinctKeys(
  queries: Queries,
  rollout: string,
  attempt: number,
): Promise<number> {
  const { keys } = await queries
    .selectFrom('measured_keys')
    .select(sql<number>`count(distinct hash)`.as('keys'))
    .where('rollout', '=', rollout)
    .where('attempt', '=', attempt)
    .executeTakeFirstOrThrow()
  return keys
}

/** Distinct keys of an audience's arm that appeared first in one window. */
export interface NewKeysRow {
  readonly window_end: Date
  readonly audience: string
  readonly arm: Arm
  readonly keys: number
}

/**
 * Keys by the window in which they appeared, for windows that end after `from` and not after `to`. A
 * key counts once in its attempt, in the arm of its first appearance; one that appeared in both arms
 * in the same window counts as the control's, where everybody is before being exposed.
 */
export async function selectNewKeys(
  queries: Queries,
  range: { readonly rollout: string; readonly attempt: number; readonly from: Date; readonly to: Date },
): Promise<readonly NewKeysRow[]> {
  const { rollout, attempt, from, to } = range
  const { rows } = await sql<NewKeysRow>`
    select seen.window_end, seen.audience, seen.arm, count(*)::integer as keys
    from measured_keys seen
    where seen.rollout = ${rollout} and seen.attempt = ${attempt}
      and seen.window_end > ${from} and seen.window_end <= ${to}
      and seen.arm in ('exposed', 'control')
      and not exists (
        select from measured_keys other
        where other.rollout = seen.rollout and other.attempt = seen.attempt and other.hash = seen.hash
          and other.arm in ('exposed', 'control') and other.arm <> seen.arm
          and (other.window_end < seen.window_end
            or (other.window_end = seen.window_end and other.arm = 'control')))
    group by seen.window_end, seen.audience, seen.arm
    order by seen.window_end, seen.audience, seen.arm`.execute(queries)
  return rows
}

/** Deletes reports that no repeat can come of any more. */
export async function deleteOldReports(queries: Queries): Promise<void> {
  await sql`delete from telemetry_reports where received_at < now() - interval '1 hour'`.execute(queries)
}
