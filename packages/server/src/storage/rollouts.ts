/**
 * Queries on rollouts: the attempts with their evidence, and their salts.
 */
import type { Rollout } from '@flagmarshal/domain/rollout/model'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { RolloutTables } from './tables/rollout.ts'

/** An attempt as stored: what it is about, and the domain's rollout in it. */
export interface StoredRollout {
  readonly id: string
  readonly project: string
  readonly feature: string
  readonly flag: string
  readonly environment: string
  readonly run: string
  readonly bundleHash: string
  readonly plan: ServedPlan
  /** From 1; grows with each plan that was approved anew and taken over. */
  readonly planVersion: number
  readonly salt: string
  readonly createdAt: Date
  readonly createdBy: string
  readonly rollout: Rollout
  /** When the state last became another one. */
  readonly since: Date
  /** The environment's revision with which the rollout last wrote or accepted the flag. */
  readonly flagRevision: number | undefined
  readonly rolledBackAt: Date | undefined
  readonly verification: string | undefined
  readonly nextAt: Date | undefined
  readonly tickedAt: Date | undefined
  readonly endedAt: Date | undefined
}

/** Rollouts whose rollback could not be verified. */
export async function selectFailedRollbacks(
  queries: Queries,
): Promise<readonly { readonly project: string; readonly feature: string }[]> {
  return await queries
    .selectFrom('rollouts')
    .select(['project', 'feature'])
    .where('ended_at', 'is', null)
    .where(sql<boolean>`state ->> 'kind' = 'rollback_failed'`)
    .execute()
}

/** Stores a new attempt; false when somebody else has just begun one for the flag. */
export async function insertRollout(tx: Tx, it: StoredRollout): Promise<boolean> {
  const inserted = await tx
    .insertInto('rollouts')
    .values({
      id: it.id,
      project: it.project,
      feature: it.feature,
      flag: it.flag,
      environment: it.environment,
      run: it.run,
      bundle_hash: it.bundleHash,
      attempt: it.rollout.attempt,
      plan: toJson(it.plan),
      plan_version: it.planVersion,
      salt: it.salt,
      created_at: it.createdAt,
      created_by: it.createdBy,
      ...changingColumns(it),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Replaces what changes of an attempt, if its version still is `version`; false where it is not. */
export async function updateRollout(tx: Tx, it: StoredRollout, version: number): Promise<boolean> {
  const updated = await tx
    .updateTable('rollouts')
    .set(changingColumns(it))
    .where('id', '=', it.id)
    .where('version', '=', version)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

/** Puts an attempt under another plan; call it with the rollout locked. */
export async function updatePlan(
  tx: Tx,
  { id, plan, planVersion, bundleHash }: Pick<StoredRollout, 'id' | 'plan' | 'planVersion' | 'bundleHash'>,
): Promise<void> {
  await tx
    .updateTable('rollouts')
    .set({ plan: toJson(plan), plan_version: planVersion, bundle_hash: bundleHash })
    .where('id', '=', id)
    .execute()
}

/** One attempt of a project. */
export async function selectRollout(
  queries: Queries,
  project: string,
  id: string,
): Promise<StoredRollout | undefined> {
  const row = await queries
    .selectFrom('rollouts')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && storedOf(row)
}

/** One attempt, locked until the transaction ends. */
export async function lockRollout(tx: Tx, project: string, id: string): Promise<StoredRollout | undefined> {
  const row = await tx
    .selectFrom('rollouts')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && storedOf(row)
}

/** Attempts of a project, newest first. */
export async function selectRollouts(
  queries: Queries,
  project: string,
  filter: {
    readonly feature?: string | undefined
    readonly flag?: string | undefined
    readonly limit: number
  },
): Promise<readonly StoredRollout[]> {
  const { feature, flag } = filter
  const rows = await queries
    .selectFrom('rollouts')
    .selectAll()
    .where('project', '=', project)
    .$if(feature !== undefined, (query) => query.where('feature', '=', feature ?? ''))
    .$if(flag !== undefined, (query) => query.where('flag', '=', flag ?? ''))
    .orderBy('created_at', 'desc')
    .orderBy('attempt', 'desc')
    .limit(filter.limit)
    .execute()
  return rows.map(storedOf)
}

/** Attempts that have not ended, of every project, each with the name of its feature; the newest first. */
export async function selectRolloutsUnderWay(
  queries: Queries,
): Promise<readonly { readonly stored: StoredRollout; readonly name: string }[]> {
  const rows = await queries
    .selectFrom('rollouts')
    .innerJoin('features', (join) =>
      join.onRef('features.project', '=', 'rollouts.project').onRef('features.key', '=', 'rollouts.feature'),
    )
    .selectAll('rollouts')
    .select('features.name')
    .where('ended_at', 'is', null)
    .orderBy('rollouts.created_at', 'desc')
    .execute()
  return rows.map(({ name, ...row }) => ({ name, stored: storedOf(row) }))
}

/** Attempts that the controller still looks at. */
export async function selectActive(queries: Queries): Promise<readonly StoredRollout[]> {
  const rows = await queries.selectFrom('rollouts').selectAll().where('next_at', 'is not', null).execute()
  return rows.map(storedOf)
}

/** The attempts of a flag in an environment: the last one's number, the one that has not ended, and the last one where it was completed. */
export async function selectAttempts(
  tx: Tx,
  place: { readonly project: string; readonly flag: string; readonly environment: string },
): Promise<{
  readonly count: number
  readonly open: string | undefined
  readonly completed: string | undefined
}> {
  const rows = await tx
    .selectFrom('rollouts')
    .select(['id', 'attempt', 'ended_at'])
    .select(sql<string>`state->>'kind'`.as('kind'))
    .where('project', '=', place.project)
    .where('flag', '=', place.flag)
    .where('environment', '=', place.environment)
    .orderBy('attempt', 'desc')
    .execute()
  const last = rows[0]
  return {
    count: last?.attempt ?? 0,
    open: rows.find((row) => row.ended_at === null)?.id,
    completed: last?.kind === 'completed' ? last.id : undefined,
  }
}

/** The exposure salt of a feature's flag in an environment: `fresh` for the first attempt, the stored one ever after. */
export async function keepSalt(
  tx: Tx,
  place: Omit<RolloutTables['rollout_salts'], 'salt'>,
  fresh: string,
): Promise<string> {
  await tx
    .insertInto('rollout_salts')
    .values({ ...place, salt: fresh })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await tx
    .selectFrom('rollout_salts')
    .select('salt')
    .where('project', '=', place.project)
    .where('feature', '=', place.feature)
    .where('flag', '=', place.flag)
    .where('environment', '=', place.environment)
    .executeTakeFirstOrThrow()
  return row.salt
}

function changingColumns(it: StoredRollout) {
  const { rollout } = it
  return {
    approval: toJson(rollout.approval ?? null),
    overrides: toJson(rollout.overrides ?? null),
    review: toJson(rollout.review ?? null),
    version: rollout.version,
    state: toJson(rollout.state),
    since: it.since,
    evidence: toJson(rollout.evidence),
    split: rollout.split === undefined ? null : toJson(rollout.split),
    start_at: rollout.startAt,
    entered_at: rollout.enteredAt ?? null,
    exposed_at: rollout.exposedAt ?? null,
    watermark: rollout.watermark ?? null,
    flag_revision: it.flagRevision ?? null,
    rolled_back_at: it.rolledBackAt ?? null,
    verification: it.verification ?? null,
    next_at: it.nextAt ?? null,
    ticked_at: it.tickedAt ?? null,
    ended_at: it.endedAt ?? null,
  }
}

/** A row as the rest of the server sees it. */
export function storedOf(row: Selectable<RolloutTables['rollouts']>): StoredRollout {
  return {
    id: row.id,
    project: row.project,
    feature: row.feature,
    flag: row.flag,
    environment: row.environment,
    run: row.run,
    bundleHash: row.bundle_hash,
    plan: row.plan,
    planVersion: row.plan_version,
    salt: row.salt,
    createdAt: row.created_at,
    createdBy: row.created_by,
    rollout: {
      id: row.id,
      attempt: row.attempt,
      version: row.version,
      startAt: row.start_at,
      state: row.state,
      evidence: row.evidence,
      ...(row.split && { split: row.split }),
      ...(row.entered_at && { enteredAt: row.entered_at }),
      ...(row.exposed_at && { exposedAt: row.exposed_at }),
      ...(row.watermark && { watermark: row.watermark }),
      ...(row.approval && { approval: row.approval }),
      ...(row.overrides && { overrides: row.overrides }),
      ...(row.review && { review: row.review }),
    },
    since: row.since,
    flagRevision: row.flag_revision ?? undefined,
    rolledBackAt: row.rolled_back_at ?? undefined,
    verification: row.verification ?? undefined,
    nextAt: row.next_at ?? undefined,
    tickedAt: row.ticked_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  }
}
