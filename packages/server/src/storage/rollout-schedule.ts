/**
 * Which rollouts are due, and how a server claims one.
 */
import { sql } from 'kysely'

import type { Queries, Tx } from './database.ts'
import { storedOf } from './rollouts.ts'
import type { StoredRollout } from './rollouts.ts'

/** The channel on which a rollout's id is announced when it must be looked at now. */
export const ROLLOUT_CHANNEL = 'rollouts'

/** An attempt that is due, with the database's time; undefined where another server has it or had it already. */
export async function claimDueRollout(
  tx: Tx,
  id: string,
): Promise<{ readonly stored: StoredRollout; readonly now: Date } | undefined> {
  const row = await tx
    .selectFrom('rollouts')
    .selectAll()
    .select(sql<Date>`now()`.as('now'))
    .where('id', '=', id)
    .where('next_at', '<=', sql<Date>`now()`)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && { stored: storedOf(row), now: row.now }
}

/** The attempts that are or become due before others, but for some, with the database's time of this moment. */
export async function selectDue(
  queries: Queries,
  except: readonly string[],
  limit: number,
): Promise<{
  readonly now: Date
  readonly due: readonly { readonly id: string; readonly project: string; readonly dueInMs: number }[]
}> {
  const answer = await sql<{ now: Date; id: string | null; project: string | null; dueInMs: number }>`
    with clock as (select clock_timestamp() as now)
    select clock.now, id, project, extract(epoch from next_at - clock.now)::float8 * 1000 as "dueInMs"
    from clock left join lateral (
      select id, project, next_at from rollouts where next_at is not null and id <> all(${except}::text[]) order by next_at limit ${limit}
    ) as due on true`.execute(queries)
  const now = answer.rows[0]?.now
  if (now === undefined) throw new Error('the database did not tell its time')
  const due = answer.rows.flatMap(({ id, project, dueInMs }) =>
    id === null || project === null ? [] : [{ id, project, dueInMs }],
  )
  return { now, due }
}

/** Makes the controllers of all servers look at an attempt once the transaction has committed. */
export async function wakeControllers(tx: Tx, id: string): Promise<void> {
  await sql`select pg_notify(${ROLLOUT_CHANNEL}, ${id})`.execute(tx)
}
