/**
 * Queries on the answers to creations that carried an Idempotency-Key.
 */
import type { Tx } from './database.ts'

const KEPT_MS = 86_400_000

interface Claim {
  readonly actor: string
  readonly key: string
  readonly hash: string
  readonly now: Date
}

/** Takes a key; false when it was used within a day. Waits while another transaction is using it. */
export async function claimKey(tx: Tx, claim: Claim): Promise<boolean> {
  const { actor, key, hash, now } = claim
  await tx
    .deleteFrom('idempotency_keys')
    .where('at', '<', new Date(now.getTime() - KEPT_MS))
    .where('actor', '=', actor)
    .execute()
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({ actor, key, request_hash: hash, status: null, etag: null, body: null, at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Stores what was answered. */
export async function keepAnswer(
  tx: Tx,
  actor: string,
  key: string,
  answer: { readonly status: number; readonly etag: string | null; readonly body: string | null },
): Promise<void> {
  await tx
    .updateTable('idempotency_keys')
    .set({ status: answer.status, etag: answer.etag, body: answer.body })
    .where('actor', '=', actor)
    .where('key', '=', key)
    .execute()
}

/** What was answered the first time. */
export async function storedAnswer(tx: Tx, actor: string, key: string) {
  const row = await tx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirst()
  if (row === undefined || row.status === null) return undefined
  return { requestHash: row.request_hash, answer: { status: row.status, etag: row.etag, body: row.body } }
}
