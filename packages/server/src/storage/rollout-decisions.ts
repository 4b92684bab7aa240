/**
 * Queries on the decisions of rollouts: appended with the rollout locked, never changed.
 */
import type { RolloutState } from '@flagmarshal/domain/rollout/model'
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

function decisionOf(row: Selectable<RolloutTables['rollout_decisions']>): StoredDecision {
  const { seq, at, kind, by, from_state: from, to_state: to, numbers } = row
  return { seq, at, kind, by, from, to, numbers }
}
