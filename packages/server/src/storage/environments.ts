/**
 * Queries on environments over time.
 */
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { EnvironmentRow } from './projects.ts'

/** All of a project, archived ones too. */
export async function selectAllEnvironments(
  queries: Queries,
  project: string,
): Promise<readonly EnvironmentRow[]> {
  return await queries
    .selectFrom('environments')
    .selectAll()
    .where('project', '=', project)
    .orderBy('position')
    .execute()
}

/** All of a project, archived ones too, locked until the transaction ends. */
export async function lockEnvironments(tx: Tx, project: string): Promise<readonly EnvironmentRow[]> {
  return await tx
    .selectFrom('environments')
    .selectAll()
    .where('project', '=', project)
    .orderBy('position')
    .forNoKeyUpdate()
    .execute()
}

/** Gives one up, or takes it back. */
export async function updateEnvironmentArchived(
  tx: Tx,
  project: string,
  key: string,
  at: Date | null,
): Promise<void> {
  await tx
    .updateTable('environments')
    .set({ archived_at: at })
    .where('project', '=', project)
    .where('key', '=', key)
    .execute()
}

/** Whether a rollout is scheduled or under way in an environment. */
export async function isRollingOut(queries: Queries, project: string, environment: string): Promise<boolean> {
  const row = await queries
    .selectFrom('rollouts')
    .select('id')
    .where('project', '=', project)
    .where('environment', '=', environment)
    .where(sql<string>`state->>'kind'`, 'not in', ['completed', 'rolled_back', 'rollback_failed', 'aborted'])
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** What an environment gets at once, and who says so. */
export interface Filling {
  readonly project: string
  readonly environment: string
  /** The revision of the environment that it is. */
  readonly revision: number
  readonly at: Date
  readonly by: string
}

/** Turns every flag of an environment off; how many were on. */
export async function turnAllOff(tx: Tx, it: Filling): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('flag_configs')
    .set({
      enabled: false,
      revision: sql`revision + 1`,
      environment_revision: it.revision,
      updated_at: it.at,
      updated_by: it.by,
    })
    .where('project', '=', it.project)
    .where('environment', '=', it.environment)
    .where('enabled', '=', true)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** A configuration for each flag, off, and each segment, empty, that has none in an environment. */
export async function fillEnvironment(tx: Tx, it: Filling): Promise<void> {
  await sql`
    insert into flag_configs (
      project, environment, flag, enabled, off_variant, prerequisites, rules, fallthrough,
      revision, environment_revision, updated_at, updated_by
    )
    select project, ${it.environment}, key, false, off_variant, '[]', '[]',
      jsonb_build_object('variant', off_variant), 1, ${it.revision}, ${it.at}, ${it.by}
    from flags where project = ${it.project}
    on conflict do nothing`.execute(tx)
  await sql`
    insert into segment_configs (
      project, environment, segment, condition, include, exclude, revision, environment_revision
    )
    select project, ${it.environment}, key, null, '{}', '{}', 1, ${it.revision}
    from segments where project = ${it.project}
    on conflict do nothing`.execute(tx)
}
