/** Queries on hooks: each version is a row of its own, and none is ever changed. */
import { sql } from 'kysely'
import type { Insertable, Selectable } from 'kysely'

import type { Queries, Tx } from './database.ts'
import type { HookTables } from './tables/hook.ts'

export type HookRow = Selectable<HookTables['hooks']>

/** Which hook. */
export interface HookKey {
  readonly project: string
  readonly hook: string
}

/** Stores a version; false where there is one of that number already. */
export async function insertHook(tx: Tx, row: Insertable<HookTables['hooks']>): Promise<boolean> {
  const inserted = await tx
    .insertInto('hooks')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** The newest version of each hook of a project, by key. */
export async function selectHooks(queries: Queries, project: string): Promise<readonly HookRow[]> {
  return await queries
    .selectFrom('hooks')
    .distinctOn('key')
    .selectAll()
    .where('project', '=', project)
    .orderBy('key')
    .orderBy('version', 'desc')
    .execute()
}

/** One version of a hook, the newest unless named. */
export async function selectHook(
  queries: Queries,
  { project, hook }: HookKey,
  version?: number,
): Promise<HookRow | undefined> {
  return await queries
    .selectFrom('hooks')
    .selectAll()
    .where('project', '=', project)
    .where('key', '=', hook)
    .$if(version !== undefined, (it) => it.where('version', '=', version ?? 0))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Holds the versions of a hook until the transaction ends: two edits make two numbers. */
export async function lockHook(tx: Tx, { project, hook }: HookKey): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`hook/${project}/${hook}`}, 0))`.execute(tx)
}

/** Its sealed secret. */
export async function selectHookSecret(
  queries: Queries,
  { project, hook }: HookKey,
): Promise<string | undefined> {
  const row = await queries
    .selectFrom('hook_secrets')
    .select('secret')
    .where('project', '=', project)
    .where('key', '=', hook)
    .executeTakeFirst()
  return row?.secret
}

/** Which hooks of a project have a secret. */
export async function selectHooksWithSecret(queries: Queries, project: string): Promise<ReadonlySet<string>> {
  const rows = await queries.selectFrom('hook_secrets').select('key').where('project', '=', project).execute()
  return new Set(rows.map((it) => it.key))
}

/** Sets its sealed secret. */
export async function storeHookSecret(tx: Tx, { project, hook }: HookKey, secret: string): Promise<void> {
  await tx
    .insertInto('hook_secrets')
    .values({ project, key: hook, secret })
    .onConflict((conflict) => conflict.columns(['project', 'key']).doUpdateSet({ secret }))
    .execute()
}
