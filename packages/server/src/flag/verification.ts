/**
 * Whether a change has reached every instance that counts: begun in the transaction of the change,
 * read whenever somebody asks. Kills and rollbacks use the same.
 */
import type { Verification as Counted } from '@flagmarshal/domain/rollback/verify'
import { verification } from '@flagmarshal/domain/rollback/verify'

import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { insertVerification, selectVerification, selectWatched } from '../storage/kills.ts'
import type { VerificationRow } from '../storage/kills.ts'

/** What is to be verified. */
export interface VerificationOf extends FlagConfigKey {
  readonly kind: 'kill' | 'rollback' | 'toggle'
  /** The environment's revision that contains the change. */
  readonly revision: number
  readonly reason: string
  /** The time of the transaction, where it was read already. */
  readonly at?: Date
}

/** A verification as it stands. */
export interface Verification extends Counted {
  readonly id: string
  readonly kind: 'kill' | 'rollback' | 'toggle'
  readonly project: string
  readonly flag: string
  readonly environment: string
  readonly by: string
  readonly reason: string
  readonly revision: number
  readonly at: Date
}

/**
 * Begins a verification: who counts is fixed now, at the time of the database. Call it in the
 * transaction of the change, after the environment's revision was counted.
 */
export async function startVerification(
  tx: Tx,
  context: Context,
  { at: known, ...of }: VerificationOf,
): Promise<Verification> {
  const at = known ?? (await databaseNow(tx))
  const begun = { id: newId(of.kind), by: context.actor.id, settled_state: null, settled_at: null }
  const row = { ...of, ...begun, at }
  const [, verification] = await Promise.all([insertVerification(tx, row), standing(tx, row, at)])
  return verification
}

/** A verification as it stands at `now`, the time of the database; undefined if there is none. */
export async function readVerification(
  queries: Queries,
  id: string,
  now: Date,
): Promise<Verification | undefined> {
  const row = await selectVerification(queries, id)
  return row === undefined ? undefined : await standing(queries, row, now)
}

/** How the verification of a row stands at `now`. */
export async function standing(queries: Queries, row: VerificationRow, now: Date): Promise<Verification> {
  const { id, kind, project, flag, environment, by, reason, revision, at } = row
  const watched = (await selectWatched(queries, row)).map((it) => ({
    instanceId: it.instance,
    application: it.application,
    mode: it.mode,
    pollIntervalMs: it.poll_interval_ms,
    lastSeenAt: it.last_seen_at,
    confirmedAt: it.confirmed_at ?? undefined,
    edge: it.edge ?? undefined,
    unreachableSince: it.unreachable_since ?? undefined,
  }))
  return { id, kind, project, flag, environment, by, reason, revision, at, ...verification(at, watched, now) }
}
