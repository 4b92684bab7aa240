/**
 * Queries on the decisions of rollouts: appended with the rollout locked, never changed.
 */
import type { RolloutState } from '@flagmarshal/domain/rollout/model'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { RolloutTables } from './tables/rollout.ts'

/** A decision as stored; its sentence is made when somebody asks. */
export interface StoredDecision {
  readonly seq: number
  readonly at: Date
  readonly kind: string
  readonly by: string
  readonly from: RolloutState
  readonly to: RolloutState
  readonly numbers: unknown
}

/** Appends a decision; call it with the rollout locked. */
export async function insertDecision(
  tx: Tx,
  rollout: string,
  it: Omit<StoredDecision, 'seq'>,
): Promise<number> {
  const last = await tx
    .selectFrom('rollout_decisions')
    .select((select) => select.fn.max('seq').as('seq'))
    .where('rollout', '=', rollout)
    .executeTakeFirst()
  const seq = (last?.seq ?? 0) + 1
  await tx
    .insertInto('rollout_decisions')
    .values({
      rollout,
      seq,
      at: it.at,
      kind: it.kind,
      by: it.by,
      from_state: toJson(it.from),
      to_state: toJson(it.to),
      numbers: toJson(it.numbers),
    })
    .execute()
  return seq
}

/** Decisions in order. */
export async function selectDecisions(
  queries: Queries,
  rollout: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly StoredDecision[]> {
  const rows = await queries
    .selectFrom('rollout_decisions')
    .selectAll()
    .where('rollout', '=', rollout)
    .where('seq', '>', page.after)
    .orderBy('seq')
    .limit(page.limit)
    .execute()
  return rows.map(decisionOf)
}

/** The decision that was made last. */
export async function selectLastDecision(
  queries: Queries,
  rollout: string,
): Promise<StoredDecision | undefined> {
  const row = await queries
    .selectFrom('rollout_decisions')
    .selectAll()
    .where('rollout', '=', rollout)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && decisionOf(row)
}

/** The decision that was made last of each of these attempts. */
export async function selectLastDecisions(
  queries: Queries,
  rollouts: readonly string[],
): Promise<ReadonlyMap<string, StoredDecision>> {
  if (rollouts.length === 0) return new Map()
  const rows = await queries
    .selectFrom('rollout_decisions')
    .selectAll()
    .where('rollout', 'in', rollouts)
    .distinctOn('rollout')
    .orderBy('rollout')
    .orderBy('seq', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.rollout, decisionOf(row)]))
}

/** Where a page of a project's decisions ended. */
export interface DecisionCursor {
  readonly at: Date
  readonly rollout: string
  readonly seq: number
}

/** Decisions of all rollouts of a project, newest first, after a cursor. */
export async function selectProjectDecisions(
  queries: Queries,
  project: string,
  filter: {
    readonly feature?: string | undefined
    readonly flag?: string | undefined
    readonly environment?: string | undefined
    readonly kind?: string | undefined
    readonly after?: DecisionCursor | undefined
    readonly limit: number
  },
): Promise<readonly (StoredDecision & { readonly rollout: string })[]> {
  const { feature, flag, environment, kind, after, limit } = filter
  const rows = await queries
    .selectFrom('rollout_decisions')
    .innerJoin('rollouts', 'rollouts.id', 'rollout_decisions.rollout')
    .selectAll('rollout_decisions')
    .where('rollouts.project', '=', project)
    .$if(feature !== undefined, (query) => query.where('rollouts.feature', '=', feature ?? ''))
    .$if(flag !== undefined, (query) => query.where('rollouts.flag', '=', flag ?? ''))
    .$if(environment !== undefined, (query) => query.where('rollouts.environment', '=', environment ?? ''))
    .$if(kind !== undefined, (query) => query.where('rollout_decisions.kind', '=', kind ?? ''))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(date_trunc('milliseconds', rollout_decisions.at), rollout_decisions.rollout, rollout_decisions.seq)
          < (${after?.at ?? null}::timestamptz, ${after?.rollout ?? null}::text, ${after?.seq ?? null}::int)`,
      ),
    )
    .orderBy(sql`date_trunc('milliseconds', rollout_decisions.at)`, 'desc')
    .orderBy('rollout_decisions.rollout', 'desc')
    .orderBy('rollout_decisions.seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...decisionOf(row), rollout: row.rollout }))
}

function decisionOf(row: Selectable<RolloutTables['rollout_decisions']>): StoredDecision {
  const { seq, at, kind, by, from_state: from, to_state: to, numbers } = row
  return { seq, at, kind, by, from, to, numbers }
}
