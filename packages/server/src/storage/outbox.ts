/**
 * Signals to the world outside, written in the transaction of what they announce.
 *
 * A signal stays `pending` until something delivers it. Channels that deliver are not in this
 * version; signals can be read through the API.
 */
import type { Selectable } from 'kysely'

import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { OutboxTables } from './tables/outbox.ts'

/** A CloudEvent without its envelope. */
export interface NewSignal {
  /** CloudEvents type: `dev.flagmarshal.<noun>.<verb>`. */
  readonly type: string
  readonly project: string
  /** CloudEvents subject: what it is about, like `features/new-checkout`. */
  readonly subject: string
  readonly data: unknown
  /** Two signals with the same key are one: the second is not stored. */
  readonly dedupKey: string
}

/** Stores a signal to be sent once the transaction has committed. */
export async function emit(tx: Tx, context: Context, signal: NewSignal): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      id: newId('signal'),
      project: signal.project,
      type: signal.type,
      subject: signal.subject,
      data: toJson(signal.data),
      dedup_key: `${signal.project}/${signal.dedupKey}`,
      at: context.now,
      state: 'pending',
    })
    .onConflict((conflict) => conflict.column('dedup_key').doNothing())
    .execute()
}

/** The signals of a project, newest first. */
export async function selectSignals(
  queries: Queries,
  project: string,
  limit: number,
): Promise<readonly Selectable<OutboxTables['outbox']>[]> {
  return await queries
    .selectFrom('outbox')
    .selectAll()
    .where('project', '=', project)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
}
